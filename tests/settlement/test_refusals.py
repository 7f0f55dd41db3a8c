"""A platform says no: before the payment nothing is left behind, after it a person must look."""

from __future__ import annotations

import pytest

from tests.fixtures.hospital import RunningHospital, steps
from tests.settlement.books import INSURANCE_ONCE, NOTHING, SELF_PAY_ONCE, made, order_state, problem, standing

TEXT = "沙箱拒绝办理"
NOBODY_USES, UNINSURED = 19, 20
BEFORE_PAYMENT = [
    ("2201", "insurance-core", "REGISTRATION"),
    ("2203", "insurance-core", "REGISTRATION"),
    ("6201", "insurance-payment", "FEE_DETAILS"),
    ("6202", "insurance-payment", "PREVIEW"),
]


@pytest.mark.parametrize(("transaction", "platform", "step"), BEFORE_PAYMENT)
def test_refusal_before_the_payment_leaves_nothing_behind(
    hospital: RunningHospital, transaction: str, platform: str, step: str
) -> None:
    hospital.fault(platform, transaction, "refused", text=TEXT)
    patient = hospital.patient()
    order = patient.order()
    settlement = patient.start(order)["settlement"]
    failed = patient.until(settlement, "FAILED")
    assert steps(failed)[step]["state"] == "REFUSED"
    told = problem(patient, settlement, step)
    assert (told["__typename"], told["code"]) == ("InsuranceRefusal", "INSURANCE_REFUSED")
    assert TEXT in told["message"]
    assert standing(hospital, settlement) == NOTHING
    assert order_state(hospital, settlement) == "OPEN"


@pytest.mark.parametrize(("transaction", "platform", "step"), BEFORE_PAYMENT)
def test_refused_order_is_settled_anew(hospital: RunningHospital, transaction: str, platform: str, step: str) -> None:
    hospital.fault(platform, transaction, "refused", text=TEXT)
    patient = hospital.patient()
    order = patient.order()
    patient.until(patient.start(order)["settlement"], "FAILED")
    again = patient.start(order)["settlement"]
    patient.pay(again)
    patient.until(again, "COMPLETED")
    assert made(hospital, again) == standing(hospital, again) == INSURANCE_ONCE
    assert order_state(hospital, again) == "SETTLED"


def test_refused_self_payment_leaves_nothing_behind(hospital: RunningHospital) -> None:
    hospital.fault("wechat-pay", "h5", "refused", text=f"NO_AUTH {TEXT}")
    patient = hospital.patient()
    order = patient.order()
    settlement = patient.start(order, "SELF_PAY")["settlement"]
    patient.until(settlement, "FAILED")
    told = problem(patient, settlement, "CHECKOUT")
    assert (told["__typename"], told["platformCode"]) == ("SelfPayRefusal", "NO_AUTH")
    assert TEXT in told["message"]
    assert made(hospital, settlement) == NOTHING
    again = patient.start(order, "SELF_PAY")["settlement"]
    patient.pay(again)
    patient.until(again, "COMPLETED")
    assert made(hospital, again) == SELF_PAY_ONCE


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_refused_confirmation_keeps_the_money_and_is_sent_again(hospital: RunningHospital, pay_kind: str) -> None:
    hospital.fault("his", "confirm", "refused", text=f"HIS-3010 {TEXT}")
    patient = hospital.patient()
    settlement = patient.begin(pay_kind)
    patient.pay(settlement)
    patient.until(settlement, "ATTENTION")
    told = problem(patient, settlement, "HIS_CONFIRMATION")
    assert (told["__typename"], told["platformCode"]) == ("HISRefusal", "HIS-3010")
    assert TEXT in told["message"]
    row = hospital.row(settlement)
    assert (row["paid_fen"], row["refunded_fen"]) == (row["total_fen"], 0)
    assert standing(hospital, settlement)["receipts"] == 0
    assert hospital.cashier().resume(settlement)["__typename"] == "SettlementPayload"
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == (INSURANCE_ONCE if pay_kind == "INSURANCE" else SELF_PAY_ONCE)


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_refused_confirmation_may_be_undone_instead(hospital: RunningHospital, pay_kind: str) -> None:
    hospital.fault("his", "confirm", "refused", text=f"HIS-3010 {TEXT}")
    patient = hospital.patient()
    settlement = patient.begin(pay_kind)
    patient.pay(settlement)
    patient.until(settlement, "ATTENTION")
    assert hospital.cashier().reverse(settlement)["__typename"] == "SettlementPayload"
    reversed_ = patient.until(settlement, "REVERSED")
    row = hospital.row(settlement)
    assert row["refunded_fen"] == row["paid_fen"] == row["total_fen"]
    assert standing(hospital, settlement) == NOTHING
    assert steps(reversed_)["HIS_CANCELLATION"]["state"] == "SKIPPED"
    assert steps(reversed_)["RED_INVOICE"]["state"] == "SKIPPED"
    assert order_state(hospital, settlement) == "REFUNDED"


def test_patient_without_authorisation_may_only_pay_alone(hospital: RunningHospital) -> None:
    patient = hospital.patient(UNINSURED)
    order = patient.order()
    refused = patient.start(order)
    assert (refused["__typename"], refused["code"]) == ("PayKindProblem", "PAY_KIND_NOT_ALLOWED")
    settlement = patient.start(order, "SELF_PAY")["settlement"]
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == SELF_PAY_ONCE


def test_patient_whose_insurance_is_not_active_fails_untouched(hospital: RunningHospital) -> None:
    person = hospital.sandboxes.book.persons[f"3502000000{NOBODY_USES:04d}"]
    person.insurances[0]["status"] = "4"
    try:
        hospital.sql(
            "UPDATE patient SET person_number = NULL, insurance_checked_at = NULL WHERE subject = $1",
            f"patient-{NOBODY_USES}",
        )
        patient = hospital.patient(NOBODY_USES)
        settlement = patient.begin()
        patient.until(settlement, "FAILED")
        told = problem(patient, settlement, "REGISTRATION")
        assert (told["__typename"], told["code"]) == ("StepStopped", "NOT_INSURED")
        assert made(hospital, settlement) == NOTHING
        assert order_state(hospital, settlement) == "OPEN"
    finally:
        person.insurances[0]["status"] = "1"
