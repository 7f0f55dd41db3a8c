from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.fields import check_node
from clients.insurance.payment.answers import Amounts, FeeOrder
from clients.insurance.payment.messages import RefundKind
from clients.insurance.payment.sandbox import CODES, FIELDS, InsurancePaymentSandbox
from clients.insurance.payment.wire import of_institution
from tests.clients.insurance_payment.examples import (
    INSTITUTION,
    diagnosis,
    hospital_end,
    line,
    place,
    platform_end,
    post,
    query,
    refund,
    revoke,
    say,
    upload,
)
from tests.fixtures import forms
from tests.fixtures.forms import GENERATED, Wrong

ORDER = FeeOrder(pay_order_id="ORD1", pay_token="T")
OWN = of_institution(INSTITUTION)
TRANSACTIONS = ("6201", "6202", "6203", "6301", "6401")


def good(transaction: str) -> dict[str, Any]:
    amounts = Amounts(total=Decimal(1), cash=Decimal(1), account=Decimal(0), fund=Decimal(0))
    messages: dict[str, Callable[[], dict[str, Any]]] = {
        "6201": lambda: OWN | upload().to_wire(),
        "6202": lambda: OWN | place(ORDER).to_wire(),
        "6203": lambda: refund(ORDER, amounts).to_wire(),
        "6301": lambda: OWN | query(ORDER).to_wire(),
        "6401": lambda: OWN | revoke(ORDER).to_wire(),
    }
    return messages[transaction]()


def specs() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (transaction, node, spec)
        for transaction in TRANSACTIONS
        for node, table in FIELDS[transaction]["in"].items()
        for spec in table["fields"]
    ]


def broken(transaction: str, node: str, name: str, value: object) -> tuple[dict[str, Any], str]:
    data = good(transaction)
    target = data if node == "data" else data[node][0]
    target[name] = value
    return data, name if node == "data" else f"{node}[0].{name}"


def cases() -> list[Any]:
    found = []
    for transaction, node, spec in specs():
        name = spec["name"]
        if spec["req"]:
            found.append(pytest.param(transaction, node, name, "", id=f"{transaction} {node}.{name} missing"))
        if spec["type"] == "C" and spec["len"]:
            long = "1" * (int(spec["len"]) + 1)
            found.append(pytest.param(transaction, node, name, long, id=f"{transaction} {node}.{name} too long"))
        if spec["type"] == "N":
            found.append(
                pytest.param(transaction, node, name, "1.1234567", id=f"{transaction} {node}.{name} precision")
            )
        if spec["code"]:
            found.append(pytest.param(transaction, node, name, "~", id=f"{transaction} {node}.{name} code"))
        if spec["type"] in ("D", "DT", "DTC"):
            found.append(pytest.param(transaction, node, name, "2026/1/1", id=f"{transaction} {node}.{name} date"))
        if spec["type"] == "C":
            found.append(pytest.param(transaction, node, name, 7, id=f"{transaction} {node}.{name} a number"))
    return found


@pytest.mark.parametrize(("transaction", "node", "name", "value"), cases())
def test_a_bad_field_is_refused_by_name(
    sandbox: InsurancePaymentSandbox, base: str, transaction: str, node: str, name: str, value: object
) -> None:
    data, place_of = broken(transaction, node, name, value)
    answer = say(base, transaction, data)
    assert answer["code"] == "-1"
    assert "encData" not in answer
    assert answer["message"].startswith(f"SIM-FORM {place_of}: ")


@pytest.mark.parametrize(("outer", "wrong"), forms.cases(FIELDS, CODES, {"envelope": "envelope"}))
def test_an_envelope_that_breaks_its_table_is_refused_by_name(
    sandbox: InsurancePaymentSandbox, base: str, outer: str, wrong: Wrong
) -> None:
    sealed: dict[str, Any] = hospital_end().seal(good("6301"), timestamp="20260101120000")
    assert wrong.told_in(post(base, "6301", wrong.spoil(sealed))["message"], before="SIM-FORM ")


