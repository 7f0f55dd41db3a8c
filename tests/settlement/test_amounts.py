"""The platform's amounts against the order's: a contradiction stops the flow and is kept, never repaired."""

from __future__ import annotations

from tests.fixtures.hospital import RunningHospital, steps
from tests.settlement.books import INSURANCE_ONCE, fee_order, made, outcomes, problem

WRONG = "6202", "wrong_amounts"


def evidence(hospital: RunningHospital, number: str) -> bytes | None:
    rows = hospital.sql(
        """SELECT e.raw_sealed FROM exchange e JOIN settlement s ON s.id = e.settlement_id
           WHERE s.number = $1 AND e.transaction = '6202' ORDER BY e.id""",
        number,
    )
    found: bytes | None = rows[0]["raw_sealed"]
    return found


def test_preview_that_contradicts_itself_stops_before_the_payment(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", *WRONG)
    patient = hospital.patient()
    settlement = patient.begin()
    seen = patient.until(settlement, "ATTENTION")
    preview = steps(seen)["PREVIEW"]
    assert (preview["state"], preview["attempts"]) == ("UNKNOWN", 1)
    assert problem(patient, settlement, "PREVIEW")["code"] == "AMOUNTS_DIFFER"
    assert steps(seen)["CHECKOUT"]["state"] == "PENDING"
    assert seen["checkoutUrl"] is None
    row = hospital.row(settlement)
    assert (row["checkout_expires_at"], row["fund_fen"], row["paid_fen"]) == (None, None, 0)
    assert fee_order(hospital, settlement)["state"] == "1"


def test_contradictory_answer_is_kept_sealed(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", *WRONG)
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "ATTENTION")
    assert outcomes(hospital, settlement, "6202") == ["Contradictory"]
    raw = evidence(hospital, settlement["number"])
    assert raw
    assert b"encData" not in raw


def test_honest_answer_keeps_no_content(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    assert evidence(hospital, settled["number"]) is None


def test_after_a_person_looked_the_result_decides(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", *WRONG)
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "ATTENTION")
    assert hospital.cashier().resume(settlement)["__typename"] == "SettlementPayload"
    patient.pay(settlement)
    settled = patient.until(settlement, "COMPLETED")
    assert outcomes(hospital, settlement, "6202") == ["Contradictory"]
    row, order = hospital.row(settlement), fee_order(hospital, settlement)
    assert (row["fund_fen"], row["account_fen"], row["cash_fen"]) == (
        order["fund_fen"],
        order["account_fen"],
        order["cash_fen"],
    )
    assert steps(settled)["PREVIEW"]["problem"] is None
    assert made(hospital, settlement) == INSURANCE_ONCE


def test_amounts_as_json_numbers_are_the_same_amounts(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", "6202", "numbers")
    settled = hospital.patient().settle()
    assert outcomes(hospital, settled, "6202") == ["Answered"]
    assert (settled["fundAmount"], settled["accountAmount"], settled["cashAmount"]) in (
        ("14.00", "6.00", "0.00"),
        ("10.00", "10.00", "0.00"),
    )


def test_amounts_that_are_told_only_with_the_payment_are_taken_from_it(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", "6202", "lost_reply")
    hospital.fault("insurance-payment", "6301", "no_amounts")
    patient = hospital.patient()
    settlement = patient.begin()
    assert patient.until(settlement, "AWAITING_PAYMENT")["fundAmount"] is None
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    row, order = hospital.row(settlement), fee_order(hospital, settlement)
    assert (row["fund_fen"], row["account_fen"]) == (order["fund_fen"], order["account_fen"])


def test_states_that_say_nothing_are_asked_again(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "AWAITING_PAYMENT")
    hospital.fault("insurance-payment", "6301", "processing")
    hospital.fault("insurance-payment", "6301", "unknown_state")
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == INSURANCE_ONCE
