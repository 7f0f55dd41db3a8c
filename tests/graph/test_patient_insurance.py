"""参保人员身份信息验证, from a document to the insurance platform's books and back."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.composition import sealer
from app.demo import hospital as demo
from app.money import yuan_text
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone

NUMBER, OTHER = 17, 16
SELECTION = """... on PatientPayload { patient { id insuranceType insuredArea insurance { active personNumber
    insuranceType area balance status checkedAt benefit benefitReason benefitCheckedAt } } }
    ... on InsuranceRefusal { platformCode } ... on PlatformUnavailableProblem { platform }"""
PERSON = next(each for each in demo.persons() if each.number == NUMBER)


def verify(someone: Someone, patient_id: str | None = None, key: str | None = None) -> Any:
    told = {"patientId": someone.patient_id if patient_id is None else patient_id, "idempotencyKey": key or uuid4().hex}
    return someone.do("patientInsuranceVerify", told, SELECTION)


def exchanges(hospital: RunningHospital, *transactions: str) -> int:
    told = hospital.sql("SELECT count(*) AS n FROM exchange WHERE transaction = ANY($1)", list(transactions))
    return int(told[0]["n"])


@pytest.fixture
def patient(hospital: RunningHospital) -> Iterator[Someone]:
    """A patient of whom nothing is known yet; the insurance's rows are as they were afterwards."""
    row = hospital.sandboxes.book.persons[PERSON.at_the_insurance()["person_number"]]
    before = [dict(each) for each in row.insurances]
    hospital.sql(
        "UPDATE patient SET person_number = NULL, insurance_checked_at = NULL, insurance_status = NULL,"
        " insurance_type = NULL, insured_area = NULL, benefit_enjoyed = NULL, benefit_reason = NULL,"
        " benefit_checked_at = NULL WHERE subject = $1",
        PERSON.subject,
    )
    yield hospital.patient(NUMBER)
    row.insurances[:] = before


def own_rows(hospital: RunningHospital) -> list[dict[str, Any]]:
    return hospital.sandboxes.book.persons[PERSON.at_the_insurance()["person_number"]].insurances


def insurances(hospital: RunningHospital, *rows: dict[str, Any]) -> None:
    own_rows(hospital)[:] = [{"person_type": "11", "status": "1", "balance_fen": 0} | row for row in rows]


def test_nothing_is_known_before_somebody_asks(patient: Someone) -> None:
    assert patient.ask("{ viewer { patient { insurance { checkedAt } } } }")["viewer"]["patient"]["insurance"] is None


def test_the_insurance_tells_who_the_patient_is_and_that_it_pays(hospital: RunningHospital, patient: Someone) -> None:
    told = verify(patient)["patient"]
    insurance = told["insurance"]
    assert insurance["active"] is insurance["benefit"] is True
    assert insurance["personNumber"] == "350********017"
    assert (insurance["insuranceType"], insurance["area"], insurance["status"]) == ("310", "350200", "1")
    balance = yuan_text(own_rows(hospital)[0]["balance_fen"])
    assert insurance["balance"] == balance
    assert insurance["checkedAt"]
    assert insurance["benefitCheckedAt"]
    assert insurance["benefitReason"] is None
    seen = patient.ask("{ viewer { patient { insurance { personNumber balance } } } }")["viewer"]["patient"]
    assert seen["insurance"] == {"personNumber": "350********017", "balance": balance}


def test_employees_insurance_goes_before_residents_and_active_before_ended(
    hospital: RunningHospital, patient: Someone
) -> None:
    insurances(hospital, {"insurance_type": "390"}, {"insurance_type": "310"})
    assert verify(patient)["patient"]["insurance"]["insuranceType"] == "310"
    insurances(hospital, {"insurance_type": "310", "status": "4"}, {"insurance_type": "390"})
    assert verify(patient)["patient"]["insurance"]["insuranceType"] == "390"


def test_without_an_active_insurance_nothing_pays_and_2001_is_not_asked(
    hospital: RunningHospital, patient: Someone
) -> None:
    insurances(hospital, {"insurance_type": "390", "status": "4"})
    before = exchanges(hospital, "2001")
    insurance = verify(patient)["patient"]["insurance"]
    assert (insurance["active"], insurance["status"], insurance["benefit"]) == (False, "4", None)
    assert exchanges(hospital, "2001") == before


def test_a_person_without_any_insurance_is_told_so(hospital: RunningHospital, patient: Someone) -> None:
    insurances(hospital)
    insurance = verify(patient)["patient"]["insurance"]
    assert (insurance["active"], insurance["status"], insurance["balance"]) == (False, None, None)


def test_a_refused_benefit_is_explained(hospital: RunningHospital, patient: Someone) -> None:
    insurances(hospital, {"insurance_type": "310", "benefit_refused": "等待期内，暂不享受待遇"})
    insurance = verify(patient)["patient"]["insurance"]
    assert (insurance["active"], insurance["benefit"]) == (True, False)
    assert insurance["benefitReason"] == "等待期内，暂不享受待遇"
    insurances(hospital, {"insurance_type": "310"})
    assert verify(patient)["patient"]["insurance"]["benefitReason"] is None


