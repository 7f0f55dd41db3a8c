"""Tender 1–4, from a GraphQL document to the platforms' books and back."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from app import clock
from app.demo import staff
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone, press

DOCTOR = """doctor { code insuranceStanding { insuranceDoctor validFrom validUntil checkedAt problem { code message } }
    faceSignIn { signed signedAt validUntil checkedAt }
    prescribingRight { allowed classes checkedAt reason { code message ... on DoctorProblem { nextStep } } } }"""
PAYLOAD = f"... on DoctorPayload {{ {DOCTOR} }}"
PAGE = "... on DoctorFaceSignInStartPayload { url expiresAt } ... on FaceSignInRefusal { platformCode }"
MUTATIONS = {
    "doctorIdentityVerify": PAYLOAD,
    "doctorFaceSignInStart": PAGE,
    "doctorFaceSignInRefresh": PAYLOAD,
    "doctorPrescribingRightVerify": PAYLOAD,
}


@pytest.fixture(autouse=True)
def _nothing_known(hospital: RunningHospital) -> None:
    for table in ("prescribing_right", "face_sign_in", "face_sign_in_ticket", "insurance_standing"):
        hospital.sql(f"DELETE FROM {table}")
    hospital.sandboxes.load({"insurance-core": {"staff": staff.at_the_insurance()}})


def doctor_id(someone: Someone) -> str:
    found: str = someone.ask("{ viewer { doctor { id } } }")["viewer"]["doctor"]["id"]
    return found


def id_of(hospital: RunningHospital, number: int) -> str:
    return doctor_id(hospital.doctor(number))


def do(someone: Someone, mutation: str, doctor: str, **more: Any) -> Any:
    key = {} if mutation == "doctorFaceSignInRefresh" else {"idempotencyKey": uuid4().hex}
    return someone.do(mutation, {"doctorId": doctor} | key | more, MUTATIONS[mutation])


def known(someone: Someone) -> Any:
    return someone.ask(f"{{ viewer {{ {DOCTOR} }} }}")["viewer"]["doctor"]


def load(hospital: RunningHospital, number: int, **changes: Any) -> None:
    """The platform's row of a doctor, changed."""
    row = staff.at_the_insurance()[number - 1] | changes
    hospital.sandboxes.load({"insurance-core": {"staff": [row]}})


def sign_in(someone: Someone) -> Any:
    """By face, on the page."""
    mine = doctor_id(someone)
    opened = do(someone, "doctorFaceSignInStart", mine)
    assert "url" in opened, opened
    assert press(someone.hospital.http, opened["url"], "sign").status_code == 200
    return do(someone, "doctorFaceSignInRefresh", mine)["doctor"]["faceSignIn"]


def verified(someone: Someone) -> Any:
    """The right, after the identity was verified."""
    mine = doctor_id(someone)
    assert "doctor" in do(someone, "doctorIdentityVerify", mine)
    answer = do(someone, "doctorPrescribingRightVerify", mine)
    assert "doctor" in answer, answer
    return answer["doctor"]["prescribingRight"]


def test_identity_is_what_the_insurance_tells(hospital: RunningHospital) -> None:
    doctor = hospital.doctor()
    assert known(doctor)["insuranceStanding"] is None
    told = do(doctor, "doctorIdentityVerify", doctor_id(doctor))["doctor"]["insuranceStanding"]
    assert (told["insuranceDoctor"], told["validUntil"], told["problem"]) == (True, None, None)
    assert told["validFrom"].startswith("2024-01-01T00:00:00.000+08:00")
    assert (clock.now() - datetime.fromisoformat(told["checkedAt"])).total_seconds() < 10
    assert known(doctor)["insuranceStanding"] == told


def test_verifying_again_tells_what_changed(hospital: RunningHospital) -> None:
    doctor = hospital.doctor(2)
    do(doctor, "doctorIdentityVerify", doctor_id(doctor))
    load(hospital, 2, flag="0", ends="2099-12-31 23:59:59")
    told = do(doctor, "doctorIdentityVerify", doctor_id(doctor))["doctor"]["insuranceStanding"]
    assert told["insuranceDoctor"] is False
    assert told["validUntil"].startswith("2099-12-31T23:59:59.000+08:00")


def test_the_same_key_asks_once(hospital: RunningHospital) -> None:
    doctor, key = hospital.doctor(), uuid4().hex
    mine = doctor_id(doctor)
    first = do(doctor, "doctorIdentityVerify", mine, idempotencyKey=key)
    hospital.fault("insurance-core", "5102", "lost_request")
    assert do(doctor, "doctorIdentityVerify", mine, idempotencyKey=key) == first


