"""Nothing leaks from one hospital to another, nor between the people of one: every mutation, subscription and list.

Both hospitals' platforms are set up in one installation. Whoever has the right role at the other hospital, whoever has
the same name there, and whoever has another role or other patients at home, does the deeds of tests/processes/deeds.py.
They are refused, and after it nothing is different: no row of any table, no line of any platform's books.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from app import composition
from app.tokens import Role
from schema import schema
from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.fixtures.hospitals import Both
from tests.fixtures.parcels import create, order_of, ship
from tests.fixtures.prescribing import PAYLOAD, Scene, scene
from tests.graph.exported import ask, done
from tests.graph.sockets import socket
from tests.graph.test_every_mutation import INPUTS, leaves
from tests.processes.deeds import DEEDS, FILTERING, Deed

NAMES = {Role.CASHIER: "cashier-01", Role.FINANCE: "finance-01", Role.AUDITOR: "auditor-01", Role.ADMIN: "admin-01"}
PHARMACISTS, DOCTORS, PATIENTS = "pharmacist-01", "doctor-01", "patient-07"
NAMES |= {Role.PHARMACIST: PHARMACISTS, Role.DOCTOR: DOCTORS, Role.PATIENT: PATIENTS}
REFUSALS = {"NOT_FOUND", "FORBIDDEN"}
# The queue's diaries are written at its own pace; the queue itself, `pgqueuer`, is looked at.
DIARIES = ("pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")
DUE = "SELECT id FROM pgqueuer WHERE status <> 'queued' OR execute_after < now() + interval '5 s'"
QUERIES, SUBSCRIPTION = schema._schema.query_type, schema._schema.subscription_type
assert QUERIES is not None
assert SUBSCRIPTION is not None
ARGUMENTS = {name: next(iter(field.args)) for name, field in SUBSCRIPTION.fields.items()}
LISTS = {
    name: get_named_type(field.type)
    for name, field in QUERIES.fields.items()
    if str(field.type).endswith("Connection!")
}
IDS = {"exportId": "ReportExport"}


@dataclass
class Things:
    """What the first hospital has, by type; what the second has of the same; and who is who."""

    home: RunningHospital
    away: RunningHospital
    objects: dict[str, str]
    theirs: dict[str, str]
    tables: list[str] = field(default_factory=list)

    def insider(self, role: Role) -> Someone:
        """Whose things they are."""
        return Someone(self.home, role, NAMES[role])

    def outsiders(self) -> list[Someone]:
        """Every role at the other hospital, by its own name and by the one that has a meaning here."""
        named = [Someone(self.away, role, self.away.prefix + name) for role, name in NAMES.items()]
        return named + [Someone(self.away, role, name) for role, name in NAMES.items()]

    def neighbours(self, *, treating: bool = True) -> list[Someone]:
        """People of the same hospital who have others of their kind, and people in another's role.

        One doctor treated the patient in the past, so he knows the patient, and nothing else of it.
        """
        others = {Role.DOCTOR: ("doctor-99", PATIENTS), Role.PATIENT: ("patient-08", DOCTORS)}
        told = [Someone(self.home, role, name) for role, names in others.items() for name in names]
        return told + ([Someone(self.home, Role.DOCTOR, "doctor-02")] if treating else [])

    def without_right(self, deed: Deed) -> list[Someone]:
        """Those whose things they are, in the roles that may not do it."""
        return [self.insider(role) for role in Role if role not in deed.roles]

    def strangers(self, deed: Deed) -> list[Someone]:
        """All who may not do it, of both hospitals; what only somebody away has, only they can add to it."""
        at_home = self.without_right(deed) + self.neighbours(treating="@Patient" not in deed.input.values())
        return self.outsiders() + ([] if deed.own else at_home)

    def seen(self) -> dict[str, Any]:
        """Every row by the digest of its table, and all books."""
        each = " UNION ALL ".join(
            f"""SELECT '{table}' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest
                FROM "{table}" t"""
            for table in self.tables
        )
        rows = {row["name"]: row["digest"] for row in self.home.sql(each)}
        return rows | {f"books of {one.code}": one.sandboxes.books() for one in (self.home, self.away)}

    def changed(self, before: dict[str, Any]) -> list[str]:
        """The tables and books that are different now."""
        return [name for name, now in self.seen().items() if now != before[name]]

    def still(self) -> dict[str, Any]:
        """What is seen when the worker has nothing to do."""

        def quiet() -> dict[str, Any] | None:
            seen = self.seen()
            return None if self.home.sql(DUE) or self.changed(seen) else seen

        return until(quiet, "a still moment")


@pytest.fixture(scope="module")
def things(both: Both) -> Things:
    home, away = both
    rows = home.sql("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    tables = [row["name"] for row in rows if row["name"] not in DIARIES]
    return Things(home, away, _objects(home), _own(away), tables)


def _objects(home: RunningHospital) -> dict[str, str]:
    """One of everything of a patient's, a doctor's and a pharmacist's."""
    patient = Someone(home, Role.PATIENT, PATIENTS)
    prescribed = scene(home, patient=patient)
    return _written(prescribed) | _bought(patient) | _asked(home) | _known(prescribed.doctor)