def test_an_amount_that_is_not_told_is_null(hospital: RunningHospital, patient: Someone) -> None:
    hospital.fault("insurance-core", "1101", "null_amounts")
    assert verify(patient)["patient"]["insurance"]["balance"] is None


def test_without_an_authorisation_the_identity_card_is_asked_by(hospital: RunningHospital, patient: Someone) -> None:
    hospital.sql("UPDATE patient SET authorization_expires_at = now() WHERE subject = $1", PERSON.subject)
    row = hospital.sandboxes.book.persons[PERSON.at_the_insurance()["person_number"]]
    tokens, row.tokens = row.tokens, set()
    try:
        assert verify(patient)["patient"]["insurance"]["active"]
        hospital.sql("UPDATE patient SET id_type = '03' WHERE subject = $1", PERSON.subject)
        answer = verify(patient)
        assert (answer["__typename"], answer["code"]) == ("InsuranceRefusal", "INSURANCE_REFUSED")
        hospital.sql("UPDATE patient SET authorization_sealed = NULL WHERE subject = $1", PERSON.subject)
        answer = verify(patient)
        assert (answer["__typename"], answer["code"]) == ("AuthorizationProblem", "AUTHORIZATION_NEEDED")
    finally:
        row.tokens = tokens
        restore(hospital)


def restore(hospital: RunningHospital) -> None:

    sealed = sealer(hospital.settings.sealing).seal(PERSON.authorization, f"patient.authorization:{PERSON.subject}")
    hospital.sql(
        "UPDATE patient SET id_type = '01', authorization_sealed = $2,"
        " authorization_expires_at = now() + interval '1 day' WHERE subject = $1",
        PERSON.subject,
        sealed,
    )


def test_the_same_key_asks_once(hospital: RunningHospital, patient: Someone) -> None:
    key, before = uuid4().hex, exchanges(hospital, "1101", "2001")
    first, second = verify(patient, key=key), verify(patient, key=key)
    assert first == second
    assert exchanges(hospital, "1101", "2001") == before + 2
    answer = verify(patient, global_id("Patient:1x"), key)
    assert answer["code"] == "INVALID_INPUT"


def global_id(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("kind", "more", "typename", "code"),
    [
        ("refused", {"text": "人员信息不存在"}, "InsuranceRefusal", "INSURANCE_REFUSED"),
        ("lost_request", {}, "PlatformUnavailableProblem", "OUTCOME_UNKNOWN"),
        ("lost_reply", {}, "PlatformUnavailableProblem", "OUTCOME_UNKNOWN"),
        ("garbled", {}, "PlatformUnavailableProblem", "ANSWER_GARBLED"),
    ],
)
@pytest.mark.parametrize("transaction", ["1101", "2001"])
def test_a_failure_is_told_and_the_same_key_asks_again(
    hospital: RunningHospital, patient: Someone, transaction: str, kind: str, more: Any, typename: str, code: str
) -> None:
    hospital.fault("insurance-core", transaction, kind, **more)
    key = uuid4().hex
    answer = verify(patient, key=key)
    assert (answer["__typename"], answer["code"]) == (typename, code)
    assert verify(patient, key=key)["patient"]["insurance"]["benefit"] is True


def test_another_patient_is_as_if_absent(hospital: RunningHospital, patient: Someone) -> None:
    foreign = hospital.patient(OTHER).patient_id
    answers = [verify(patient, foreign), verify(patient, global_id("Patient:99999999"))]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("patient_id", ["", "x", global_id("Order:1"), global_id("Patient:-1")])
def test_what_is_no_patient_names_the_field(patient: Someone, patient_id: str) -> None:
    answer = verify(patient, patient_id)
    assert (answer["__typename"], answer["code"], answer["field"]) == ("InputProblem", "INVALID_INPUT", "patientId")


@pytest.mark.parametrize("key", ["", "k" * 101, "a\0b"])
def test_a_wrong_key_names_the_field(patient: Someone, key: str) -> None:
    answer = patient.do("patientInsuranceVerify", {"patientId": patient.patient_id, "idempotencyKey": key})
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "idempotencyKey")


def test_staff_may_ask_and_leaves_a_trace_and_an_auditor_may_not(hospital: RunningHospital, patient: Someone) -> None:

    assert verify(hospital.cashier(), patient.patient_id)["patient"]["insurance"]["active"]
    told = hospital.sql("SELECT * FROM audit_entry WHERE action = 'patientInsuranceVerify' ORDER BY id DESC LIMIT 1")[0]
    assert (told["subject"], told["role"], told["object_type"]) == ("cashier-01", "cashier", "Patient")
    auditor = Someone(hospital, Role.AUDITOR, "auditor-01")
    assert verify(auditor, patient.patient_id)["__typename"] == "ForbiddenProblem"


def test_a_settlement_after_it_asks_no_second_time(hospital: RunningHospital, patient: Someone) -> None:
    verify(patient)
    before = exchanges(hospital, "1101")
    patient.until(patient.begin(), "AWAITING_PAYMENT")
    assert exchanges(hospital, "1101") == before
