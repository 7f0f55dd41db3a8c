"""Whatever the client makes of a valid request passes the tables of the sandbox."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.wechat_pay import wire
from clients.wechat_pay.bills import AskBill
from clients.wechat_pay.demo import DemoKeys
from clients.wechat_pay.messages import Checkout, Prepay, QueryPayment, QueryRefund, Refund
from clients.wechat_pay.sandbox_gate import FORMS, Gate
from tests.fixtures.forms import GENERATED

NUMBERS = st.from_regex(FORMS["out_trade_no"], fullmatch=True)
REFUND_NUMBERS = st.from_regex(FORMS["out_refund_no"], fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=127)
AMOUNTS = st.integers(min_value=1, max_value=10**10).map(wire.yuan)
MOMENTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001
    max_value=datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
PARTIES = {"appid": "wx0000000000000001", "mchid": "1900000001", "notify_url": "https://hospital.example/n"}
CHECKOUTS = st.builds(
    Checkout,
    trade_number=NUMBERS,
    description=WORDS,
    amount=AMOUNTS,
    client_ip=st.ip_addresses().map(str),
    expires_at=MOMENTS,
)
PREPAYS = st.builds(
    Prepay,
    trade_number=NUMBERS,
    description=WORDS,
    amount=AMOUNTS,
    open_id=st.from_regex(r"[0-9A-Za-z_\-]{1,128}", fullmatch=True),
    expires_at=MOMENTS,
)


@pytest.fixture(scope="module")
def gate(keys: DemoKeys) -> Gate:
    key = wire.public_key(keys.merchant_public_key)
    return Gate(app_id=PARTIES["appid"], merchant_id=PARTIES["mchid"], serial="S", key=key)


@GENERATED
@given(request=CHECKOUTS)
def test_every_checkout_passes_the_tables(gate: Gate, request: Checkout) -> None:
    gate.check("h5", json.loads(wire.dump({**PARTIES, **request.to_wire()})))


@GENERATED
@given(request=PREPAYS)
def test_every_prepay_passes_the_tables(gate: Gate, request: Prepay) -> None:
    gate.check("jsapi", json.loads(wire.dump({**PARTIES, **request.to_wire()})))


@GENERATED
@given(st.data())
def test_every_refund_passes_the_tables(gate: Gate, data: st.DataObject) -> None:
    total = data.draw(AMOUNTS)
    amount = data.draw(st.integers(min_value=1, max_value=wire.fen(total)).map(wire.yuan))
    reason = data.draw(WORDS.filter(lambda words: len(words.encode()) <= 80))
    refund = Refund(
        trade_number=data.draw(NUMBERS),
        refund_number=data.draw(REFUND_NUMBERS),
        amount=amount,
        total=total,
        reason=reason,
    )
    gate.check("refund", json.loads(wire.dump({**refund.to_wire(), "notify_url": PARTIES["notify_url"]})))


@GENERATED
@given(day=st.dates(min_value=date(2000, 1, 1)))
def test_every_question_for_a_bill_passes_the_tables(gate: Gate, day: date) -> None:
    asked = urlsplit(AskBill(day=day).to_wire())
    assert asked.path == "/v3/bill/tradebill"
    gate.check("tradebill", dict(parse_qsl(asked.query, strict_parsing=True)))


@GENERATED
@given(number=NUMBERS, refund_number=REFUND_NUMBERS)
def test_every_question_passes_the_tables(gate: Gate, number: str, refund_number: str) -> None:
    paths = (QueryPayment(trade_number=number).to_wire(), QueryRefund(refund_number=refund_number).to_wire())
    asked = [unquote(path.rpartition("/")[2]) for path in paths]
    for transaction in ("query", "close"):
        gate.check(transaction, {"out_trade_no": asked[0], "mchid": PARTIES["mchid"]})
    gate.check("query_refund", {"out_refund_no": asked[1]})
