"""Tender 4–8 and 20, from a GraphQL document to the platforms' books and back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from clients.his.sandbox_visits import consultation_fee
from tests.fixtures.hospital import RunningHospital
from tests.fixtures.prescribing import (
    DECOCTION,
    DIAGNOSES,
    HERBAL_ITEM,
    PENICILLIN,
    WESTERN_ITEM,
    Scene,
    number_of,
    scene,
)
from tests.graph.sockets import Socket, socket

ALLERGY = [*DIAGNOSES, {"code": "Z88.000", "name": "青霉素过敏史"}]


# -- writing


def test_prices_and_classes_are_the_formularys(s: Scene) -> None:
    told = s.written(items=[WESTERN_ITEM, WESTERN_ITEM | {"itemCode": "D0003", "quantity": "3"}])
    assert (told["state"], told["totalAmount"]) == ("WRITTEN", "72.20")
    assert [item["amount"] for item in told["items"]] == ["6.50", "65.70"]
    assert told["items"][0]["usage"] == "口服 0.5g 每日三次"
    assert told["diagnoses"] == [{"code": "J00.x00", "main": True, "kind": "WESTERN"}]


def test_a_herbal_prescription_has_its_decoction(hospital: RunningHospital) -> None:
    s = scene(hospital, 5)
    told = s.written(kind="HERBAL", items=[HERBAL_ITEM], decoction=DECOCTION)
    assert told["decoction"] == {"doses": 7, "wayName": "水煎服", "dose": "200.00"}
    assert told["totalAmount"] == "17.85"
    assert told["items"][0]["days"] == 7


def test_the_same_key_writes_once(s: Scene) -> None:
    key = uuid4().hex
    first = s.written(idempotencyKey=key)
    assert s.written(idempotencyKey=key) == first
    assert s.create(idempotencyKey=key, validDays=1)["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_what_the_hospital_did_not_grant_is_not_prescribed(s: Scene, hospital: RunningHospital) -> None:
    second = scene(hospital, 2)
    morphine = WESTERN_ITEM | {"itemCode": "D0006"}
    answer = second.create(items=[morphine])
    assert (answer["code"], answer["nextStep"]) == ("NO_GRANT", "ASK_HOSPITAL")
    assert "prescription" in s.create(items=[morphine])


def test_nobody_prescribes_without_todays_sign_in(s: Scene, hospital: RunningHospital) -> None:
    hospital.sql("DELETE FROM face_sign_in")
    answer = s.create()
    assert (answer["code"], answer["nextStep"]) == ("FACE_SIGN_IN_NEEDED", "SIGN_IN_BY_FACE")
    hospital.sql("DELETE FROM insurance_standing")
    assert s.create()["nextStep"] == "VERIFY_IDENTITY"


# -- advice (5)


def test_hints_come_with_their_severity(s: Scene) -> None:
    prescription = s.written(items=[PENICILLIN, PENICILLIN], diagnoses=ALLERGY)
    told = s.done("prescriptionAdvise", prescription)
    hints = {hint["ruleCode"]: hint for hint in told["hints"]}
    assert {code: hint["severity"] for code, hint in hints.items()} == {"R0001": "SUSPECT", "R0003": "VIOLATION"}
    assert hints["R0001"]["serials"] == ["1", "2"]
    assert (told["blocked"], hints["R0003"]["blocking"]) == (False, False)
    assert told["advisedAt"] is not None


def test_a_drug_of_an_earlier_prescription_is_remarked(s: Scene) -> None:
    s.written()
    told = s.done("prescriptionAdvise", s.written())
    assert [hint["ruleCode"] for hint in told["hints"]] == ["R0001"]


def test_advice_again_takes_the_place_of_the_first(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.written()
    assert s.done("prescriptionAdvise", prescription)["hints"] == []
    rule = {"id": "R9", "name": "限一盒", "kind": "QUANTITY", "severity": "7", "drug": "XN02BEB008", "most": "1"}
    hospital.sandboxes.load({"insurance-core": {"advice_rules": [rule]}})
    (hint,) = s.done("prescriptionAdvise", prescription)["hints"]
    hospital.sandboxes.load({"insurance-core": {"advice_rules": [rule | {"most": "9999"}]}})
    assert (hint["ruleCode"], hint["severity"], hint["amount"]) == ("R9", "UNKNOWN", "6.50")
    assert s.done("prescriptionAdvise", prescription)["hints"] == []


def test_what_the_hospital_lets_block_is_not_uploaded(s: Scene, hospital: RunningHospital) -> None:
    hospital.sql("UPDATE hospital SET blocking_severity = 'SUSPECT'")
    prescription = s.written(items=[PENICILLIN, PENICILLIN])
    assert s.do("prescriptionUpload", prescription)["code"] == "ADVICE_NEEDED"
    told = s.done("prescriptionAdvise", prescription)
    assert (told["blocked"], told["hints"][0]["blocking"]) == (True, True)
    assert s.do("prescriptionUpload", prescription)["code"] == "ADVICE_BLOCKS"
    hospital.sql("UPDATE hospital SET blocking_severity = 'VIOLATION'")
    assert s.done("prescriptionAdvise", prescription)["blocked"] is False
    assert "prescription" in s.do("prescriptionUpload", prescription)


def test_a_lost_advice_is_asked_for_again(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.written()
    hospital.fault("insurance-core", "3101", "lost_reply")
    assert s.do("prescriptionAdvise", prescription)["code"] == "OUTCOME_UNKNOWN"
    assert s.done("prescriptionAdvise", prescription)["advisedAt"] is not None


# -- who sees what


def test_the_pharmacists_work_is_a_list(s: Scene) -> None:
    prescription = s.written()
    s.done("prescriptionUpload", prescription)
    s.until(prescription, "IN_REVIEW")
    listed = s.pharmacist.ask(
        "{ prescriptions(state: IN_REVIEW, first: 5) { totalCount edges { node { id patient { name } } } } }"
    )["prescriptions"]
    assert prescription["id"] in [edge["node"]["id"] for edge in listed["edges"]]
    assert listed["totalCount"] >= 1
    mine = s.patient.ask("{ prescriptions(first: 200) { edges { node { id } } } }")["prescriptions"]
    assert prescription["id"] in [edge["node"]["id"] for edge in mine["edges"]]


def test_a_change_is_pushed(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.written()
    query = "subscription($id: ID!) { prescriptionChanged(prescriptionId: $id) { state steps { kind } } }"
    with socket(hospital.server_url, s.doctor.headers) as watching:
        watching.greet()
        watching.send("subscribe", id="1", payload={"query": query, "variables": {"id": prescription["id"]}})
        assert seen(watching)["state"] == "WRITTEN"
        s.done("prescriptionApprove", prescription)
        while (state := seen(watching)["state"]) != "APPROVED":
            assert state == "WRITTEN"


def seen(watching: Socket) -> Any:
    """The next state that is pushed."""
    message = watching.receive()
    assert message["type"] == "next", message
    return message["payload"]["data"]["prescriptionChanged"]


# -- orders are made of it


def test_an_order_takes_the_written_prescription(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.uploaded()
    order = ordered(s, prescription)
    told = s.patient.ask(ORDER, {"id": order["id"]})["node"]
    assert [each["id"] for each in told["prescriptions"]] == [prescription["id"]]
    assert told["prescriptions"][0]["insuranceNumber"] == prescription["insuranceNumber"]
    assert s.do("prescriptionUploadCancel", prescription, reason="误开")["code"] == "PRESCRIPTION_ORDERED"


def test_an_expired_order_gives_the_prescription_back(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.written()
    first = ordered(s, prescription)
    hospital.sql("UPDATE orders SET state = 'EXPIRED' WHERE number = $1", first["number"])
    second = ordered(s, prescription, listed=False)
    told = s.patient.ask(ORDER, {"id": second["id"]})["node"]
    assert [each["id"] for each in told["prescriptions"]] == [prescription["id"]]


def test_a_rejected_prescription_is_not_ordered(s: Scene) -> None:
    prescription = s.written()
    s.done("prescriptionReject", prescription, reason="剂量过大")
    answer = order(s, prescription)
    assert (answer["code"], answer["field"]) == ("PRESCRIPTION_WITHDRAWN", "prescriptions")


ORDER = """query($id: ID!) { node(id: $id) { ... on Order { prescriptions { id number insuranceNumber } } } }"""


def order(s: Scene, prescription: Any, *, listed: bool = True) -> Any:
    """The answer of orderCreate for a prescription that the HIS knows, too."""
    (row,) = s.hospital.sql("SELECT visit_number FROM consultation WHERE id = $1", number_of(s.consultation_id))
    if listed:
        visit = s.hospital.new_visit(s.patient, number=row["visit_number"])
        fee = consultation_fee(visit) | {"prescriptionNo": prescription["number"], "kind": "WESTERN"}
        s.hospital.sandboxes.load({"his": {"prescriptions": [fee]}})
    input_ = {
        "patientId": s.patient.patient_id,
        "prescriptions": [{"number": prescription["number"]}],
        "idempotencyKey": uuid4().hex,
    }
    return s.patient.do("orderCreate", input_, "... on OrderCreatePayload { order { id number } }")


def ordered(s: Scene, prescription: Any, *, listed: bool = True) -> Any:
    """The same where it must be a yes."""
    answer = order(s, prescription, listed=listed)
    assert "order" in answer, answer
    return answer["order"]