def _written(s: Scene) -> dict[str, str]:
    uploaded = s.uploaded()
    return {"Consultation": s.consultation_id, "Uploaded": uploaded["id"], "Prescription": s.written()["id"]}


def _bought(patient: Someone) -> dict[str, str]:
    order = order_of(patient)
    told = patient.ask(
        """query($id: ID!) { node(id: $id) { ... on Order { id patient { id } feeDetails { serial }
           prescriptions { id kind } settlement { id invoice { id } } } } }""",
        {"id": order["id"]},
    )["node"]
    settled = told["settlement"]
    lines = {"lines": [told["feeDetails"][0]], "settlementId": settled["id"], "reason": "x"}
    asked = patient.do(
        "refundRequest", lines | {"idempotencyKey": uuid4().hex}, "... on RefundPayload { refund { id } }"
    )
    return {
        "Patient": told["patient"]["id"],
        "Order": order["id"],
        "Medicine": next(each["id"] for each in told["prescriptions"] if each["kind"] == "WESTERN"),
        "Settlement": settled["id"],
        "Invoice": settled["invoice"]["id"],
        "Refund": asked["refund"]["id"],
        "Shipment": ship(patient, order).id,
    }


def _asked(home: RunningHospital) -> dict[str, str]:
    finance = Someone(home, Role.FINANCE, NAMES[Role.FINANCE])
    export = ask(finance, "ORDERS", "CSV", filter={"until": "2001-01-01"})["export"]
    return {"ReportExport": done(finance, export)["id"]}


def _known(doctor: Someone) -> dict[str, str]:
    """Of the types that describe a doctor and where he works."""
    mine = doctor.ask("{ viewer { doctor { id } } }")["viewer"]["doctor"]["id"]
    verified = doctor.do("doctorPrescribingRightVerify", {"doctorId": mine, "idempotencyKey": uuid4().hex})
    assert verified["__typename"] == "DoctorPayload", verified
    told = doctor.ask(
        """{ viewer { hospital { id } doctor { id department { id } insuranceStanding { id } faceSignIn { id }
           prescribingRight { id } } } prescriptions(first: 200) { edges { node { pharmacist { id } } } } }"""
    )
    pharmacists = [edge["node"]["pharmacist"] for edge in told["prescriptions"]["edges"]]
    viewer, its = told["viewer"], told["viewer"]["doctor"]
    parts = ("department", "insuranceStanding", "faceSignIn", "prescribingRight")
    found = {name[:1].upper() + name[1:]: its[name]["id"] for name in parts}
    pharmacist = next(each for each in pharmacists if each)
    return found | {"Doctor": its["id"], "Hospital": viewer["hospital"]["id"], "Pharmacist": pharmacist["id"]}


