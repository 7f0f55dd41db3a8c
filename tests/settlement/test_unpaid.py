"""Nobody pays, or somebody pays at the last moment: no money is taken for nothing, none is forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from app.models import ReversalProfile
from tests.fixtures.hospital import RunningHospital, Someone, press, steps, until
from tests.settlement.books import (
    INSURANCE_ONCE,
    NOTHING,
    SELF_PAY_ONCE,
    fee_order,
    made,
    order_state,
    outcomes,
    postpone_polls,
    problem,
    standing,
)

PLATFORM = {"INSURANCE": "insurance-payment", "SELF_PAY": "wechat-pay"}
SILENCE = {"INSURANCE": ("6302", "callback_never"), "SELF_PAY": ("notice", "notice_never")}
QUESTION = {"INSURANCE": "6301", "SELF_PAY": "query"}


def expire(hospital: RunningHospital, settlement: Any) -> None:
    """The page's time is over."""
    hospital.sql(
        "UPDATE settlement SET checkout_expires_at = now() - interval '1 second' WHERE number = $1",
        settlement["number"],
    )


def expire_order(hospital: RunningHospital, number: str) -> None:
    """The order's time is over, and its job is due."""
    hospital.sql(
        """WITH late AS (UPDATE orders SET expires_at = now() - interval '1 second' WHERE number = $1 RETURNING id)
           UPDATE pgqueuer SET execute_after = now() FROM late
           WHERE entrypoint = 'order.expire' AND payload = convert_to(late.id::text, 'UTF8')""",
        number,
    )


def pay_while_it_is_given_up(hospital: RunningHospital, patient: Someone, settlement: Any, pay_kind: str) -> None:
    """The release asks "is it paid?", is told "no" slowly, and meanwhile the patient pays."""
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    postpone_polls(hospital, settlement)
    faults = hospital.sandboxes.all[PLATFORM[pay_kind]].faults
    faults.add(*SILENCE[pay_kind])
    faults.add(QUESTION[pay_kind], "delay", seconds=0.0)
    faults.add(QUESTION[pay_kind], "delay", seconds=0.8)
    expire(hospital, settlement)
    patient.do("settlementRefresh", {"settlementId": settlement["id"]})
    until(lambda: all(fault.kind != "delay" for fault in faults._waiting), "the release's question")
    press(hospital.http, url)


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_expired_page_ends_in_nothing_left_anywhere(hospital: RunningHospital, pay_kind: str) -> None:
    patient = hospital.patient()
    settlement = patient.begin(pay_kind)
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    expire(hospital, settlement)
    patient.until(settlement, "FAILED")
    assert problem(patient, settlement, "RESULT")["code"] == "PAYMENT_EXPIRED"
    assert standing(hospital, settlement) == NOTHING
    assert order_state(hospital, settlement) == "OPEN"
    press(hospital.http, url)
    assert hospital.row(settlement)["paid_fen"] == 0
    assert standing(hospital, settlement) == NOTHING


def test_order_of_an_expired_page_can_be_paid_anew(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    first = patient.start(order)["settlement"]
    patient.until(first, "AWAITING_PAYMENT")
    expire(hospital, first)
    patient.until(first, "FAILED")
    second = patient.start(order)["settlement"]
    patient.pay(second)
    patient.until(second, "COMPLETED")
    assert made(hospital, second) == INSURANCE_ONCE


def test_payment_before_the_release_began_completes(hospital: RunningHospital) -> None:
    """6301 was asked before the payment and answers after it."""
    patient = hospital.patient()
    settlement = patient.begin()
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    postpone_polls(hospital, settlement)
    hospital.fault("insurance-payment", "6302", "callback_never")
    hospital.fault("insurance-payment", "6301", "delay", seconds=0.8)
    expire(hospital, settlement)
    patient.do("settlementRefresh", {"settlementId": settlement["id"]})
    faults = hospital.sandboxes.all["insurance-payment"].faults
    until(lambda: all(fault.kind != "delay" for fault in faults._waiting), "the question")
    press(hospital.http, url)
    settled = patient.until(settlement, "COMPLETED")
    assert [step["kind"] for step in settled["steps"] if step["state"] == "DONE"][-3:] == [
        "RESULT",
        "HIS_CONFIRMATION",
        "INVOICE",
    ]
    assert steps(settled)["REVERSE_FEE_DETAILS"]["state"] == "SKIPPED"
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE
    assert outcomes(hospital, settlement, "6401") == []


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_payment_that_wins_against_the_release_completes(hospital: RunningHospital, pay_kind: str) -> None:
    """The platform refuses to take back what was just paid, and then tells that it was paid."""
    with hospital.profile(ReversalProfile.NATIONAL):
        patient = hospital.patient()
        settlement = patient.begin(pay_kind)
        pay_while_it_is_given_up(hospital, patient, settlement, pay_kind)
        patient.until(settlement, "COMPLETED")
    assert outcomes(hospital, settlement, {"INSURANCE": "6401", "SELF_PAY": "close"}[pay_kind]) == ["Refused"]
    once = {"INSURANCE": INSURANCE_ONCE, "SELF_PAY": SELF_PAY_ONCE}[pay_kind]
    assert made(hospital, settlement) == standing(hospital, settlement) == once
    assert order_state(hospital, settlement) == "SETTLED"


def test_payment_of_an_order_that_was_revoked_under_it_is_never_called_failed(hospital: RunningHospital) -> None:
    """In the tender's order a paid order's fee details may go: then a person must look, and can give all back."""
    patient = hospital.patient()
    settlement = patient.begin()
    pay_while_it_is_given_up(hospital, patient, settlement, "INSURANCE")
    patient.until(settlement, "ATTENTION")
    assert problem(patient, settlement, "REVERSE_FEE_DETAILS")["code"] == "AMOUNTS_DIFFER"
    assert fee_order(hospital, settlement)["state"] == "6"
    hospital.cashier().resume(settlement)
    patient.until(settlement, "COMPLETED")
    row = hospital.row(settlement)
    assert row["paid_fen"] == row["total_fen"]
    assert hospital.cashier().reverse(settlement)["__typename"] == "SettlementPayload"
    patient.until(settlement, "REVERSED")
    assert standing(hospital, settlement) == NOTHING


def test_payment_while_the_release_got_no_answer_completes(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    hospital.fault("insurance-payment", "6401", "gateway_error", times=99)
    expire(hospital, settlement)
    patient.until(settlement, "ATTENTION")
    press(hospital.http, url)
    assert patient.look(settlement)["state"] == "ATTENTION"
    hospital.behave()
    assert hospital.cashier().resume(settlement)["__typename"] == "SettlementPayload"
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE


def test_order_that_nobody_settles_expires_by_itself(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    expire_order(hospital, order["number"])
    state = "SELECT state FROM orders WHERE number = $1"
    until(lambda: hospital.sql(state, order["number"])[0]["state"] == "EXPIRED", "the expiry")
    refused = patient.start(order)
    assert (refused["__typename"], refused["code"]) == ("StateProblem", "ORDER_EXPIRED")


def test_order_that_expires_while_it_is_settled_is_not_opened_again(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    settlement = patient.start(order)["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    hospital.sql("UPDATE orders SET expires_at = now() - interval '1 second' WHERE number = $1", order["number"])
    expire(hospital, settlement)
    patient.until(settlement, "FAILED")
    assert order_state(hospital, settlement) == "EXPIRED"
    assert patient.start(order)["code"] == "ORDER_EXPIRED"
