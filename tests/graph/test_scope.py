from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from app import tokens
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.sockets import socket

OTHER = "H99999999999"
NODE = """query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"""
LISTS = ("orders", "settlements", "invoices", "refunds")  # and parcels: test_shipment_lists.py


@dataclass
class Stranger(Someone):
    """Somebody of another hospital."""

    @property
    def headers(self) -> dict[str, str]:
        bearer = tokens.development_token(
            self.hospital.settings.tokens,
            subject=self.subject,
            role=self.role,
            hospital=OTHER,
            lasts=timedelta(hours=1),
        )
        return {"authorization": f"Bearer {bearer}"}


@pytest.fixture(scope="module")
def owner(hospital: RunningHospital) -> Someone:
    return hospital.patient(5)


@pytest.fixture(scope="module")
def objects(owner: Someone) -> dict[str, str]:
    """One of everything that somebody owns, by type name."""
    settled = owner.settle()
    serial = "query($id: ID!) { node(id: $id) { ... on Settlement { order { feeDetails { serial } } } } }"
    (line,) = owner.ask(serial, {"id": settled["id"]})["node"]["order"]["feeDetails"]
    key = {"idempotencyKey": uuid4().hex}
    owner.do("refundRequest", {"settlementId": settled["id"], "lines": [line], "reason": "x"} | key)
    told = owner.ask(
        """query($id: ID!) { node(id: $id) { ... on Settlement { id invoice { id } refunds { id }
           order { id patient { id } consultation { id } prescriptions { id } } } } }""",
        {"id": settled["id"]},
    )["node"]
    order = told["order"]
    return {
        "Settlement": told["id"],
        "Invoice": told["invoice"]["id"],
        "Refund": told["refunds"][0]["id"],
        "Order": order["id"],
        "Patient": order["patient"]["id"],
        "Consultation": order["consultation"]["id"],
        "Prescription": order["prescriptions"][0]["id"],
    }


def outsiders(hospital: RunningHospital) -> dict[str, Someone]:
    hospital.sql(
        """INSERT INTO hospital (code, name, area, reversal_profile, fee_upload_repeatable)
           VALUES ($1, '别的医院', '350200', 'TENDER', false) ON CONFLICT DO NOTHING""",
        OTHER,
    )
    return {
        "another patient": hospital.patient(6),
        "the cashier of another hospital": Stranger(hospital, Role.CASHIER, "cashier-99"),
        "the same subject in another hospital": Stranger(hospital, Role.PATIENT, "patient-05"),
        "a doctor without patients": Someone(hospital, Role.DOCTOR, "doctor-99"),
    }


OUTSIDERS = (
    "another patient",
    "the cashier of another hospital",
    "the same subject in another hospital",
    "a doctor without patients",
)


@pytest.fixture(params=OUTSIDERS)
def outsider(request: pytest.FixtureRequest, hospital: RunningHospital) -> Someone:
    return outsiders(hospital)[request.param]


@pytest.mark.parametrize("role", [Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN])
def test_staff_sees_what_is_its_hospitals(hospital: RunningHospital, objects: dict[str, str], role: Role) -> None:
    told = Someone(hospital, role, "staff-01").ask(NODE, {"ids": list(objects.values())})["nodes"]
    assert {node["__typename"]: node["id"] for node in told} == objects


def test_owners_see_theirs(owner: Someone, objects: dict[str, str]) -> None:
    told = owner.ask(NODE, {"ids": list(objects.values())})["nodes"]
    assert {node["__typename"]: node["id"] for node in told} == objects


def test_nobody_else_sees_them_as_nodes(outsider: Someone, objects: dict[str, str]) -> None:
    assert outsider.ask(NODE, {"ids": list(objects.values())}) == {"nodes": [None] * len(objects)}
    for id_ in objects.values():
        assert outsider.ask("query($id: ID!) { node(id: $id) { id } }", {"id": id_}) == {"node": None}


def test_nobody_else_sees_them_in_lists(outsider: Someone, objects: dict[str, str]) -> None:
    for list_ in LISTS:
        told = outsider.ask(f"{{ {list_}(first: 200) {{ edges {{ node {{ id }} }} }} }}")[list_]["edges"]
        assert not {row["node"]["id"] for row in told} & set(objects.values())


@pytest.mark.parametrize("who", OUTSIDERS[1:])
def test_whoever_has_no_rows_counts_none(hospital: RunningHospital, objects: dict[str, str], who: str) -> None:
    told = outsiders(hospital)[who].ask("{ " + " ".join(f"{name} {{ totalCount }}" for name in LISTS) + " }")
    assert told == {name: {"totalCount": 0} for name in LISTS}


def test_a_patient_counts_their_own(hospital: RunningHospital, owner: Someone, objects: dict[str, str]) -> None:
    sql = "SELECT count(*) AS n FROM {} t JOIN patient p ON p.id = t.patient_id WHERE p.subject = $1"
    told = owner.ask("{ orders { totalCount } settlements { totalCount } invoices { totalCount } }")
    for table, list_ in (("orders", "orders"), ("settlement", "settlements"), ("invoice", "invoices")):
        assert told[list_]["totalCount"] == hospital.sql(sql.format(table), owner.subject)[0]["n"] > 0


