"""The e-receipt: refused, late, without an address; one for each settlement, and never the hospital's inner address."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.traveller import SETTLEMENT
from tests.fixtures.hospital import RunningHospital, steps
from tests.settlement.books import INSURANCE_ONCE, SELF_PAY_ONCE, made, outcomes, problem, standing

TEXT = "开票点额度不足"
INNER = "ebill.hospital.internal"


def issue(hospital: RunningHospital, settlement: Any) -> Any:
    return hospital.cashier().do(
        "invoiceIssue",
        {"settlementId": settlement["id"], "idempotencyKey": uuid4().hex},
        "... on SettlementPayload { settlement { id number state } }",
    )


def invoices(hospital: RunningHospital, settlement: Any) -> list[dict[str, Any]]:
    return hospital.sql(
        "SELECT i.* FROM invoice i JOIN settlement s ON s.id = i.settlement_id WHERE s.number = $1 ORDER BY i.id",
        settlement["number"],
    )


def downloaded(hospital: RunningHospital, settlement: Any) -> httpx.Response:
    """The page that the patient sees."""
    page = hospital.http.get(settlement["invoice"]["download"]["url"], follow_redirects=True)
    assert page.status_code == 200
    return page


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_refused_receipt_is_issued_by_the_cashier(hospital: RunningHospital, pay_kind: str) -> None:
    hospital.fault("receipts", "invEBillRegistration", "refused", text=TEXT)
    patient = hospital.patient()
    settlement = patient.begin(pay_kind)
    patient.pay(settlement)
    patient.until(settlement, "ATTENTION")
    told = problem(patient, settlement, "INVOICE")
    assert (told["__typename"], told["platformCode"]) == ("ReceiptRefusal", "E9999")
    assert TEXT in told["message"]
    assert standing(hospital, settlement)["receipts"] == 0
    assert issue(hospital, settlement)["settlement"]["number"] == settlement["number"]
    settled = patient.until(settlement, "COMPLETED")
    assert settled["invoice"]["download"]["kind"] == "H5_URL"
    assert made(hospital, settlement) == (INSURANCE_ONCE if pay_kind == "INSURANCE" else SELF_PAY_ONCE)
    assert len(invoices(hospital, settlement)) == 1


def test_receipt_that_the_platform_issues_later_ends_issued(hospital: RunningHospital) -> None:
    hospital.fault("receipts", "invEBillRegistration", "pending", times=3)
    patient = hospital.patient()
    settlement = patient.begin()
    patient.pay(settlement)
    settled = patient.until(settlement, "COMPLETED")
    assert len(outcomes(hospital, settlement, "getEBillByBusNo")) >= 3
    (row,) = invoices(hospital, settlement)
    (booked,) = [each for each in _receipts(hospital) if each["business_number"] == row["business_number"]]
    assert (row["state"], row["number"]) == ("ISSUED", booked["number"])
    assert booked["number"] in downloaded(hospital, settled).text
    assert made(hospital, settlement) == INSURANCE_ONCE


def _receipts(hospital: RunningHospital) -> list[Any]:
    books: Any = hospital.sandboxes.books()
    return list(books["receipts"]["receipts"])


def test_receipt_says_what_was_paid(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    (row,) = invoices(hospital, settled)
    (booked,) = [each for each in _receipts(hospital) if each["business_number"] == row["business_number"]]
    assert booked["total_fen"] == row["total_fen"] == hospital.row(settled)["paid_fen"]
    assert booked["number"] in downloaded(hospital, settled).text


def test_settlement_that_has_its_receipt_gets_no_other(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    refused = issue(hospital, settled)
    assert (refused["__typename"], refused["code"]) == ("StateProblem", "NOT_INVOICEABLE")
    assert made(hospital, settled)["receipts"] == 1


def test_unpaid_settlement_gets_no_receipt(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "AWAITING_PAYMENT")
    assert issue(hospital, settlement)["code"] == "NOT_INVOICEABLE"
    assert made(hospital, settlement)["receipts"] == 0


def test_reversed_settlement_gets_no_receipt(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    hospital.cashier().reverse(settled)
    patient.until(settled, "REVERSED")
    assert issue(hospital, settled)["code"] == "NOT_INVOICEABLE"
    (row,) = invoices(hospital, settled)
    assert row["state"] == "RED"
    assert row["red_number"]


def test_nobody_is_shown_the_inner_address(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    for someone in (patient, hospital.cashier()):
        assert INNER not in json.dumps(someone.look(settled))
    assert INNER not in str(invoices(hospital, settled))
    assert settled["invoice"]["download"]["url"].startswith(f"{hospital.server_url}/files/receipt/")
    assert str(downloaded(hospital, settled).url).startswith(f"{hospital.sandbox_url}/receipts/h5/")


def test_receipt_without_a_public_address_has_no_download(hospital: RunningHospital) -> None:
    hospital.fault("receipts", "invEBillRegistration", "no_public_url")
    settled = hospital.patient().settle()
    assert settled["invoice"]["number"]
    assert settled["invoice"]["download"] is None
    assert steps(settled)["INVOICE"]["state"] == "DONE"


def test_other_patients_see_no_receipt(hospital: RunningHospital) -> None:
    owner = hospital.patient()
    other = hospital.patient()
    settled = owner.settle()
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on Settlement {{ {SETTLEMENT} }} }} }}"
    assert other.ask(document, {"id": settled["id"]})["node"] is None