@pytest.mark.parametrize("changes", [{"name": "别人"}, {"code": "D999"}, {"type": "3"}])
def test_a_doctor_whom_the_insurance_does_not_list_is_told(hospital: RunningHospital, changes: Any) -> None:
    hospital.sandboxes.book.staff.clear()
    load(hospital, 1, **changes)
    told = do(hospital.doctor(), "doctorIdentityVerify", id_of(hospital, 1))["doctor"]["insuranceStanding"]
    assert told["insuranceDoctor"] is None
    assert told["problem"]["code"] == "DOCTOR_NOT_LISTED"
    assert told["checkedAt"] is not None


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("lost_request", "OUTCOME_UNKNOWN"),
        ("lost_reply", "OUTCOME_UNKNOWN"),
        ("gateway_error", "OUTCOME_UNKNOWN"),
        ("garbled", "ANSWER_GARBLED"),
        ("refused", "INSURANCE_REFUSED"),
    ],
)
def test_what_was_known_stays_when_the_insurance_fails(hospital: RunningHospital, kind: str, code: str) -> None:
    doctor = hospital.doctor()
    mine = doctor_id(doctor)
    before = do(doctor, "doctorIdentityVerify", mine)["doctor"]["insuranceStanding"]
    hospital.fault("insurance-core", "5102", kind, text="系统维护")
    assert do(doctor, "doctorIdentityVerify", mine)["code"] == code
    after = known(doctor)["insuranceStanding"]
    assert after["problem"]["code"] == code
    assert after | {"problem": None} == before
    assert do(doctor, "doctorIdentityVerify", mine)["doctor"]["insuranceStanding"]["problem"] is None


def test_a_sign_in_that_the_insurance_forgot_is_made_again(hospital: RunningHospital) -> None:
    hospital.sandboxes.core.forget_sign_ins()
    assert "doctor" in do(hospital.doctor(), "doctorIdentityVerify", id_of(hospital, 1))


def test_a_doctor_signs_in_by_face_for_the_day(hospital: RunningHospital) -> None:
    doctor = hospital.doctor()
    told = sign_in(doctor)
    assert told["signed"] is True
    assert "T00:00:00.000+08:00" in told["validUntil"]
    assert clock.day_of(datetime.fromisoformat(told["signedAt"])) == clock.day_of(clock.now())
    assert known(doctor)["faceSignIn"] == told
    books: Any = hospital.sandboxes.books()["face-sign-in"]
    assert books["tickets"][-1]["doctor_code"] == "D350200000001"


def test_a_page_that_nobody_used_signs_nobody_in(hospital: RunningHospital) -> None:
    doctor = hospital.doctor(2)
    mine = doctor_id(doctor)
    opened = do(doctor, "doctorFaceSignInStart", mine, returnUrl="https://example.com/back")
    assert "example.com/back" in press(hospital.http, opened["url"], "cancel").text
    assert do(doctor, "doctorFaceSignInRefresh", mine)["doctor"]["faceSignIn"]["signed"] is False


def test_a_new_page_takes_no_sign_in_away(hospital: RunningHospital) -> None:
    doctor = hospital.doctor(2)
    mine, signed = doctor_id(doctor), sign_in(doctor)
    do(doctor, "doctorFaceSignInStart", mine)
    told = do(doctor, "doctorFaceSignInRefresh", mine)["doctor"]["faceSignIn"]
    assert told | {"checkedAt": None} == signed | {"checkedAt": None}