def _own(away: RunningHospital) -> dict[str, str]:
    """What the doctor and the cashier of the second hospital have."""
    return {"Consultation": scene(away).consultation_id, "Order": order_of(away.patient(), settle=False)["id"]}


def refusals(things: Things, deed: Deed, people: list[Someone]) -> dict[str, set[str]]:
    """The code that each was answered, by whether the role may do it at home."""
    told: dict[str, set[str]] = {}
    for someone in people:
        answer = someone.do(deed.mutation, deed.filled(things.objects, things.theirs))
        kind = "right role" if someone.role in deed.roles else "wrong role"
        told.setdefault(kind, set()).add(answer.get("code", f"{someone} was answered {answer}"))
    return told


@pytest.mark.parametrize("deed", DEEDS, ids=lambda each: f"{each.mutation}-{'-'.join(each.input)}"[:60])
def test_nobody_does_what_is_not_theirs_to_do(things: Things, deed: Deed) -> None:
    before = things.still()
    told = refusals(things, deed, things.strangers(deed))
    assert told["right role"] == {"NOT_FOUND"}
    assert told["wrong role"] <= REFUSALS
    assert things.changed(before) == []


def test_every_mutation_is_somebodys_deed() -> None:
    assert {deed.mutation for deed in DEEDS} | set(FILTERING) == set(INPUTS)


def test_every_id_of_an_input_was_somebody_elses_once() -> None:
    for mutation, kind in INPUTS.items():
        assert isinstance(kind, GraphQLInputObjectType)
        ids = {path for path, leaf in leaves(kind) if leaf == "ID"}
        foreign = {
            (name,)
            for deed in DEEDS
            for name, value in deed.input.items()
            if deed.mutation == mutation and str(value).startswith("@") and value[1:] not in deed.own
        }
        assert mutation in FILTERING or ids == foreign, mutation


def test_what_was_narrowed_by_anothers_ids_is_an_export_of_nothing(things: Things) -> None:
    finance = Someone(things.away, Role.FINANCE, NAMES[Role.FINANCE])
    for type_name in ("Doctor", "Department", "Patient"):
        filter_ = {f"{type_name.lower()}Id": things.objects[type_name]}
        export = done(finance, ask(finance, "ORDERS", "CSV", filter=filter_)["export"])
        assert export["rowsTotal"] == 0
    assert finance.ask("{ reportExports { edges { node { id } } } }") != {"reportExports": {"edges": []}}


def watched(someone: Someone, subscription: str, argument: str, id_: str) -> str:
    """The code that somebody is answered who watches."""
    document = f"subscription($id: ID!) {{ {subscription}({argument}: $id) {{ id }} }}"
    with socket(someone.hospital.server_url, someone.headers) as live:
        assert live.greet()["type"] == "connection_ack"
        live.send("subscribe", id="1", payload={"query": document, "variables": {"id": id_}})
        message = live.receive()
        (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
        return str(error["extensions"]["code"])


@pytest.mark.parametrize(("subscription", "argument"), ARGUMENTS.items())
def test_nobody_watches_what_is_not_theirs(things: Things, subscription: str, argument: str) -> None:
    type_name = IDS.get(argument, argument.removesuffix("Id")[:1].upper() + argument.removesuffix("Id")[1:])
    before = things.still()
    for someone in things.outsiders() + things.neighbours():
        assert watched(someone, subscription, argument, things.objects[type_name]) == "NOT_FOUND"
    assert things.changed(before) == []


def test_nobody_of_another_hospital_sees_anything_as_a_node(things: Things) -> None:
    node = schema._schema.get_type("Node")
    types = {each.name for each in schema._schema.get_possible_types(node)} - {"MissingInvoice"}  # type: ignore[arg-type]
    assert types <= set(things.objects)
    ids = list(things.objects.values())
    for someone in things.outsiders():
        told = someone.ask("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": ids})
        assert told == {"nodes": [None] * len(ids)}, someone