def row_id(id_: str) -> int:
    return int(base64.urlsafe_b64decode(id_).decode().rpartition(":")[2])


def deeds(objects: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    key = {"idempotencyKey": uuid4().hex}
    settlement = {"settlementId": objects["Settlement"]}
    return [
        (
            "orderCreate",
            {"patientId": objects["Patient"], "prescriptions": [{"number": "x", "feeDigest": None}], **key},
        ),
        ("settlementStart", {"orderId": objects["Order"], "payKind": "SELF_PAY", **key}),
        ("settlementRefresh", settlement),
        ("settlementReverse", settlement | {"reason": "x"} | key),
        ("settlementResume", settlement),
        ("invoiceIssue", settlement | key),
        ("refundRequest", settlement | {"lines": [{"serial": "x"}], "reason": "x"} | key),
        ("refundApprove", {"refundId": objects["Refund"]} | key),
        ("refundReject", {"refundId": objects["Refund"], "reason": "x"} | key),
    ]


def test_nobody_else_does_anything_to_them(
    hospital: RunningHospital, outsider: Someone, objects: dict[str, str]
) -> None:
    number = "SELECT number FROM settlement WHERE id = $1"
    (settled,) = hospital.sql(number, row_id(objects["Settlement"]))
    before = hospital.row(settled)
    told = {mutation: outsider.do(mutation, input_)["code"] for mutation, input_ in deeds(objects)}
    assert set(told.values()) <= {"NOT_FOUND", "FORBIDDEN"}
    assert told["settlementRefresh"] == "NOT_FOUND"
    assert hospital.row(settled) == before


def test_the_cashier_of_another_hospital_finds_nothing(hospital: RunningHospital, objects: dict[str, str]) -> None:
    stranger = outsiders(hospital)["the cashier of another hospital"]
    assert {stranger.do(mutation, input_)["code"] for mutation, input_ in deeds(objects)} == {"NOT_FOUND"}


def test_absent_and_foreign_are_told_in_the_same_words(hospital: RunningHospital, objects: dict[str, str]) -> None:
    absent = base64.urlsafe_b64encode(b"Settlement:999999999").decode()
    other = hospital.patient(6)
    answers = [other.do("settlementRefresh", {"settlementId": id_}) for id_ in (absent, objects["Settlement"])]
    assert answers[0] == answers[1]


def test_nobody_else_asks_the_his_about_a_patient(outsider: Someone, objects: dict[str, str]) -> None:
    document = "query($id: ID!) { payablePrescriptions(patientId: $id) { checkedAt } }"
    (error,) = outsider.post(document, {"id": objects["Patient"]})["errors"]
    assert error["extensions"]["code"] == "NOT_FOUND"


def test_a_pharmacist_sees_what_prescriptions_are_about(hospital: RunningHospital, objects: dict[str, str]) -> None:
    pharmacist = Someone(hospital, Role.PHARMACIST, "pharmacist-01")
    told = pharmacist.ask(NODE, {"ids": list(objects.values())})["nodes"]
    assert {node["__typename"] for node in told if node} == {"Patient", "Consultation", "Prescription"}
    counts = pharmacist.ask("{ " + " ".join(f"{name} {{ totalCount }}" for name in LISTS) + " }")
    assert counts == {name: {"totalCount": 0} for name in LISTS}
    document = "query($id: ID!) { payablePrescriptions(patientId: $id) { checkedAt } }"
    (error,) = pharmacist.post(document, {"id": objects["Patient"]})["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


def test_nobody_else_watches_them(outsider: Someone, objects: dict[str, str]) -> None:
    with socket(outsider.hospital.server_url, outsider.headers) as live:
        assert live.greet()["type"] == "connection_ack"
        live.watch(objects["Settlement"])
        message = live.receive()
        (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
        assert error["extensions"]["code"] == "NOT_FOUND"
        if message["type"] == "next":
            assert live.receive() == {"id": "1", "type": "complete"}


def test_without_a_token_there_is_no_viewer(hospital: RunningHospital) -> None:
    told = hospital.http.post(f"{hospital.server_url}/graphql", json={"query": "{ viewer { role } }"})
    assert told.json()["data"] == {"viewer": None}


@pytest.mark.parametrize(
    "document",
    [
        "{ orders { totalCount } }",
        '{ node(id: "T3JkZXI6MQ==") { id } }',
        '{ payablePrescriptions(patientId: "x") { checkedAt } }',
        'mutation { settlementResume(input: {settlementId: "x"}) { __typename } }',
    ],
)
def test_nobody_is_unauthenticated(hospital: RunningHospital, document: str) -> None:
    told = hospital.http.post(f"{hospital.server_url}/graphql", json={"query": document}).json()
    assert [error["extensions"]["code"] for error in told["errors"]] == ["UNAUTHENTICATED"]
    assert not any((told["data"] or {}).values())


def test_staff_is_nobodys_patient(hospital: RunningHospital) -> None:
    told = hospital.cashier().ask("{ viewer { subject role patient { id } hospital { code } } }")["viewer"]
    assert told == {
        "subject": "cashier-01",
        "role": "CASHIER",
        "patient": None,
        "hospital": {"code": hospital.settings.insurance_core.institution_code},
    }
