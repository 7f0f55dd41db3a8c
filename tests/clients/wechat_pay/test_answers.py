"""What an answer must be to be believed, told by a platform that signs whatever it is told to say."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from clients.errors import Garbled, NotSent, PlatformError, Refused, Unanswered
from clients.http import Answer, Call
from clients.wechat_pay import wire
from clients.wechat_pay.client import WeChatPayClient
from clients.wechat_pay.demo import DemoKeys
from clients.wechat_pay.messages import Checkout, QueryPayment, QueryRefund
from clients.wechat_pay.refusals import CODES, FRAGMENTS, Reason, reason

pytestmark = pytest.mark.anyio
Say = Callable[..., None]
QUERY = QueryPayment(trade_number="DEMO-00000001")
FOUND: dict[str, Any] = {
    "appid": "wx0000000000000001",
    "mchid": "1900000001",
    "out_trade_no": "DEMO-00000001",
    "trade_state": "SUCCESS",
    "transaction_id": "42",
    "success_time": "2026-01-02T00:00:00+08:00",
    "amount": {"total": 1, "currency": "CNY"},
}


@pytest.fixture
def say(client: WeChatPayClient, keys: DemoKeys, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Let the next answer be this."""
    key = wire.private_key(keys.platform_private_key)

    def say(status: int, message: object, *, signed: bool = True) -> None:
        body = json.dumps(message).encode()
        headers = _signed(key, body) if signed else {}

        async def send(call: Call) -> Answer:
            return Answer(status, headers, body)

        monkeypatch.setattr(client.line._http, "_send", send)

    return say


def _signed(key: RSAPrivateKey, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    headers = wire.answer_headers(key, "PUB_KEY_ID_0000000001", stamp, secrets.token_hex(8), body)
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(
    "changed",
    [
        {"out_trade_no": "DEMO-00000002"},
        {"mchid": "1900000002"},
        {"appid": "wx0000000000000002"},
        {"trade_state": "REVOKED"},
        {"trade_state": None},
        {"amount": None},
        {"amount": {"total": "1", "currency": "CNY"}},
        {"amount": {"total": 1.5, "currency": "CNY"}},
        {"amount": {"total": 1, "currency": "USD"}},
        {"success_time": "2026-01-02T00:00:00"},
        {"transaction_id": ""},
    ],
)
async def test_a_signed_answer_that_does_not_fit_the_question_is_garbled(
    client: WeChatPayClient, say: Say, changed: dict[str, Any]
) -> None:
    say(200, {**FOUND, **changed})
    with pytest.raises(Garbled):
        await client.query(QUERY, message_id="1")


@pytest.mark.parametrize("message", [[], "text", None, {}])
async def test_a_signed_answer_of_another_form_is_garbled(client: WeChatPayClient, say: Say, message: object) -> None:
    say(200, message)
    with pytest.raises(Garbled):
        await client.query(QUERY, message_id="1")


async def test_a_page_that_is_no_web_address_is_garbled(client: WeChatPayClient, say: Say, order: Checkout) -> None:
    say(200, {"h5_url": "javascript:alert(1)"})
    with pytest.raises(Garbled):
        await client.checkout(order, message_id="1")


ABSENT = {"code": "ORDER_NOT_EXIST", "message": "订单不存在"}


@pytest.mark.parametrize(
    ("status", "message", "signed", "error"),
    [
        (200, FOUND, False, Garbled),
        (404, ABSENT, False, Garbled),
        (401, ABSENT, False, Garbled),
        (400, {}, True, Garbled),
        (400, {"code": ""}, True, Garbled),
        (400, {"message": "no code"}, True, Garbled),
        (401, {"code": "SIGN_ERROR", "message": "签名错误"}, False, Refused),
        (403, {"code": "NO_AUTH", "message": "商户无权限"}, True, Refused),
        (429, {"code": "FREQUENCY_LIMITED", "message": "频率超限"}, False, NotSent),
        (400, {"code": "SYSTEM_ERROR", "message": "系统错误"}, True, Unanswered),
        (500, {"code": "SYSTEM_ERROR", "message": "系统错误"}, True, Unanswered),
        (503, "", False, Unanswered),
        (302, "", False, Unanswered),
    ],
)
async def test_an_answer_is_what_status_code_and_signature_make_it(
    client: WeChatPayClient, say: Say, status: int, message: object, signed: bool, error: type[PlatformError]
) -> None:
    say(status, message, signed=signed)
    with pytest.raises(PlatformError) as raised:
        await client.query(QUERY, message_id="1")
    assert type(raised.value) is error


async def test_only_a_signed_404_is_not_found(client: WeChatPayClient, say: Say) -> None:
    say(404, ABSENT)
    assert (await client.query(QUERY, message_id="1")).state == "NOT_FOUND"
    say(404, {"code": "RESOURCE_NOT_EXISTS", "message": "退款单不存在"})
    assert await client.query_refund(QueryRefund(refund_number="R-1"), message_id="2") is None


async def test_the_detail_of_a_refusal_is_kept(client: WeChatPayClient, say: Say) -> None:
    say(400, {"code": "PARAM_ERROR", "message": "参数错误", "detail": {"field": "/mchid"}})
    with pytest.raises(Refused) as refused:
        await client.query(QUERY, message_id="1")
    assert (refused.value.reason, refused.value.data) == (Reason.FORM, {"field": "/mchid"})


@pytest.mark.parametrize(
    ("code", "message", "ours"),
    [
        ("INVALID_REQUEST", "该订单已支付", Reason.ORDER_PAID),
        ("INVALID_REQUEST", "订单已关闭", Reason.ORDER_CLOSED),
        ("INVALID_REQUEST", "201 商户订单号重复", Reason.DUPLICATE),
        ("INVALID_REQUEST", "订单金额或退款金额与之前请求不一致，请核实后再试", Reason.DUPLICATE),
        ("INVALID_REQUEST", "订单已全额退款", Reason.AMOUNT),
        ("INVALID_REQUEST", "another rule", Reason.FORM),
        ("NEVER_SEEN", "已支付", Reason.OTHER),
    ],
)
def test_a_text_tells_the_reason_where_the_code_does_not(code: str, message: str, ours: Reason) -> None:
    assert reason(code, message) == ours


def test_every_reason_but_other_has_a_code() -> None:
    told = {*CODES.values(), *(ours for rows in FRAGMENTS.values() for _, ours in rows)}
    assert told == set(Reason) - {Reason.OTHER}
