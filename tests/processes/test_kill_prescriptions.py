"""A server that is killed while a prescription or a parcel is told: the platform has it, and nobody heard."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.fixtures.parcels import Parcel, create, order_of, waybill
from tests.fixtures.prescribing import Scene, scene
from tests.processes.cuts import KEPT, PATIENT
from tests.processes.ground import Ground

SLOW = PATIENT | {"YIQIAO_CIRCULATION__TIMEOUT": "8"}
# The step, its call, at which platform.
UPLOADS = {
    "VISIT": ("insurance-core", "2201"),
    "CHECK": ("circulation", "D001"),
    "SIGNATURE": ("circulation", "D002"),
    "UPLOAD": ("circulation", "D003"),
}
CANCELLATION = ("circulation", "D004")
Cuts = dict[str, tuple[Scene, Any]]


@pytest.fixture(scope="module")
def cut(ground: Ground) -> tuple[Cuts, Parcel]:
    """A prescription inside each call, and a parcel inside its own; then the server is killed, and started again."""
    hospital = ground.hospital
    server = ground.serve("--with-worker", **SLOW)
    ready = {kind: prepared(hospital) for kind in UPLOADS}
    taken_back = scene(hospital)
    ready["CANCELLATION"] = (taken_back, taken_back.uploaded())
    parcel = sent_off(hospital.patient())
    for kind, (s, prescription) in ready.items():
        platform, call = UPLOADS.get(kind, CANCELLATION)
        hospital.fault(platform, call, "delay", seconds=KEPT)
        if kind == "CANCELLATION":
            s.done("prescriptionUploadCancel", prescription, reason="误开")
        else:
            s.done("prescriptionUpload", prescription)
        until(inside(s, prescription, kind), f"the effect of {call}")
    hospital.fault("insurance-core", "7205", "delay", seconds=KEPT)
    told_in_vain(parcel)
    server.kill()
    ground.serve("--with-worker", **SLOW)
    return ready, parcel


def prepared(hospital: RunningHospital) -> tuple[Scene, Any]:
    s = scene(hospital)
    prescription = s.written()
    s.done("prescriptionApprove", prescription)
    return s, prescription


def sent_off(patient: Someone) -> Parcel:
    number = waybill()
    made = create(patient.hospital.cashier(), orderId=order_of(patient)["id"], waybillNumber=number)
    return Parcel(patient.hospital, patient, made["shipment"]["id"], "ZTO", number)


def inside(s: Scene, prescription: Any, kind: str) -> Callable[[], bool]:
    """Whether the platform has done it, and we do not know."""
    happened: Callable[[], bool] = {
        "VISIT": lambda: bool(visits(s)),
        "UPLOAD": lambda: bool(s.on_platform(prescription)),
        "CANCELLATION": lambda: s.on_platform(prescription)[0]["state"] == "已撤销",
    }.get(kind, lambda: True)

    def there() -> bool:
        (step,) = (each for each in s.look(prescription)["steps"] if each["kind"] == kind)
        return step["state"] == "SENDING" and happened()

    return there


def visits(s: Scene) -> list[Any]:
    """The visits that the insurance has of a consultation."""
    known = s.hospital.sql(
        """SELECT number FROM insurance_visit v JOIN consultation c ON c.id = v.consultation_id
             JOIN patient p ON p.id = c.patient_id WHERE p.subject = $1""",
        s.patient.subject,
    )
    numbers = {row["number"] for row in known}
    return [each for each in s.hospital.sandboxes.book.visits.values() if each.visit_number in numbers]


def told_in_vain(parcel: Parcel) -> None:
    """7205 under way: the insurance knows of the parcel, and whoever asked for it hears nothing."""
    ThreadPoolExecutor(1).submit(parcel.upload)
    until(lambda: parcel.told() == ["待揽收"], "7205")
    assert [upload["state"] for upload in parcel.seen["uploads"]] == ["SENDING"]


@pytest.mark.parametrize("kind", UPLOADS)
def test_a_prescription_is_uploaded_once(cut: tuple[Cuts, Parcel], kind: str) -> None:
    s, prescription = cut[0][kind]
    told = s.until(prescription, "UPLOADED")
    assert {step["state"] for step in told["steps"]} == {"DONE"}
    (there,) = s.on_platform(prescription)
    assert (there["number"], there["state"]) == (told["insuranceNumber"], "有效")
    assert len(visits(s)) == 1


def test_a_prescription_is_taken_back_once(cut: tuple[Cuts, Parcel]) -> None:
    s, prescription = cut[0]["CANCELLATION"]
    told = s.until(prescription, "CANCELLED")
    assert (told["insuranceState"], s.on_platform(prescription)[0]["state"]) == ("REVOKED", "已撤销")


def test_whoever_asks_again_tells_a_parcel_under_its_number(cut: tuple[Cuts, Parcel]) -> None:
    parcel = cut[1]
    until(lambda: parcel.upload()["shipment"]["uploads"][0]["state"] == "DONE", "7205, when the lease is over")
    (upload,) = parcel.seen["uploads"]
    assert (upload["toldState"], upload["attempts"]) == ("CREATED", 2)
    assert parcel.told() == ["待揽收"]
