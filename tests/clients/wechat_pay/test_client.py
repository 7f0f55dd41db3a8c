from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from clients.errors import Refused
from clients.wechat_pay.client import WeChatPayClient
from clients.wechat_pay.gateway import SelfPayGateway
from clients.wechat_pay.messages import Checkout, Prepay, QueryPayment, QueryRefund, Refund
from clients.wechat_pay.refusals import Reason
from clients.wechat_pay.sandbox import WeChatPaySandbox

pytestmark = pytest.mark.anyio
Press = Callable[..., httpx.Response]


def refund_of(order: Checkout, amount: str = "10.50", number: str = "R-1", **changed: Any) -> Refund:
    made = Refund(
        trade_number=order.trade_number,
        refund_number=number,
        amount=Decimal(amount),
        total=order.amount,
        reason="医生退诊",
    )
    return dataclasses.replace(made, **changed)


async def paid(client: WeChatPayClient, order: Checkout, press: Press) -> QueryPayment:
    page = await client.checkout(order, message_id="1")
    assert press(page.url).status_code == 200
    return QueryPayment(trade_number=order.trade_number)


async def test_an_order_is_paid_and_told(client: WeChatPayClient, order: Checkout, press: Press) -> None:
    gateway: SelfPayGateway = client
    page = await gateway.checkout(order, message_id="1")
    query = QueryPayment(trade_number=order.trade_number)
    before = await gateway.query(query, message_id="2")
    assert (before.state, before.amount, before.transaction_id) == ("NOTPAY", None, None)
    shown = press(page.url, "")
    assert "¥30.50" in shown.text
    assert "图文问诊" in shown.text
    assert "支付成功" in press(page.url).text
    after = await gateway.query(query, message_id="3")
    assert (after.state, after.amount) == ("SUCCESS", Decimal("30.50"))
    assert after.transaction_id
    assert after.paid_at
    assert abs(datetime.now(UTC) - after.paid_at) < timedelta(seconds=10)


async def test_a_number_of_any_allowed_sign_is_ordered_queried_and_closed(
    client: WeChatPayClient, order: Checkout
) -> None:
    order = dataclasses.replace(order, trade_number="Ab_-|*01")
    await client.checkout(order, message_id="1")
    query = QueryPayment(trade_number=order.trade_number)
    assert (await client.query(query, message_id="2")).state == "NOTPAY"
    await client.close_payment(query, message_id="3")
    assert (await client.query(query, message_id="4")).state == "CLOSED"


async def test_an_unknown_order_is_an_answer(client: WeChatPayClient) -> None:
    status = await client.query(QueryPayment(trade_number="UNKNOWN1"), message_id="1")
    assert (status.state, status.amount) == ("NOT_FOUND", None)


async def test_an_unknown_refund_is_none(client: WeChatPayClient) -> None:
    assert await client.query_refund(QueryRefund(refund_number="R@|1"), message_id="1") is None


