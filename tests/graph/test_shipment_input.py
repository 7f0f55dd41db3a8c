"""A parcel that cannot be: one typed refusal each."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.fixtures.parcels import (
    answered,
    create,
    global_id,
    order_of,
    ship,
    waybill,
)

CASES: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "no contents": ({"orderId": None}, "INVALID_INPUT", "orderId"),
    "a prescription of nobody": ({"prescriptionId": "x"}, "INVALID_INPUT", "prescriptionId"),
    "garbage order": ({"orderId": "x"}, "INVALID_INPUT", "orderId"),
    "garbage prescription": ({"orderId": None, "prescriptionId": "x"}, "INVALID_INPUT", "prescriptionId"),
    "an order that is none": ({"orderId": global_id(f"Order:{2**40}")}, "NOT_FOUND", None),
    "unknown carrier": ({"carrier": "zhongtong"}, "INVALID_INPUT", "carrier"),
    "empty carrier": ({"carrier": ""}, "INVALID_INPUT", "carrier"),
    "short waybill": ({"waybillNumber": "12345"}, "INVALID_INPUT", "waybillNumber"),
    "long waybill": ({"waybillNumber": "1" * 31}, "INVALID_INPUT", "waybillNumber"),
    "odd waybill": ({"waybillNumber": "ZT 0001/1"}, "INVALID_INPUT", "waybillNumber"),
    "waybill with NUL": ({"waybillNumber": "ZT0001\0"}, "INVALID_INPUT", "waybillNumber"),
    "odd telephone": ({"phoneTail": "12a4"}, "INVALID_INPUT", "phoneTail"),
    "whole telephone": ({"phoneTail": "10000000001"}, "INVALID_INPUT", "phoneTail"),
    "SF without a telephone": ({"carrier": "SF"}, "INVALID_INPUT", "phoneTail"),
    "empty key": ({"idempotencyKey": ""}, "INVALID_INPUT", "idempotencyKey"),
    "long key": ({"idempotencyKey": "k" * 101}, "INVALID_INPUT", "idempotencyKey"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_input_is_named(hospital: RunningHospital, paid: Any, case: str) -> None:
    changes, code, field = CASES[case]
    told = create(hospital.cashier(), **({"orderId": paid[1]["id"]} | changes))
    assert (told["code"], told.get("field")) == (code, field)


def test_a_waybill_is_registered_once(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    order = order_of(parcel.patient)
    told = create(hospital.cashier(), orderId=order["id"], waybillNumber=f" {parcel.number.lower()} ")
    assert (told["__typename"], told["code"]) == ("StateProblem", "SHIPMENT_EXISTS")


def test_the_same_key_registers_once(hospital: RunningHospital, paid: Any) -> None:
    told = {"orderId": paid[1]["id"], "waybillNumber": waybill(), "idempotencyKey": uuid4().hex}
    first = answered(create(hospital.cashier(), **told))
    assert answered(create(hospital.cashier(), **told))["id"] == first["id"]
    changed = create(hospital.cashier(), **told | {"waybillNumber": waybill()})
    assert changed["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize("state", ["EXPIRED", "REFUNDED"])
def test_an_order_that_is_over_is_not_sent(hospital: RunningHospital, state: str) -> None:
    order = hospital.patient().order()
    hospital.sql("UPDATE orders SET state = $2 WHERE number = $1", order["number"], state)
    assert create(hospital.cashier(), orderId=order["id"])["code"] == f"ORDER_{state}"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.FINANCE, Role.AUDITOR])
def test_other_roles_send_nothing(hospital: RunningHospital, paid: Any, role: Role) -> None:
    person = Someone(hospital, role, paid[0].subject)
    parcel = ship(paid[0], paid[1])
    assert create(person, orderId=paid[1]["id"])["code"] == "FORBIDDEN"
    told = person.do("shipmentUpload", {"shipmentId": parcel.id, "idempotencyKey": "k"})
    assert told["code"] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", ["shipmentUpload", "shipmentRefresh"])
def test_another_patients_parcel_is_as_if_absent(hospital: RunningHospital, mutation: str) -> None:
    parcel, other = ship(hospital.patient(1)), hospital.patient(2)
    key = {"idempotencyKey": "k"} if mutation == "shipmentUpload" else {}
    absent = global_id(f"Shipment:{2**40}")
    assert hospital.cashier().do(mutation, {"shipmentId": absent} | key)["code"] == "NOT_FOUND"
    if mutation == "shipmentRefresh":
        assert other.do(mutation, {"shipmentId": parcel.id})["code"] == "NOT_FOUND"
    for wrong in ("", "x", other.patient_id):
        told = hospital.cashier().do(mutation, {"shipmentId": wrong} | key)
        assert (told["code"], told["field"]) == ("INVALID_INPUT", "shipmentId")
