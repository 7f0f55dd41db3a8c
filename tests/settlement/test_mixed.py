"""医保自费混合支付: insurance and cash of one settlement paid in one act, and given back (mobile-payment.md 6)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.models import ReversalProfile
from tests.fixtures.hospital import RunningHospital, Someone, press, steps, until
from tests.settlement.books import (
    INSURANCE_ONCE,
    callbacks,
    fee_order,
    made,
    order_state,
    outcomes,
    postpone_polls,
    problem,
    standing,
)

OPEN_ID = "oDEMO-user_0001"
LOOK = "query($id: ID!) { node(id: $id) { ... on Settlement { state checkout mixTradeNo checkoutUrl cashAmount } } }"
ONCE = INSURANCE_ONCE | {"self-payments": 1}
NATIONAL, TENDER = ReversalProfile.NATIONAL, ReversalProfile.TENDER


@contextlib.contextmanager
def balance(hospital: RunningHospital, patient: Someone, fen: int) -> Iterator[dict[str, Any]]:
    """The patient's personal account holds so much; what it cannot pay is cash."""
    persons = hospital.sandboxes.book.persons.values()
    person = next(each for each in persons if each.person_number.endswith(f"{patient.number:04d}"))
    insurance = person.insurances[0]
    before, insurance["balance_fen"] = insurance["balance_fen"], fen
    try:
        yield insurance
    finally:
        insurance["balance_fen"] = before


def begin(patient: Someone, **changes: Any) -> Any:
    told = {"orderId": patient.order()["id"], "payKind": "INSURANCE", "checkout": "MIXED", "openId": OPEN_ID}
    told |= {"idempotencyKey": uuid4().hex} | changes
    answer = patient.do("settlementStart", told, "... on SettlementPayload { settlement { id number state } }")
    return answer.get("settlement") or answer


def page(hospital: RunningHospital, patient: Someone, settlement: Any) -> str:
    """What wx.requestMedicalInsurancePay opens."""
    patient.until(settlement, "AWAITING_PAYMENT")
    told = patient.ask(LOOK, {"id": settlement["id"]})["node"]
    assert (told["checkout"], told["checkoutUrl"]) == ("MIXED", None)
    return f"{hospital.sandbox_url}/wechat-pay/med-ins/pay/{told['mixTradeNo']}"


def settle(hospital: RunningHospital, patient: Someone) -> Any:
    settlement = begin(patient)
    assert press(hospital.http, page(hospital, patient, settlement)).status_code == 200
    return patient.until(settlement, "COMPLETED")


def mixed_order(hospital: RunningHospital, settlement: Any) -> Any:
    books: Any = hospital.sandboxes.books()
    rows = [r for r in books["wechat-pay"]["mixed_payments"] if r["trade_number"] == settlement["number"]]
    (row,) = rows
    return row


def expire(hospital: RunningHospital, settlement: Any) -> None:
    hospital.sql(
        "UPDATE settlement SET checkout_expires_at = now() - interval '1 s' WHERE number = $1", settlement["number"]
    )


def his_payments(hospital: RunningHospital, settlement: Any) -> dict[str, Any]:
    """What was told to the HIS, by who paid."""
    his: Any = hospital.sandboxes.all["his"]
    content, _ = his._remembered["confirm", settlement["number"]]
    import orjson

    return {row["type"]: row for row in orjson.loads(content)["payments"]}


def test_both_parts_are_paid_in_one_act(hospital: RunningHospital) -> None:
    patient = hospital.patient(1)
    with balance(hospital, patient, 150):
        settled = settle(hospital, patient)
        row, order = hospital.row(settled), fee_order(hospital, settled)
    assert (row["fund_fen"], row["account_fen"], row["cash_fen"], row["paid_fen"]) == (1400, 150, 450, 2000)
    assert (order["state"], order["cash_fen"]) == ("6", 450)
    assert mixed_order(hospital, settled) == {
        "mix_trade_number": row["mix_trade_number"],
        "trade_number": row["number"],
        "state": "MIX_PAY_SUCCESS",
        "total_fen": 2000,
        "cash_fen": 450,
    }
    assert made(hospital, settled) == standing(hospital, settled) == ONCE
    paid = his_payments(hospital, settled)
    assert {kind: each["amount"] for kind, each in paid.items()} == {
        "INSURANCE_FUND": "14.00",
        "INSURANCE_ACCOUNT": "1.50",
        "WECHAT": "4.50",
    }
    assert paid["WECHAT"]["tradeNo"] == row["cash_serial"] != row["platform_serial"]
    assert settled["invoice"]["number"]


