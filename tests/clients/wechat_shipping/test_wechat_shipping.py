"""发货信息管理 over real HTTP: the token, the upload, the question whether it arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from clients import faults
from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.wechat_shipping import sandbox as kinds
from clients.wechat_shipping import wire
from clients.wechat_shipping.client import WeChatShippingClient, WeChatShippingSettings
from clients.wechat_shipping.messages import Payment, QueryPayment, UploadShipping
from clients.wechat_shipping.refusals import Reason
from tests.clients.wechat_shipping.conftest import APP, MERCHANT, SECRET, Ends

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def shipping(**changes: Any) -> UploadShipping:
    told: dict[str, Any] = {
        "trade_number": "S0001",
        "open_id": "o1",
        "company": "ZTO",
        "waybill_number": "ZT0001",
        "description": "处方药品",
        "at": AT,
    }
    return UploadShipping(**told | changes)


async def upload(ends: Ends, **changes: Any) -> None:
    await ends.client.upload(shipping(**changes), message_id=uuid4().hex)


async def payment(ends: Ends, number: str = "S0001") -> Payment:
    return await ends.client.payment(QueryPayment(trade_number=number), message_id=uuid4().hex)


async def test_an_upload_is_found_again(ends: Ends) -> None:
    assert await payment(ends) == Payment(open_id="o1", waybill_numbers=frozenset())
    await upload(ends)
    assert (await payment(ends)).waybill_numbers == {"ZT0001"}
    assert ends.sandbox.books()["shipped"] == [
        {"trade_number": "S0001", "uploads": 1, "company": "ZTO", "number": "ZT0001"}
    ]


async def test_sf_is_told_the_end_of_a_telephone_and_no_more(ends: Ends) -> None:
    await upload(ends, company="SF", waybill_number="SF0001", phone_tail="0001")
    (told,) = ends.sandbox._uploads["S0001"]
    assert told["shipping_list"][0]["contact"] == {"receiver_contact": "****0001"}


@pytest.mark.parametrize("changes", [{"company": "EMS"}, {"company": "SF"}])
async def test_what_cannot_be_said_is_not_sent(ends: Ends, changes: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        await upload(ends, **changes)
    assert ends.exchanges == []


async def test_word_by_word_the_same_is_as_asked(ends: Ends) -> None:
    await upload(ends)
    await upload(ends, at=AT + timedelta(seconds=1))
    assert ends.sandbox.books()["shipped"][0]["uploads"] == 1  # type: ignore[index]


async def test_there_is_one_correction(ends: Ends) -> None:
    for place in range(2):
        await upload(ends, waybill_number=f"ZT000{place}", at=AT + timedelta(seconds=place))
    with pytest.raises(Refused) as refused:
        await upload(ends, waybill_number="ZT0002", at=AT + timedelta(seconds=2))
    assert refused.value.reason == Reason.ALREADY_SHIPPED
    assert (await payment(ends)).waybill_numbers == {"ZT0001"}


async def test_the_time_of_an_upload_grows(ends: Ends) -> None:
    await upload(ends)
    with pytest.raises(Refused) as refused:
        await upload(ends, waybill_number="ZT0002")
    assert refused.value.message.startswith("upload_time: ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"trade_number": "S9999"}, Reason.NOT_FOUND),
        ({"trade_number": "S0002", "open_id": "o2"}, Reason.NOT_SHIPPABLE),
        ({"open_id": "o2"}, Reason.FORM),
    ],
)
async def test_a_payment_that_is_not_theirs_is_refused(ends: Ends, changes: Any, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        await upload(ends, **changes)
    assert refused.value.reason == reason


async def test_one_token_serves_for_its_life(ends: Ends) -> None:
    await payment(ends)
    await upload(ends)
    assert ends.sandbox.fetched == 1
    assert [exchange.transaction for exchange in ends.exchanges] == ["token", "order", "upload"]


async def test_a_second_process_ends_nobodys_token(ends: Ends) -> None:
    settings = ends.client.settings
    other = WeChatShippingClient(settings)
    await payment(ends)
    await other.payment(QueryPayment(trade_number="S0001"), message_id="1")
    await other.close()
    await payment(ends)
    assert ends.sandbox.fetched == 2


@pytest.mark.parametrize("ahead", [0.0, kinds.TOKEN_SECONDS + 1.0])
async def test_a_token_that_is_over_is_fetched_again(ends: Ends, ahead: float) -> None:
    await payment(ends)
    ends.clock.ahead = ahead
    if not ahead:
        ends.sandbox.faults.add("upload", kinds.TOKEN_OVER)
    await upload(ends)
    assert ends.sandbox.fetched == 2


@pytest.mark.parametrize("changes", [{"app_id": "wx1"}, {"app_secret": "wrong"}])
async def test_wrong_credentials_are_refused(ends: Ends, changes: Any) -> None:
    told = {"base_url": ends.url, "app_id": APP, "app_secret": SECRET, "merchant_id": MERCHANT} | changes
    client = WeChatShippingClient(WeChatShippingSettings(**told))
    with pytest.raises(Refused) as refused:
        await client.payment(QueryPayment(trade_number="S0001"), message_id="1")
    await client.close()
    assert refused.value.reason == Reason.AUTHENTICATION


@pytest.mark.parametrize("transaction", ["token", "upload", "order"])
@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (faults.LOST_REQUEST, "", Unanswered),
        (faults.LOST_REPLY, "", Unanswered),
        (faults.GATEWAY_ERROR, "", Unanswered),
        (faults.GARBLED, "", Garbled),
        (kinds.REFUSED, "48001 api unauthorized", Refused),
        (kinds.REFUSED, "-1 system error", Unanswered),
    ],
)
async def test_misbehaviour_has_its_error(
    ends: Ends, transaction: str, kind: str, text: str, error: type[Exception]
) -> None:
    ends.sandbox.faults.add(transaction, kind, text=text)
    with pytest.raises(error):
        await (payment(ends) if transaction == "order" else upload(ends))


async def test_a_lost_reply_is_asked_for(ends: Ends) -> None:
    ends.sandbox.faults.add("upload", faults.LOST_REPLY)
    with pytest.raises(Unanswered):
        await upload(ends)
    assert (await payment(ends)).waybill_numbers == {"ZT0001"}


async def test_nothing_leaves_for_a_platform_that_is_away() -> None:
    settings = WeChatShippingSettings(base_url="http://127.0.0.1:9", app_id="a", app_secret="s", merchant_id="m")
    client = WeChatShippingClient(settings)
    with pytest.raises(NotSent):
        await client.payment(QueryPayment(trade_number="S0001"), message_id="1")
    await client.close()


async def test_neither_secret_nor_token_is_told(ends: Ends) -> None:
    ends.sandbox.faults.add("token", faults.GARBLED)
    with pytest.raises(Garbled) as garbled:
        await payment(ends)
    await payment(ends)
    told = repr((ends.exchanges, ends.client.settings, garbled.value, garbled.value.raw))
    assert SECRET not in told
    assert ends.sandbox._token[:20] not in told


def body(**changes: Any) -> dict[str, Any]:
    settings = WeChatShippingSettings(app_id=APP, app_secret=SECRET, merchant_id=MERCHANT)
    return shipping(company="SF", phone_tail="0001").to_wire(settings) | changes


PARCEL = {"tracking_no": "SF1", "express_company": "SF", "item_desc": "药", "contact": {"receiver_contact": "****0001"}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"order_key": {}}, "order_key"),
        ({"upload_time": "2026-01-01 00:00:00"}, "upload_time"),
        ({"shipping_list": []}, "shipping_list"),
        ({"shipping_list": [PARCEL | {"tracking_no": ""}]}, "shipping_list[0].tracking_no"),
        ({"shipping_list": [PARCEL | {"express_company": ""}]}, "shipping_list[0].express_company"),
        ({"shipping_list": [PARCEL | {"contact": None}]}, "shipping_list[0].contact.receiver_contact"),
        ({"shipping_list": [PARCEL, PARCEL]}, "shipping_list"),
    ],
)
async def test_a_wrong_field_is_refused_by_name(ends: Ends, changes: Any, field: str) -> None:
    await payment(ends)
    url = f"{ends.url}{wire.PATHS['upload']}?access_token={ends.sandbox._token}"
    async with httpx.AsyncClient(trust_env=False) as client:
        told = (await client.post(url, content=wire.dump(body(**changes)))).json()
    assert told["errcode"] != 0
    assert told["errmsg"].removeprefix("data format error: ").startswith(f"{field}: ")
    assert ends.sandbox.books()["shipped"] == []
