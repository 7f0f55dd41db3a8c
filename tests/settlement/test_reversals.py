"""Undoing a settlement: whatever the platforms do meanwhile, it ends once, with nothing open and all money back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.models import ReversalProfile
from clients.his.sandbox_visits import consultation_fee
from tests.fixtures.hospital import RunningHospital, Someone, steps
from tests.settlement.books import (
    INSURANCE_ONCE,
    NOTHING,
    SELF_PAY_ONCE,
    executed_twice,
    fee_order,
    made,
    order_state,
    outcomes,
    problem,
    standing,
)

TENDER, NATIONAL = ReversalProfile.TENDER, ReversalProfile.NATIONAL
UNDOING = {
    "2202": "insurance-core",
    "6401": "insurance-payment",
    "6203": "insurance-payment",
    "writeOffEBill": "receipts",
    "cancel": "his",
}
# With the settlement given back first, the national interface has let the fee details go: there is no 6401.
CALLS = [(TENDER, name) for name in UNDOING] + [(NATIONAL, name) for name in UNDOING if name != "6401"]
ORDERS = {
    TENDER: ["REVERSE_REGISTRATION", "REVERSE_FEE_DETAILS", "REVERSE_SETTLEMENT", "RED_INVOICE", "HIS_CANCELLATION"],
    NATIONAL: ["REVERSE_SETTLEMENT", "REVERSE_FEE_DETAILS", "REVERSE_REGISTRATION", "RED_INVOICE", "HIS_CANCELLATION"],
}


def balance(hospital: RunningHospital, patient: Someone) -> int:
    """What the patient's personal account holds, in fen."""
    return int(hospital.sandboxes.book.persons[f"3502000000{patient.number:04d}"].insurances[0]["balance_fen"])


def undo(hospital: RunningHospital, patient: Someone, settled: Any) -> Any:
    assert hospital.cashier().reverse(settled)["__typename"] == "SettlementPayload"
    return patient.until(settled, "REVERSED")


@pytest.mark.parametrize("profile", ORDERS)
def test_steps_run_in_the_hospitals_order(hospital: RunningHospital, profile: ReversalProfile) -> None:
    with hospital.profile(profile):
        patient = hospital.patient()
        reversed_ = undo(hospital, patient, patient.settle())
    assert [step["kind"] for step in reversed_["steps"]][7:] == ORDERS[profile]
    assert order_state(hospital, reversed_) == "REFUNDED"


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request", "garbled"])
@pytest.mark.parametrize(("profile", "transaction"), CALLS)
def test_unanswered_undoing_happens_once(
    hospital: RunningHospital, profile: ReversalProfile, transaction: str, kind: str
) -> None:
    with hospital.profile(profile):
        patient = hospital.patient()
        before = balance(hospital, patient)
        settled = patient.settle()
        hospital.fault(UNDOING[transaction], transaction, kind)
        undo(hospital, patient, settled)
    assert outcomes(hospital, settled, transaction)[0] == ("Garbled" if kind == "garbled" else "Unanswered")
    assert made(hospital, settled) == INSURANCE_ONCE
    assert standing(hospital, settled) == NOTHING
    row, order = hospital.row(settled), fee_order(hospital, settled)
    assert row["refunded_fen"] == row["paid_fen"] == order["refunded_fen"] == row["total_fen"]
    assert balance(hospital, patient) == before
    assert executed_twice(hospital, settled) == []


@pytest.mark.parametrize("kind", ["refund_exp", "refund_exp_undone"])
@pytest.mark.parametrize("profile", [TENDER, NATIONAL])
def test_refund_that_ends_in_exp_is_asked_for(hospital: RunningHospital, profile: ReversalProfile, kind: str) -> None:
    with hospital.profile(profile):
        patient = hospital.patient()
        before = balance(hospital, patient)
        settled = patient.settle()
        hospital.fault("insurance-payment", "6203", kind)
        undo(hospital, patient, settled)
    calls = {"refund_exp": 1, "refund_exp_undone": 2}[kind]
    assert len(outcomes(hospital, settled, "6203")) == calls
    assert fee_order(hospital, settled)["refunded_fen"] == hospital.row(settled)["total_fen"]
    assert balance(hospital, patient) == before
    assert standing(hospital, settled) == NOTHING