def test_no_transaction_that_is_served_is_left_out() -> None:
    """6302 is the platform's own, see test_sandbox.py."""
    assert {*TRANSACTIONS, "6302", "envelope"} == FIELDS.keys()


@pytest.mark.parametrize("transaction", TRANSACTIONS)
def test_every_coded_field_has_its_list(transaction: str) -> None:
    assert {s["name"] for _, _, s in specs() if s["code"]} <= CODES.keys()
    assert check_node(FIELDS[transaction]["in"], "data", good(transaction), CODES) == []


def text(size: int) -> st.SearchStrategy[str]:
    letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
    return st.text(letters, min_size=1, max_size=size)


def sometimes(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), strategy)


MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
MONEY = st.decimals(0, Decimal("9999999.99"), places=2)
LINES = st.builds(
    line,
    serial=text(30),
    prescription_number=sometimes(text(30)),
    occurred_at=MOMENTS,
    catalogue_code=text(50),
    item_code=text(150),
    name=sometimes(text(99)),
    spec=sometimes(text(99)),
    amount=MONEY,
    quantity=st.decimals(0, 999999, places=4),
    price=st.decimals(0, 999999, places=6),
    department_name=text(100),
    doctor_name=text(50),
    approval=st.sampled_from("012"),
    external=st.sampled_from("01"),
)
UPLOADS = st.builds(
    upload,
    person_number=text(30),
    insurance_type=st.sampled_from(CODES["insutype"]),
    order_number=text(20),
    began_at=MOMENTS,
    id_type=st.sampled_from(CODES["idType"]),
    visit_number=text(30),
    doctor_code=sometimes(text(30)),
    medical_type=st.sampled_from(["11", "12", "110104"]),
    total=MONEY,
    batch_number=text(30),
    use_account=st.booleans(),
    diagnoses=st.just((diagnosis(),)),
    lines=st.lists(LINES, min_size=1, max_size=3).map(tuple),
)


@GENERATED
@given(UPLOADS)
def test_generated_fee_details_pass_the_tables_and_the_envelope(request: Any) -> None:
    data = OWN | request.to_wire()
    assert check_node(FIELDS["6201"]["in"], "data", data, CODES) == []
    assert platform_end().open(hospital_end().seal(data, timestamp="20260101120000")) == data


@GENERATED
@given(
    text(64), text(64), text(30), st.booleans(), MONEY, MONEY, MONEY, st.sampled_from(["ALL", "HI", "CASH"]), MOMENTS
)
def test_generated_small_requests_pass_the_tables(
    pay_order_id: str,
    token: str,
    batch: str,
    use_account: bool,
    fund: Decimal,
    account: Decimal,
    cash: Decimal,
    kind: RefundKind,
    at: datetime,
) -> None:
    order = FeeOrder(pay_order_id=pay_order_id, pay_token=token)
    amounts = Amounts(total=fund + account + cash, cash=cash, account=account, fund=fund)
    sent = {
        "6202": OWN | place(order, batch_number=batch, use_account=use_account).to_wire(),
        "6203": replace(refund(order, amounts, kind), refunded_at=at).to_wire(),
        "6301": OWN | query(order).to_wire(),
        "6401": OWN | revoke(order).to_wire(),
    }
    for transaction, data in sent.items():
        assert check_node(FIELDS[transaction]["in"], "data", data, CODES) == []


@pytest.mark.parametrize("changed", [{"total": Decimal("1.001")}, {"began_at": datetime(2026, 1, 1)}])  # noqa: DTZ001
def test_what_cannot_be_written_is_not_sent(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fen|zone"):
        upload(**changed).to_wire()
    with pytest.raises(ValueError, match="decimals"):
        line(price=Decimal("0.1234567")).to_wire()
