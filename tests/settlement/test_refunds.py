"""A part of a settlement is given back: asked for, decided by another person, and true on every platform."""

from __future__ import annotations

from typing import Any

import pytest

from app.models import ReversalProfile
from tests.fixtures.hospital import RunningHospital, Someone, press, steps
from tests.settlement import test_mixed as mixed
from tests.settlement.books import executed_twice, order_state, outcomes, problem
from tests.settlement.refunds import (
    FEE,
    FIRST,
    MEDICINE_FEN,
    SECOND,
    TOTAL_FEN,
    approve,
    asked,
    books,
    finance,
    given_back,
    look,
    medicine,
    settled,
    until_refund,
    visit_with_medicine,
)

LOST = ("lost_reply", "lost_request", "gateway_error", "garbled", "late_effect")
CALLS = {
    "cancel": "his",
    "confirm": "his",
    "refund": "wechat-pay",
    "writeOffEBill": "receipts",
    "invEBillRegistration": "receipts",
}
AFTER_MEDICINE = {
    "HIS": {"": ("CANCELLED", TOTAL_FEN), "-2": ("CONFIRMED", 2000)},
    "receipts": {"": ("RED", TOTAL_FEN), "-2": ("NORMAL", 2000)},
    "money": {"": ("REFUND", MEDICINE_FEN)},
}


def change(hospital: RunningHospital, prescription: dict[str, Any]) -> None:
    """A HIS user takes something of a prescription back."""
    told = {"prescriptionNo": prescription["prescriptionNo"], "items": prescription["items"]}
    hospital.sandboxes.load({"his": {"change": told}})


def row(hospital: RunningHospital, settlement: Any) -> tuple[int, int, int, int]:
    found = hospital.row(settlement)
    return found["paid_fen"], found["refunded_fen"], found["partly_refunded_fen"], found["asked_fen"]


