"""Parcels as a list, and live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.fixtures.parcels import Parcel, answered, create, ship
from tests.graph.sockets import Socket, socket
from tests.graph.test_scope import Stranger, outsiders

ROADS = {"compiled": "", "ordinary": "nodes(ids: []) { id }"}
WATCH = """subscription($id: ID!) { shipmentChanged(shipmentId: $id) {
    state checkedAt nodes { state } uploads { state toldState } } }"""


@pytest.fixture(scope="module")
def parcel(hospital: RunningHospital) -> Parcel:
    return ship(hospital.patient())


@pytest.fixture(params=ROADS)
def road(request: pytest.FixtureRequest) -> str:
    return ROADS[request.param]


def listed(someone: Someone, road: str, arguments: str = "first: 200") -> list[Any]:
    document = f"""{{ shipments({arguments}) {{ totalCount edges {{ node {{ id waybillNumber
        order {{ number }} prescription {{ number }} }} }} }} {road} }}"""
    told = someone.ask(document)["shipments"]
    nodes = [edge["node"] for edge in told["edges"]]
    assert told["totalCount"] == len(nodes)
    return nodes


def numbers(*answer: Any, **more: Any) -> list[str]:
    return [each["waybillNumber"] for each in listed(*answer, **more)]


@pytest.mark.parametrize("role", [Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN, Role.PHARMACIST])
def test_staff_sees_all_of_them_newest_first(hospital: RunningHospital, parcel: Parcel, road: str, role: Role) -> None:
    rows = hospital.sql("SELECT waybill_number AS n FROM shipment ORDER BY created_at DESC, id DESC LIMIT 200")
    assert numbers(Someone(hospital, role, "staff-01"), road) == [row["n"] for row in rows]


def test_a_patient_sees_their_own(hospital: RunningHospital, parcel: Parcel, road: str) -> None:
    rows = hospital.sql(
        """SELECT waybill_number AS n FROM shipment s JOIN orders o ON o.id = s.order_id
             JOIN patient p ON p.id = o.patient_id WHERE subject = $1 ORDER BY s.created_at DESC, s.id DESC""",
        parcel.patient.subject,
    )
    assert parcel.number in [row["n"] for row in rows]
    assert numbers(parcel.patient, road) == [row["n"] for row in rows]
    assert parcel.number not in numbers(hospital.patient(), road)


def test_strangers_and_doctors_see_none(hospital: RunningHospital, parcel: Parcel, road: str) -> None:
    outsiders(hospital)
    for someone in (Stranger(hospital, Role.CASHIER, "cashier-99"), hospital.doctor()):
        assert listed(someone, road) == []


def test_a_cashier_finds_the_one_with_a_waybill(hospital: RunningHospital, parcel: Parcel, road: str) -> None:
    (found,) = listed(hospital.cashier(), road, f'waybillNumber: " {parcel.number.lower()} "')
    assert (found["id"], found["prescription"]) == (parcel.id, None)
    assert found["order"] is not None


def test_a_pharmacist_sees_the_prescription_and_no_order(
    hospital: RunningHospital, paid: tuple[Someone, Any], road: str
) -> None:
    patient, order = paid
    document = "query($id: ID!) { node(id: $id) { ... on Order { prescriptions { id kind number } } } }"
    prescriptions = patient.ask(document, {"id": order["id"]})["node"]["prescriptions"]
    medicine = next(each for each in prescriptions if each["kind"] == "WESTERN")
    pharmacist = Someone(hospital, Role.PHARMACIST, "pharmacist-01")
    made = answered(create(pharmacist, prescriptionId=medicine["id"]))
    (found,) = listed(pharmacist, road, f'waybillNumber: "{made["waybillNumber"]}"')
    assert (found["order"], found["prescription"]) == (None, {"number": medicine["number"]})


@pytest.mark.parametrize(
    ("arguments", "there"),
    [
        ("state: CREATED", True),
        ("state: RETURNED", False),
        ('since: "2020-01-01", until: "2999-01-01"', True),
        ('until: "2020-01-01"', False),
    ],
)
def test_a_filter_leaves_only_theirs(parcel: Parcel, road: str, arguments: str, there: bool) -> None:
    assert (parcel.number in numbers(parcel.patient, road, arguments)) is there


@pytest.mark.parametrize("waybill", ["", " ", "1" * 33, "\\u0000"])
def test_what_is_no_waybill_names_itself(hospital: RunningHospital, road: str, waybill: str) -> None:
    told = hospital.cashier().post(f'{{ shipments(waybillNumber: "{waybill}") {{ totalCount }} {road} }}')
    assert told["errors"][0]["extensions"] == {"code": "INVALID_INPUT", "field": "waybillNumber"}


def changes(live: Socket) -> Iterator[Any]:
    """What the socket tells of the parcel, as long as somebody asks."""
    while True:
        message = live.receive()
        if message["type"] == "next":
            yield message["payload"]["data"]["shipmentChanged"]


@pytest.mark.parametrize("fragment", ["", "__typename @skip(if: false)"], ids=["compiled", "another document"])
def test_whoever_watches_sees_it_move_and_who_is_told(hospital: RunningHospital, fragment: str) -> None:
    parcel = ship(hospital.patient())
    document = WATCH.replace("state checkedAt", f"state {fragment} checkedAt")
    with socket(hospital.server_url, parcel.patient.headers) as live:
        live.greet()
        live.send("subscribe", id="1", payload={"query": document, "variables": {"id": parcel.id}})
        seen = changes(live)
        assert next(seen)["state"] == "CREATED"
        answered(parcel.upload())
        told = next(each for each in seen if each["uploads"] and each["uploads"][0]["state"] == "DONE")
        assert told["uploads"][0]["toldState"] == "CREATED"
        parcel.move("1")
        answered(parcel.refresh())
        picked = next(each for each in seen if each["state"] == "PICKED_UP")
        assert [node["state"] for node in picked["nodes"]][-1] == "PICKED_UP"
        assert next(each for each in seen if each["uploads"][0]["toldState"] == "PICKED_UP")


def test_nobody_watches_anothers(hospital: RunningHospital, parcel: Parcel) -> None:
    someone = Someone(hospital, Role.PATIENT, "patient-nobody")
    with socket(hospital.server_url, someone.headers) as live:
        live.greet()
        live.send("subscribe", id="1", payload={"query": WATCH, "variables": {"id": parcel.id}})
        message = live.receive()
        (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
        assert error["extensions"]["code"] == "NOT_FOUND"
