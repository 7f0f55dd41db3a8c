"""Who is told of a parcel, again where an answer was lost, and whom nobody tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.fixtures.parcels import (
    Parcel,
    answered,
    order_of,
    prescribe,
    ship,
)


def lost(parcel: Parcel, kind: str) -> Any:
    parcel.hospital.fault("insurance-core", "7205", kind, text="系统维护")
    return parcel.upload()


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbled", "gateway_error"])
def test_a_lost_upload_is_told_again_under_the_same_number(hospital: RunningHospital, kind: str) -> None:
    parcel = ship(hospital.patient())
    told = lost(parcel, kind)
    assert told["__typename"] == "PlatformUnavailableProblem"
    (upload,) = parcel.seen["uploads"]
    assert (upload["state"], upload["toldState"]) == ("UNKNOWN", None)
    assert upload["problem"]["code"] in ("OUTCOME_UNKNOWN", "ANSWER_GARBLED")
    assert answered(parcel.upload())["uploads"][0]["state"] == "DONE"
    assert parcel.told() == ["待揽收"]
    ids = hospital.sql("SELECT message_id FROM exchange WHERE transaction = '7205' ORDER BY id DESC LIMIT 2")
    assert len({row["message_id"] for row in ids}) == 2


def test_the_intent_is_there_before_the_answer(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    lost(parcel, "lost_reply")
    (row,) = hospital.sql("SELECT * FROM shipment_upload WHERE shipment_id = $1", parcel.row["id"])
    (exchange,) = hospital.sql("SELECT * FROM exchange WHERE message_id = $1", row["message_id"])
    assert row["started_at"] <= exchange["started_at"]
    assert (len(row["request_digest"]), row["leased_until"]) == (64, None)


def test_the_worker_tells_again_what_was_lost(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    hospital.fault("insurance-core", "7205", "lost_request")
    parcel.move("1")
    answered(parcel.refresh())
    done = parcel.until(lambda seen: seen["uploads"][0]["toldState"] == "PICKED_UP", "the second try")
    assert done["uploads"][0]["attempts"] == 3
    assert parcel.told() == ["待揽收", "已揽收"]


def test_a_refusal_is_told_and_the_next_change_is_told_again(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    told = lost(parcel, "refused")
    assert (told["__typename"], told["code"], told["message"]) == ("InsuranceRefusal", "INSURANCE_REFUSED", "系统维护")
    assert parcel.seen["uploads"][0]["problem"]["__typename"] == "InsuranceRefusal"
    parcel.move("1")
    answered(parcel.refresh())
    until(lambda: parcel.told() == ["已揽收"], "7205 of the next state")


def test_a_sign_in_that_the_insurance_forgot_is_made_again(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    hospital.sandboxes.core.forget_sign_ins()
    assert answered(parcel.upload())["uploads"][0]["state"] == "DONE"


def test_the_same_key_uploads_once(hospital: RunningHospital) -> None:
    parcel, key = ship(hospital.patient()), uuid4().hex
    first = answered(parcel.upload(idempotencyKey=key))
    hospital.fault("insurance-core", "7205", "lost_request")
    assert answered(parcel.upload(idempotencyKey=key))["uploads"] == first["uploads"]
    assert answered(parcel.upload())["uploads"] == first["uploads"]
    assert parcel.told() == ["待揽收"]


def unsettled(patient: Someone) -> Any:
    return order_of(patient, settle=False)


def unapproved(patient: Someone) -> Any:
    order = order_of(patient)
    prescribe(patient.hospital, order, approved=None)
    return order


def rejected(patient: Someone) -> Any:
    order = order_of(patient)
    patient.hospital.sql(
        """INSERT INTO prescription_review (prescription_id, verdict, checked_at)
           SELECT p.id, 'REJECTED', now() FROM prescription p JOIN orders o ON o.id = p.order_id
           WHERE o.number = $1 AND p.kind = 'WESTERN'""",
        order["number"],
    )
    return order


def unknown_to_the_insurance(patient: Someone) -> Any:
    order = order_of(patient)
    patient.hospital.sql(
        """UPDATE prescription SET insurance_number = NULL
           WHERE order_id = (SELECT id FROM orders WHERE number = $1)""",
        order["number"],
    )
    return order


@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        (unsettled, "SHIPMENT_NOT_SETTLED"),
        (unapproved, "PRESCRIPTION_NOT_APPROVED"),
        (rejected, "PRESCRIPTION_NOT_APPROVED"),
        (unknown_to_the_insurance, "NOBODY_TO_TELL"),
    ],
)
def test_what_is_not_paid_and_approved_is_not_told(
    hospital: RunningHospital, arrange: Callable[[Someone], Any], code: str
) -> None:
    patient = hospital.patient()
    parcel = ship(patient, arrange(patient))
    told = parcel.upload()
    assert (told["__typename"], told["code"]) == ("StateProblem", code)
    assert parcel.told() == []


# -- the sweep


def test_a_parcel_whose_job_was_lost_is_found(hospital: RunningHospital) -> None:
    parcel, stranded = ship(hospital.patient()), ship(hospital.patient())
    answered(parcel.upload())
    answered(stranded.upload())
    hospital.sql(
        """UPDATE shipment_upload u SET state = 'SENDING', told_state = NULL, leased_until = now() - interval '1 s'
           FROM shipment s WHERE s.id = u.shipment_id AND waybill_number = $1""",
        stranded.number,
    )
    parcel.move("1")
    hospital.sql(
        """UPDATE shipment SET next_run_at = now() - interval '2 min', asked_at = NULL,
           created_at = now() - interval '2 min' WHERE waybill_number = $1""",
        parcel.number,
    )
    until(lambda: parcel.told()[-1:] == ["已揽收"], "what the sweep found", seconds=90)
    (upload,) = stranded.until(lambda seen: seen["uploads"][0]["state"] == "DONE", "7205 again")["uploads"]
    assert (upload["toldState"], stranded.told()) == ("CREATED", ["待揽收"])
