"""The insurance forgets our sign-in (9001) in the midst of a settlement: signed in again, and nothing done twice."""

from __future__ import annotations

import pytest

from tests.fixtures.hospital import RunningHospital, steps
from tests.settlement.books import INSURANCE_ONCE, NOTHING, made, outcomes, problem, standing

FORGOTTEN = {"platform": "insurance-core", "kind": "refused", "text": "未签到或签到已失效"}


@pytest.mark.parametrize("transaction", ["1101", "2201", "2203"])
def test_settlement_signs_in_again_and_completes(hospital: RunningHospital, transaction: str) -> None:
    hospital.fault(transaction=transaction, **FORGOTTEN)
    settled = hospital.patient().settle()
    if transaction != "1101":
        assert outcomes(hospital, settled, transaction) == ["Refused", "Answered"]
    assert steps(settled)["REGISTRATION"]["problem"] is None
    assert made(hospital, settled) == standing(hospital, settled) == INSURANCE_ONCE


def test_reversal_signs_in_again_and_ends(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    hospital.sandboxes.core.forget_sign_ins()
    hospital.cashier().reverse(settled)
    patient.until(settled, "REVERSED")
    assert outcomes(hospital, settled, "2202") == ["Refused", "Answered"]
    assert standing(hospital, settled) == NOTHING


def test_registration_whose_answer_is_lost_is_looked_for_under_a_new_sign_in(hospital: RunningHospital) -> None:
    hospital.fault("insurance-core", "2201", "lost_reply")
    hospital.fault(transaction="5201", **FORGOTTEN)
    settled = hospital.patient().settle()
    assert outcomes(hospital, settled, "2201") == ["Unanswered"]
    assert outcomes(hospital, settled, "5201") == ["Refused", "Answered"]
    assert made(hospital, settled) == INSURANCE_ONCE


def test_platform_that_never_knows_us_is_shown_to_a_person(hospital: RunningHospital) -> None:
    hospital.fault(transaction="2201", times=99, **FORGOTTEN)
    patient = hospital.patient()
    begun = patient.begin()
    patient.until(begun, "ATTENTION")
    told = problem(patient, begun, "REGISTRATION")
    assert (told["__typename"], told["code"]) == ("InsuranceRefusal", "INSURANCE_REFUSED")
    hospital.behave()
    assert hospital.cashier().resume(begun)["__typename"] == "SettlementPayload"
    patient.until(begun, "AWAITING_PAYMENT")
