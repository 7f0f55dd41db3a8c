from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from clients.insurance.envelope import BadEnvelope, Form, Literal, SmEnvelope, canonical, data_key, dumps, loads
from clients.insurance.sm import PrivateKey, PublicKey, sm3, sm4_decrypt, sm4_encrypt
from tests.clients.insurance_payment.examples import hospital_end, platform_end

Vectors = dict[str, dict[str, Any]]
INSURANCE_3_4 = {
    "app_id": "EXAMPLEAPPID0123456789ABCDEF0001",
    "secret": "EXAMPLEAPPSECRET0123456789ABCDEF",
    "data": '{"feeSumamt":"100.00","feedetailList":[{"cnt":"1.0000","feedetlSn":"1","medListName":"阿莫西林"}],'
    '"fundPay":"50.00","orgCodg":"H35020000001","ownPayAmt":"20.00","payOrdId":"ORD350000202511230000000001",'
    '"psnAcctPay":"30.00"}',
    "encData": "596C954920D1993F9D15454328AA5E6FFB4367DAAC566FF78FD4A3EDC73D312FC7E0FF77DCF5AFD812ED053D05BFA8F6C47A8"
    "928153552F6AE6B6FB10ACEB10683A625059EFF9A4FD12D2C86AB4B7BBA66E3A3ED374A08D2BB83810E62E6C5D78409B61ECE1DDECEEEF2"
    "4462B2DEDD577E734774A9110CE3753DE0BAD817E39C565CE6F12E2D238BA2B816BB069F798E70A8A072F996FDF9EE3C104634C23CC82D0"
    "7616C6AA3DC47B99BFAD63DFD075AFC781CFBD225221660EEC5E542C45C0580E0CE44529E6F3DB6DE04BAF1AD5CEE62F80E2CF303934A1C"
    "40171728009B238A6650AEE8CAEAA3A4B42EA34529163E",
    "public": "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
    "signData": "e/duhUbqRGgfWQVfs63qVsU4a8JWy5zMsQKaSs6IdkHXyni4S2RnuFZqh7gBosKA780IWV+K1pwX6rImc7GIPg==",
}