def test_refunded_more_than_paid_cannot_be_stored(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    more = "UPDATE settlement SET refunded_fen = paid_fen + 1 WHERE number = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="settlement_never_refunds_more_than_paid"):
        hospital.sql(more, settled["number"])
    unpaid = "UPDATE settlement SET paid_fen = 0, refunded_fen = 1 WHERE number = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="settlement_never_refunds_more_than_paid"):
        hospital.sql(unpaid, settled["number"])


def test_of_two_reversals_at_once_one_wins(hospital: RunningHospital) -> None:
    patient, cashier = hospital.patient(), hospital.cashier()
    settled = patient.settle()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: cashier.reverse(settled), range(4)))
    assert Counter(answer["__typename"] for answer in answers) == {"SettlementPayload": 1, "StateProblem": 3}
    assert {answer.get("code") for answer in answers} <= {None, "NOT_REVERSIBLE", "CHANGED_MEANWHILE"}
    reversed_ = patient.until(settled, "REVERSED")
    assert Counter(step["kind"] for step in reversed_["steps"]).most_common(1)[0][1] == 1
    assert standing(hospital, settled) == NOTHING


def test_one_reversal_asked_for_twice_is_one_answer(hospital: RunningHospital) -> None:
    patient, cashier, key = hospital.patient(), hospital.cashier(), uuid4().hex
    settled = patient.settle()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: cashier.reverse(settled, key), range(4)))
    assert {answer["__typename"] for answer in answers} == {"SettlementPayload"}
    patient.until(settled, "REVERSED")
    again = cashier.reverse(settled, key)
    assert again["settlement"]["state"] == "REVERSED"


def test_dispensed_medicine_stops_before_the_cancellation(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit = hospital.new_visit(patient)
    settlement = patient.begin(visit=visit)
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    hospital.sandboxes.load({"his": {"dispense": consultation_fee(visit)["prescriptionNo"]}})
    hospital.cashier().reverse(settlement)
    stopped = patient.until(settlement, "ATTENTION")
    assert steps(stopped)["HIS_CANCELLATION"]["state"] == "REFUSED"
    told = problem(patient, settlement, "HIS_CANCELLATION")
    assert (told["__typename"], told["platformCode"]) == ("HISRefusal", "HIS-3011")
    assert standing(hospital, settlement) == NOTHING | {"HIS settlements": 1}
    assert hospital.cashier().reverse(settlement)["code"] == "NOT_REVERSIBLE"


def test_reversed_settlement_is_not_reversed_again(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    undo(hospital, patient, settled)
    refused = hospital.cashier().reverse(settled)
    assert (refused["__typename"], refused["code"]) == ("StateProblem", "NOT_REVERSIBLE")
    assert outcomes(hospital, settled, "6203") == ["Answered"]


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request", "garbled"])
def test_unanswered_self_pay_refund_happens_once(hospital: RunningHospital, kind: str) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    hospital.fault("wechat-pay", "refund", kind)
    undo(hospital, patient, settled)
    row = hospital.row(settled)
    assert row["refunded_fen"] == row["paid_fen"] == row["total_fen"]
    assert made(hospital, settled) == SELF_PAY_ONCE
    assert standing(hospital, settled) == NOTHING
    assert executed_twice(hospital, settled) == []


def test_self_pay_refund_in_process_is_waited_for(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    hospital.fault("wechat-pay", "refund", "refund_processing", times=2)
    undo(hospital, patient, settled)
    assert outcomes(hospital, settled, "refund") == ["Answered"]
    assert len(outcomes(hospital, settled, "query_refund")) >= 2
    assert standing(hospital, settled) == NOTHING


def test_self_pay_refund_that_ends_badly_needs_a_person(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    hospital.fault("wechat-pay", "refund", "refund_processing", text="ABNORMAL")
    hospital.cashier().reverse(settled)
    patient.until(settled, "ATTENTION")
    assert problem(patient, settled, "REVERSE_SETTLEMENT")["code"] == "AMOUNTS_DIFFER"
    assert hospital.row(settled)["refunded_fen"] == 0
