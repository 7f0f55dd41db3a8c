"""Mixed payment on the wire: what the client orders is never refused for its form, and what is wrong is named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.errors import Garbled, Refused
from clients.http import Answer, Exchange
from clients.wechat_pay import wire
from clients.wechat_pay.client import WeChatPayClient
from clients.wechat_pay.demo import DemoKeys
from clients.wechat_pay.messages import REFUND_NUMBER, TRADE_NUMBER, Prepay
from clients.wechat_pay.mixed import (
    CARD_TYPES,
    MIX_TRADE_NUMBER,
    InsuranceRefunded,
    MixedNotice,
    MixedOrder,
    MixedPaymentSettings,
    MixedStatus,
    QueryMixed,
    id_digest,
)
from clients.wechat_pay.mixed_client import MixedPaymentClient
from clients.wechat_pay.refusals import Reason
from clients.wechat_pay.sandbox import WeChatPaySandbox
from clients.wechat_pay.sandbox_book import Refusal
from clients.wechat_pay.sandbox_gate import Gate
from clients.wechat_pay.sandbox_mixed import REFUND_PARTS, _check_amounts, _check_kind
from tests.fixtures.forms import GENERATED

pytestmark = pytest.mark.anyio
Press = Callable[..., httpx.Response]
OURS = MixedPaymentSettings(institution_name="示例医院", institution_code="H35020500999", city_code="350200")


@pytest.fixture
async def mixed(client: WeChatPayClient) -> MixedPaymentClient:
    return MixedPaymentClient(OURS, client.line)


@pytest.fixture
def request_() -> MixedOrder:
    return MixedOrder(
        trade_number="DEMO-00000009",
        order_number="DEMO-00000009",
        pay_order_id="ORD1",
        authorization="AUTH1",
        ordered_at=datetime.now(UTC),
        open_id="o1",
        name="赵甲",
        id_type="01",
        id_number="350200198001010010",
        total=Decimal("20.00"),
        fund=Decimal("14.00"),
        account=Decimal("1.50"),
        other=Decimal("0.00"),
        cash=Decimal("4.50"),
    )


async def with_cash(client: WeChatPayClient, request: MixedOrder) -> MixedOrder:
    prepay = Prepay(
        trade_number=request.trade_number,
        description="问诊",
        amount=request.cash,
        open_id=request.open_id,
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
    )
    return dataclasses.replace(request, prepay_number=(await client.prepay(prepay, message_id="p")).number)


def without_cash(request: MixedOrder) -> MixedOrder:
    return dataclasses.replace(request, account=Decimal("6.00"), cash=Decimal("0.00"))


def refunded(request: MixedOrder, number: str) -> InsuranceRefunded:
    """The whole insurance part of an order went back."""
    return InsuranceRefunded(
        mix_trade_number=number,
        refund_number="R-1",
        refunded_at=request.ordered_at,
        fund=request.fund,
        account=request.account,
        other=request.other,
    )


async def test_an_order_is_paid_once_and_told(
    client: WeChatPayClient, mixed: MixedPaymentClient, request_: MixedOrder, press: Press, mailbox: Any
) -> None:
    request = await with_cash(client, request_)
    opened = await mixed.order(request, message_id="1")
    assert (opened.state, opened.cash_state, opened.insurance_state) == ("CREATED", "CREATED", "CREATED")
    assert await mixed.order(request, message_id="2") == opened
    page = f"{client.settings.base_url}/med-ins/pay/{opened.mix_trade_number}"
    assert press(page, action="").status_code == 200
    assert press(page).status_code == 200
    assert press(page).status_code == 409
    told = await mixed.query(QueryMixed(trade_number=request.trade_number), message_id="3")
    assert told is not None
    assert (told.state, told.cash_state, told.insurance_state) == ("SUCCESS", "SUCCESS", "SUCCESS")
    assert told.paid_at is not None
    notices = [client.read_notice(*post) for post in mailbox.wait(2)]
    (notice,) = [each for each in notices if isinstance(each, MixedNotice)]
    assert (notice.trade_number, notice.mix_trade_number) == (request.trade_number, opened.mix_trade_number)


async def test_an_unknown_order_is_an_answer(mixed: MixedPaymentClient) -> None:
    assert await mixed.query(QueryMixed(trade_number="UNKNOWN-1"), message_id="1") is None


async def test_personal_fields_are_hidden_on_the_wire(
    client: WeChatPayClient, keys: DemoKeys, request_: MixedOrder
) -> None:
    told = without_cash(request_).to_wire(lambda text: wire.encrypt_field(client.line.platform_key, text))
    assert request_.name not in str(told)
    assert id_digest(request_.id_number) not in str(told)
    key = wire.private_key(keys.platform_private_key)
    assert wire.decrypt_field(key, told["payer"]["name"]) == request_.name
    assert wire.decrypt_field(key, told["payer"]["id_digest"]) == id_digest(request_.id_number)


def test_the_digest_of_an_identity_number_is_the_documented_one() -> None:
    assert id_digest("44030019000101123x") == "09eb26e839ff3a2e3980352ae45ef09e"
    assert id_digest("440300000101123") == id_digest("440300190001011" + id18("440300190001011" + "23"))


def id18(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body[15:] + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


async def test_another_content_under_the_number_is_refused(mixed: MixedPaymentClient, request_: MixedOrder) -> None:
    request = without_cash(request_)
    await mixed.order(request, message_id="1")
    other = dataclasses.replace(request, fund=Decimal("15.00"), account=Decimal("5.00"))
    with pytest.raises(Refused) as refused:
        await mixed.order(other, message_id="2")
    assert refused.value.reason == Reason.DUPLICATE


async def test_a_refund_of_the_insurance_is_told_once(
    client: WeChatPayClient, mixed: MixedPaymentClient, request_: MixedOrder, press: Press
) -> None:
    request = without_cash(request_)
    opened = await mixed.order(request, message_id="1")
    told = refunded(request, opened.mix_trade_number)
    with pytest.raises(Refused, match="未支付"):
        await mixed.insurance_refunded(told, message_id="2")
    press(f"{client.settings.base_url}/med-ins/pay/{opened.mix_trade_number}")
    with pytest.raises(Refused) as above:
        await mixed.insurance_refunded(dataclasses.replace(told, fund=Decimal("14.01")), message_id="3")
    assert above.value.data["field"] == "/med_refund_gov_fee"
    negative = told.to_wire() | {"med_refund_gov_fee": -1, "med_refund_self_fee": told.to_wire()["med_refund_gov_fee"]}
    negative["med_refund_total_fee"] = sum(negative[name] for name in REFUND_PARTS)
    with pytest.raises(Refused) as below:
        await client.line.tell("med_ins_refund", told.path(), negative, "n")
    assert below.value.data["field"] == "/med_refund_gov_fee"
    await mixed.insurance_refunded(told, message_id="4")
    await mixed.insurance_refunded(told, message_id="5")
    with pytest.raises(Refused, match="不一致"):
        await mixed.insurance_refunded(dataclasses.replace(told, refund_number="R-2"), message_id="6")
    status = await mixed.query(QueryMixed(trade_number=request.trade_number), message_id="7")
    assert status is not None
    assert (status.state, status.cash_state, status.insurance_state) == ("REFUND", "NONE", "REFUND")


def good(keys: DemoKeys, request: MixedOrder) -> dict[str, Any]:
    key = wire.public_key(keys.platform_public_key)
    told = {"appid": "wx0000000000000001", "callback_url": "https://hospital.example/n", **OURS.to_wire()}
    return told | without_cash(request).to_wire(lambda text: wire.encrypt_field(key, text))


OF_INSURANCE = ("pay_order_id", "pay_auth_no", "geo_location", "med_ins_order_create_time")


async def refused(client: WeChatPayClient, message: dict[str, Any]) -> str:
    """Send it as it is; the field that the sandbox names."""
    with pytest.raises(Refused) as told:
        await client.line.post("med_ins_order", "/v3/med-ins/orders", message, "1", dict)
    return str(told.value.data.get("field"))


@pytest.mark.parametrize("name", OF_INSURANCE)
async def test_a_part_of_the_insurance_that_is_missing_is_refused_by_name(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, keys: DemoKeys, request_: MixedOrder, name: str
) -> None:
    message = good(keys, request_)
    del message[name]
    assert await refused(client, message) == f"/{name}"
    assert sandbox.mixed.orders == {}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"geo_location": "here"}, "/geo_location"),
        ({"total_fee": 1999}, "/total_fee"),
        ({"med_ins_gov_fee": -1400}, "/med_ins_gov_fee"),
        ({"med_ins_cash_fee": 1}, "/med_ins_cash_fee"),
        ({"prepay_id": "wx1"}, "/prepay_id"),
        ({"mix_pay_type": "CASH_ONLY"}, "/pay_order_id"),
        ({"mix_pay_type": "CASH_AND_INSURANCE"}, "/wechat_pay_cash_fee"),
        ({"callback_url": "https://hospital.example/n?a=1"}, "/callback_url"),
        ({"appid": "wx0000000000000002"}, "/appid"),
        ({"payer": {"name": "赵甲", "id_digest": "x", "card_type": "ID_CARD"}}, "/payer"),
    ],
)
async def test_a_wrong_field_is_refused_by_name(
    client: WeChatPayClient, keys: DemoKeys, request_: MixedOrder, changed: dict[str, Any], field: str
) -> None:
    assert await refused(client, good(keys, request_) | changed) == field


async def test_cash_needs_its_own_open_order(
    client: WeChatPayClient, mixed: MixedPaymentClient, request_: MixedOrder
) -> None:
    with pytest.raises(Refused) as stranger:
        await mixed.order(dataclasses.replace(request_, prepay_number="wx1"), message_id="1")
    assert stranger.value.data["field"] == "/prepay_id"
    request = await with_cash(client, request_)
    more = dataclasses.replace(request, cash=Decimal("5.00"), account=Decimal("1.00"))
    with pytest.raises(Refused) as another:
        await mixed.order(more, message_id="2")
    assert another.value.data["field"] == "/wechat_pay_cash_fee"


@pytest.mark.parametrize(
    "changed",
    [
        {"total": Decimal("20.01")},
        {"prepay_number": "wx1", "cash": Decimal("0.00"), "account": Decimal("6.00")},
        {"order_number": "D" * 21},
        {"trade_number": "short"},
        {"id_type": "99"},
        {"fund": Decimal("14.005"), "account": Decimal("1.495")},
        {"order_number": ""},
        {"pay_order_id": ""},
        {"pay_order_id": "P" * 65},
        {"authorization": "A" * 41},
        {"open_id": ""},
        {"open_id": "o" * 129},
        {"prepay_number": "w" * 65},
        {"ordered_at": datetime(2026, 1, 1)},  # noqa: DTZ001
    ],
)
async def test_a_request_that_is_none_is_not_sent(
    mixed: MixedPaymentClient, sandbox: WeChatPaySandbox, request_: MixedOrder, changed: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await mixed.order(dataclasses.replace(request_, **{"prepay_number": "wx1"} | changed), message_id="1")
    assert sandbox.mixed.orders == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"mix_trade_number": ""},
        {"mix_trade_number": "m" * 65},
        {"mix_trade_number": "a&b=c"},
        {"refund_number": ""},
        {"refund_number": "R" * 65},
        {"refund_number": "号"},
        {"fund": Decimal("-1.00")},
        {"other": Decimal("0.005")},
        {"fund": Decimal("0.00"), "account": Decimal("0.00")},
        {"refunded_at": datetime(2026, 1, 1)},  # noqa: DTZ001
    ],
)
async def test_a_notice_of_a_refund_that_is_none_is_not_sent(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, request_: MixedOrder, changed: dict[str, Any]
) -> None:
    told = dataclasses.replace(refunded(request_, "mix1"), **changed)
    sent: list[Exchange] = []

    async def keep(exchange: Exchange) -> None:
        sent.append(exchange)

    watched = WeChatPayClient(client.settings, keep)
    with pytest.raises(ValueError, match=r"."):
        await MixedPaymentClient(OURS, watched.line).insurance_refunded(told, message_id="1")
    await watched.close()
    assert sent == []


@pytest.mark.parametrize(
    "changed",
    [
        {"institution_name": ""},
        {"institution_name": "院" * 129},
        {"institution_code": "H" * 33},
        {"city_code": ""},
        {"city_code": "3" * 9},
        {"position": "0" * 41},
        {"order_type": ""},
        {"channel_number": "C" * 33},
        {"callback_url": "https://x/" + "y" * 250},
    ],
)
def test_settings_that_no_order_could_carry_stop_the_start(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        dataclasses.replace(OURS, **changed)


def test_a_question_about_a_number_that_is_none_is_not_asked() -> None:
    for number in ("", "short", "S" * 33, "号码号码号码"):
        with pytest.raises(ValueError, match="number"):
            QueryMixed(trade_number=number).to_wire()


@pytest.mark.parametrize(
    "changed",
    [
        {"mix_pay_status": "MIX_PAY_DREAM"},
        {"self_pay_status": None},
        {"med_ins_pay_status": "SUCCESS"},
        {"mix_trade_no": ""},
        {"mix_trade_no": "a b"},
        {"total_fee": "2000"},
        {"paid_time": "yesterday"},
        {"out_trade_no": "ANOTHER-1"},
        {"appid": "wx0000000000000002"},
    ],
)
async def test_an_answer_of_another_form_is_garbled(
    client: WeChatPayClient,
    mixed: MixedPaymentClient,
    keys: DemoKeys,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, Any],
) -> None:
    body = wire.dump(
        {
            "appid": "wx0000000000000001",
            "mix_trade_no": "mix1",
            "out_trade_no": "DEMO-00000009",
            "mix_pay_status": "MIX_PAY_SUCCESS",
            "self_pay_status": "NO_SELF_PAY",
            "med_ins_pay_status": "MED_INS_PAY_SUCCESS",
            "total_fee": 2000,
            "wechat_pay_cash_fee": 0,
            "paid_time": "2026-01-02T00:00:00+08:00",
            **changed,
        }
    )
    stamp = str(int(datetime.now(UTC).timestamp()))
    key = wire.private_key(keys.platform_private_key)
    signed = wire.answer_headers(key, "PUB_KEY_ID_0000000001", stamp, "n", body)
    headers = {name.lower(): value for name, value in signed.items()}

    async def send(call: object) -> Answer:
        return Answer(200, headers, body)

    monkeypatch.setattr(client.line._http, "_send", send)
    with pytest.raises(Garbled):
        await mixed.query(QueryMixed(trade_number="DEMO-00000009"), message_id="1")


def test_a_status_of_the_documented_form_is_read() -> None:
    told = MixedStatus.from_wire(
        {
            "mix_trade_no": "mix1",
            "out_trade_no": "S1",
            "mix_pay_status": "MIX_PAY_CREATED",
            "self_pay_status": "NO_SELF_PAY",
            "med_ins_pay_status": "MED_INS_PAY_CREATED",
            "total_fee": 1,
            "wechat_pay_cash_fee": 0,
        }
    )
    assert (told.state, told.cash_state, told.insurance_state, told.paid_at) == ("CREATED", "NONE", "CREATED", None)


PARTS = st.tuples(*(st.integers(min_value=0, max_value=10**9).map(wire.yuan) for _ in range(4))).filter(any)
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@st.composite
def orders(draw: st.DrawFn) -> MixedOrder:
    fund, account, other, cash = draw(PARTS)
    number = draw(st.from_regex(r"S[0-9]{6,19}", fullmatch=True))
    return MixedOrder(
        trade_number=number,
        order_number=number,
        pay_order_id=draw(st.from_regex(r"[A-Z0-9]{1,64}", fullmatch=True)),
        authorization=draw(st.from_regex(r"AUTH[A-Z0-9]{1,36}", fullmatch=True)),
        ordered_at=draw(st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
        open_id=draw(st.from_regex(r"[0-9A-Za-z_\-]{1,128}", fullmatch=True)),
        name=draw(LETTERS),
        id_type=draw(st.sampled_from(sorted(CARD_TYPES))),
        id_number=draw(st.from_regex(r"[0-9A-Za-z]{6,18}", fullmatch=True)),
        total=fund + account + other + cash,
        fund=fund,
        account=account,
        other=other,
        cash=cash,
        prepay_number="wx201410272009395522657a690389285100" if cash else None,
    )


@pytest.fixture(scope="module")
def gate(keys: DemoKeys) -> Gate:
    key = wire.public_key(keys.merchant_public_key)
    return Gate(app_id="wx0000000000000001", merchant_id="1900000001", serial="S", key=key)


@GENERATED
@given(request=orders())
def test_every_order_passes_the_tables_and_the_rules(gate: Gate, request: MixedOrder) -> None:
    message = {"appid": "wx0000000000000001", "callback_url": "https://hospital.example/n", **OURS.to_wire()}
    message |= request.to_wire(lambda text: text[:32])
    try:
        gate.check("med_ins_order", message)
        _check_amounts(message)
        _check_kind(message)
    except Refusal as refusal:
        raise AssertionError(f"{refusal} {refusal.field}") from None


@GENERATED
@given(
    request=orders().filter(lambda each: each.cash != each.total),
    number=st.from_regex(REFUND_NUMBER, fullmatch=True),
    mix=st.from_regex(MIX_TRADE_NUMBER, fullmatch=True),
)
def test_every_notice_of_a_refund_passes_the_tables(gate: Gate, request: MixedOrder, number: str, mix: str) -> None:
    told = dataclasses.replace(refunded(request, mix), refund_number=number)
    assert dict(parse_qsl(urlsplit(told.path()).query)) == {"mix_trade_no": mix}
    gate.check("med_ins_refund", told.to_wire() | {"mix_trade_no": mix})


@GENERATED
@given(number=st.from_regex(TRADE_NUMBER, fullmatch=True))
def test_every_question_passes_the_tables(gate: Gate, number: str) -> None:
    path = QueryMixed(trade_number=number).to_wire()
    gate.check("med_ins_query", {"out_trade_no": unquote(path.rpartition("/")[2])})
