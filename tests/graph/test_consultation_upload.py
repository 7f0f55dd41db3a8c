"""Tender 6: what was said and found in a consultation goes to the insurance (4301)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.hospital import RunningHospital
from tests.fixtures.prescribing import PENICILLIN, Scene, number_of


def test_a_consultation_is_recorded_at_the_insurance(s: Scene, hospital: RunningHospital) -> None:
    answer = upload_consultation(s)
    assert answer["code"] == "NOTHING_DIAGNOSED"
    s.written()
    told = upload_consultation(s)["consultation"]["upload"]
    assert (told["state"], told["attempts"], told["problem"]) == ("DONE", 1, None)
    s.written(items=[PENICILLIN])
    assert upload_consultation(s)["consultation"]["upload"]["attempts"] == 2
    assert record(s)["drugs"] == ["D0002", "D0001"]


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply"])
def test_a_lost_record_overwrites_itself(s: Scene, hospital: RunningHospital, kind: str) -> None:
    s.written()
    hospital.fault("insurance-core", "4301", kind)
    assert upload_consultation(s)["code"] == "OUTCOME_UNKNOWN"
    told = upload_consultation(s)["consultation"]["upload"]
    assert (told["state"], told["problem"]) == ("DONE", None)
    assert record(s)["drugs"] == ["D0002"]


def test_a_refused_record_says_why(s: Scene, hospital: RunningHospital) -> None:
    s.written()
    hospital.fault("insurance-core", "4301", "refused", text="病案首页未上传")
    answer = upload_consultation(s)
    assert (answer["code"], answer["message"]) == ("INSURANCE_REFUSED", "病案首页未上传")
    seen = s.doctor.ask(
        "query($id: ID!) { node(id: $id) { ... on Consultation { upload { state problem { code message } } } } }",
        {"id": s.consultation_id},
    )["node"]["upload"]
    assert seen == {"state": "REFUSED", "problem": {"code": "INSURANCE_REFUSED", "message": "病案首页未上传"}}


def upload_consultation(s: Scene) -> Any:
    return s.doctor.do(
        "consultationUpload",
        {"consultationId": s.consultation_id, "idempotencyKey": uuid4().hex},
        "... on ConsultationUploadPayload { consultation { id upload { state attempts problem { code } } } }",
    )


def record(s: Scene) -> Any:
    """The record of the scene's consultation at the insurance."""
    (row,) = s.hospital.sql(
        """SELECT v.number FROM insurance_visit v WHERE consultation_id = $1""", number_of(s.consultation_id)
    )
    rows: Any = s.hospital.sandboxes.all["insurance-core"].books()["records"]
    (found,) = [each for each in rows if each["serial"] == row["number"]]
    return found
