"""The vectors of protocols/insurance.md 3.1–3.3, times, and what a reply may look like."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from clients.insurance.core import gateway, wire
from tests.clients.insurance_core.ends import settings

EMPTY_CASES = [
    ("1720489942", "M0mc5pgk", "67991916da3259a78eac1925bbeb617eef5847841c51aa25064f63d2e7be0fdf"),
    ("1706152100", "L3nmSZ2N", "3b3ec841ebbb8f20f99756586fed2b4f512e5cf3ca26301be669e887f544e7eb"),
]
TIF_CASES = [
    (
        "1700000000",
        "EXAMPLE_PAAS_TOKEN_0001",
        "a1b2c3d4e5f60718",
        "36305ddd906641e974d94f1362dc61ae427a2cd3d29f37738a8876509ddd0953",
    ),
    (
        "1767225600",
        "tok-测试",
        "0123456789abcdef",
        "14d86d57022abf05610c1c2ee2c3a7e34585aa19b863be66016e4062e17422a0",
    ),
    *((timestamp, "", nonce, signature) for timestamp, nonce, signature in EMPTY_CASES),
]


@pytest.mark.parametrize(("timestamp", "token", "nonce", "signature"), TIF_CASES)
def test_x_tif_signature_is_the_vector(timestamp: str, token: str, nonce: str, signature: str) -> None:
    assert gateway.tif_signature(token, timestamp, nonce) == signature


def test_x_tif_headers_carry_the_signature_in_the_asked_case() -> None:
    told = {"paas_id": "EXAMPLE_PAAS", "token": "EXAMPLE_PAAS_TOKEN_0001", "seconds": 1700000000}
    lower = gateway.tif_headers(**told, nonce="a1b2c3d4e5f60718")  # type: ignore[arg-type]
    upper = gateway.tif_headers(**told, nonce="a1b2c3d4e5f60718", upper=True)  # type: ignore[arg-type]
    assert lower["x-tif-signature"] == TIF_CASES[0][3]
    assert upper["x-tif-signature"] == TIF_CASES[0][3].upper()
    assert lower["x-tif-paasid"] == "EXAMPLE_PAAS"
    assert lower["x-tif-timestamp"] == "1700000000"


Pairs = list[tuple[str, str]]


def csb(access_key: str, name: str, milliseconds: str, *extra: tuple[str, str]) -> Pairs:
    head = [("_api_name", name), ("_api_version", "1.0.0"), ("_api_timestamp", milliseconds)]
    return [*extra, *head, ("_api_access_key", access_key)]


OWN = ("EXAMPLE_AK_0001", "hssServives", "1700000000000")
MAIN = ("ak", "http2http11", "1594191880023")
TESTA = ("4f196fb61c1f46ffbf71691ffad35dbb", "testa", "1507884348630")
FORM = (("name", "中文name1"), ("times", "123"), ("multiValues", "abc"), ("multiValues", "efg"))
QUERY = (("psn", "张三"), ("b", "2"), ("b", "1"), ("a", ""))


@pytest.mark.parametrize(
    ("secret", "pairs", "algorithm", "signature"),
    [
        ("EXAMPLE_SK_0001", csb(*OWN), "sha1", "vc8hTZzktdBF4aKEcCJQPt48xK4="),
        ("EXAMPLE_SK_0001", csb(*OWN), "sha256", "vlspYy9b4K+4qFRsATU0hq7qtX6k9e+7JQmKx54dO80="),
        ("EXAMPLE_SK_0001", csb(*OWN, ("_api_nonce", "123456789")), "sha1", "y/jYKAWxajDIBxN26dxb/JaJDls="),
        ("EXAMPLE_SK_0001", csb(*OWN, *QUERY), "sha1", "8Uuw+eSDBM4y7TmtH39ElGA7bq0="),
        ("Bzw2YO0HBXFMpcd9CN8tzeNrmf0=", csb(*TESTA, ("name", "wiseking")), "sha1", "wMpmaki8sLdqxjya70cGAqd4YQ0="),
        ("sk", csb(*MAIN, *FORM), "sha1", "ypa9gQlOS+uQ83ualSeF6qOcgbQ="),
        ("sk", csb(*MAIN), "sha1", "dW8wYd23lXs3w+LD2MqjNk+G64c="),
    ],
)
def test_csb_signature_is_the_vector(secret: str, pairs: Pairs, algorithm: str, signature: str) -> None:
    assert gateway.csb_signature(secret, pairs, algorithm) == signature


def test_csb_canonical_text_is_sorted_by_name_then_value_and_not_encoded() -> None:
    head = "_api_access_key=EXAMPLE_AK_0001&_api_name=hssServives&_api_timestamp=1700000000000&_api_version=1.0.0"
    assert gateway.csb_canonical(csb(*OWN)) == head
    assert gateway.csb_canonical(csb(*OWN, *QUERY)) == f"{head}&a=&b=1&b=2&psn=张三"


def test_csb_headers_sign_themselves() -> None:
    headers = gateway.csb_headers(
        access_key="EXAMPLE_AK_0001",
        secret_key="EXAMPLE_SK_0001",
        api_name="hssServives",
        api_version="1.0.0",
        milliseconds=1700000000000,
    )
    assert headers["_api_signature"] == "vc8hTZzktdBF4aKEcCJQPt48xK4="


def test_message_id_is_institution_shanghai_time_and_four_digits() -> None:
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert wire.message_id("H35020000001", at, 1) == "H35020000001202611230900000001"
    assert wire.message_id("H35020000001", at, 10_001) == "H35020000001202611230900000001"
    assert wire.message_id("H35020000001", at, 9_999).endswith("9999")


def test_message_id_wants_twelve_characters_and_a_time_zone() -> None:
    with pytest.raises(ValueError, match="12 characters"):
        wire.message_id("H3502", datetime(2026, 11, 23, tzinfo=UTC), 1)
    with pytest.raises(ValueError, match="time zone"):
        wire.message_id("H35020000001", datetime(2026, 11, 23), 1)  # noqa: DTZ001


def test_times_go_out_and_come_back_as_shanghai_wall_time() -> None:
    at = datetime(2026, 11, 22, 16, 0, 1, tzinfo=UTC)
    assert wire.wall(at) == "2026-11-23 00:00:01"
    assert wire.moment("2026-11-23 00:00:01") == at
    assert wire.day_or_none("1990-01-01") == date(1990, 1, 1)
    assert wire.day_or_none("") is None


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23T00:00:01", "2026-13-01 00:00:00", "", None, 5])
def test_other_times_are_nonsense(text: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire.moment(text)


@pytest.mark.parametrize("text", ["19900101", "1990-1-1", "1990-02-30", 19900101])
def test_other_days_are_nonsense(text: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire.day_or_none(text)


@pytest.mark.parametrize("code", ["0", '"0"', '" 0 "'])
def test_result_zero_is_yes_in_every_dress(code: str) -> None:
    reply = wire.read_reply(f'{{"infcode":{code},"output":{{"a":1.10}}}}'.encode())
    assert reply is not None
    assert reply.accepted
    assert reply.output == {"a": "1.10"}


@pytest.mark.parametrize("code", ["-1", '"-1"', "1", '"1 "'])
def test_any_other_result_is_no(code: str) -> None:
    reply = wire.read_reply(f'{{"infcode":{code},"err_msg":" 不行 "}}'.encode())
    assert reply is not None
    assert not reply.accepted
    assert reply.text == "不行"


@pytest.mark.parametrize(
    ("output", "read"),
    [
        ('{"a":[1]}', {"a": ["1"]}),
        ("[1,2]", ["1", "2"]),
        (r'"{\"a\":0.10}"', {"a": "0.10"}),
        ('""', None),
        ("null", None),
    ],
)
def test_output_may_be_object_array_text_or_nothing(output: str, read: object) -> None:
    reply = wire.read_reply(f'{{"infcode":0,"output":{output}}}'.encode())
    assert reply is not None
    assert reply.output == read


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"0",
        b'{"infcode":null}',
        b'{"infcode":""}',
        b'{"infcode":true}',
        b'{"infcode":"yes"}',
        b'{"infcode":0,"output":"<html>"}',
        b'{"infcode":0,"output":{"a":NaN}}',
        b'{"infcode":0,"err_msg":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_nonsense_is_not_a_reply(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        wire.read_reply(body)


def test_an_error_of_a_gateway_is_told_apart() -> None:
    assert wire.read_reply(b'{"code":"999","msg":"gateway error"}') is None


def test_secrets_stay_out_of_the_settings_repr() -> None:
    shown = repr(settings("http://127.0.0.1", token="TOKEN-SECRET", csb_secret_key="KEY-SECRET"))
    assert "SECRET" not in shown
