"""医保在线服务授权验证: page, consent, code, number; and a settlement that needs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app.composition import sealer
from app.demo import hospital as demo
from tests.fixtures.hospital import RunningHospital, Someone

NUMBER, OTHER = 15, 14
PERSONS = {each.number: each for each in demo.persons()}
PERSON = PERSONS[NUMBER]
CONSENT = "patient { id authorization { authorized expiresAt checkedAt } }"
MORE = "... on InsuranceRefusal { platformCode } ... on PlatformUnavailableProblem { platform }"


def start(someone: Someone, key: str | None = None, patient_id: str | None = None) -> Any:
    told = {"patientId": someone.patient_id if patient_id is None else patient_id, "idempotencyKey": key or uuid4().hex}
    selection = "... on PatientAuthorizationStartPayload { url expiresAt patient { id } }"
    return someone.do("patientAuthorizationStart", told, selection)


def refresh(someone: Someone, code: str, key: str | None = None, **more: Any) -> Any:
    told = {"patientId": more.pop("patientId", None) or someone.patient_id, "authCode": code} | more
    told["idempotencyKey"] = key or uuid4().hex
    return someone.do("patientAuthorizationRefresh", told, f"... on PatientPayload {{ {CONSENT} }} {MORE}")


def consent(someone: Someone, person: demo.Person = PERSON, payer: demo.Person | None = None) -> str:
    """What the patient does on the page; the code that comes back."""
    form = {"id_number": person.id_number, "payer_id_number": payer.id_number if payer else "", "action": "agree"}
    page = someone.hospital.http.post(start(someone)["url"], data=form)
    found = re.search(r'id="auth-code">([^<]+)<', page.text)
    assert found, page.text
    return found[1]


@pytest.fixture
def patient(hospital: RunningHospital) -> Iterator[Someone]:
    """A patient who has not consented; afterwards one who has, as the demonstration left it."""
    hospital.sql(
        "UPDATE patient SET authorization_sealed = NULL, authorization_expires_at = NULL,"
        " authorization_checked_at = NULL WHERE subject = $1",
        PERSON.subject,
    )
    yield hospital.patient(NUMBER)
    hospital.sql(
        "UPDATE patient SET authorization_sealed = $2, authorization_expires_at = now() + interval '30 days'"
        " WHERE subject = $1",
        PERSON.subject,
        sealer(hospital.settings.sealing).seal(PERSON.authorization, f"patient.authorization:{PERSON.subject}"),
    )


def known(patient: Someone) -> Any:
    return patient.ask(f"{{ viewer {{ {CONSENT} }} }}")["viewer"]["patient"]["authorization"]


def number_of(hospital: RunningHospital) -> str:
    row = hospital.sql("SELECT authorization_sealed FROM patient WHERE subject = $1", PERSON.subject)[0]
    return sealer(hospital.settings.sealing).open(
        row["authorization_sealed"], f"patient.authorization:{PERSON.subject}"
    )


def test_the_page_is_opened_with_the_certificate_as_it_is(hospital: RunningHospital, patient: Someone) -> None:
    told = start(patient)
    certificate = hospital.sandboxes.keys.authorization_channel_certificate
    assert f"&orgChnlCrtfCodg={certificate}&" in told["url"]
    assert "/" in certificate
    assert hospital.http.get(told["url"]).status_code == 200
    left = datetime.fromisoformat(told["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)


def test_the_same_key_starts_once(patient: Someone) -> None:
    key = uuid4().hex
    assert start(patient, key) == start(patient, key)


def test_consent_becomes_an_authorisation_that_settles(hospital: RunningHospital, patient: Someone) -> None:
    assert known(patient) is None
    refused = patient.start(patient.order())
    assert (refused["__typename"], refused["code"]) == ("PayKindProblem", "PAY_KIND_NOT_ALLOWED")
    assert "请先完成授权" in refused["message"]
    assert "patientAuthorizationStart" in refused["message"]
    told = refresh(patient, consent(patient), openId="o-example")["patient"]["authorization"]
    assert told["authorized"] is True
    left = datetime.fromisoformat(told["expiresAt"]) - datetime.fromisoformat(told["checkedAt"])
    assert left == timedelta(minutes=15)
    assert known(patient) == told
    person = hospital.sandboxes.book.person_by_certificate("01", number_of(hospital))
    assert person is not None
    assert person.id_number == PERSON.id_number
    patient.settle()


def test_an_authorisation_grows_old(hospital: RunningHospital, patient: Someone) -> None:
    refresh(patient, consent(patient))
    hospital.sql(
        "UPDATE patient SET authorization_expires_at = now() - interval '1 s' WHERE subject = $1", PERSON.subject
    )
    assert known(patient)["authorized"] is False
    assert patient.start(patient.order())["code"] == "PAY_KIND_NOT_ALLOWED"


def test_the_same_key_redeems_once(patient: Someone) -> None:
    key, code = uuid4().hex, consent(patient)
    assert refresh(patient, code, key) == refresh(patient, code, key)
    again = refresh(patient, code)
    assert (again["__typename"], again["platformCode"]) == ("InsuranceRefusal", "1002")
    assert refresh(patient, consent(patient), key)["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_a_family_payment_is_refused(patient: Someone) -> None:
    answer = refresh(patient, consent(patient, payer=PERSONS[OTHER]))
    assert (answer["__typename"], answer["code"]) == ("AuthorizationProblem", "FAMILY_PAYMENT")
    assert known(patient) is None


def test_the_consent_of_another_is_refused(patient: Someone) -> None:
    answer = refresh(patient, consent(patient, PERSONS[OTHER]))
    assert (answer["__typename"], answer["code"]) == ("AuthorizationProblem", "AUTHORIZATION_OF_ANOTHER")
    assert known(patient) is None


@pytest.mark.parametrize(
    ("kind", "more", "typename", "code"),
    [
        ("refused", {"text": "授权码无效"}, "InsuranceRefusal", "INSURANCE_REFUSED"),
        ("lost_request", {}, "PlatformUnavailableProblem", "OUTCOME_UNKNOWN"),
        ("gateway_error", {}, "PlatformUnavailableProblem", "OUTCOME_UNKNOWN"),
        ("garbled", {}, "PlatformUnavailableProblem", "ANSWER_GARBLED"),
        ("two_numbers", {}, "PlatformUnavailableProblem", "ANSWER_GARBLED"),
    ],
)
def test_a_failure_is_told_and_leaves_nothing(
    hospital: RunningHospital, patient: Someone, kind: str, more: Any, typename: str, code: str
) -> None:
    given = consent(patient)
    hospital.fault("authorization", "userQuery", kind, **more)
    answer = refresh(patient, given)
    assert (answer["__typename"], answer["code"]) == (typename, code)
    assert known(patient) is None


def test_a_lost_request_may_be_sent_again_under_its_key(hospital: RunningHospital, patient: Someone) -> None:
    given, key = consent(patient), uuid4().hex
    hospital.fault("authorization", "userQuery", "lost_request")
    assert refresh(patient, given, key)["code"] == "OUTCOME_UNKNOWN"
    assert refresh(patient, given, key)["patient"]["authorization"]["authorized"]


def test_a_code_used_up_by_a_lost_reply_needs_a_new_consent(hospital: RunningHospital, patient: Someone) -> None:
    given, key = consent(patient), uuid4().hex
    hospital.fault("authorization", "userQuery", "lost_reply")
    assert refresh(patient, given, key)["code"] == "OUTCOME_UNKNOWN"
    assert refresh(patient, given, key)["platformCode"] == "1002"
    assert refresh(patient, consent(patient))["patient"]["authorization"]["authorized"]


def test_neither_code_nor_number_is_kept_anywhere_in_clear(hospital: RunningHospital, patient: Someone) -> None:
    code = consent(patient)
    hospital.fault("authorization", "userQuery", "garbled")
    refresh(patient, code)
    code_of_now = consent(patient)
    refresh(patient, code_of_now)
    secrets = (number_of(hospital), code, code_of_now)
    rows = [
        hospital.sql(f'SELECT * FROM "{table}"') for table in ("exchange", "audit_entry", "idempotency_key", "patient")
    ]
    text = json.dumps(rows, default=str)
    assert not [secret for secret in secrets if secret in text]
    garbled = hospital.sql("SELECT raw_sealed FROM exchange WHERE platform = 'authorization' AND outcome = 'Garbled'")
    assert {row["raw_sealed"] for row in garbled} == {None}


def test_who_redeemed_is_on_record(hospital: RunningHospital, patient: Someone) -> None:
    refresh(patient, consent(patient))
    told = hospital.sql("SELECT action, subject, detail FROM audit_entry ORDER BY id DESC LIMIT 1")[0]
    assert (told["action"], told["subject"]) == ("patientAuthorizationRefresh", PERSON.subject)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"authCode": ""}, "authCode"),
        ({"authCode": "c" * 257}, "authCode"),
        ({"authCode": "a\0b"}, "authCode"),
        ({"openId": ""}, "openId"),
        ({"patientId": "x"}, "patientId"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
    ],
)
def test_a_wrong_input_names_its_field(patient: Someone, changes: dict[str, str], field: str) -> None:
    told = {"patientId": patient.patient_id, "authCode": "c", "idempotencyKey": uuid4().hex} | changes
    answer = patient.do("patientAuthorizationRefresh", told)
    assert (answer["__typename"], answer["code"], answer["field"]) == ("InputProblem", "INVALID_INPUT", field)


def test_another_patient_is_as_if_absent_and_nobody_consents_for_a_patient(
    hospital: RunningHospital, patient: Someone
) -> None:
    foreign = hospital.patient(OTHER).patient_id
    assert start(patient, patient_id=foreign)["code"] == "NOT_FOUND"
    assert refresh(patient, "c", patientId=foreign)["code"] == "NOT_FOUND"
    cashier = hospital.cashier()
    assert start(cashier, patient_id=patient.patient_id)["__typename"] == "ForbiddenProblem"
    assert refresh(cashier, "c", patientId=patient.patient_id)["__typename"] == "ForbiddenProblem"
