from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.wechat_pay import wire
from clients.wechat_pay.client import WeChatPaySettings
from clients.wechat_pay.demo import DemoKeys

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))
KEY = wire.public_key(VECTORS["public_key"])
THEN = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.mark.parametrize("vector", VECTORS["requests"])
def test_the_request_text_is_the_one_that_openssl_signed(vector: dict[str, str]) -> None:
    parts = (vector["method"], vector["target"], vector["timestamp"], vector["nonce"], vector["body"].encode())
    assert wire.verify(KEY, wire.request_text(*parts), vector["signature"])


@pytest.mark.parametrize("vector", VECTORS["answers"])
def test_the_answer_text_is_the_one_that_openssl_signed(vector: dict[str, str]) -> None:
    wire.check_answer(_headers(vector), vector["body"].encode(), serial="S", key=KEY, now=THEN)


def test_the_payment_text_is_the_one_that_openssl_signed() -> None:
    vector = VECTORS["payment"]
    text = wire.payment_text(vector["app_id"], vector["timestamp"], vector["nonce"], vector["package"])
    assert wire.verify(KEY, text, vector["signature"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wechatpay-serial", "another"),
        ("wechatpay-timestamp", "1700000001"),
        ("wechatpay-timestamp", "yesterday"),
        ("wechatpay-nonce", "another"),
        ("wechatpay-signature", "AAAA"),
        ("wechatpay-signature", "not base64!"),
        ("wechatpay-signature", ""),
    ],
)
def test_an_answer_with_one_header_changed_is_not_believed(name: str, value: str) -> None:
    vector = VECTORS["answers"][0]
    headers = {**_headers(vector), name: value}
    with pytest.raises(ValueError, match="Wechatpay"):
        wire.check_answer(headers, vector["body"].encode(), serial="S", key=KEY, now=THEN)


def test_an_answer_with_another_body_is_not_believed() -> None:
    with pytest.raises(ValueError, match="Signature"):
        wire.check_answer(_headers(VECTORS["answers"][0]), b"{}", serial="S", key=KEY, now=THEN)


@pytest.mark.parametrize(("seconds", "fresh"), [(300, True), (-300, True), (301, False), (-301, False)])
def test_a_timestamp_is_fresh_for_five_minutes_either_way(seconds: int, fresh: bool) -> None:
    assert wire.is_fresh("1700000000", THEN + timedelta(seconds=seconds)) is fresh


def test_an_authorization_is_read_as_it_was_written() -> None:
    header = wire.authorization(merchant_id="m", serial="s", nonce="n", timestamp="1", signature="a+/=")
    assert header.startswith('WECHATPAY2-SHA256-RSA2048 mchid="m",nonce_str="n",')
    read = wire.read_authorization(header)
    assert read == {"mchid": "m", "nonce_str": "n", "timestamp": "1", "serial_no": "s", "signature": "a+/="}


@pytest.mark.parametrize("header", ["", "Bearer x", 'WECHATPAY2-SHA256-RSA2048 mchid="m"'])
def test_another_authorization_is_not_read(header: str) -> None:
    with pytest.raises(ValueError, match="Authorization"):
        wire.read_authorization(header)


def test_what_another_implementation_sealed_is_opened() -> None:
    vector = VECTORS["resource"]
    opened = wire.decrypt(vector["key"], vector["nonce"], vector["associated_data"], vector["ciphertext"])
    assert opened.decode() == vector["plain"]


def test_a_sealed_resource_opens_with_its_key_nonce_and_associated_data_only() -> None:
    key, sealed = "k" * 32, wire.encrypt("k" * 32, "n" * 12, "transaction", "支付".encode())
    assert wire.decrypt(key, "n" * 12, "transaction", sealed).decode() == "支付"
    for wrong in (("x" * 32, "n" * 12, "transaction"), (key, "x" * 12, "transaction"), (key, "n" * 12, "refund")):
        with pytest.raises(ValueError, match="decrypted"):
            wire.decrypt(*wrong, sealed)


@given(st.integers(min_value=1, max_value=10**10))
def test_fen_and_yuan_are_each_other_s_inverse(amount: int) -> None:
    assert wire.fen(wire.yuan(amount)) == amount


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "Infinity", "1E+40"])
def test_what_is_no_amount_to_pay_has_no_fen(amount: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        wire.fen(Decimal(amount))


@pytest.mark.parametrize("amount", [True, "100", 1.0, -1, None, Decimal("1.5")])
def test_what_is_no_whole_number_of_fen_has_no_yuan(amount: object) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        wire.yuan(amount)


def test_a_moment_is_written_at_china_s_offset() -> None:
    at = datetime(2026, 1, 1, 16, 0, 0, 999, tzinfo=UTC)
    assert wire.moment(at) == "2026-01-02T00:00:00+08:00"
    assert wire.read_moment("2026-01-02T00:00:00+08:00") == at.replace(microsecond=0)
    with pytest.raises(ValueError, match="offset"):
        wire.moment(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="offset"):
        wire.read_moment("2026-01-02T00:00:00")


def test_no_secret_is_in_a_repr(settings: WeChatPaySettings, keys: DemoKeys) -> None:
    shown = repr(settings) + repr(keys)
    assert "PRIVATE" not in shown
    assert keys.api_v3_key not in shown


def test_an_api_v3_key_of_another_length_is_no_setting(settings: WeChatPaySettings) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        dataclasses.replace(settings, api_v3_key="short")


def _headers(vector: dict[str, str]) -> dict[str, str]:
    names = ("timestamp", "nonce", "signature")
    return {"wechatpay-serial": "S", **{f"wechatpay-{name}": vector[name] for name in names}}