def test_the_same_key_opens_the_same_page(hospital: RunningHospital) -> None:
    doctor, key = hospital.doctor(), uuid4().hex
    mine = doctor_id(doctor)
    first = do(doctor, "doctorFaceSignInStart", mine, idempotencyKey=key)
    do(doctor, "doctorFaceSignInStart", mine)
    assert do(doctor, "doctorFaceSignInStart", mine, idempotencyKey=key) == first
    changed = do(doctor, "doctorFaceSignInStart", mine, idempotencyKey=key, returnUrl="https://example.com")
    assert changed["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_page_and_ticket_are_stored_sealed(hospital: RunningHospital) -> None:
    doctor = hospital.doctor()
    opened = do(doctor, "doctorFaceSignInStart", doctor_id(doctor))
    (row,) = hospital.sql("SELECT url_sealed, ticket_sealed FROM face_sign_in_ticket")
    ticket = opened["url"].rpartition("/")[2].encode()
    assert ticket not in bytes(row["url_sealed"]) + bytes(row["ticket_sealed"])


@pytest.mark.parametrize("kind", ["lost_reply", "garbled", "bad_signature"])
def test_a_page_whose_answer_was_lost_is_opened_again(hospital: RunningHospital, kind: str) -> None:
    doctor, key = hospital.doctor(), uuid4().hex
    mine = doctor_id(doctor)
    hospital.fault("face-sign-in", "create", kind)
    told = do(doctor, "doctorFaceSignInStart", mine, idempotencyKey=key)
    assert told["__typename"] == "PlatformUnavailableProblem"
    assert "url" in do(doctor, "doctorFaceSignInStart", mine, idempotencyKey=key)


def test_a_refusal_of_the_face_sign_in_is_told_in_its_own_words(hospital: RunningHospital) -> None:
    doctor = hospital.doctor()
    hospital.fault("face-sign-in", "create", "refused", text="设备停用")
    told = do(doctor, "doctorFaceSignInStart", doctor_id(doctor))
    assert (told["__typename"], told["message"], told["platformCode"]) == ("FaceSignInRefusal", "设备停用", "FS-9001")


def test_who_opened_no_page_is_told_to_start(hospital: RunningHospital) -> None:
    told = do(hospital.doctor(), "doctorFaceSignInRefresh", id_of(hospital, 1))
    assert (told["__typename"], told["code"]) == ("StateProblem", "FACE_SIGN_IN_NOT_STARTED")


def test_a_doctor_with_everything_may_prescribe_what_is_granted(hospital: RunningHospital) -> None:
    doctor = hospital.doctor(5)
    sign_in(doctor)
    told = verified(doctor)
    assert (told["allowed"], told["classes"], told["reason"]) == (True, ["ORDINARY", "HERBAL"], None)
    assert known(doctor)["prescribingRight"] == told


def _unsigned(hospital: RunningHospital) -> int:
    return 1


def _yesterday(hospital: RunningHospital) -> int:
    sign_in(hospital.doctor(2))
    hospital.sql("UPDATE face_sign_in SET valid_until = now() - interval '1 s'")
    return 2


def _ungranted(hospital: RunningHospital) -> int:
    sign_in(hospital.doctor(3))
    return 3


def _no_insurance_doctor(hospital: RunningHospital) -> int:
    sign_in(hospital.doctor(4))
    return 4


def _unlisted(hospital: RunningHospital) -> int:
    load(hospital, 1, name="别人")
    return 1


def _ended(hospital: RunningHospital) -> int:
    load(hospital, 1, ends="2025-01-01 00:00:00")
    return 1


def _to_begin(hospital: RunningHospital) -> int:
    load(hospital, 1, begins="2099-01-01 00:00:00")
    return 1


@pytest.mark.parametrize(
    ("arrange", "code", "next_step"),
    [
        (_unsigned, "FACE_SIGN_IN_NEEDED", "SIGN_IN_BY_FACE"),
        (_yesterday, "FACE_SIGN_IN_NEEDED", "SIGN_IN_BY_FACE"),
        (_ungranted, "NO_GRANT", "ASK_HOSPITAL"),
        (_no_insurance_doctor, "NOT_INSURANCE_DOCTOR", "ASK_HOSPITAL"),
        (_unlisted, "DOCTOR_NOT_LISTED", "ASK_HOSPITAL"),
        (_ended, "STANDING_NOT_VALID", "ASK_HOSPITAL"),
        (_to_begin, "STANDING_NOT_VALID", "ASK_HOSPITAL"),
    ],
)
def test_every_reason_names_the_next_step(
    hospital: RunningHospital, arrange: Callable[[RunningHospital], int], code: str, next_step: str
) -> None:
    told = verified(hospital.doctor(arrange(hospital)))
    assert told["allowed"] is False
    assert (told["reason"]["code"], told["reason"]["nextStep"]) == (code, next_step)


def test_a_grant_that_ended_is_none(hospital: RunningHospital) -> None:
    doctor = hospital.doctor(5)
    sign_in(doctor)
    ended = "UPDATE doctor_grant SET valid_until = $1 WHERE drug_class = 'HERBAL'"
    hospital.sql(ended, clock.now())
    try:
        assert verified(doctor)["classes"] == ["ORDINARY"]
    finally:
        hospital.sql(ended, None)


def test_a_standing_of_today_is_not_asked_for_again(hospital: RunningHospital) -> None:
    doctor = hospital.doctor()
    verified(doctor)
    hospital.fault("insurance-core", "5102", "lost_request")
    assert "doctor" in do(doctor, "doctorPrescribingRightVerify", doctor_id(doctor))


@pytest.mark.parametrize("role", [Role.CASHIER, Role.ADMIN])
def test_staff_verifies_any_doctor_but_signs_in_for_none(hospital: RunningHospital, role: Role) -> None:
    person, theirs = Someone(hospital, role, "staff-01"), id_of(hospital, 2)
    assert "doctor" in do(person, "doctorIdentityVerify", theirs)
    assert "doctor" in do(person, "doctorPrescribingRightVerify", theirs)
    assert do(person, "doctorFaceSignInStart", theirs)["code"] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("role", [Role.PATIENT, Role.PHARMACIST, Role.FINANCE, Role.AUDITOR])
def test_other_roles_verify_nobody(hospital: RunningHospital, mutation: str, role: Role) -> None:
    person = Someone(hospital, role, "patient-01")
    assert do(person, mutation, id_of(hospital, 1))["code"] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_another_doctor_is_as_if_absent(hospital: RunningHospital, mutation: str) -> None:
    absent = base64.urlsafe_b64encode(b"Doctor:999999999").decode()
    told = [do(hospital.doctor(2), mutation, each) for each in (id_of(hospital, 1), absent)]
    assert told[0] == told[1]
    assert (told[0]["__typename"], told[0]["code"]) == ("NotFoundProblem", "NOT_FOUND")


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("wrong", ["", "x", base64.urlsafe_b64encode(b"Patient:1").decode()])
def test_a_wrong_id_is_named(hospital: RunningHospital, mutation: str, wrong: str) -> None:
    told = do(hospital.doctor(), mutation, wrong)
    assert (told["code"], told["field"]) == ("INVALID_INPUT", "doctorId")


@pytest.mark.parametrize("mutation", [name for name in MUTATIONS if name != "doctorFaceSignInRefresh"])
@pytest.mark.parametrize("key", ["", " ", "k" * 101, "a\0b"])
def test_a_wrong_key_is_named(hospital: RunningHospital, mutation: str, key: str) -> None:
    told = do(hospital.doctor(), mutation, id_of(hospital, 1), idempotencyKey=key)
    assert (told["code"], told["field"]) == ("INVALID_INPUT", "idempotencyKey")


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "http://example.com", "https://", "https://a b", "https://[", "https://a/" + "x" * 500],
)
def test_a_wrong_return_address_is_named(hospital: RunningHospital, url: str) -> None:
    told = do(hospital.doctor(), "doctorFaceSignInStart", id_of(hospital, 1), returnUrl=url)
    assert (told["code"], told["field"]) == ("INVALID_INPUT", "returnUrl")


