"""Lost, late, garbled and delayed answers: each settlement goes on by itself, and nothing is made twice."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from tests.fixtures.hospital import RunningHospital, steps, until
from tests.settlement.books import INSURANCE_ONCE, fee_order, made, outcomes, standing

FIRST_ANSWERS = {
    "lost_reply": "Unanswered",
    "lost_request": "Unanswered",
    "gateway_error": "Unanswered",
    "delay": "Unanswered",
    "late_effect": "Unanswered",
    "garbled": "Garbled",
}
TRANSACTIONS = {
    "2201": ("insurance-core", "REGISTRATION"),
    "2203": ("insurance-core", "REGISTRATION"),
    "6201": ("insurance-payment", "FEE_DETAILS"),
    "6202": ("insurance-payment", "PREVIEW"),
    "confirm": ("his", "HIS_CONFIRMATION"),
    "invEBillRegistration": ("receipts", "INVOICE"),
}
SECONDS = {"delay": 1.2, "late_effect": 0.5}  # the platforms' timeout is one second


@contextlib.contextmanager
def uploads_not_repeatable(hospital: RunningHospital) -> Iterator[None]:
    """A region whose centre does not recognise a repeated medOrgOrd."""
    hospital.sql("UPDATE hospital SET fee_upload_repeatable = false")
    try:
        yield
    finally:
        hospital.sql("UPDATE hospital SET fee_upload_repeatable = true")


@pytest.mark.parametrize("transaction", list(TRANSACTIONS))
@pytest.mark.parametrize("kind", list(FIRST_ANSWERS))
def test_settlement_completes_with_one_of_everything(hospital: RunningHospital, kind: str, transaction: str) -> None:
    platform, step = TRANSACTIONS[transaction]
    began = time.monotonic()
    hospital.fault(platform, transaction, kind, seconds=SECONDS.get(kind, 0))
    patient = hospital.patient()
    settled = patient.settle()
    assert outcomes(hospital, settled, transaction)[0] == FIRST_ANSWERS[kind]
    assert steps(settled)[step]["state"] == "DONE"
    assert steps(settled)[step]["problem"] is None
    until(lambda: time.monotonic() > began + SECONDS.get(kind, 0) + 0.3, "the late effect")
    assert made(hospital, settled) == standing(hospital, settled) == INSURANCE_ONCE
    row, order = hospital.row(settled), fee_order(hospital, settled)
    assert (row["paid_fen"], row["refunded_fen"]) == (order["total_fen"], 0)
    assert (row["fund_fen"], row["account_fen"]) == (order["fund_fen"], order["account_fen"])


def test_registration_that_came_late_is_found_and_not_made_again(hospital: RunningHospital) -> None:
    """The effect falls between our question and our second attempt, which is refused as a duplicate."""
    hospital.fault("insurance-core", "2201", "late_effect", seconds=0.5)
    hospital.fault("insurance-core", "5201", "delay", seconds=0.7)
    settled = hospital.patient().settle()
    assert outcomes(hospital, settled, "2201") == ["Unanswered", "Refused"]
    assert made(hospital, settled) == INSURANCE_ONCE


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request"])
def test_upload_that_cannot_be_repeated_waits_for_a_person(hospital: RunningHospital, kind: str) -> None:
    with uploads_not_repeatable(hospital):
        hospital.fault("insurance-payment", "6201", kind)
        patient = hospital.patient()
        settlement = patient.begin()
        stopped = steps(patient.until(settlement, "ATTENTION"))["FEE_DETAILS"]
        assert (stopped["state"], stopped["attempts"]) == ("UNKNOWN", 1)
        assert stopped["problem"]["code"] == "OUTCOME_UNKNOWN"
        assert outcomes(hospital, settlement, "6201") == ["Unanswered"]
        assert hospital.cashier().resume(settlement)["__typename"] == "SettlementPayload"
        patient.pay(settlement)
        patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE
    assert outcomes(hospital, settlement, "6201") == ["Unanswered", "Answered"]


def test_two_lost_answers_in_a_row_are_no_more_than_one(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", "6202", "lost_reply")
    hospital.fault("insurance-payment", "6301", "lost_reply")
    hospital.fault("his", "confirm", "lost_reply")
    hospital.fault("his", "query", "garbled")
    settled = hospital.patient().settle()
    assert outcomes(hospital, settled, "query") == ["Garbled", "Answered"]
    assert made(hospital, settled) == INSURANCE_ONCE