def test_without_cash_there_is_no_cash_order(hospital: RunningHospital) -> None:
    settled = settle(hospital, hospital.patient())
    assert mixed_order(hospital, settled)["cash_fen"] == 0
    assert made(hospital, settled) == INSURANCE_ONCE
    assert outcomes(hospital, settled, "jsapi") == []
    assert hospital.row(settled)["cash_serial"] is None


@pytest.mark.parametrize("profile", [TENDER, NATIONAL])
@pytest.mark.parametrize("account", [150, 200_000])
def test_reversal_gives_back_both_parts(hospital: RunningHospital, profile: ReversalProfile, account: int) -> None:
    patient = hospital.patient(2)
    with hospital.profile(profile), balance(hospital, patient, account) as insurance:
        settled = settle(hospital, patient)
        row = hospital.row(settled)
        assert hospital.cashier().reverse(settled)["__typename"] == "SettlementPayload"
        patient.until(settled, "REVERSED")
        assert insurance["balance_fen"] == account
    row, order = hospital.row(settled), fee_order(hospital, settled)
    assert row["refunded_fen"] == row["paid_fen"] == 2000
    assert (order["state"], order["refunded_fen"]) == ("8", 2000 - row["cash_fen"])
    assert order["fee_details"] == "revoked"
    assert mixed_order(hospital, settled)["state"] == "MIX_PAY_REFUND"
    left = standing(hospital, settled)
    assert left | {"fee orders": 0} == dict.fromkeys(ONCE, 0)
    assert order_state(hospital, settled) == "REFUNDED"


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request", "garbled"])
@pytest.mark.parametrize("transaction", ["jsapi", "med_ins_order"])
def test_an_unanswered_order_is_made_once(hospital: RunningHospital, transaction: str, kind: str) -> None:
    patient = hospital.patient(4)
    with balance(hospital, patient, 100):
        hospital.fault("wechat-pay", transaction, kind)
        settled = settle(hospital, patient)
    assert made(hospital, settled) == standing(hospital, settled) == ONCE
    assert mixed_order(hospital, settled)["state"] == "MIX_PAY_SUCCESS"


@pytest.mark.parametrize("kind", ["lost_reply", "lost_request", "garbled"])
@pytest.mark.parametrize("transaction", ["6203", "refund", "med_ins_refund"])
def test_an_unanswered_undoing_happens_once(hospital: RunningHospital, transaction: str, kind: str) -> None:
    patient = hospital.patient(5)
    platform = "insurance-payment" if transaction == "6203" else "wechat-pay"
    with hospital.profile(NATIONAL), balance(hospital, patient, 100) as insurance:
        settled = settle(hospital, patient)
        hospital.fault(platform, transaction, kind)
        hospital.cashier().reverse(settled)
        patient.until(settled, "REVERSED")
        assert insurance["balance_fen"] == 100
    row = hospital.row(settled)
    assert row["refunded_fen"] == row["paid_fen"]
    assert mixed_order(hospital, settled)["state"] == "MIX_PAY_REFUND"
    books: Any = hospital.sandboxes.books()
    (cash,) = [r for r in books["wechat-pay"]["payments"] if r["trade_number"] == settled["number"]]
    assert cash["refunded_fen"] == cash["total_fen"] == row["cash_fen"]


def test_a_refund_in_exp_is_asked_for(hospital: RunningHospital) -> None:
    patient = hospital.patient(5)
    with balance(hospital, patient, 100):
        settled = settle(hospital, patient)
        hospital.fault("insurance-payment", "6203", "refund_exp")
        hospital.cashier().reverse(settled)
        patient.until(settled, "REVERSED")
    assert outcomes(hospital, settled, "6203") == ["Answered"]


def test_cash_that_is_given_back_slowly_is_waited_for(hospital: RunningHospital) -> None:
    patient = hospital.patient(6)
    with balance(hospital, patient, 100):
        settled = settle(hospital, patient)
        hospital.fault("wechat-pay", "refund", "refund_processing", times=2)
        hospital.cashier().reverse(settled)
        patient.until(settled, "REVERSED")
    assert outcomes(hospital, settled, "refund") == ["Answered"]
    assert len(outcomes(hospital, settled, "query_refund")) >= 2


