"""获取处方信息: what became of a prescription in the HIS. Tender 25."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from clients.his.sandbox_visits import CONSULTATION, Visit, consultation_fee, prescription
from tests.fixtures.hospital import RunningHospital, Someone

PAYMENT = "payment { state paidAt dispensing feesChanged checkedAt }"
SELECTION = f"""... on PrescriptionPaymentPayload {{ prescription {{ id {PAYMENT} }} }}
... on HISRefusal {{ platformCode }} ... on PlatformUnavailableProblem {{ platform }}"""


def written(hospital: RunningHospital, patient: Someone) -> tuple[Visit, Any, str]:
    """A visit, its order, and the global id of the prescription that the order was made of."""
    visit = hospital.new_visit(patient)
    order = patient.order(visit)
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on Order {{ prescriptions {{ id {PAYMENT} }} }} }} }}"
    (told,) = patient.ask(document, {"id": order["id"]})["node"]["prescriptions"]
    assert told["payment"] is None
    return visit, order, told["id"]


def refresh(someone: Someone, prescription_id: str) -> Any:
    return someone.do("prescriptionPaymentRefresh", {"prescriptionId": prescription_id}, SELECTION)


def payment(someone: Someone, prescription_id: str) -> Any:
    answer = refresh(someone, prescription_id)
    assert answer["__typename"] == "PrescriptionPaymentPayload", answer
    return answer["prescription"]["payment"]


def test_a_paid_prescription_tells_when(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit, order, id_ = written(hospital, patient)
    told = payment(patient, id_)
    assert (told["state"], told["paidAt"], told["dispensing"], told["feesChanged"]) == ("UNPAID", None, "NONE", False)
    settlement = patient.start(order, "SELF_PAY")["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    assert payment(patient, id_)["state"] == "LOCKED"
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    paid = payment(patient, id_)
    assert paid["state"] == "PAID"
    assert paid["paidAt"] is not None
    hospital.sandboxes.load({"his": {"dispense": consultation_fee(visit)["prescriptionNo"]}})
    assert payment(hospital.cashier(), id_)["dispensing"] == "DISPENSED"


def test_both_roads_show_what_was_kept(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    _, order, id_ = written(hospital, patient)
    told = payment(patient, id_)
    plain = f"query($id: ID!) {{ node(id: $id) {{ ... on Prescription {{ {PAYMENT} }} }} }}"
    assert patient.ask(plain, {"id": id_})["node"]["payment"] == told
    nested = f"query($id: ID!) {{ node(id: $id) {{ ... on Order {{ prescriptions {{ {PAYMENT} }} }} }} }}"
    assert patient.ask(nested, {"id": order["id"]})["node"]["prescriptions"] == [{"payment": told}]


def test_a_voided_prescription_is_told(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit, _, id_ = written(hospital, patient)
    hospital.sandboxes.load({"his": {"void": consultation_fee(visit)["prescriptionNo"]}})
    assert payment(patient, id_)["state"] == "VOID"


def test_charges_that_changed_are_told(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit, _, id_ = written(hospital, patient)
    number = consultation_fee(visit)["prescriptionNo"]
    items = prescription(visit, number, "SERVICE", ((CONSULTATION, 2),))["items"]
    hospital.sandboxes.load({"his": {"change": {"prescriptionNo": number, "items": items}}})
    told = payment(patient, id_)
    assert (told["state"], told["feesChanged"]) == ("UNPAID", True)


def test_the_treating_doctor_may_ask(hospital: RunningHospital) -> None:
    _, _, id_ = written(hospital, hospital.patient())
    assert payment(hospital.doctor(1), id_)["state"] == "UNPAID"


@pytest.mark.parametrize("kind", ["lost_request", "gateway_error", "garbled"])
def test_a_silent_his_changes_nothing(hospital: RunningHospital, kind: str) -> None:
    patient = hospital.patient()
    _, _, id_ = written(hospital, patient)
    before = payment(patient, id_)
    hospital.fault("his", "get", kind)
    answer = refresh(patient, id_)
    assert (answer["__typename"], answer["platform"]) == ("PlatformUnavailableProblem", "his")
    plain = f"query($id: ID!) {{ node(id: $id) {{ ... on Prescription {{ {PAYMENT} }} }} }}"
    assert patient.ask(plain, {"id": id_})["node"]["payment"] == before


def test_a_refusal_is_told_in_the_hiss_words(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    _, _, id_ = written(hospital, patient)
    hospital.fault("his", "get", "refused", text="HIS-3003 处方不存在")
    answer = refresh(patient, id_)
    assert (answer["__typename"], answer["platformCode"]) == ("HISRefusal", "HIS-3003")


def test_wrong_inputs_are_told_exactly(hospital: RunningHospital) -> None:
    patient, other = hospital.patient(), hospital.patient()
    _, order, id_ = written(hospital, patient)
    for wrong in ("x", "", order["id"], base64.urlsafe_b64encode(b"Prescription:-1").decode()):
        answer = refresh(patient, wrong)
        assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "prescriptionId")
    assert refresh(other, id_)["__typename"] == "NotFoundProblem"