def test_patients_see_doctors_without_what_is_known_of_them(hospital: RunningHospital) -> None:
    doctor = hospital.doctor()
    sign_in(doctor)
    verified(doctor)
    fields = "code insuranceStanding { checkedAt } faceSignIn { checkedAt } prescribingRight { allowed }"
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on Doctor {{ {fields} }} }} }}"
    shown = {
        role: Someone(hospital, role, "patient-01").ask(document, {"id": doctor_id(doctor)})["node"]
        for role in (Role.PATIENT, Role.CASHIER)
    }
    assert [value is None for value in shown[Role.PATIENT].values()] == [False, True, True, True]
    assert None not in shown[Role.CASHIER].values()


def test_a_doctor_sees_his_patients_and_no_money(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    order = patient.ask(
        "query($id: ID!) { node(id: $id) { ... on Settlement { order { id patient { id } consultation { id } } } } }",
        {"id": settled["id"]},
    )["node"]["order"]
    ids = [order["id"], order["patient"]["id"], order["consultation"]["id"], settled["id"]]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    seen = [
        [node and node["__typename"] for node in hospital.doctor(number).ask(document, {"ids": ids})["nodes"]]
        for number in (1, 99)
    ]
    assert seen == [["Order", "Patient", "Consultation", None], [None] * 4]


def test_a_doctor_lists_and_counts_his_own_orders(hospital: RunningHospital) -> None:
    told = hospital.doctor(2).ask("{ orders(first: 200) { totalCount edges { node { doctor { code } } } } }")["orders"]
    sql = "SELECT count(*) AS n FROM orders o JOIN doctor d ON d.id = o.doctor_id WHERE d.subject = 'doctor-02'"
    assert told["totalCount"] == hospital.sql(sql)[0]["n"] == len(told["edges"]) > 0
    assert {edge["node"]["doctor"]["code"] for edge in told["edges"]} == {"D350200000002"}


def test_what_was_verified_is_in_the_audit(hospital: RunningHospital) -> None:
    doctor = hospital.doctor(2)
    sign_in(doctor)
    verified(doctor)
    rows = hospital.sql("SELECT action FROM audit_entry WHERE subject = 'doctor-02' ORDER BY id DESC LIMIT 3")
    assert [row["action"] for row in rows] == [
        "doctor.right_verify",
        "doctor.identity_verify",
        "doctor.face_sign_in_start",
    ]
