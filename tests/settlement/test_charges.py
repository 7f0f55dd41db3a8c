"""Charges that change between the order and its settlement, and the HIS's locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clients.his.sandbox_visits import CONSULTATION, DRUGS, Visit, consultation_fee, prescription, western
from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.settlement.books import INSURANCE_ONCE, NOTHING, made, order_state, outcomes, problem, standing

STEP = {"INSURANCE": "REGISTRATION", "SELF_PAY": "CHECKOUT"}


def number_of(visit: Visit) -> str:
    return str(consultation_fee(visit)["prescriptionNo"])


def dearer(visit: Visit) -> dict[str, Any]:
    items = prescription(visit, number_of(visit), "SERVICE", ((CONSULTATION, 2),))["items"]
    return {"change": {"prescriptionNo": number_of(visit), "items": items}}


CHANGES: dict[str, Callable[[Visit], dict[str, Any]]] = {
    "changed": dearer,
    "voided": lambda visit: {"void": number_of(visit)},
    "paid elsewhere": lambda visit: {"foreign_settlement": number_of(visit)},
}


def locks(hospital: RunningHospital) -> dict[str, Any]:
    sandbox: Any = hospital.sandboxes.all["his"]
    return dict(sandbox._ledger._locks)


def ordered(hospital: RunningHospital, patient: Someone) -> tuple[Visit, Any]:
    visit = hospital.new_visit(patient)
    return visit, patient.order(visit)


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
@pytest.mark.parametrize("change", CHANGES)
def test_changed_charges_end_before_anything_is_sent(hospital: RunningHospital, pay_kind: str, change: str) -> None:
    patient = hospital.patient()
    visit, order = ordered(hospital, patient)
    hospital.sandboxes.load({"his": CHANGES[change](visit)})
    settlement = patient.start(order, pay_kind)["settlement"]
    patient.until(settlement, "FAILED")
    told = problem(patient, settlement, STEP[pay_kind])
    assert (told["__typename"], told["code"]) == ("FeesChangedProblem", "FEES_CHANGED")
    assert made(hospital, settlement) == NOTHING
    assert order_state(hospital, settlement) == "STALE"
    assert settlement["number"] not in locks(hospital)


def test_a_stale_order_is_not_settled_and_a_new_one_is(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit, order = ordered(hospital, patient)
    hospital.sandboxes.load({"his": dearer(visit)})
    patient.until(patient.start(order)["settlement"], "FAILED")
    refused = patient.start(order)
    assert (refused["__typename"], refused["code"]) == ("FeesChangedProblem", "FEES_CHANGED")
    fresh = patient.order(visit)
    assert fresh["totalAmount"] == "40.00"
    settlement = patient.start(fresh)["settlement"]
    patient.pay(settlement)
    assert patient.until(settlement, "COMPLETED")["totalAmount"] == "40.00"


def test_prescriptions_are_held_while_the_patient_pays(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit, order = ordered(hospital, patient)
    settlement = patient.start(order)["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    assert locks(hospital)[settlement["number"]].prescriptions == {number_of(visit)}
    (listed,) = patient.payable(visit)
    assert listed["payable"] is False
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert settlement["number"] not in locks(hospital)
    assert outcomes(hospital, settlement, "lock") == ["Answered"]
    assert outcomes(hospital, settlement, "unlock") == []


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_a_lock_is_given_back_when_nobody_pays(hospital: RunningHospital, pay_kind: str) -> None:
    patient = hospital.patient()
    visit, order = ordered(hospital, patient)
    settlement = patient.start(order, pay_kind)["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    assert settlement["number"] in locks(hospital)
    hospital.sql(
        "UPDATE settlement SET checkout_expires_at = now() - interval '1 s' WHERE number = $1", settlement["number"]
    )
    patient.until(settlement, "FAILED")
    assert settlement["number"] not in locks(hospital)
    assert patient.payable(visit)[0]["payable"] is True
    again = patient.start(order, pay_kind)["settlement"]
    patient.pay(again)
    patient.until(again, "COMPLETED")


def test_a_lock_is_given_back_when_the_insurance_refuses(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    _, order = ordered(hospital, patient)
    hospital.fault("insurance-core", "2201", "refused", text="拒绝登记")
    settlement = patient.start(order)["settlement"]
    patient.until(settlement, "FAILED")
    assert settlement["number"] not in locks(hospital)
    assert order_state(hospital, settlement) == "OPEN"


def test_a_prescription_held_by_another_channel_waits_for_it(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    _, order = ordered(hospital, patient)
    hospital.fault("his", "lock", "refused", text="HIS-3010 窗口正在收费")
    settlement = patient.start(order)["settlement"]
    patient.until(settlement, "FAILED")
    told = problem(patient, settlement, "REGISTRATION")
    assert (told["__typename"], told["platformCode"]) == ("HISRefusal", "HIS-3010")
    assert order_state(hospital, settlement) == "OPEN"
    again = patient.start(order)["settlement"]
    patient.pay(again)
    patient.until(again, "COMPLETED")


@pytest.mark.parametrize("transaction", ["lock", "unpaid"])
@pytest.mark.parametrize("kind", ["lost_reply", "lost_request", "garbled"])
def test_a_silent_his_is_asked_again(hospital: RunningHospital, transaction: str, kind: str) -> None:
    patient = hospital.patient()
    _, order = ordered(hospital, patient)
    hospital.fault("his", transaction, kind)
    settlement = patient.start(order)["settlement"]
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE


def test_a_his_that_is_away_lets_its_lock_run_out(hospital: RunningHospital) -> None:
    """FAILED is not kept waiting for it: a lock ends by itself."""
    patient = hospital.patient()
    _, order = ordered(hospital, patient)
    settlement = patient.start(order)["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    hospital.fault("his", "unlock", "gateway_error")
    hospital.sql(
        "UPDATE settlement SET checkout_expires_at = now() - interval '1 s' WHERE number = $1", settlement["number"]
    )
    patient.until(settlement, "FAILED")
    assert outcomes(hospital, settlement, "unlock") == ["Unanswered"]
    lock = locks(hospital)[settlement["number"]]
    assert lock.expires_at < hospital.row(settlement)["created_at"].timestamp() + 3600


def test_several_prescriptions_and_the_fee_are_one_order(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit = hospital.new_visit(patient)
    herbs = prescription(visit, f"{visit.number}-H", "HERBAL", ((DRUGS[1], 3),))
    sheets = [western(visit, ((DRUGS[0], 2), (DRUGS[2], 1))), herbs]
    hospital.sandboxes.load({"his": {"prescriptions": sheets}})
    order = patient.order(visit)
    assert order["totalAmount"] == "96.30"  # 20.00 the fee, 25.60 + 31.20, 19.50
    settlement = patient.start(order)["settlement"]
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    books: Any = hospital.sandboxes.books()
    (booked,) = [row for row in books["his"]["settlements"] if row["settlement_number"] == settlement["number"]]
    assert booked["total_fen"] == 9630
    lines = hospital.sql(
        """SELECT f.charge_code, f.prescription_number FROM fee_detail f JOIN settlement s ON s.order_id = f.order_id
           WHERE s.number = $1 ORDER BY f.line_number""",
        settlement["number"],
    )
    assert [row["charge_code"] for row in lines] == ["02", "09", "09", "10"]
    assert len({row["prescription_number"] for row in lines}) == 3
    until(lambda: standing(hospital, settlement) == INSURANCE_ONCE, "the books")
