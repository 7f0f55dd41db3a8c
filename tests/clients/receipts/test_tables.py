"""Whatever valid request the client is given, what it sends passes the platform's tables."""

import json
from datetime import UTC, date, datetime
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import clients.receipts
from clients import fields
from clients.receipts import wire
from clients.receipts.client import BosiSettings
from clients.receipts.messages import Channel, Charge, Detail, FindReceipt, IssueReceipt, ReceiptStatus, RedReceipt
from clients.receipts.sandbox_ledger import Ledger
from clients.receipts.settings import PAY_CHANNEL_CODES
from tests.fixtures.forms import GENERATED

HOME = Path(clients.receipts.__file__).parent
TABLES = fields.table(HOME / "fields.json")
CODES = fields.codes(HOME / "codes.json")
METHODS = {"OUTPATIENT": "invoiceEBillOutpatient", "REGISTRATION": "invEBillRegistration"}
HOSPITAL = BosiSettings(
    base_url="http://unused",
    app_id="A",
    key="K",
    place_code="HLW01",
    payee="甲",
    author="乙",
    checker="丙",
    medical_institution="三级甲等",
)


def text(size: int) -> st.SearchStrategy[str]:
    return st.text(min_size=1, max_size=size)


def amount(places: int = 2, digits: int = 8) -> st.SearchStrategy[Decimal]:
    return st.integers(0, 10**digits).map(lambda units: Decimal(units).scaleb(-places))


moments = st.datetimes(datetime(1970, 1, 2), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def charges_and_details(draw: st.DrawFn) -> tuple[tuple[Charge, ...], tuple[Detail, ...]]:
    charges, details = [], []
    for code in draw(st.lists(text(50), min_size=1, max_size=4, unique=True)):
        lines = draw(st.lists(detail(code), min_size=1, max_size=3))
        listed = sum((line.amount for line in lines), Decimal())
        rest = listed.quantize(Decimal("0.01"), ROUND_CEILING) - listed
        if rest:
            lines.append(draw(detail(code, st.just(rest))))
        details += lines
        charges.append(draw(charge(code, listed + rest)))
    return tuple(charges), tuple(details)


def detail(code: str, amounts: st.SearchStrategy[Decimal] | None = None) -> st.SearchStrategy[Detail]:
    return st.builds(
        Detail,
        serial=text(60),
        charge_code=st.just(code),
        charge_name=text(100),
        code=text(30),
        name=text(100),
        spec=st.none() | text(200),
        unit=text(20),
        price=amount(4),
        quantity=amount(),
        amount=amount(4) if amounts is None else amounts,
        self_amount=amount(4),
        insurance_code=st.none() | text(100),
        insurance_name=st.none() | text(100),
        prescription_number=st.none() | text(60),
    )


def charge(code: str, total: Decimal) -> st.SearchStrategy[Charge]:
    return st.builds(
        Charge,
        code=st.just(code),
        name=text(100),
        unit=text(20),
        price=amount(),
        quantity=amount(),
        amount=st.just(total),
        self_amount=amount(),
    )


@st.composite
def channels(draw: st.DrawFn, total: Decimal) -> tuple[Channel, ...]:
    parts, left = [], total
    for kind in draw(st.lists(st.sampled_from(sorted(PAY_CHANNEL_CODES)), max_size=3)):
        part = Decimal(draw(st.integers(0, int(left * 100)))) / 100
        parts.append(Channel(kind=kind, amount=part))
        left -= part
    return (*parts, Channel(kind="WECHAT", amount=left))


@st.composite
def receipts(draw: st.DrawFn) -> IssueReceipt:
    charges, details = draw(charges_and_details())
    total = sum((line.amount for line in charges), Decimal())
    return draw(
        st.builds(
            IssueReceipt,
            business_number=text(50),
            kind=st.sampled_from(("OUTPATIENT", "REGISTRATION")),
            issued_at=moments,
            payer=text(100),
            id_number=st.none() | text(18),
            telephone=st.none() | text(11),
            gender=st.sampled_from(("男", "女", "未知")),
            age=text(10),
            card_type=text(10),
            card_number=text(50),
            insurance_type=st.none() | st.sampled_from(("310", "340", "390", "399", "510")),
            insurance_settlement_id=st.none() | text(100),
            consultation_on=st.dates(date(1970, 1, 1), date(2099, 1, 1)),
            department_code=text(60),
            department_name=text(60),
            visit_number=text(30),
            patient_id=text(60),
            record_number=text(50),
            total=st.just(total),
            fund=amount(),
            account=amount(),
            other_fund=amount(),
            own_pay=amount(),
            self_burden=amount(),
            self_pay=amount(),
            cash=amount(),
            channels=channels(total),
            charges=st.just(charges),
            details=st.just(details),
            remark=st.just("") | text(200),
        )
    )


def on_the_wire(message: dict[str, object]) -> dict[str, object]:
    envelope = json.loads(wire.request(message, "N", HOSPITAL.seal))
    assert fields.check_node(TABLES["envelope"]["in"], "request", envelope, CODES) == []
    received: dict[str, object] = json.loads(wire.decoded(envelope["data"]))
    return received


def passes(method: str, message: dict[str, object]) -> bool:
    named = {spec["name"] for spec in TABLES[method]["in"]["data"]["fields"]}
    return not fields.check_node(TABLES[method]["in"], "data", message, CODES) and message.keys() <= named


@GENERATED
@given(receipts())
def test_every_issue_passes_the_tables_and_the_sum_rules(request: IssueReceipt) -> None:
    message = on_the_wire(request.to_wire(HOSPITAL))
    assert passes(METHODS[request.kind], message)
    assert Ledger(["HLW01"]).issue(message).total == request.total


@GENERATED
@given(text(50), text(20), text(200), text(60), moments)
def test_every_query_and_write_off_passes_the_tables(
    batch: str, number: str, reason: str, operator: str, at: datetime
) -> None:
    red = RedReceipt(batch_code=batch, number=number, reason=reason, operator=operator, red_at=at)
    assert passes("writeOffEBill", on_the_wire(red.to_wire(HOSPITAL)))
    status = ReceiptStatus(batch_code=batch, number=number)
    assert passes("getEBillStatesByBillInfo", on_the_wire(status.to_wire()))
    assert passes("getEBillByBusNo", on_the_wire(FindReceipt(business_number=batch, issued_at=at).to_wire()))