def test_expired_mixed_order_leaves_nothing(hospital: RunningHospital) -> None:
    patient = hospital.patient(7)
    with balance(hospital, patient, 100):
        settlement = begin(patient)
        url = page(hospital, patient, settlement)
        expire(hospital, settlement)
        patient.until(settlement, "FAILED")
        assert press(hospital.http, url).status_code == 409
    assert problem(patient, settlement, "RESULT")["code"] == "PAYMENT_EXPIRED"
    assert mixed_order(hospital, settlement)["state"] == "MIX_PAY_FAIL"
    assert standing(hospital, settlement) == dict.fromkeys(ONCE, 0)
    assert hospital.row(settlement)["paid_fen"] == 0
    assert order_state(hospital, settlement) == "OPEN"


def test_a_payment_that_wins_against_the_release_completes(hospital: RunningHospital) -> None:
    patient = hospital.patient(8)
    with balance(hospital, patient, 100):
        settlement = begin(patient)
        url = page(hospital, patient, settlement)
        postpone_polls(hospital, settlement)
        faults = hospital.sandboxes.wechat_pay.faults
        faults.add("notice", "notice_never", times=2)
        hospital.fault("insurance-payment", "6302", "callback_never")
        faults.add("med_ins_query", "delay", seconds=0.0)
        faults.add("med_ins_query", "delay", seconds=0.8)
        expire(hospital, settlement)
        patient.do("settlementRefresh", {"settlementId": settlement["id"]})
        until(lambda: all(fault.kind != "delay" for fault in faults._waiting), "the release's question")
        press(hospital.http, url)
        settled = patient.until(settlement, "COMPLETED")
    assert steps(settled)["REVERSE_SETTLEMENT"]["state"] == "SKIPPED"
    assert made(hospital, settlement) == standing(hospital, settlement) == ONCE


def test_the_notice_hastens_and_a_probe_is_refused(hospital: RunningHospital) -> None:
    patient = hospital.patient(9)
    hospital.fault("insurance-payment", "6302", "callback_never")
    settlement = begin(patient)
    url = page(hospital, patient, settlement)
    postpone_polls(hospital, settlement)
    press(hospital.http, url)
    patient.until(settlement, "COMPLETED")
    (row,) = callbacks(hospital, settlement)
    assert (row["platform"], row["verified"]) == ("wechat_pay", True)
    probe = {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/x", "Wechatpay-Serial": "s", "Wechatpay-Timestamp": "1"}
    answer = hospital.http.post(f"{hospital.server_url}/callbacks/self-pay", content=b"{}", headers=probe)
    assert 400 <= answer.status_code < 600


def test_without_any_notice_polling_finds_the_payment(hospital: RunningHospital) -> None:
    patient = hospital.patient(10)
    hospital.fault("insurance-payment", "6302", "callback_never")
    with balance(hospital, patient, 100):
        hospital.fault("wechat-pay", "notice", "notice_never", times=2)
        settled = settle(hospital, patient)
    assert callbacks(hospital, settled) == []


def test_cash_alone_is_not_paid_while_the_insurance_is_silent(hospital: RunningHospital) -> None:
    patient = hospital.patient(11)
    hospital.fault("insurance-payment", "6301", "processing", times=2)
    settled = settle(hospital, patient)
    assert len(outcomes(hospital, settled, "6301")) >= 3


def test_a_refused_order_takes_everything_back(hospital: RunningHospital) -> None:
    patient = hospital.patient(12)
    with balance(hospital, patient, 100):
        hospital.fault("wechat-pay", "med_ins_order", "refused", text="RULE_LIMIT 医保账户异常")
        settlement = begin(patient)
        patient.until(settlement, "FAILED")
    told = problem(patient, settlement, "CHECKOUT")
    assert (told["__typename"], told["platformCode"]) == ("SelfPayRefusal", "RULE_LIMIT")
    assert standing(hospital, settlement) == dict.fromkeys(ONCE, 0)


def test_self_pay_cannot_be_mixed_nor_anybody_unknown(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    assert begin(patient, payKind="SELF_PAY")["field"] == "checkout"
    assert begin(patient, openId=None)["field"] == "openId"
