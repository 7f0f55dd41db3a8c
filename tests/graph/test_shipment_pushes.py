"""What a carrier pushes hastens a question, and decides nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx

from clients.carriers.kuaidi100 import wire
from tests.fixtures.hospital import RunningHospital, until
from tests.fixtures.parcels import (
    Parcel,
    ship,
)


def pushed(parcel: Parcel, *, salt: str | None = None, **changes: Any) -> httpx.Response:
    settings = parcel.hospital.settings.kuaidi100
    assert settings is not None
    told = {"com": "zhongtong", "nu": parcel.number, "state": "3", "data": []} | changes
    param = wire.dump({"status": "polling", "message": uuid4().hex, "lastResult": told})
    sign = wire.push_signature(param, settings.salt if salt is None else salt)
    return post(parcel, wire.form(sign=sign, param=param))


def post(parcel: Parcel, body: bytes) -> httpx.Response:
    url = f"{parcel.hospital.server_url}/callbacks/shipments/kuaidi100"
    return parcel.hospital.http.post(url, content=body, headers={"content-type": wire.FORM})


def newest_callback(hospital: RunningHospital) -> Any:
    return hospital.sql("SELECT * FROM callback WHERE platform = 'kuaidi100' ORDER BY id DESC LIMIT 1")[0]


def test_a_push_decides_nothing(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("0")
    asked = parcel.queries()
    answer = pushed(parcel)
    assert (answer.status_code, answer.json()["returnCode"]) == (200, "200")
    until(lambda: parcel.queries() > asked, "the question that it hastens")
    assert parcel.seen["state"] in ("CREATED", "IN_TRANSIT")
    row = newest_callback(hospital)
    assert (row["verified"], row["shipment_id"], row["settlement_id"]) == (True, parcel.row["id"], None)
    assert parcel.number.encode() not in row["raw_sealed"]


def test_a_forged_push_is_kept_as_evidence_and_asks_nobody(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    asked, planned = parcel.queries(), parcel.row["next_run_at"]
    answer = pushed(parcel, salt="forged")
    assert (answer.status_code, answer.json()["result"]) == (400, False)
    row = newest_callback(hospital)
    assert (row["verified"], row["shipment_id"]) == (False, None)
    assert (parcel.queries(), parcel.row["next_run_at"]) == (asked, planned)


def test_a_push_that_comes_twice_is_one_row(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    param = wire.dump({"status": "polling", "lastResult": {"com": "zhongtong", "nu": parcel.number, "data": []}})
    settings = hospital.settings.kuaidi100
    assert settings is not None
    body = wire.form(sign=wire.push_signature(param, settings.salt), param=param)
    assert [post(parcel, body).status_code for _ in range(2)] == [200, 200]
    assert newest_callback(hospital)["repeats"] == 1


def test_a_push_about_nobody_and_a_larger_one_are_answered(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    assert pushed(parcel, nu="ZT9999999").status_code == 200
    assert newest_callback(hospital)["shipment_id"] is None
    assert post(parcel, b"x" * 70_000).status_code == 413


def test_a_parcel_that_is_given_up_is_subscribed_again(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    first = until(lambda: parcel.row["subscribed_at"], "the subscription")
    hospital.fault("kuaidi100", "push", "push_aborted")
    row = {"company": "zhongtong", "number": parcel.number, "code": "0"}
    hospital.sandboxes.load({"kuaidi100": {"moves": [row]}})
    until(lambda: parcel.row["subscribed_at"] not in (None, first), "another subscription")


def test_old_parcels_are_left_alone(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    hospital.sql(
        """UPDATE shipment SET created_at = now() - interval '61 d', asked_at = NULL, next_run_at = NULL
           WHERE waybill_number = $1""",
        parcel.number,
    )
    asked = parcel.queries()
    pushed(parcel)
    until(lambda: parcel.row["next_run_at"] is None, "the look that asks nobody")
    assert (parcel.queries(), parcel.row["asked_at"]) == (asked, None)
