from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.http import Exchange
from clients.wechat_pay.client import WeChatPayClient, WeChatPaySettings
from clients.wechat_pay.demo import demo_keys
from clients.wechat_pay.messages import Checkout, Prepay, QueryPayment, QueryRefund, Refund
from clients.wechat_pay.refusals import Reason
from clients.wechat_pay.sandbox import WeChatPaySandbox

pytestmark = pytest.mark.anyio
REFUND = Refund(
    trade_number="DEMO-00000001",
    refund_number="R-1",
    amount=Decimal("10.50"),
    total=Decimal("30.50"),
    reason="医生退诊",
)
CALLS: dict[str, Callable[[WeChatPayClient, Checkout], Any]] = {
    "h5": lambda client, order: client.checkout(order, message_id="9"),
    "jsapi": lambda client, order: client.prepay(
        Prepay(
            trade_number="DEMO-00000002",
            description="问诊",
            amount=Decimal("1.00"),
            open_id="oDemo0001",
            expires_at=order.expires_at,
        ),
        message_id="9",
    ),
    "query": lambda client, order: client.query(QueryPayment(trade_number=order.trade_number), message_id="9"),
    "close": lambda client, order: client.close_payment(QueryPayment(trade_number=order.trade_number), message_id="9"),
    "refund": lambda client, order: client.refund(REFUND, message_id="9"),
    "query_refund": lambda client, order: client.query_refund(QueryRefund(refund_number="R-1"), message_id="9"),
}
WIRE_FAULTS = {
    "lost_request": Unanswered,
    "lost_reply": Unanswered,
    "late_effect": Unanswered,
    "gateway_error": Unanswered,
    "garbled": Garbled,
}


@pytest.mark.parametrize("kind", WIRE_FAULTS)
@pytest.mark.parametrize("transaction", CALLS)
async def test_a_fault_of_the_wire_is_never_taken_for_an_answer(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, transaction: str, kind: str
) -> None:
    sandbox.faults.add(transaction, kind)
    with pytest.raises(Unanswered) as unanswered:
        await CALLS[transaction](client, order)
    assert type(unanswered.value) is WIRE_FAULTS[kind]


@pytest.mark.parametrize("transaction", CALLS)
async def test_an_ordered_refusal_keeps_its_words(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, transaction: str
) -> None:
    sandbox.faults.add(transaction, "refused", text="RULE_LIMIT 业务规则限制")
    with pytest.raises(Refused) as refused:
        await CALLS[transaction](client, order)
    assert (refused.value.code, refused.value.message) == ("RULE_LIMIT", "业务规则限制")
    assert refused.value.reason == Reason.LIMITED


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("SYSTEM_ERROR 系统错误", Unanswered),
        ("BANK_ERROR 银行系统异常", Unanswered),
        ("FREQUENCY_LIMITED 频率超限", NotSent),
    ],
)
async def test_what_is_not_a_no_is_not_refused(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, text: str, error: type[Exception]
) -> None:
    sandbox.faults.add("h5", "refused", text=text)
    with pytest.raises(error) as raised:
        await client.checkout(order, message_id="1")
    assert type(raised.value) is error


async def test_a_reply_that_comes_too_late_is_unanswered_and_the_order_is_there(
    settings: WeChatPaySettings, sandbox: WeChatPaySandbox, order: Checkout
) -> None:
    hasty = WeChatPayClient(dataclasses.replace(settings, timeout=0.3))
    sandbox.faults.add("h5", "delay", seconds=0.6)
    with pytest.raises(Unanswered):
        await hasty.checkout(order, message_id="1")
    assert (await hasty.query(QueryPayment(trade_number=order.trade_number), message_id="2")).state == "NOTPAY"
    await hasty.close()


async def test_nobody_listening_is_not_sent(settings: WeChatPaySettings, order: Checkout) -> None:
    nowhere = WeChatPayClient(dataclasses.replace(settings, base_url="http://127.0.0.1:9"))
    with pytest.raises(NotSent):
        await nowhere.checkout(order, message_id="1")
    await nowhere.close()


async def test_an_answer_of_an_unknown_platform_key_is_garbled_and_kept(
    settings: WeChatPaySettings, sandbox: WeChatPaySandbox, order: Checkout
) -> None:
    kept: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        kept.append(exchange)

    stranger = dataclasses.replace(settings, platform_serial="PUB_KEY_ID_OTHER")
    client = WeChatPayClient(stranger, journal)
    with pytest.raises(Garbled, match="Serial"):
        await client.checkout(order, message_id="m-1")
    await client.close()
    assert [(e.transaction, e.message_id, e.outcome) for e in kept] == [("h5", "m-1", "Garbled")]
    assert b"h5_url" in kept[0].raw


async def test_a_wrong_merchant_key_is_a_refused_signature(
    settings: WeChatPaySettings, sandbox: WeChatPaySandbox, order: Checkout
) -> None:
    client = WeChatPayClient(dataclasses.replace(settings, merchant_private_key=demo_keys().merchant_private_key))
    with pytest.raises(Refused) as refused:
        await client.checkout(order, message_id="1")
    assert refused.value.reason == Reason.SIGNATURE
    await client.close()
