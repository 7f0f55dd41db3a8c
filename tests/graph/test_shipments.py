"""Tender 21 and 22, from a GraphQL document to the books of the carrier, the insurance and WeChat, and back."""

from __future__ import annotations

from typing import Any

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.fixtures.parcels import (
    PAYLOAD,
    answered,
    create,
    global_id,
    ship,
)

# -- the road


@pytest.mark.parametrize("carrier", ["ZTO", "SF"])
def test_a_parcel_goes_from_the_pharmacy_to_the_door(hospital: RunningHospital, carrier: str) -> None:
    parcel = ship(hospital.patient(), carrier=carrier)
    assert parcel.seen["state"] == "CREATED"
    (upload,) = answered(parcel.upload())["uploads"]
    assert (upload["target"], upload["state"], upload["toldState"]) == ("INSURANCE", "DONE", "CREATED")
    assert parcel.told() == ["待揽收"]
    for code, state, name in (
        ("1", "PICKED_UP", "已揽收"),
        ("0", "IN_TRANSIT", "运输中"),
        ("5", "OUT_FOR_DELIVERY", "派送中"),
        ("3", "SIGNED", "已签收"),
    ):
        parcel.move(code)
        seen = answered(parcel.refresh())
        assert (seen["state"], seen["nodes"][-1]["state"]) == (state, state)
        parcel.until_told(name)
    assert parcel.told() == ["待揽收", "已揽收", "运输中", "派送中", "已签收"]
    (row,) = [each for each in hospital.sandboxes.book.deliveries.values() if each.number == parcel.number]
    assert row.carrier == carrier
    done = parcel.until(lambda seen: seen["uploads"][0]["toldState"] == "SIGNED", "the last upload")
    assert (done["uploads"][0]["attempts"], done["uploads"][0]["problem"]) == (5, None)


def test_a_push_hastens_the_question_and_the_upload(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    until(lambda: parcel.row["subscribed_at"], "the subscription")
    row = {"company": "zhongtong", "number": parcel.number, "code": "1"}
    hospital.sandboxes.load({"kuaidi100": {"moves": [row]}})
    parcel.until(lambda seen: seen["state"] == "PICKED_UP", "the state after the push")
    until(lambda: parcel.told() == ["待揽收", "已揽收"], "7205 after the push")


def test_what_is_known_comes_first_and_the_carrier_is_asked_seldom(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", "0")
    assert len(answered(parcel.refresh())["nodes"]) == 2
    hospital.sql("UPDATE shipment SET asked_at = now() + interval '1 h' WHERE waybill_number = $1", parcel.number)
    asked = parcel.queries()
    parcel.move("5")
    for _ in range(3):
        told = parcel.patient.do("shipmentRefresh", {"shipmentId": parcel.id}, PAYLOAD)
        assert (answered(told)["state"], len(told["shipment"]["nodes"])) == ("IN_TRANSIT", 2)
    assert parcel.queries() == asked
    assert answered(parcel.refresh())["state"] == "OUT_FOR_DELIVERY"


def test_a_carrier_that_knows_nothing_yet_is_no_problem(hospital: RunningHospital) -> None:
    told = answered(ship(hospital.patient(), handed_in=False).refresh())
    assert (told["state"], told["nodes"], told["problem"]) == ("CREATED", [], None)
    assert told["checkedAt"] is not None


def test_a_pharmacist_sends_one_prescription(hospital: RunningHospital, paid: Any) -> None:
    _, order = paid
    (row,) = hospital.sql(
        """SELECT p.id FROM prescription p JOIN orders o ON o.id = p.order_id
           WHERE o.number = $1 AND p.kind = 'WESTERN'""",
        order["number"],
    )
    cashier = hospital.cashier()
    made = answered(create(cashier, prescriptionId=global_id(f"Prescription:{row['id']}")))
    pharmacist = Someone(hospital, Role.PHARMACIST, "pharmacist-01")
    told = pharmacist.do("shipmentUpload", {"shipmentId": made["id"], "idempotencyKey": "pharmacist"}, PAYLOAD)
    assert len(answered(told)["uploads"]) == 1


def test_an_order_shows_its_parcels(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    document = "{ orders(first: 50) { edges { node { shipments { waybillNumber uploads { target } } } } } }"
    edges = parcel.patient.ask(document)["orders"]["edges"]
    found = [each for edge in edges for each in edge["node"]["shipments"] if each["waybillNumber"] == parcel.number]
    assert found == [{"waybillNumber": parcel.number, "uploads": [{"target": "INSURANCE"}]}]


# -- events


def test_the_same_events_again_are_stored_once(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", "0")
    hospital.fault("kuaidi100", "query", "repeated_nodes")
    first = answered(parcel.refresh())
    assert answered(parcel.refresh())["nodes"] == first["nodes"]
    assert [node["state"] for node in first["nodes"]] == ["PICKED_UP", "IN_TRANSIT"]


def test_an_event_that_comes_late_is_history(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", ago=30)
    parcel.move("5", ago=10)
    assert answered(parcel.refresh())["state"] == "OUT_FOR_DELIVERY"
    parcel.move("2", ago=20)
    told = answered(parcel.refresh())
    assert told["state"] == "OUT_FOR_DELIVERY"
    assert [node["state"] for node in told["nodes"]] == ["PICKED_UP", "EXCEPTION", "OUT_FOR_DELIVERY"]


@pytest.mark.parametrize("kind", ["shuffled_nodes", "bare_nodes"])
def test_events_in_another_shape_give_the_same_state(hospital: RunningHospital, kind: str) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", "0", "5")
    hospital.fault("kuaidi100", "query", kind)
    assert answered(parcel.refresh())["state"] == "OUT_FOR_DELIVERY"


def test_a_code_that_nobody_knows_is_stored_and_moves_nothing(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("0", ago=10)
    answered(parcel.refresh())
    parcel.move("1002", text="干线")
    told = answered(parcel.refresh())
    assert (told["state"], [node["text"] for node in told["nodes"]][-1]) == ("IN_TRANSIT", "干线")


def test_an_exception_passes_and_the_end_stays(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    for code, state, name in (
        ("5", "OUT_FOR_DELIVERY", "派送中"),
        ("2", "EXCEPTION", "异常"),
        ("0", "IN_TRANSIT", "运输中"),
        ("3", "SIGNED", "已签收"),
    ):
        parcel.move(code)
        assert answered(parcel.refresh())["state"] == state
        parcel.until_told(name)
    parcel.move("2")
    assert answered(parcel.refresh())["state"] == "SIGNED"
    assert parcel.told() == ["待揽收", "派送中", "异常", "运输中", "已签收"]


def test_a_carrier_that_does_not_answer_is_told(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1")
    hospital.fault("kuaidi100", "query", "refused", text="601 key已过期")
    told = parcel.refresh()
    assert (told["__typename"], told["code"], told["message"]) == ("DeliveryRefusal", "DELIVERY_REFUSED", "key已过期")
    assert parcel.seen["problem"]["code"] == "DELIVERY_REFUSED"
    hospital.fault("kuaidi100", "query", "lost_reply")
    assert parcel.refresh()["code"] == "OUTCOME_UNKNOWN"
    assert answered(parcel.refresh())["problem"] is None


def test_the_end_of_the_telephone_is_stored_sealed(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient(), carrier="SF")
    assert b"7391" not in parcel.row["phone_tail_sealed"]
    audited = hospital.sql("SELECT detail::text AS d FROM audit_entry WHERE action = 'shipment.create'")
    assert all("7391" not in row["d"] for row in audited)
