"""Who may ask, who may decide, and how much: what is refused, and what happens when many ask at once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.tokens import Role
from clients.his.sandbox_visits import Visit
from tests.fixtures.hospital import RunningHospital, Someone
from tests.settlement.refunds import (
    FEE,
    FIRST,
    SECOND,
    TOTAL_FEN,
    approve,
    ask,
    asked,
    finance,
    look,
    reject,
    settled,
    until_refund,
)


@pytest.fixture(scope="module")
def patient(hospital: RunningHospital) -> Someone:
    return hospital.patient()


@pytest.fixture(scope="module")
def case(hospital: RunningHospital, patient: Someone) -> tuple[Any, Visit]:
    """A self-paid settlement of which nothing is ever given back here."""
    return settled(hospital, patient)


@pytest.fixture(scope="module")
def insured(hospital: RunningHospital, patient: Someone) -> tuple[Any, Visit]:
    return settled(hospital, patient, "INSURANCE")


WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], tuple[str, str, str | None]]] = {
    "no line": ((), {}, ("InputProblem", "INVALID_INPUT", "lines")),
    "a line of nobody": (("X-9",), {}, ("InputProblem", "INVALID_INPUT", "lines")),
    "a line twice": ((FIRST, FIRST), {}, ("InputProblem", "INVALID_INPUT", "lines")),
    "more boxes than there are": (
        ({"serial": FIRST, "quantity": "3"},),
        {},
        ("InputProblem", "REFUND_TOO_MUCH", "lines"),
    ),
    "more money than it cost": (
        ({"serial": FEE, "amount": "20.01"},),
        {},
        ("InputProblem", "REFUND_TOO_MUCH", "lines"),
    ),
    "nothing of it": (({"serial": FIRST, "quantity": "0"},), {}, ("InputProblem", "REFUND_TOO_MUCH", "lines")),
    "no money": (({"serial": FEE, "amount": "0.00"},), {}, ("InputProblem", "REFUND_TOO_MUCH", "lines")),
    "less than nothing": (({"serial": FEE, "amount": "-1.00"},), {}, ("InputProblem", "REFUND_TOO_MUCH", "lines")),
    "boxes and money": (
        ({"serial": FIRST, "quantity": "1", "amount": "1.00"},),
        {},
        ("InputProblem", "INVALID_INPUT", "lines"),
    ),
    "a quantity in words": (({"serial": FIRST, "quantity": "一"},), {}, ("InputProblem", "INVALID_INPUT", "lines")),
    "a tiny quantity": (({"serial": FIRST, "quantity": "0.001"},), {}, ("InputProblem", "INVALID_INPUT", "lines")),
    "a part of a fen": (({"serial": SECOND, "quantity": "0.01"},), {}, ("InputProblem", "INVALID_INPUT", "lines")),
    "no reason": ((FEE,), {"reason": " "}, ("InputProblem", "INVALID_INPUT", "reason")),
    "a long reason": ((FEE,), {"reason": "退" * 201}, ("InputProblem", "INVALID_INPUT", "reason")),
    "no key": ((FEE,), {"idempotencyKey": ""}, ("InputProblem", "INVALID_INPUT", "idempotencyKey")),
    "no settlement": ((FEE,), {"settlementId": "x"}, ("InputProblem", "INVALID_INPUT", "settlementId")),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_request_is_refused(
    hospital: RunningHospital, patient: Someone, case: tuple[Any, Visit], what: str
) -> None:
    lines, more, expected = WRONG[what]
    answer = ask(patient, *case, *lines, **more)
    assert (answer["__typename"], answer["code"], answer.get("field")) == expected
    assert hospital.row(case[0])["asked_fen"] == 0


def test_the_insurance_gives_back_by_quantity(patient: Someone, insured: tuple[Any, Visit]) -> None:
    answer = ask(patient, *insured, {"serial": FEE, "amount": "5.00"})
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "lines")


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.PHARMACIST, Role.FINANCE, Role.AUDITOR, Role.ADMIN])
def test_others_do_not_ask(hospital: RunningHospital, case: tuple[Any, Visit], role: Role) -> None:
    assert ask(Someone(hospital, role, "somebody-01"), *case, FEE)["code"] == "FORBIDDEN"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.PHARMACIST, Role.AUDITOR])
def test_others_do_not_decide(hospital: RunningHospital, patient: Someone, case: tuple[Any, Visit], role: Role) -> None:
    refund = asked(patient, *case, FEE)
    somebody = Someone(hospital, role, patient.subject)
    assert approve(somebody, refund)["code"] == reject(somebody, refund)["code"] == "FORBIDDEN"
    reject(finance(hospital), refund)


def test_strangers_ask_for_nothing(hospital: RunningHospital, case: tuple[Any, Visit]) -> None:
    assert ask(hospital.patient(), *case, FEE)["code"] == "NOT_FOUND"


def test_whoever_asks_does_not_decide(hospital: RunningHospital, case: tuple[Any, Visit]) -> None:
    cashier = hospital.cashier()
    refund = asked(cashier, *case, FEE)
    for answer in (approve(cashier, refund), reject(cashier, refund)):
        assert (answer["__typename"], answer["code"]) == ("ForbiddenProblem", "REFUND_BY_SAME_PERSON")
    with pytest.raises(asyncpg.CheckViolationError, match="refund_decided_by_another"):
        hospital.sql("UPDATE refund SET decided_by = requested_by WHERE number = $1", refund["number"])
    assert reject(finance(hospital), refund)["refund"]["state"] == "REJECTED"


def test_what_is_rejected_may_be_asked_for_again(
    hospital: RunningHospital, patient: Someone, case: tuple[Any, Visit]
) -> None:
    refund = asked(patient, *case, FEE, FIRST, SECOND)
    assert hospital.row(case[0])["asked_fen"] == TOTAL_FEN
    assert ask(patient, *case, FEE)["code"] == "INVALID_INPUT"
    rejected = reject(finance(hospital), refund)["refund"]
    assert (rejected["state"], rejected["rejectionReason"]) == ("REJECTED", "药品已发出")
    assert hospital.row(case[0])["asked_fen"] == 0
    for answer in (approve(finance(hospital), refund), reject(finance(hospital), refund)):
        assert (answer["__typename"], answer["code"]) == ("StateProblem", "NOT_DECIDABLE")
    again = asked(patient, *case, FEE)
    assert reject(finance(hospital), again)["refund"]["state"] == "REJECTED"


@pytest.mark.parametrize(
    ("more", "field"),
    [({"reason": ""}, "reason"), ({"idempotencyKey": ""}, "idempotencyKey"), ({"refundId": "x"}, "refundId")],
)
def test_a_wrong_rejection_is_refused(
    hospital: RunningHospital, patient: Someone, case: tuple[Any, Visit], more: dict[str, str], field: str
) -> None:
    refund = asked(patient, *case, FEE)
    answer = reject(finance(hospital), refund, **more)
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", field)
    reject(finance(hospital), refund)


def test_a_request_is_made_once(hospital: RunningHospital, patient: Someone, case: tuple[Any, Visit]) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(patient, *case, FEE, idempotencyKey=key), range(4)))
    assert len({answer["refund"]["number"] for answer in answers}) == 1
    assert ask(patient, *case, FIRST, idempotencyKey=key)["code"] == "IDEMPOTENCY_KEY_REUSED"
    reject(finance(hospital), answers[0]["refund"])


def test_many_at_once_never_ask_for_more_than_was_paid(
    hospital: RunningHospital, patient: Someone, case: tuple[Any, Visit]
) -> None:
    """Twelve times 6.00 of a fee of 20.00."""
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: ask(patient, *case, {"serial": FEE, "amount": "6.00"}), range(12)))
    told = Counter(answer.get("code", "ASKED") for answer in answers)
    assert told == {"ASKED": 3, "REFUND_TOO_MUCH": 9}
    assert hospital.row(case[0])["asked_fen"] == 1800
    with ThreadPoolExecutor(3) as pool:
        list(
            pool.map(
                lambda answer: reject(finance(hospital), answer["refund"]),
                answers[:0] or [a for a in answers if "refund" in a],
            )
        )
    assert hospital.row(case[0])["asked_fen"] == 0


def test_the_database_forbids_more_than_was_paid(hospital: RunningHospital, case: tuple[Any, Visit]) -> None:
    more = "UPDATE settlement SET asked_fen = paid_fen - refunded_fen + 1 WHERE number = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="settlement_refunds_and_requests_within_paid"):
        hospital.sql(more, case[0]["number"])


def test_of_two_who_decide_at_once_one_does(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = asked(patient, settlement, visit, FIRST, SECOND)
    deciders = [Someone(hospital, Role.FINANCE, f"finance-{number:02d}") for number in range(6)]

    def decide(who: Someone) -> Any:
        return approve(who, refund) if int(who.subject[-1]) % 2 else reject(who, refund)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(decide, deciders))
    assert sum("refund" in answer for answer in answers) == 1
    assert {answer["__typename"] for answer in answers if "refund" not in answer} == {"StateProblem"}
    ended = until_refund(patient, refund, "DONE", "REJECTED")
    given = 3210 if ended["state"] == "DONE" else 0
    assert hospital.row(settlement)["refunded_fen"] == given
    told: Any = hospital.sandboxes.books()
    (payment,) = [each for each in told["wechat-pay"]["payments"] if each["trade_number"] == settlement["number"]]
    assert payment["refunded_fen"] == given


def test_one_approval_asked_for_twice_is_one_answer(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    settlement, visit = settled(hospital, patient)
    refund = asked(patient, settlement, visit, FIRST, SECOND)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: approve(finance(hospital), refund, key), range(4)))
    assert {answer["__typename"] for answer in answers} == {"RefundPayload"}
    until_refund(patient, refund, "DONE")
    assert approve(finance(hospital), refund, key)["refund"]["state"] == "DONE"


def test_a_reversed_or_unpaid_settlement_is_not_refunded(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = asked(patient, settlement, visit, FEE)
    hospital.cashier().reverse(settlement)
    patient.until(settlement, "REVERSED")
    assert ask(patient, settlement, visit, FEE)["code"] == "NOT_REFUNDABLE"
    assert approve(finance(hospital), refund)["code"] == "NOT_DECIDABLE"
    unpaid = patient.begin("SELF_PAY")
    patient.until(unpaid, "AWAITING_PAYMENT")
    assert ask(patient, unpaid, visit, FEE)["code"] == "NOT_REFUNDABLE"


def test_a_second_refund_waits_for_the_first(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    first, second = asked(patient, settlement, visit, FIRST, SECOND), asked(patient, settlement, visit, FEE)
    hospital.fault("wechat-pay", "refund", "refund_processing", times=3)
    approve(finance(hospital), first)
    assert approve(finance(hospital), second)["code"] in ("NOT_REFUNDABLE", "CHANGED_MEANWHILE")
    until_refund(patient, first, "DONE")
    assert "refund" in approve(finance(hospital), second)
    until_refund(patient, second, "DONE")
    assert hospital.row(settlement)["refunded_fen"] == TOTAL_FEN
    assert patient.look(settlement)["state"] == "REVERSED"


def test_refunds_are_listed_for_those_who_may_see_them(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient)
    refund = asked(patient, settlement, visit, FEE)
    listing = "{ refunds(first: 50) { totalCount edges { node { number state } } } }"
    for someone in (patient, finance(hospital)):
        told = someone.ask(listing)["refunds"]
        assert refund["number"] in [edge["node"]["number"] for edge in told["edges"]]
    other = hospital.patient().ask(listing)["refunds"]
    assert refund["number"] not in [edge["node"]["number"] for edge in other["edges"]]
    assert look(hospital.patient(), refund) is None
    document = "query($id: ID!) { node(id: $id) { ... on Settlement { refunds { number lines { amount } } } } }"
    assert patient.ask(document, {"id": settlement["id"]})["node"]["refunds"] == [
        {"number": refund["number"], "lines": [{"amount": "20.00"}]}
    ]
