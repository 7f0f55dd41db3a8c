"""The daily bill: the sandbox's own books, told as WeChat tells them, and believed only as a whole."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.wechat_pay import wire
from clients.wechat_pay.bills import AskBill, BillFile, DayBill
from clients.wechat_pay.client import WeChatPayClient
from clients.wechat_pay.messages import Checkout, Refund
from clients.wechat_pay.refusals import Reason
from clients.wechat_pay.sandbox import WeChatPaySandbox
from clients.wechat_pay.sandbox_bills import NAMES, SUM_NAMES

pytestmark = pytest.mark.anyio
Press = Callable[..., httpx.Response]
DAY = date(2026, 3, 1)


def at(hour: int, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=wire.CHINA)


@pytest.fixture
async def traded(client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press) -> WeChatPayClient:
    """On the day 30.50 were paid, 10.00 and 5.50 of it given back; another order was left unpaid."""
    sandbox.clock = lambda: at(9)
    page = await client.checkout(order, message_id="1")
    press(page.url)
    for number, amount in (("R-1", "10.00"), ("R-2", "5.50")):
        refund = Refund(
            trade_number=order.trade_number,
            refund_number=number,
            amount=Decimal(amount),
            total=order.amount,
            reason="退诊",
        )
        await client.refund(refund, message_id=number)
    sandbox.load({"payments": [{"trade_number": "DEMO-0002", "description": "a,`b", "total_fen": 1}]})
    sandbox.clock = lambda: at(11, DAY + timedelta(days=1))
    return client


async def test_a_bill_tells_payments_and_refunds(traded: WeChatPayClient, order: Checkout) -> None:
    bill = await traded.day_bill(AskBill(day=DAY), message_id="b")
    assert bill.day == DAY
    assert {(row.trade_number, row.refund_number, row.amount, row.state) for row in bill.rows} == {
        (order.trade_number, None, Decimal("30.50"), "SUCCESS"),
        (order.trade_number, "R-1", Decimal("10.00"), "SUCCESS"),
        (order.trade_number, "R-2", Decimal("5.50"), "SUCCESS"),
    }
    assert {row.at for row in bill.rows} == {at(9)}


async def test_words_with_commas_and_accents_are_one_value(client: WeChatPayClient, sandbox: WeChatPaySandbox) -> None:
    sandbox.clock = lambda: at(9)
    row = {"trade_number": "DEMO-0003", "description": "药,两盒`", "total_fen": 120, "state": "SUCCESS"}
    sandbox.load({"payments": [row]})
    sandbox.clock = lambda: at(11, DAY + timedelta(days=1))
    (told,) = (await client.day_bill(AskBill(day=DAY), message_id="b")).rows
    assert (told.trade_number, told.amount) == ("DEMO-0003", Decimal("1.20"))


async def test_a_day_without_trade_is_empty(traded: WeChatPayClient) -> None:
    day = DAY - timedelta(days=1)
    assert await traded.day_bill(AskBill(day=day), message_id="b") == DayBill(day=day, rows=())


@pytest.mark.parametrize("days", [1, 2, -92])
async def test_today_tomorrow_and_long_ago_have_no_bill(traded: WeChatPayClient, days: int) -> None:
    with pytest.raises(Refused) as refused:
        await traded.day_bill(AskBill(day=DAY + timedelta(days=days)), message_id="b")
    assert (refused.value.reason, refused.value.data["field"]) == (Reason.FORM, "/bill_date")


async def test_a_bill_that_is_being_made_is_no_empty_bill(traded: WeChatPayClient, sandbox: WeChatPaySandbox) -> None:
    sandbox.faults.add("tradebill", "refused", text="STATEMENT_CREATING 账单生成中")
    with pytest.raises(Refused) as refused:
        await traded.day_bill(AskBill(day=DAY), message_id="b")
    assert refused.value.reason == Reason.BILL_NOT_READY


async def test_a_file_with_another_hash_is_garbled(traded: WeChatPayClient, sandbox: WeChatPaySandbox) -> None:
    sandbox.faults.add("tradebill", "bill_hash")
    with pytest.raises(Garbled, match="hash") as garbled:
        await traded.day_bill(AskBill(day=DAY), message_id="b")
    assert garbled.value.raw == b""


@pytest.mark.parametrize(
    ("kind", "error"), [("lost_reply", Unanswered), ("garbled", Garbled), ("lost_request", Unanswered)]
)
@pytest.mark.parametrize("transaction", ["tradebill", "billdownload"])
async def test_a_bill_that_breaks_off_is_not_believed(
    traded: WeChatPayClient, sandbox: WeChatPaySandbox, transaction: str, kind: str, error: type[Exception]
) -> None:
    sandbox.faults.add(transaction, kind)
    with pytest.raises(error):
        await traded.day_bill(AskBill(day=DAY), message_id="b")


async def test_a_download_needs_its_token(traded: WeChatPayClient) -> None:
    url = f"{traded.settings.base_url}/v3/billdownload/file?token=stranger"
    with pytest.raises(Refused) as refused:
        await traded.line.download("billdownload", url, "1", len)
    assert refused.value.reason == Reason.NOT_FOUND
    unsigned = httpx.get(url, trust_env=False)  # noqa: ASYNC210
    assert (unsigned.status_code, unsigned.json()["code"]) == (401, "SIGN_ERROR")


@pytest.mark.parametrize(("fault", "code"), [("FREQUENCY_LIMITED 慢一点", NotSent), ("SYSTEM_ERROR 忙", Unanswered)])
async def test_a_busy_desk_is_asked_later(
    traded: WeChatPayClient, sandbox: WeChatPaySandbox, fault: str, code: type[Exception]
) -> None:
    sandbox.faults.add("tradebill", "refused", text=fault)
    with pytest.raises(code):
        await traded.day_bill(AskBill(day=DAY), message_id="b")


LINE = ",".join(
    f"`{value}"
    for value in (
        *("2026-03-01 09:00:00", "wx", "19", "0", "", "42", "S1", "o", "JSAPI", "SUCCESS", "OTHERS", "CNY"),
        *("1.00", "0.00", "0", "0", "0.00", "0.00", "", "", "问诊", "", "0.00000", "0.00%", "1.00", "0.00", ""),
    )
)
SUMS = "`1,`1.00,`0.00,`0.00,`0.00000,`1.00,`0.00"


def told(*lines: str) -> DayBill:
    file = "\n".join(lines).encode()
    answer: Any = {"hash_type": "SHA1", "hash_value": hashlib.sha1(file).hexdigest(), "download_url": "https://x/"}
    found = BillFile.from_wire(answer)
    assert found is not None
    return found.read(AskBill(day=DAY), gzip.compress(file))


def test_a_bill_of_the_documented_form_is_read() -> None:
    (row,) = told(NAMES, LINE, SUM_NAMES, SUMS).rows
    assert (row.trade_number, row.transaction_id, row.amount) == ("S1", "42", Decimal("1.00"))


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (NAMES,),
        (NAMES, LINE),
        (NAMES, LINE, SUM_NAMES),
        (NAMES, SUM_NAMES, SUMS),
        (NAMES, LINE, LINE, SUM_NAMES, SUMS),
        (NAMES, LINE, SUM_NAMES, SUMS.replace("`1.00", "`2.00")),
        (NAMES, LINE.replace("`1.00", "`1.005"), SUM_NAMES, SUMS),
        (NAMES, LINE.replace("SUCCESS", "REVOKED"), SUM_NAMES, SUMS),
        (NAMES, LINE.replace("2026-03-01", "2026-03-02"), SUM_NAMES, SUMS),
        (NAMES, LINE.replace("`S1", "`"), SUM_NAMES, SUMS),
        (NAMES, LINE.removeprefix("`"), SUM_NAMES, SUMS),
        (NAMES, LINE.rpartition(",")[0], SUM_NAMES, SUMS),
        (NAMES.replace("订单金额", "金额"), LINE, SUM_NAMES, SUMS),
    ],
)
def test_a_bill_of_another_form_is_not_read(lines: tuple[str, ...]) -> None:
    with pytest.raises((ValueError, KeyError)):
        told(*lines)


@pytest.mark.parametrize(
    "changed", [{"hash_type": "MD5"}, {"download_url": "file:///etc"}, {"download_url": ""}, {"hash_value": None}]
)
def test_an_answer_of_another_form_is_not_read(changed: dict[str, Any]) -> None:
    answer = {"hash_type": "SHA1", "hash_value": "0", "download_url": "https://x/"} | changed
    with pytest.raises(ValueError, match=r"."):
        BillFile.from_wire(answer)


@pytest.mark.parametrize("packed", [b"", b"x", gzip.compress(b"x", mtime=0)[:-4], b"PK\x03\x04"])
def test_a_file_that_cannot_be_unpacked_is_not_read(packed: bytes) -> None:
    with pytest.raises(ValueError, match="file"):
        BillFile(url="https://x/", hash_value="0").read(AskBill(day=DAY), packed)
