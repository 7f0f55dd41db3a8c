from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.demo.hospital import persons
from tests.fixtures.hospital import RunningHospital
from tests.graph.sockets import socket

BROKEN = "{ orders(first: 1) { edges { node { patient { name } shipments { carrier } } } } }"
MASKED = "系统错误，请联系管理员 (unexpected error)"


@contextlib.contextmanager
def renamed(hospital: RunningHospital, table: str, column: str) -> Iterator[None]:
    """A database that is not the one that the code knows."""
    hospital.sql(f"ALTER TABLE {table} RENAME COLUMN {column} TO {column}_gone")
    try:
        yield
    finally:
        hospital.sql(f"ALTER TABLE {table} RENAME COLUMN {column}_gone TO {column}")


def assert_masked(error: Any) -> str:
    """Nothing but the sentence, the code and the request's id, which it returns."""
    assert error["message"] == MASKED
    assert set(error) <= {"message", "locations", "path", "extensions"}
    assert set(error["extensions"]) == {"code", "requestId"}
    assert error["extensions"]["code"] == "INTERNAL"
    assert re.fullmatch(r"[0-9a-f]{32}", error["extensions"]["requestId"])
    return str(error["extensions"]["requestId"])


def test_an_unexpected_error_is_masked(hospital: RunningHospital) -> None:
    with renamed(hospital, "shipment", "carrier"):
        answer = hospital.cashier().post(BROKEN)
    (error,) = answer["errors"]
    assert_masked(error)
    assert error["path"] == ["orders", "edges", 0, "node", "shipments"]
    for secret in ("UndefinedColumn", "does not exist", "Traceback", "asyncpg", ".py", "select"):
        assert secret not in str(answer)


def test_every_request_has_its_own_id(hospital: RunningHospital) -> None:
    with renamed(hospital, "shipment", "carrier"):
        ids = {assert_masked(hospital.cashier().post(BROKEN)["errors"][0]) for _ in range(3)}
    assert len(ids) == 3


def test_the_server_goes_on_after_it(hospital: RunningHospital) -> None:
    with renamed(hospital, "shipment", "carrier"):
        hospital.cashier().post(BROKEN)
    assert hospital.cashier().ask(BROKEN)["orders"]["edges"]


def test_the_error_of_a_mutation_is_masked(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    document = """mutation($id: ID!) { settlementStart(input: {orderId: $id, payKind: SELF_PAY, idempotencyKey: "e"})
                  { __typename } }"""
    with renamed(hospital, "idempotency_key", "input_digest"):
        answer = patient.post(document, {"id": order["id"]})
    assert_masked(answer["errors"][0])
    assert hospital.sql("SELECT state FROM orders WHERE number = $1", order["number"]) == [{"state": "OPEN"}]


def test_the_error_of_a_subscription_is_masked(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    document = """subscription($id: ID!) { settlementChanged(settlementId: $id) { order { shipments { carrier } } } }"""
    with renamed(hospital, "shipment", "carrier"), socket(hospital.server_url, patient.headers) as live:
        live.greet()
        live.send("subscribe", id="1", payload={"query": document, "variables": {"id": settled["id"]}})
        message = live.receive()
        (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
    assert_masked(error)


def test_errors_hold_nothing_personal(hospital: RunningHospital) -> None:
    person = persons()[7 - 1]
    patient = hospital.patient(7)
    with renamed(hospital, "shipment", "carrier"):
        told = str(patient.post(BROKEN)) + str(hospital.cashier().post(BROKEN))
    for secret in (person.name, person.id_number, person.phone, person.subject):
        assert secret not in told


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{ viewr { role } }", "Cannot query field 'viewr'"),
        ("{ viewer { role }", "Syntax Error"),
        ("{ orders(state: PAID) { totalCount } }", "PAID"),
        ("query($n: Int!) { orders(first: $n) { totalCount } }", "$n"),
    ],
)
def test_a_mistake_in_the_document_is_told(hospital: RunningHospital, document: str, message: str) -> None:
    (error,) = hospital.cashier().post(document)["errors"]
    assert message in error["message"]
    assert "requestId" not in error.get("extensions", {})


def test_documents_are_bounded(hospital: RunningHospital) -> None:
    cashier = hospital.cashier()
    deep = "{ orders { edges { node { settlement " + "{ order { settlement " * 9 + "{ id }" + " } }" * 9 + " } } } }"
    wide = "{ " + " ".join(f"a{n}: viewer {{ role }}" for n in range(60)) + " }"
    long = "{ " + "viewer { role } " * 2000 + "}"
    for document in (deep, wide, long):
        answer = cashier.post(document)
        assert answer["errors"]
        assert answer["data"] is None
