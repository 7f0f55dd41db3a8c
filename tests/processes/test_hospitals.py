"""Two hospitals in one installation: each with its platforms and its people, and nothing of one at the other."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from uuid import uuid4

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.fixtures.hospitals import THIRD

SETTLED = "query($id: ID!) { node(id: $id) { __typename } }"


@pytest.mark.parametrize("pay_kind", ["INSURANCE", "SELF_PAY"])
def test_each_settles_on_its_own_platforms(both: tuple[RunningHospital, RunningHospital], pay_kind: str) -> None:
    for one, other in (both, both[::-1]):
        before = other.sandboxes.books()
        settlement = one.patient(3).settle(pay_kind)
        assert settlement["invoice"]["number"]
        assert (
            one.row(settlement)["hospital_id"] == one.sql("SELECT id FROM hospital WHERE code = $1", one.code)[0]["id"]
        )
        assert settlement["number"] in str(one.sandboxes.books())
        assert other.sandboxes.books() == before


def test_each_is_reversed_in_its_own_order(both: tuple[RunningHospital, RunningHospital]) -> None:
    orders = []
    for one in both:
        cashier, settlement = one.cashier(), one.patient(4).settle()
        cashier.reverse(settlement)
        ended = cashier.until(settlement, "REVERSED")
        orders.append([step["kind"] for step in ended["steps"] if step["kind"].startswith("REVERSE_")])
    assert orders[0][-1] == "REVERSE_SETTLEMENT"
    assert orders[1][0] == "REVERSE_SETTLEMENT"


@pytest.mark.parametrize("role", [Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN])
def test_staff_of_the_same_name_sees_its_own_hospital_only(
    both: tuple[RunningHospital, RunningHospital], role: Role
) -> None:
    numbers = []
    for one in both:
        someone = Someone(one, role, "staff-01")
        told = someone.ask("{ settlements(first: 200) { edges { node { id number } } } }")["settlements"]["edges"]
        numbers.append({edge["node"]["number"]: edge["node"]["id"] for edge in told})
    assert all(numbers)
    assert not set(numbers[0]) & set(numbers[1])
    elsewhere = Someone(both[0], role, "staff-01")
    for id_ in numbers[1].values():
        assert elsewhere.ask(SETTLED, {"id": id_}) == {"node": None}


def test_a_key_is_of_one_hospital(both: tuple[RunningHospital, RunningHospital]) -> None:
    key = uuid4().hex
    told = []
    for one in both:
        settlement = one.patient(5).settle()
        told.append(one.cashier().reverse(settlement, key))
        one.cashier().until(settlement, "REVERSED")
    assert [each["__typename"] for each in told] == ["SettlementPayload"] * 2
    assert told[0]["settlement"]["number"] != told[1]["settlement"]["number"]


def test_a_notice_is_believed_only_from_its_own_platform(both: tuple[RunningHospital, RunningHospital]) -> None:
    first, second = both
    settlement = first.patient(6).settle()
    order = next(
        each for each in first.sandboxes.payment._all() if each.pay_order_id == first.row(settlement)["pay_order_id"]
    )
    asyncio.run(second.sandboxes.payment._notify(order, None))
    kept = first.sql("SELECT settlement_id, verified FROM callback ORDER BY id DESC LIMIT 1")
    assert kept == [{"settlement_id": None, "verified": True}]


def test_a_hospital_without_platforms_can_be_read_and_not_acted_for(
    both: tuple[RunningHospital, RunningHospital],
) -> None:
    first = both[0]
    doctor = first.sql("SELECT id FROM doctor WHERE code = 'D3'")[0]["id"]
    third = replace(first, code=THIRD)
    cashier = Someone(third, Role.CASHIER, "cashier-01")
    id_ = base64.urlsafe_b64encode(f"Doctor:{doctor}".encode()).decode()
    assert cashier.ask("query($id: ID!) { node(id: $id) { ... on Doctor { name } } }", {"id": id_}) == {
        "node": {"name": "第三医师"}
    }
    answer = cashier.do("doctorIdentityVerify", {"doctorId": id_, "idempotencyKey": uuid4().hex})
    assert (answer["__typename"], answer["code"]) == ("ForbiddenProblem", "HOSPITAL_NOT_SET_UP")