async def test_a_mini_program_order_is_paid_with_its_signed_parameters(
    client: WeChatPayClient, order: Checkout, press: Press
) -> None:
    prepay = Prepay(
        trade_number=order.trade_number,
        description=order.description,
        amount=order.amount,
        open_id="oDemo0001",
        expires_at=order.expires_at,
    )
    payment = await client.prepay(prepay, message_id="1")
    five = payment.to_wire()
    assert set(five) == {"timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert payment.signature not in repr(payment)
    url = f"{client.settings.base_url}/pay/{payment.number}"
    assert press(url, **{**five, "nonceStr": "another"}).status_code == 403
    assert press(url).status_code == 403
    assert f'name="paySign" value="{five["paySign"]}"' in press(url, "", **five).text
    assert press(url, **five).status_code == 200
    assert (await client.query(QueryPayment(trade_number=order.trade_number), message_id="2")).state == "SUCCESS"


async def test_the_same_order_again_gives_the_same_page(client: WeChatPayClient, order: Checkout) -> None:
    first = await client.checkout(order, message_id="1")
    assert await client.checkout(order, message_id="2") == first


@pytest.mark.parametrize("changed", [{"amount": Decimal("1.00")}, {"description": "视频问诊"}])
async def test_the_same_number_with_another_content_is_refused(
    client: WeChatPayClient, order: Checkout, changed: dict[str, Any]
) -> None:
    await client.checkout(order, message_id="1")
    with pytest.raises(Refused) as refused:
        await client.checkout(dataclasses.replace(order, **changed), message_id="2")
    assert refused.value.reason == Reason.DUPLICATE


async def test_a_paid_order_is_not_ordered_or_closed_again(
    client: WeChatPayClient, order: Checkout, press: Press
) -> None:
    query = await paid(client, order, press)
    with pytest.raises(Refused) as again:
        await client.checkout(order, message_id="2")
    with pytest.raises(Refused) as closing:
        await client.close_payment(query, message_id="3")
    assert again.value.reason == closing.value.reason == Reason.ORDER_PAID


async def test_a_closed_order_cannot_be_paid_and_closes_again_in_peace(
    client: WeChatPayClient, order: Checkout, press: Press
) -> None:
    page = await client.checkout(order, message_id="1")
    query = QueryPayment(trade_number=order.trade_number)
    await client.close_payment(query, message_id="2")
    await client.close_payment(query, message_id="3")
    assert press(page.url).status_code == 409
    with pytest.raises(Refused) as refused:
        await client.checkout(order, message_id="4")
    assert refused.value.reason == Reason.ORDER_CLOSED


async def test_closing_what_was_never_ordered_is_refused(client: WeChatPayClient) -> None:
    with pytest.raises(Refused) as refused:
        await client.close_payment(QueryPayment(trade_number="UNKNOWN1"), message_id="1")
    assert refused.value.reason == Reason.NOT_FOUND


async def test_an_expired_order_cannot_be_paid(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press
) -> None:
    page = await client.checkout(order, message_id="1")
    sandbox.clock = lambda: order.expires_at
    assert press(page.url).status_code == 409
    assert (await client.query(QueryPayment(trade_number=order.trade_number), message_id="2")).state == "NOTPAY"


async def test_a_cancelled_page_leaves_the_order_unpaid(client: WeChatPayClient, order: Checkout, press: Press) -> None:
    page = await client.checkout(order, message_id="1")
    answer = press(page.url, "cancel", redirect_url="https://hospital.example/?a=1&b=2")
    assert 'href="https://hospital.example/?a=1&amp;b=2"' in answer.text
    assert "javascript" not in press(page.url, "cancel", redirect_url="javascript:alert(1)").text
    assert (await client.query(QueryPayment(trade_number=order.trade_number), message_id="2")).state == "NOTPAY"


async def test_refunds_add_up_to_what_was_paid_and_never_above(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press
) -> None:
    query = await paid(client, order, press)
    first = await client.refund(refund_of(order, "10.50", "R-1"), message_id="2")
    assert (first.status, first.refund_number) == ("SUCCESS", "R-1")
    assert await client.query_refund(QueryRefund(refund_number="R-1"), message_id="3") == first
    with pytest.raises(Refused) as above:
        await client.refund(refund_of(order, "20.01", "R-2"), message_id="4")
    assert above.value.reason == Reason.AMOUNT
    assert sandbox.books()["open_payments"] == 1
    await client.refund(refund_of(order, "20.00", "R-3"), message_id="5")
    with pytest.raises(Refused) as nothing_left:
        await client.refund(refund_of(order, "0.01", "R-4"), message_id="6")
    assert nothing_left.value.reason == Reason.AMOUNT
    assert (await client.query(query, message_id="7")).state == "REFUND"
    assert sandbox.books() == {
        "payments": [{"trade_number": order.trade_number, "state": "REFUND", "total_fen": 3050, "refunded_fen": 3050}],
        "paid_fen": 0,
        "open_payments": 0,
        "mixed_payments": [],
    }


async def test_the_same_refund_again_pays_once(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press
) -> None:
    await paid(client, order, press)
    first = await client.refund(refund_of(order), message_id="2")
    assert await client.refund(refund_of(order), message_id="3") == first
    assert sandbox.books()["paid_fen"] == 2000
    with pytest.raises(Refused) as other:
        await client.refund(refund_of(order, "10.00"), message_id="4")
    assert other.value.reason == Reason.DUPLICATE


async def test_a_refund_of_another_total_is_refused(client: WeChatPayClient, order: Checkout, press: Press) -> None:
    await paid(client, order, press)
    with pytest.raises(Refused) as refused:
        await client.refund(refund_of(order, total=Decimal("31.00")), message_id="2")
    assert refused.value.reason == Reason.AMOUNT


async def test_what_was_not_paid_is_not_refunded(client: WeChatPayClient, order: Checkout) -> None:
    await client.checkout(order, message_id="1")
    with pytest.raises(Refused) as refused:
        await client.refund(refund_of(order), message_id="2")
    assert refused.value.reason == Reason.NOT_FOUND


@pytest.mark.parametrize(("end", "paid_fen"), [("SUCCESS", 2000), ("ABNORMAL", 3050), ("CLOSED", 3050)])
async def test_a_refund_in_process_ends_after_so_many_queries(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press, end: str, paid_fen: int
) -> None:
    await paid(client, order, press)
    sandbox.faults.add("refund", "refund_processing", times=2, text=end)
    statuses = [(await client.refund(refund_of(order), message_id="2")).status]
    for number in range(3):
        found = await client.query_refund(QueryRefund(refund_number="R-1"), message_id=f"q{number}")
        assert found is not None
        statuses.append(found.status)
    assert statuses == ["PROCESSING", "PROCESSING", "PROCESSING", end]
    assert sandbox.books()["paid_fen"] == paid_fen


@pytest.mark.parametrize(
    "changed",
    [
        {"trade_number": "short"},
        {"trade_number": "with space"},
        {"description": ""},
        {"description": "长" * 128},
        {"amount": Decimal("0.00")},
        {"amount": Decimal("0.001")},
        {"expires_at": datetime(2030, 1, 1)},  # noqa: DTZ001
    ],
)
async def test_a_request_that_is_none_is_not_sent(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, changed: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await client.checkout(dataclasses.replace(order, **changed), message_id="1")
    assert sandbox.books()["payments"] == []


async def test_a_refund_above_its_total_or_with_a_long_reason_is_not_sent(
    client: WeChatPayClient, order: Checkout
) -> None:
    for wrong in (refund_of(order, "30.51"), refund_of(order, reason="长" * 27), refund_of(order, number="号")):
        with pytest.raises(ValueError, match=r"."):
            await client.refund(wrong, message_id="1")


async def test_demonstration_data_is_there_and_gone_after_a_reset(
    client: WeChatPayClient, sandbox: WeChatPaySandbox
) -> None:
    rows = [
        {"trade_number": f"DEMO-{state}", "description": "问诊", "total_fen": 100, "state": state}
        for state in ("NOTPAY", "SUCCESS", "CLOSED")
    ]
    sandbox.load({"payments": rows})
    for row in rows:
        found = await client.query(QueryPayment(trade_number=str(row["trade_number"])), message_id="1")
        assert found.state == row["state"]
    assert sandbox.books()["paid_fen"] == 100
    sandbox.reset()
    assert sandbox.books() == {"payments": [], "paid_fen": 0, "open_payments": 0, "mixed_payments": []}
