"""A prescription that cannot be: one typed refusal each."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.hospital import RunningHospital
from tests.fixtures.prescribing import DECOCTION, HERBAL_ITEM, PAYLOAD, WESTERN_ITEM, Scene, scene

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "kind": ({"kind": "SERVICE"}, "kind"),
    "no diagnosis": ({"diagnoses": []}, "diagnoses"),
    "no main diagnosis": ({"diagnoses": [{"code": "J00", "name": "感冒"}]}, "diagnoses"),
    "long diagnosis": ({"diagnoses": [{"code": "J" * 21, "name": "感冒", "main": True}]}, "diagnoses[0].code"),
    "nameless diagnosis": ({"diagnoses": [{"code": "J00", "name": " ", "main": True}]}, "diagnoses[0].name"),
    "no drug": ({"items": []}, "items"),
    "too many drugs": ({"items": [WESTERN_ITEM] * 6}, "items"),
    "unknown drug": ({"items": [WESTERN_ITEM | {"itemCode": "D9999"}]}, "items[0].itemCode"),
    "drug of another kind": ({"items": [WESTERN_ITEM | {"itemCode": "P0001"}]}, "items[0].itemCode"),
    "no quantity": ({"items": [WESTERN_ITEM | {"quantity": "0"}]}, "items[0].quantity"),
    "fine quantity": ({"items": [WESTERN_ITEM | {"quantity": "0.125"}]}, "items[0].quantity"),
    "large quantity": ({"items": [WESTERN_ITEM | {"quantity": "10000"}]}, "items[0].quantity"),
    "quantity in words": ({"items": [WESTERN_ITEM | {"quantity": "二"}]}, "items[0].quantity"),
    "no dose": ({"items": [WESTERN_ITEM | {"dose": "-1"}]}, "items[0].dose"),
    "no unit": ({"items": [WESTERN_ITEM | {"doseUnit": ""}]}, "items[0].doseUnit"),
    "no way": ({"items": [WESTERN_ITEM | {"wayCode": None}]}, "items[0].wayCode"),
    "long way": ({"items": [WESTERN_ITEM | {"wayName": "口" * 101}]}, "items[0].wayName"),
    "no frequency": ({"items": [WESTERN_ITEM | {"frequencyName": None}]}, "items[0].frequencyName"),
    "no days": ({"items": [WESTERN_ITEM | {"days": None}]}, "items[0].days"),
    "too many days": ({"items": [WESTERN_ITEM | {"days": 85}]}, "items[0].days"),
    "footnote": ({"items": [WESTERN_ITEM | {"footnote": "先煎"}]}, "items[0].footnote"),
    "decoction": ({"decoction": DECOCTION}, "decoction"),
    "no decoction": ({"kind": "HERBAL", "items": [HERBAL_ITEM]}, "decoction"),
    "no doses": ({"kind": "HERBAL", "items": [HERBAL_ITEM], "decoction": DECOCTION | {"doses": 0}}, "decoction.doses"),
    "directed piece": (
        {"kind": "HERBAL", "items": [HERBAL_ITEM | {"wayCode": "1"}], "decoction": DECOCTION},
        "items[0].wayCode",
    ),
    "valid too long": ({"validDays": 4}, "validDays"),
    "key": ({"idempotencyKey": ""}, "idempotencyKey"),
    "consultation": ({"consultationId": "nonsense"}, "consultationId"),
    "replaced": ({"replacesId": "nonsense"}, "replacesId"),
}


@pytest.fixture(scope="module")
def bad(hospital: RunningHospital) -> Scene:
    return scene(hospital)


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named(bad: Scene, name: str) -> None:
    changes, field = BAD[name]
    answer = bad.create(**changes)
    assert answer["__typename"] == "InputProblem", answer
    assert answer["field"] == field


KEYED = (
    "prescriptionAdvise",
    "prescriptionUpload",
    "prescriptionUploadCancel",
    "prescriptionApprove",
    "prescriptionReject",
    "prescriptionReviewRefresh",
    "prescriptionTakingRefresh",
)
JUDGING = ("prescriptionApprove", "prescriptionReject")
REASONED = {"prescriptionUploadCancel": 200, "prescriptionReject": 500}


def reasons(mutation: str) -> dict[str, Any]:
    return {"reason": "因为"} if mutation in REASONED else {}


@pytest.mark.parametrize("mutation", KEYED)
def test_a_prescription_that_is_none_is_named(bad: Scene, mutation: str) -> None:
    answer = bad.do(mutation, {"id": "nonsense"}, **reasons(mutation))
    assert (answer["__typename"], answer["field"]) == ("InputProblem", "prescriptionId")


@pytest.mark.parametrize("mutation", KEYED)
def test_the_wrong_role_is_forbidden(bad: Scene, mutation: str) -> None:
    prescription = bad.written()
    for someone in (bad.patient, bad.doctor) if mutation in JUDGING else (bad.patient,):
        assert bad.do(mutation, prescription, by=someone, **reasons(mutation))["code"] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", [each for each in KEYED if each not in JUDGING])
def test_another_doctors_prescription_is_not_found(bad: Scene, hospital: RunningHospital, mutation: str) -> None:
    prescription = bad.written()
    other = hospital.doctor(2)
    assert bad.do(mutation, prescription, by=other, **reasons(mutation))["code"] == "NOT_FOUND"


@pytest.mark.parametrize("mutation", REASONED)
@pytest.mark.parametrize("reason", ["", " ", "a\0b", None])
def test_a_reason_is_needed(bad: Scene, mutation: str, reason: str | None) -> None:
    told = "长" * (REASONED[mutation] + 1) if reason is None else reason
    answer = bad.do(mutation, bad.written(), reason=told)
    assert (answer["__typename"], answer["field"]) == ("InputProblem", "reason")


def test_the_same_key_approves_once(bad: Scene) -> None:
    prescription, key = bad.written(), uuid4().hex
    input_ = {"prescriptionId": prescription["id"], "idempotencyKey": key}
    first = bad.pharmacist.do("prescriptionApprove", input_, PAYLOAD)
    assert bad.pharmacist.do("prescriptionApprove", input_, PAYLOAD) == first
    assert bad.do("prescriptionApprove", prescription)["code"] == "NOT_REVIEWABLE"