def parts(vector: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    outer = dict(vector["envelope"])
    return outer, outer.pop("data")


@pytest.mark.parametrize("name", ["doc-sample", "epc-demo"])
def test_published_samples_give_their_text_key_and_cipher(vectors: Vectors, name: str) -> None:
    vector = vectors[name]
    outer, data = parts(vector)
    key = data_key(vector["appId"], vector["appSecret"])
    assert canonical(outer, data, vector["appSecret"]) == vector["canonical"]
    assert key.decode() == vector["sm4Key"]
    assert sm4_encrypt(key, vector["plaintext"].encode()).hex().upper() == vector["encData"]


def test_both_canonical_forms_of_the_edge_cases(vectors: Vectors) -> None:
    vector = vectors["edge-cases"]
    outer, data = parts(vector)
    assert canonical(outer, data, vector["appSecret"], Form.STRINGS) == vector["canonical_java"]
    assert canonical(outer, data, vector["appSecret"], Form.LITERAL) == vector["canonical_doc"]
    sealed = bytes.fromhex(vector["encData_doc"])
    plain = sm4_decrypt(data_key(vector["appId"], vector["appSecret"]), sealed).decode()
    assert f"data={plain}&" in vector["canonical_doc"]


def test_signature_of_the_prescription_centre_demo_verifies_with_its_key_only_under_the_default_id(
    vectors: Vectors,
) -> None:
    vector = vectors["epc-demo"]
    text, signature = vector["canonical"].encode(), base64.b64decode(vector["signData"])
    assert PrivateKey.read(vector["privateKey_b64"]).public == PublicKey.read(vector["publicKey_b64"])
    assert PublicKey.read(vector["publicKey_b64"]).verify(text, signature)
    assert not PublicKey.read(vector["publicKey_b64"], vector["appSecret"]).verify(text, signature)


def test_signature_made_by_openssl_verifies(vectors: Vectors) -> None:
    vector = vectors["sm2-openssl"]
    key = PublicKey.read(vector["publicKey_hex"])
    assert PrivateKey.read(vector["privateKey_hex"]).public == key
    assert key.verify(vector["message"].encode(), bytes.fromhex(vector["sig_rs_hex"]))
    assert not key.verify(b"another", bytes.fromhex(vector["sig_rs_hex"]))


def end(vector: dict[str, Any]) -> SmEnvelope:
    key = PrivateKey.read(vector["privateKey_hex"])
    return SmEnvelope(app_id=vector["appId"], app_secret=vector["appSecret"], signer=key, verifier=key.public)


def test_whole_wire_messages_of_6202_open(vectors: Vectors) -> None:
    vector = vectors["own-6202"]
    envelope = end(vector)
    assert envelope.open(vector["wire"]) == vector["data"]
    assert envelope.open(vectors["own-6202-response"]["wire"])["fundPay"] == "50.00"
    assert canonical(vector["wire"], vector["data"], vector["appSecret"]) == vector["canonical"]


def test_sealing_gives_the_vector_but_for_its_random_signature(vectors: Vectors) -> None:
    vector = vectors["own-6202"]
    wire = end(vector).seal(dict(sorted(vector["data"].items())), timestamp="20260101120000")
    assert {**wire, "signData": ""} == {**vector["wire"], "signData": ""}
    assert end(vector).open(wire) == vector["data"]


def test_code_and_message_of_a_reply_are_signed(vectors: Vectors) -> None:
    reply = vectors["own-6202-response"]
    data = end(vectors["own-6202"]).open(reply["wire"])
    assert canonical(reply["wire"], data, vectors["own-6202"]["appSecret"]) == reply["canonical"]
    with pytest.raises(BadEnvelope, match="signData"):
        end(vectors["own-6202"]).open(reply["wire"] | {"message": "失败"})


def test_numbers_keep_the_figures_of_their_sender(vectors: Vectors) -> None:
    vector = vectors["numeric-literals"]
    outer = {"appId": "1SIMAPP000000000000000000000APP1", "code": Literal("0"), "success": True}
    told = canonical(outer | {"timestamp": "20260101120002"}, loads(vector["raw"]), "1SIMSEC000000000000000000000SEC1")
    assert told == vector["canonical_literal"]
    assert dumps(loads(vector["raw"])) == vector["raw"]


def test_vector_of_insurance_3_4() -> None:
    vector = INSURANCE_3_4
    key = PublicKey.read(vector["public"])
    outer = {"appId": vector["app_id"], "encType": "SM4", "signType": "SM2", "timestamp": "20251123080000"}
    wire = outer | {"version": "2.0.1", "encData": vector["encData"], "signData": vector["signData"]}
    text = canonical(wire, loads(vector["data"]), vector["secret"]).encode()
    assert sm3(text).hex() == "063dfa12beff1cd0e4ced9cf01c8f510a33e0f1d92382a1cca6141c63378da33"
    assert key.digest(text).hex() == "770b7213b85d2ccfbd54d3392535eba083da3ce448c460bd619e8b7da073dbce"
    signer = PrivateKey.read("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
    envelope = SmEnvelope(app_id=vector["app_id"], app_secret=vector["secret"], signer=signer, verifier=key)
    assert envelope.open(wire) == json.loads(vector["data"])
    assert data_key(vector["app_id"], vector["secret"]) == b"0AAA85D64E518018"


def test_standard_sm2_signature_verifies(vectors: Vectors) -> None:
    vector = vectors["GB/T 32918.5 sign"]
    key = PrivateKey.read(vector["d"])
    assert key.public.point.hex() == vector["x"] + vector["y"]
    assert key.public.verify(vector["message"].encode(), bytes.fromhex(vector["r"] + vector["s"]))


@pytest.mark.parametrize(("name", "message"), [("SM3 abc", b"abc"), ("SM3 abcd x16", b"abcd" * 16)])
def test_standard_sm3_digests(vectors: Vectors, name: str, message: bytes) -> None:
    assert sm3(message).hex() == vectors[name]["digest"]


def test_standard_sm4_block(vectors: Vectors) -> None:
    vector = vectors["SM4 x1"]
    key, plain = bytes.fromhex(vector["key"]), bytes.fromhex(vector["plain"])
    assert sm4_encrypt(key, plain)[:16].hex() == vector["cipher"]
    assert sm4_decrypt(key, sm4_encrypt(key, plain)) == plain


@pytest.mark.parametrize("sm2_id", ["", "1234567812345678", "1SIMSEC000000000000000000000SEC1"])
def test_the_user_id_is_selectable_and_binding(sm2_id: str) -> None:
    key = PrivateKey.read("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8", sm2_id)
    signature = key.sign(b"message")
    assert key.public.verify(b"message", signature)
    assert not PublicKey(key.public.point, "another").verify(b"message", signature)


def test_keys_are_read_from_base64_and_hex_of_either_length() -> None:
    d = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
    texts = [d.hex(), "00" + d.hex(), base64.b64encode(d).decode(), base64.b64encode(b"\0" + d).decode()]
    assert len({PrivateKey.read(text) for text in texts}) == 1
    point = PrivateKey.read(texts[0]).public.point
    shapes = [point.hex(), "04" + point.hex(), base64.b64encode(point).decode()]
    assert {PublicKey.read(text).point for text in shapes} == {point}


@pytest.mark.parametrize("text", ["", "not a key", "00" * 64, "ff" * 64, "01" * 64, "05" + "01" * 64])
def test_what_is_no_point_of_the_curve_is_no_public_key(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        PublicKey.read(text)


@pytest.mark.parametrize("text", ["", "00" * 32, "ff" * 32, "?"])
def test_what_is_out_of_range_is_no_private_key(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        PrivateKey.read(text)


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\1" * 63, b"\1" * 65])
def test_a_malformed_signature_does_not_verify(signature: bytes) -> None:
    key = PrivateKey.read("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8").public
    assert not key.verify(b"message", signature)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"appId": "another"}, "appId"),
        ({"encData": "zz"}, "encData"),
        ({"encData": "00" * 15}, "encData"),
        ({"encData": "00" * 16}, "encData"),
        ({"signData": None}, "signData"),
        ({"signData": "?"}, "signData"),
        ({"timestamp": "20260101120001"}, "signData"),
        ({"unknown": "member"}, "signData"),
    ],
)
def test_a_tampered_envelope_is_not_opened(changed: dict[str, Any], told: str) -> None:
    wire = hospital_end().seal({"a": "1"}, timestamp="20260101120000")
    with pytest.raises(BadEnvelope, match=told):
        platform_end().open(wire | changed)


