"""The inbox of receipts that are missing: why, and since when."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone

DOCUMENT = """query($first: Int!, $after: String) { invoicesMissing(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { node { id step since problem { __typename message } settlement { number settledAt state } } } } }"""


def missing(someone: Someone, first: int = 200, after: str | None = None) -> Any:
    return someone.ask(DOCUMENT, {"first": first, "after": after})["invoicesMissing"]


def numbers(page: Any) -> list[str]:
    return [edge["node"]["settlement"]["number"] for edge in page["edges"]]


def refused(hospital: RunningHospital, patient: Someone, platform: str, transaction: str) -> Any:
    """A paid settlement that a platform stops before its receipt."""
    hospital.fault(platform, transaction, "refused", text="HIS-3008 不可" if platform == "his" else "额度不足")
    settlement = patient.begin()
    patient.pay(settlement)
    return patient.until(settlement, "ATTENTION")


def test_what_is_missing_is_told_with_its_reason_until_it_is_issued(hospital: RunningHospital) -> None:
    patient, finance = hospital.patient(), Someone(hospital, Role.FINANCE, "finance-01")
    stopped = refused(hospital, patient, "receipts", "invEBillRegistration")
    told = next(
        edge["node"] for edge in missing(finance)["edges"] if edge["node"]["settlement"]["number"] == stopped["number"]
    )
    assert told["step"] == "INVOICE"
    assert told["since"] == told["settlement"]["settledAt"] is not None
    assert told["problem"]["__typename"] == "ReceiptRefusal"
    assert "额度不足" in told["problem"]["message"]
    input_ = {"settlementId": stopped["id"], "idempotencyKey": uuid4().hex}
    hospital.cashier().do("invoiceIssue", input_, "... on SettlementPayload { settlement { id } }")
    patient.until(stopped, "COMPLETED")
    assert stopped["number"] not in numbers(missing(finance))


def test_a_step_before_the_receipt_may_be_the_reason(hospital: RunningHospital) -> None:
    patient, cashier = hospital.patient(), hospital.cashier()
    stopped = refused(hospital, patient, "his", "confirm")
    (told,) = [
        each["node"] for each in missing(cashier)["edges"] if each["node"]["settlement"]["number"] == stopped["number"]
    ]
    assert (told["step"], told["problem"]["__typename"]) == ("HIS_CONFIRMATION", "HISRefusal")
    cashier.reverse(stopped)
    patient.until(stopped, "REVERSED")
    assert stopped["number"] not in numbers(missing(cashier))


def test_what_is_unpaid_receipted_or_undone_misses_nothing(hospital: RunningHospital) -> None:
    patient, finance = hospital.patient(), Someone(hospital, Role.FINANCE, "finance-01")
    unpaid, settled = patient.begin(), hospital.patient().settle()
    reversed_ = hospital.patient().settle()
    hospital.cashier().reverse(reversed_)
    patient.until(unpaid, "AWAITING_PAYMENT")
    hospital.cashier().until(reversed_, "REVERSED")
    assert not {unpaid["number"], settled["number"], reversed_["number"]} & set(numbers(missing(finance)))


def test_it_is_paged_newest_first(hospital: RunningHospital) -> None:
    finance = Someone(hospital, Role.FINANCE, "finance-01")
    stopped = [refused(hospital, hospital.patient(), "receipts", "invEBillRegistration")["number"] for _ in range(3)]
    page = missing(finance, first=2)
    assert numbers(page) == stopped[:0:-1]
    assert page["pageInfo"]["hasNextPage"]
    assert page["totalCount"] >= 3
    assert numbers(missing(finance, first=1, after=page["pageInfo"]["endCursor"])) == stopped[:1]


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.PHARMACIST])
def test_it_is_the_staffs(hospital: RunningHospital, role: Role) -> None:
    patient = hospital.patient()
    refused(hospital, patient, "receipts", "invEBillRegistration")
    assert missing(Someone(hospital, role, patient.subject))["totalCount"] == 0