def test_a_part_of_a_self_paid_settlement_is_given_back(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = asked(patient, settlement, visit, FIRST, SECOND)
    assert (refund["state"], refund["amount"], refund["byPatient"]) == ("REQUESTED", "32.10", True)
    assert row(hospital, settlement) == (TOTAL_FEN, 0, 0, MEDICINE_FEN)
    approved = approve(finance(hospital), refund)["refund"]
    assert approved["state"] in ("DOING", "DONE")
    done = until_refund(patient, refund, "DONE")
    assert done["decidedAt"] <= done["finishedAt"]
    seen = patient.look(settlement)
    assert (seen["state"], seen["totalAmount"], seen["refundedAmount"]) == ("COMPLETED", "52.10", "32.10")
    assert row(hospital, settlement) == (TOTAL_FEN, MEDICINE_FEN, MEDICINE_FEN, 0)
    assert books(hospital, settlement) == AFTER_MEDICINE
    order = order_of(patient, settlement)
    assert (order["state"], order["refundedAmount"]) == ("SETTLED", "32.10")
    later = [step["kind"] for step in seen["steps"]][4:]
    assert later == ["HIS_CANCELLATION", "HIS_CONFIRMATION", "REVERSE_SETTLEMENT", "RED_INVOICE", "INVOICE"]
    assert executed_twice(hospital, settlement) == ["confirm"]  # the whole, and then the rest


def test_the_receipt_is_red_and_the_new_one_is_for_the_rest(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    given_back(hospital, patient, settlement, visit, FIRST, SECOND)
    old, new = hospital.sql(
        "SELECT i.* FROM invoice i JOIN settlement s ON s.id = settlement_id WHERE s.number = $1 ORDER BY i.id",
        settlement["number"],
    )
    assert (old["state"], new["state"], new["total_fen"]) == ("RED", "ISSUED", 2000)
    assert (old["business_number"][:2], new["business_number"][:3]) == ("OP", "REG")  # only the fee is left
    shown = patient.look(settlement)["invoice"]
    assert shown["number"] == new["number"]
    page = hospital.http.get(shown["download"]["url"], follow_redirects=True)
    assert "20.00" in page.text


def test_a_box_goes_back_after_the_his_took_it_back(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    change(hospital, medicine(visit, boxes=1))
    done = given_back(hospital, patient, settlement, visit, {"serial": FIRST, "quantity": "1"})
    assert done["amount"] == "12.80"
    assert books(hospital, settlement) == {
        "HIS": {"": ("CANCELLED", TOTAL_FEN), "-2": ("CONFIRMED", TOTAL_FEN - 1280)},
        "receipts": {"": ("RED", TOTAL_FEN), "-2": ("NORMAL", TOTAL_FEN - 1280)},
        "money": {"": ("REFUND", 1280)},
    }


def test_a_box_that_the_his_did_not_take_back_waits_for_a_person(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = asked(hospital.cashier(), settlement, visit, {"serial": FIRST, "quantity": "1"})
    approve(finance(hospital), refund)
    until_refund(patient, refund, "ATTENTION")
    assert patient.look(settlement)["state"] == "ATTENTION"
    told = problem(patient, settlement, "HIS_CONFIRMATION")
    assert (told["__typename"], told["platformCode"]) == ("HISRefusal", "HIS-3005")
    assert books(hospital, settlement)["money"] == {"": ("SUCCESS", 0)}
    change(hospital, medicine(visit, boxes=1))
    assert hospital.cashier().resume(settlement)["__typename"] == "SettlementPayload"
    until_refund(patient, refund, "DONE")
    assert books(hospital, settlement)["money"] == {"": ("REFUND", 1280)}


def test_parts_are_given_back_one_after_the_other_and_then_the_rest(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    change(hospital, medicine(visit, second=False))
    given_back(hospital, patient, settlement, visit, SECOND)
    change(hospital, medicine(visit, boxes=1, second=False))
    given_back(hospital, patient, settlement, visit, {"serial": FIRST, "quantity": "1"})
    assert row(hospital, settlement) == (TOTAL_FEN, 1930, 1930, 0)
    assert set(books(hospital, settlement)["HIS"]) == {"", "-2", "-3"}
    assert hospital.cashier().reverse(settlement)["__typename"] == "SettlementPayload"
    patient.until(settlement, "REVERSED")
    assert row(hospital, settlement) == (TOTAL_FEN, TOTAL_FEN, 1930, 0)
    after = books(hospital, settlement)
    assert {state for state, _ in after["HIS"].values()} == {"CANCELLED"}
    assert {state for state, _ in after["receipts"].values()} == {"RED"}
    assert after["money"] == {"": ("REFUND", TOTAL_FEN)}
    assert order_state(hospital, settlement) == "REFUNDED"


def test_all_lines_are_a_reversal(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = given_back(hospital, patient, settlement, visit, FEE, FIRST, SECOND)
    assert refund["amount"] == "52.10"
    assert patient.look(settlement)["state"] == "REVERSED"
    assert row(hospital, settlement) == (TOTAL_FEN, TOTAL_FEN, 0, 0)
    assert order_state(hospital, settlement) == "REFUNDED"
    assert books(hospital, settlement)["receipts"] == {"": ("RED", TOTAL_FEN)}


@pytest.mark.parametrize("profile", list(ReversalProfile))
def test_an_insurance_settlement_is_reversed_and_the_rest_is_paid_anew(
    hospital: RunningHospital, profile: ReversalProfile
) -> None:
    patient = hospital.patient()
    with hospital.profile(profile):
        settlement, visit = settled(hospital, patient, "INSURANCE")
        done = given_back(hospital, patient, settlement, visit, FIRST, SECOND)
        assert (done["state"], done["amount"]) == ("DONE", "32.10")
        first = patient.look(settlement)
        assert (first["state"], first["refundedAmount"]) == ("REVERSED", "52.10")
        order = order_of(patient, settlement)
        assert (order["state"], order["totalAmount"], order["refundedAmount"]) == ("OPEN", "52.10", "32.10")
        rest = patient.start(order)["settlement"]
        patient.pay(rest)
        paid = patient.until(rest, "COMPLETED")
    assert (paid["totalAmount"], paid["invoice"]["number"] is not None) == ("20.00", True)
    assert order_state(hospital, rest) == "SETTLED"
    assert books(hospital, settlement)["HIS"] == {"": ("CANCELLED", TOTAL_FEN)}
    assert books(hospital, rest)["HIS"] == {"": ("CONFIRMED", 2000)}
    told: Any = hospital.sandboxes.books()
    orders = {each["order_number"]: each for each in told["insurance-payment"]["orders"]}
    assert orders[settlement["number"]]["refunded_fen"] == TOTAL_FEN
    assert (orders[rest["number"]]["total_fen"], orders[rest["number"]]["refunded_fen"]) == (2000, 0)
    again = given_back(hospital, patient, rest, visit, FEE)
    assert again["amount"] == "20.00"
    order = order_of(patient, rest)
    assert (order["state"], order["refundedAmount"]) == ("REFUNDED", "52.10")


def order_of(someone: Someone, settlement: Any) -> Any:
    document = (
        "query($id: ID!) { node(id: $id) { ... on Settlement { order { id state totalAmount refundedAmount } } } }"
    )
    return someone.ask(document, {"id": settlement["id"]})["node"]["order"]


@pytest.mark.parametrize("transaction", CALLS)
@pytest.mark.parametrize("kind", LOST)
def test_a_lost_answer_gives_back_once(hospital: RunningHospital, kind: str, transaction: str) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    before = len(outcomes(hospital, settlement, transaction))
    hospital.fault(CALLS[transaction], transaction, kind, seconds=0.5 if kind == "late_effect" else 0)
    given_back(hospital, patient, settlement, visit, FIRST, SECOND)
    first = outcomes(hospital, settlement, transaction)[before]
    assert first == ("Garbled" if kind == "garbled" else "Unanswered")
    assert books(hospital, settlement) == AFTER_MEDICINE
    assert row(hospital, settlement) == (TOTAL_FEN, MEDICINE_FEN, MEDICINE_FEN, 0)


def test_medicine_that_was_dispensed_is_not_given_back(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    before = books(hospital, settlement)
    hospital.sandboxes.load({"his": {"dispense": medicine(visit)["prescriptionNo"]}})
    refund = asked(patient, settlement, visit, FIRST, SECOND)
    approve(finance(hospital), refund)
    failed = until_refund(patient, refund, "FAILED")
    assert failed["problem"]["__typename"] == "HISRefusal"
    seen = patient.look(settlement)
    assert (seen["state"], seen["refundedAmount"]) == ("COMPLETED", "0.00")
    assert steps(seen)["HIS_CANCELLATION"]["state"] == "REFUSED"
    assert row(hospital, settlement) == (TOTAL_FEN, 0, 0, 0)
    assert books(hospital, settlement) == before
    hospital.sandboxes.load({"his": {"prescriptions": [medicine(visit)]}})  # taken back into the pharmacy
    given_back(hospital, patient, settlement, visit, FIRST, SECOND)
    assert books(hospital, settlement)["money"] == {"": ("REFUND", MEDICINE_FEN)}


def test_a_refund_in_process_is_hastened_by_its_notice(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    hospital.fault("wechat-pay", "refund", "refund_processing", times=1)
    given_back(hospital, patient, settlement, visit, FIRST, SECOND)
    assert outcomes(hospital, settlement, "refund") == ["Answered"]
    assert books(hospital, settlement) == AFTER_MEDICINE
    notices = hospital.sql(
        "SELECT c.verified FROM callback c JOIN settlement s ON s.id = c.settlement_id WHERE s.number = $1",
        settlement["number"],
    )
    assert len(notices) == 2  # of the payment and of the refund


def test_a_refund_that_ends_badly_needs_a_person(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    hospital.fault("wechat-pay", "refund", "refund_processing", text="ABNORMAL")
    refund = asked(patient, settlement, visit, FIRST, SECOND)
    approve(finance(hospital), refund)
    until_refund(patient, refund, "ATTENTION")
    assert row(hospital, settlement) == (TOTAL_FEN, 0, 0, MEDICINE_FEN)
    assert hospital.cashier().reverse(settlement)["code"] == "NOT_REVERSIBLE"


def test_a_long_reason_is_cut_for_the_provider(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, _ = settled(hospital, patient)
    answer = hospital.cashier().do(
        "settlementReverse",
        {"settlementId": settlement["id"], "reason": "退" * 200, "idempotencyKey": "long-reason"},
        "... on SettlementPayload { settlement { id } }",
    )
    assert answer["__typename"] == "SettlementPayload"
    patient.until(settlement, "REVERSED")


def test_requests_come_to_nothing_when_the_whole_is_reversed(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = asked(patient, settlement, visit, FIRST)
    hospital.cashier().reverse(settlement)
    patient.until(settlement, "REVERSED")
    failed = look(patient, refund)
    assert (failed["state"], failed["problem"]["code"]) == ("FAILED", "REFUND_OVERTAKEN")
    assert row(hospital, settlement) == (TOTAL_FEN, TOTAL_FEN, 0, 0)


def test_a_receipt_that_fails_after_a_refund_is_issued_by_hand(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    hospital.fault("receipts", "invEBillRegistration", "refused", text="系统拒绝")
    refund = asked(patient, settlement, visit, FIRST, SECOND)
    approve(finance(hospital), refund)
    until_refund(patient, refund, "ATTENTION")
    answer = hospital.cashier().do(
        "invoiceIssue",
        {"settlementId": settlement["id"], "idempotencyKey": "by-hand"},
        "... on SettlementPayload { settlement { id } }",
    )
    assert answer["__typename"] == "SettlementPayload"
    until_refund(patient, refund, "DONE")
    assert books(hospital, settlement) == AFTER_MEDICINE


def test_the_rest_of_a_changed_charge_is_ordered_anew(hospital: RunningHospital) -> None:
    """A box goes back; the HIS still charges two: the rest of this order cannot be paid, a new order can."""
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient, "INSURANCE")
    given_back(hospital, patient, settlement, visit, {"serial": FIRST, "quantity": "1"})
    rest = patient.start(order_of(patient, settlement))["settlement"]
    patient.until(rest, "FAILED")
    assert order_state(hospital, rest) == "STALE"
    change(hospital, medicine(visit, boxes=1))
    paid = patient.begin("INSURANCE", visit)
    patient.pay(paid)
    assert patient.until(paid, "COMPLETED")["totalAmount"] == "39.30"


def test_a_box_of_an_insurance_settlement_is_settled_again_without_it(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient, "INSURANCE")
    change(hospital, medicine(visit, boxes=1))
    given_back(hospital, patient, settlement, visit, {"serial": FIRST, "quantity": "1"})
    rest = patient.start(order_of(patient, settlement))["settlement"]
    patient.pay(rest)
    paid = patient.until(rest, "COMPLETED")
    assert paid["totalAmount"] == "39.30"
    told: Any = hospital.sandboxes.books()
    (order,) = [each for each in told["insurance-payment"]["orders"] if each["order_number"] == rest["number"]]
    assert order["total_fen"] == TOTAL_FEN - 1280
    assert books(hospital, rest)["receipts"] == {"": ("NORMAL", TOTAL_FEN - 1280)}


def test_a_part_of_a_mixed_payment_gives_both_parts_back(hospital: RunningHospital) -> None:
    """Insurance and cash are reversed together; the rest is paid anew, here at the page."""
    patient = hospital.patient()
    visit = visit_with_medicine(hospital, patient)
    order = patient.order(visit)
    with mixed.balance(hospital, patient, 100):
        settlement = mixed.begin(patient, orderId=order["id"])
        press(hospital.http, mixed.page(hospital, patient, settlement))
        patient.until(settlement, "COMPLETED")
        assert hospital.row(settlement)["cash_fen"] > 0
        given_back(hospital, patient, settlement, visit, FIRST, SECOND)
        assert row(hospital, settlement) == (TOTAL_FEN, TOTAL_FEN, 0, 0)
        cash = hospital.row(settlement)["cash_fen"]
        assert books(hospital, settlement)["money"] == {"": ("REFUND", cash)}
        rest = patient.start(order_of(patient, settlement))["settlement"]
        patient.pay(rest)
        assert patient.until(rest, "COMPLETED")["totalAmount"] == "20.00"
