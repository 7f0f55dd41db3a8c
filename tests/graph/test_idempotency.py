from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

from tests.fixtures.hospital import RunningHospital, Someone

TWO = 2


def at_once(act: Callable[[], Any], times: int = TWO) -> list[Any]:
    """The answers of the same deed, done at the same moment."""
    barrier = Barrier(times)

    def together() -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(times) as pool:
        return [each.result() for each in [pool.submit(together) for _ in range(times)]]


def create(someone: Someone, numbers: list[str], key: str) -> Any:
    return someone.do(
        "orderCreate",
        {
            "patientId": someone.patient_id,
            "prescriptions": [{"number": number} for number in numbers],
            "idempotencyKey": key,
        },
        "... on OrderCreatePayload { order { id number } }",
    )


def payable(patient: Someone) -> str:
    return str(patient.payable(patient.hospital.new_visit(patient))[0]["number"])


def test_an_order_is_made_once(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    number = payable(patient)
    answers = [create(patient, [number], key) for _ in range(TWO)]
    answers += at_once(lambda: create(patient, [number], key))
    assert len({answer["order"]["id"] for answer in answers}) == 1
    assert hospital.sql("SELECT count(*) AS n FROM prescription WHERE number = $1", number)[0]["n"] == 1


def test_orders_asked_for_at_once_under_one_key_are_one(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    number = payable(patient)
    answers = at_once(lambda: create(patient, [number], key), 4)
    assert len({answer["order"]["id"] for answer in answers}) == 1
    assert hospital.sql("SELECT count(*) AS n FROM prescription WHERE number = $1", number)[0]["n"] == 1


def test_settlements_asked_for_at_once_under_one_key_are_one(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    order = patient.order()
    answers = [*at_once(lambda: patient.start(order, key=key), 4), patient.start(order, key=key)]
    assert len({answer["settlement"]["id"] for answer in answers}) == 1
    number = answers[0]["settlement"]["number"]
    rows = hospital.sql("SELECT s.number FROM settlement s JOIN orders o ON o.id = s.order_id WHERE o.number = $1",
                        order["number"])  # fmt: skip
    assert rows == [{"number": number}]


def test_under_two_keys_the_second_settlement_is_refused(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    answers = at_once(lambda: patient.start(order))
    assert sorted(answer["__typename"] for answer in answers) == ["SettlementPayload", "StateProblem"]
    assert [answer["code"] for answer in answers if "code" in answer] == ["ORDER_BEING_SETTLED"]


def test_a_reversal_is_done_once(hospital: RunningHospital) -> None:
    patient, cashier, key = hospital.patient(), hospital.cashier(), uuid4().hex
    settled = patient.settle("SELF_PAY")
    answers = [*at_once(lambda: cashier.reverse(settled, key)), cashier.reverse(settled, key)]
    patient.until(settled, "REVERSED")
    answers.append(cashier.reverse(settled, key))
    assert {answer["__typename"] for answer in answers} == {"SettlementPayload"}
    row = hospital.row(settled)
    audits = "SELECT action FROM audit_entry WHERE object_type = 'Settlement' AND object_id = $1"
    assert hospital.sql(audits, row["id"]) == [{"action": "settlement.reverse"}]
    assert row["refunded_fen"] == row["paid_fen"] == row["total_fen"]
    steps = hospital.sql(
        "SELECT kind FROM settlement_step WHERE settlement_id = $1 AND direction = 'REVERSE'", row["id"]
    )
    assert sorted(step["kind"] for step in steps) == ["HIS_CANCELLATION", "RED_INVOICE", "REVERSE_SETTLEMENT"]


def test_a_key_means_one_input(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    first, second = patient.order(), patient.order()
    assert patient.start(first, key=key)["__typename"] == "SettlementPayload"
    for answer in (patient.start(second, key=key), patient.start(first, "SELF_PAY", key=key)):
        assert (answer["__typename"], answer["code"]) == ("IdempotencyProblem", "IDEMPOTENCY_KEY_REUSED")
    assert hospital.sql("SELECT state FROM orders WHERE number = $1", second["number"]) == [{"state": "OPEN"}]


def test_a_key_belongs_to_one_operation(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    number = payable(patient)
    order = create(patient, [number], key)["order"]
    assert patient.start(order, key=key)["__typename"] == "SettlementPayload"


def test_keys_of_two_people_do_not_meet(hospital: RunningHospital) -> None:
    key = uuid4().hex
    begun = [patient.start(patient.order(), key=key) for patient in (hospital.patient(3), hospital.patient(4))]
    assert begun[0]["settlement"]["id"] != begun[1]["settlement"]["id"]


def test_a_refused_request_may_be_corrected_under_its_key(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    number = payable(patient)
    assert create(patient, ["nowhere"], key)["code"] == "NOTHING_PAYABLE"
    order = create(patient, [number], key)["order"]
    assert hospital.sql("SELECT state FROM orders WHERE number = $1", order["number"]) == [{"state": "OPEN"}]


def test_an_answer_shows_the_present_state(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    order = patient.order()
    begun = patient.start(order, key=key)["settlement"]
    patient.until(begun, "AWAITING_PAYMENT")
    again = patient.start(order, key=key)["settlement"]
    assert (again["id"], again["state"]) == (begun["id"], "AWAITING_PAYMENT")