@pytest.mark.parametrize("list_", LISTS)
def test_nobody_of_another_hospital_finds_it_in_a_list(things: Things, list_: str) -> None:
    kind = LISTS[list_]
    assert isinstance(kind, GraphQLObjectType)
    for someone in things.outsiders():
        told = someone.ask(f"{{ {list_}(first: 200) {{ edges {{ node {{ id }} }} }} }}")[list_]["edges"]
        assert not {edge["node"]["id"] for edge in told} & set(things.objects.values()), someone


def test_nobody_of_another_hospital_asks_the_his_about_a_patient(things: Things) -> None:
    before = things.still()
    for someone in things.outsiders() + things.neighbours(treating=False):
        document = "query($id: ID!) { payablePrescriptions(patientId: $id) { checkedAt } }"
        (error,) = someone.post(document, {"id": things.objects["Patient"]})["errors"]
        assert error["extensions"]["code"] in REFUSALS
    assert things.changed(before) == []


@pytest.mark.parametrize(("kind", "type_name"), [("receipt", "Invoice"), ("export", "ReportExport")])
def test_a_link_of_one_hospital_opens_no_file_of_another(things: Things, kind: str, type_name: str) -> None:
    (other,) = things.home.sql("SELECT id FROM hospital WHERE code = $1", things.away.code)
    number = int(base64.urlsafe_b64decode(things.objects[type_name]).decode().rpartition(":")[2])
    links, before = composition.links(things.home.settings), things.still()
    link = links.make(kind, number, hospital_id=other["id"], role="finance", subject=NAMES[Role.FINANCE])
    assert things.home.http.get(link.url).status_code == 404
    assert things.changed(before) == []


def test_the_key_of_another_answers_nobody_else(things: Things) -> None:
    """The same name, operation, key and input at another hospital: it is no second use of the key."""
    doctor = things.insider(Role.DOCTOR)
    input_ = {"prescriptionId": things.objects["Prescription"], "idempotencyKey": uuid4().hex}
    assert "prescription" in doctor.do("prescriptionAdvise", input_, PAYLOAD)
    before = things.still()
    others = [someone for someone in things.outsiders() + things.neighbours() if someone.role is Role.DOCTOR]
    assert {someone.do("prescriptionAdvise", input_, PAYLOAD)["code"] for someone in others} == {"NOT_FOUND"}
    assert things.changed(before) == []


@pytest.mark.parametrize("place", [0, 1], ids=["the first", "the second"])
def test_each_prescribes_on_its_own_platforms(both: Both, place: int) -> None:
    one, other = both[place], both[1 - place]
    before = other.sandboxes.books()
    s = scene(one)
    prescription = s.uploaded()
    assert s.done("prescriptionReviewRefresh", prescription)["state"] == "UPLOADED"
    assert len(s.on_platform(prescription)) == 1
    assert other.sandboxes.books() == before


def test_those_whose_they_are_are_refused_none_of_it_as_strangers(things: Things) -> None:
    """The last test of this module: the deeds are done."""
    for deed in DEEDS:
        for role in deed.roles if not deed.own else ():
            answer = things.insider(role).do(deed.mutation, deed.filled(things.objects))
            assert answer.get("code") not in REFUSALS, (deed, role, answer)


def test_a_waybill_of_one_hospital_is_none_at_the_other(things: Things) -> None:
    here = ship(things.home.patient())
    theirs = {"orderId": things.theirs["Order"], "carrier": here.carrier, "waybillNumber": here.number}
    cashier = Someone(things.away, Role.CASHIER, NAMES[Role.CASHIER])
    there = create(cashier, **theirs)["shipment"]
    assert (there["waybillNumber"], there["id"] != here.id) == (here.number, True)
    assert create(cashier, **theirs)["code"] == "SHIPMENT_EXISTS"
