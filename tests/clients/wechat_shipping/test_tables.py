"""Each field of each request of 发货信息管理: refused by name where it breaks its table, and never sent so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.fields import check_node, codes, table
from clients.wechat_shipping import wire
from clients.wechat_shipping.client import WeChatShippingSettings
from clients.wechat_shipping.messages import QueryPayment, UploadShipping
from tests.clients.wechat_shipping.conftest import APP, MERCHANT, SECRET, Ends
from tests.fixtures.forms import GENERATED, Wrong, cases

TABLES, CODES = table(wire.FIELDS), codes(wire.CODES)
SETTINGS = WeChatShippingSettings(app_id=APP, app_secret=SECRET, merchant_id=MERCHANT)
FULL: dict[str, dict[str, Any]] = {
    wire.TOKEN: {"grant_type": "client_credential", "appid": APP, "secret": SECRET, "force_refresh": False},
    wire.UPLOAD: {
        "order_key": {"order_number_type": 1, "transaction_id": "4200", "mchid": MERCHANT, "out_trade_no": "S0001"},
        "logistics_type": 1,
        "delivery_mode": 1,
        "is_all_delivered": True,
        "shipping_list": [
            {
                "tracking_no": "ZT0001",
                "express_company": "ZTO",
                "item_desc": "处方药品",
                "contact": {"consignor_contact": "****0001", "receiver_contact": "****0001"},
            }
        ],
        "upload_time": "2026-11-23T09:00:00.000+08:00",
        "payer": {"openid": "o1"},
    },
    wire.ORDER: {"transaction_id": "4200", "merchant_id": MERCHANT, "merchant_trade_no": "S0001"},
}


def send(ends: Ends, transaction: str, body: dict[str, Any]) -> Any:
    """With a token where one is needed."""
    query = ""
    if transaction != wire.TOKEN:
        query = f"?access_token={send(ends, wire.TOKEN, FULL[wire.TOKEN])['access_token']}"
    url = ends.url + wire.PATHS[transaction] + query
    return httpx.post(url, content=wire.dump(body), trust_env=False).json()


def test_no_table_is_left_out() -> None:
    assert FULL.keys() == TABLES.keys()


@pytest.mark.parametrize("transaction", FULL)
def test_the_full_request_of_every_table_is_let_in(ends: Ends, transaction: str) -> None:
    assert send(ends, transaction, FULL[transaction])["errcode"] == wire.OK


@pytest.mark.parametrize(("transaction", "wrong"), cases(TABLES, CODES, dict.fromkeys(FULL, "request")))
def test_a_field_that_breaks_its_table_is_refused_by_name(ends: Ends, transaction: str, wrong: Wrong) -> None:
    told = send(ends, transaction, wrong.spoil(FULL[transaction]))
    assert told["errcode"] == 47001
    assert wrong.told_in(told["errmsg"], before="data format error: ")
    assert ends.sandbox.books()["shipped"] == []


NUMBERS = st.from_regex(r"[0-9A-Za-z_-]{6,32}", fullmatch=True)


@GENERATED
@given(
    number=NUMBERS,
    open_id=st.from_regex(r"[0-9A-Za-z_-]{1,128}", fullmatch=True),
    company=st.sampled_from(["SF", "ZTO"]),
    waybill=st.from_regex(r"[A-Z0-9-]{6,30}", fullmatch=True),
    description=st.text(min_size=1, max_size=200),
    at=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_every_upload_passes_the_tables(
    number: str, open_id: str, company: str, waybill: str, description: str, at: datetime
) -> None:
    told = UploadShipping(
        trade_number=number,
        open_id=open_id,
        company=company,
        waybill_number=waybill,
        description=description,
        phone_tail="0001",
        at=at,
    )
    assert check_node(TABLES["upload"]["in"], "request", told.to_wire(SETTINGS), CODES) == []


@GENERATED
@given(number=NUMBERS, merchant=st.from_regex(r"[0-9]{8,32}", fullmatch=True))
def test_every_question_passes_the_tables(number: str, merchant: str) -> None:
    told = QueryPayment(trade_number=number).to_wire(merchant)
    assert check_node(TABLES["order"]["in"], "request", told, CODES) == []