def test_extra_is_never_signed() -> None:
    wire = hospital_end().seal({"a": "1"}, timestamp="20260101120000")
    assert platform_end().open(wire | {"extra": "anything"}) == {"a": "1"}


def test_lower_case_cipher_text_is_read() -> None:
    wire = hospital_end().seal({"a": "1"}, timestamp="20260101120000")
    assert platform_end().open(wire | {"encData": wire["encData"].lower()}) == {"a": "1"}


def test_an_encrypted_list_is_not_a_business_object() -> None:
    wire = hospital_end().seal({"a": "1"}, timestamp="20260101120000")
    key = data_key(hospital_end().app_id, hospital_end().app_secret)
    with pytest.raises(BadEnvelope, match="object"):
        platform_end().open(wire | {"encData": sm4_encrypt(key, b"[]").hex()})


def test_a_float_is_not_for_an_envelope() -> None:
    with pytest.raises(TypeError):
        dumps({"amount": 1.0})
    with pytest.raises(TypeError):
        canonical({"amount": 1.0}, None, "")
    assert dumps({"amount": Decimal("1.00"), "none": None, "yes": True}) == '{"amount":1.00,"none":null,"yes":true}'


@pytest.mark.parametrize("text", ["NaN", '{"a":Infinity}', "[" * 100_000, b"\xff"])
def test_nonsense_is_not_json(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        loads(text)


def test_secrets_are_not_shown() -> None:
    shown = repr(hospital_end()) + repr(PrivateKey.read("0" * 63 + "5"))
    assert hospital_end().app_secret not in shown
    assert "secret" not in repr(PrivateKey.read("0" * 63 + "5"))
