"""A platform that stays silent: after the declared tries a person is asked, nothing was done twice, and it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.hospital import TIMING, RunningHospital, Someone, press, steps
from tests.settlement.books import (
    INSURANCE_ONCE,
    NOTHING,
    SELF_PAY_ONCE,
    executed_twice,
    made,
    outcomes,
    problem,
    standing,
)
from tests.settlement.test_lost_replies import uploads_not_repeatable

TRIES, SENDS = (int(str(TIMING[name])) for name in ("inquiry_tries", "send_tries"))
# What is sent, how it is asked for, where, in which step, before or after the payment, and how people call the place.
CALLS = [
    ("2201", "5201", "insurance-core", "REGISTRATION", False, "医保平台"),
    ("6202", "6301", "insurance-payment", "PREVIEW", False, "医保移动支付中心"),
    ("confirm", "query", "his", "HIS_CONFIRMATION", True, "医院信息系统"),
    ("invEBillRegistration", "getEBillByBusNo", "receipts", "INVOICE", True, "电子票据平台"),
]


def stopped(hospital: RunningHospital, platform: str, *silent: str, paid: bool = False) -> tuple[Someone, Any]:
    """A settlement in ATTENTION: the first of `silent` is done and never answered, the others are not even reached."""
    patient = hospital.patient()
    order = patient.order()
    if not paid:
        silence(hospital, platform, silent)
    settlement = patient.start(order)["settlement"]
    if paid:
        url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
        silence(hospital, platform, silent)
        press(hospital.http, url)
    patient.until(settlement, "ATTENTION")
    return patient, settlement


def silence(hospital: RunningHospital, platform: str, silent: tuple[str, ...]) -> None:
    for place, transaction in enumerate(silent):
        hospital.fault(platform, transaction, "gateway_error" if place else "lost_reply", times=99)


@pytest.mark.parametrize(("sent", "asked", "platform", "step", "paid", "name"), CALLS)
def test_silence_is_asked_about_and_then_shown_to_a_person(
    hospital: RunningHospital, sent: str, asked: str, platform: str, step: str, paid: bool, name: str
) -> None:
    patient, settlement = stopped(hospital, platform, sent, asked, paid=paid)
    assert steps(patient.look(settlement))[step]["state"] == "UNKNOWN"
    told = problem(patient, settlement, step)
    assert (told["__typename"], told["code"]) == ("PlatformUnavailableProblem", "OUTCOME_UNKNOWN")
    assert name in told["message"]
    assert outcomes(hospital, settlement, sent) == ["Unanswered"]
    assert outcomes(hospital, settlement, asked)[-TRIES:] == ["Unanswered"] * TRIES


@pytest.mark.parametrize(("sent", "asked", "platform", "step", "paid", "name"), CALLS)
def test_after_the_cause_is_gone_a_person_drives_it_on(
    hospital: RunningHospital, sent: str, asked: str, platform: str, step: str, paid: bool, name: str
) -> None:
    patient, settlement = stopped(hospital, platform, sent, asked, paid=paid)
    hospital.behave()
    assert hospital.cashier().resume(settlement)["__typename"] == "SettlementPayload"
    if not paid:
        patient.pay(settlement)
    settled = patient.until(settlement, "COMPLETED")
    assert steps(settled)[step]["problem"] is None
    assert outcomes(hospital, settlement, sent)[0] == "Unanswered"
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE
    assert executed_twice(hospital, settlement) == []


def test_busy_platform_is_tried_again_and_then_shown_to_a_person(hospital: RunningHospital) -> None:
    hospital.fault("his", "confirm", "busy", times=99)
    patient = hospital.patient()
    settlement = patient.begin()
    patient.pay(settlement)
    patient.until(settlement, "ATTENTION")
    assert problem(patient, settlement, "HIS_CONFIRMATION")["code"] == "PLATFORM_UNAVAILABLE"
    assert outcomes(hospital, settlement, "confirm") == ["NotSent"] * (SENDS + 1)
    assert outcomes(hospital, settlement, "query") == []
    hospital.behave()
    hospital.cashier().resume(settlement)
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == INSURANCE_ONCE


def test_platform_that_was_busy_for_a_moment_needs_nobody(hospital: RunningHospital) -> None:
    hospital.fault("his", "confirm", "busy", times=2)
    settled = hospital.patient().settle()
    assert outcomes(hospital, settled, "confirm") == ["NotSent", "NotSent", "Answered"]
    assert steps(settled)["HIS_CONFIRMATION"]["problem"] is None


def test_uploads_that_are_all_lost_are_one_order(hospital: RunningHospital) -> None:
    patient, settlement = stopped(hospital, "insurance-payment", "6201")
    assert len(outcomes(hospital, settlement, "6201")) <= TRIES
    assert made(hospital, settlement)["fee orders"] == 1
    hospital.behave()
    hospital.cashier().resume(settlement)
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == INSURANCE_ONCE


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_silence_about_a_payment_is_waited_out(hospital: RunningHospital, pay_kind: str) -> None:
    platform, asked = {"INSURANCE": ("insurance-payment", "6301"), "SELF_PAY": ("wechat-pay", "query")}[pay_kind]
    patient = hospital.patient()
    settlement = patient.begin(pay_kind)
    patient.until(settlement, "AWAITING_PAYMENT")
    hospital.fault(platform, asked, "gateway_error", times=TRIES + 2)
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert outcomes(hospital, settlement, asked).count("Unanswered") == TRIES + 2
    assert made(hospital, settlement) == (INSURANCE_ONCE if pay_kind == "INSURANCE" else SELF_PAY_ONCE)


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_silence_about_a_payment_long_after_its_page_needs_a_person(hospital: RunningHospital, pay_kind: str) -> None:
    platform, asked = {"INSURANCE": ("insurance-payment", "6301"), "SELF_PAY": ("wechat-pay", "query")}[pay_kind]
    patient = hospital.patient()
    settlement = patient.begin(pay_kind)
    patient.until(settlement, "AWAITING_PAYMENT")
    hospital.fault(platform, asked, "gateway_error", times=99)
    patient.pay(settlement)
    hospital.sql(
        "UPDATE settlement SET checkout_expires_at = now() - interval '3 hours' WHERE number = $1",
        settlement["number"],
    )
    patient.until(settlement, "ATTENTION")
    assert problem(patient, settlement, "RESULT")["code"] == "OUTCOME_UNKNOWN"
    hospital.behave()
    hospital.cashier().resume(settlement)
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == (INSURANCE_ONCE if pay_kind == "INSURANCE" else SELF_PAY_ONCE)


def test_registration_that_never_answered_is_taken_back_too(hospital: RunningHospital) -> None:
    patient, settlement = stopped(hospital, "insurance-core", "2201", "5201")
    assert hospital.row(settlement)["visit_id"] is None
    assert standing(hospital, settlement)["registrations"] == 1
    hospital.behave()
    assert hospital.cashier().reverse(settlement)["__typename"] == "SettlementPayload"
    patient.until(settlement, "FAILED")
    assert standing(hospital, settlement) == NOTHING


def test_upload_that_never_answered_is_taken_back_too(hospital: RunningHospital) -> None:
    patient, settlement = stopped(hospital, "insurance-payment", "6201")
    assert hospital.row(settlement)["pay_order_id"] is None
    hospital.behave()
    hospital.cashier().reverse(settlement)
    patient.until(settlement, "FAILED")
    assert made(hospital, settlement)["fee orders"] == 1
    assert standing(hospital, settlement) == NOTHING


def test_upload_that_cannot_be_repeated_is_given_up_only_by_a_person(hospital: RunningHospital) -> None:
    with uploads_not_repeatable(hospital):
        hospital.fault("insurance-payment", "6201", "lost_request")
        patient = hospital.patient()
        settlement = patient.begin()
        patient.until(settlement, "ATTENTION")
        hospital.cashier().reverse(settlement)
        patient.until(settlement, "ATTENTION")
        assert problem(patient, settlement, "REVERSE_FEE_DETAILS")["code"] == "OUTCOME_UNKNOWN"
        hospital.cashier().resume(settlement)
        patient.until(settlement, "FAILED")
    assert len(outcomes(hospital, settlement, "6201")) == 1
    assert standing(hospital, settlement) == NOTHING


def test_receipt_that_never_answered_is_written_off_too(hospital: RunningHospital) -> None:
    patient, settlement = stopped(hospital, "receipts", "invEBillRegistration", "getEBillByBusNo", paid=True)
    assert standing(hospital, settlement)["receipts"] == 1
    hospital.behave()
    hospital.cashier().reverse(settlement)
    patient.until(settlement, "REVERSED")
    assert standing(hospital, settlement) == NOTHING


def test_only_what_waits_for_a_person_can_be_resumed(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    refused = hospital.cashier().resume(settled)
    assert (refused["__typename"], refused["code"]) == ("StateProblem", "NOT_RESUMABLE")
