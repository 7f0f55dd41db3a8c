"""Tender 4–8 and 20, from a GraphQL document to the platforms' books and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.demo import staff
from clients.his.sandbox_visits import consultation_fee
from tests.fixtures.hospital import RunningHospital
from tests.fixtures.prescribing import DECOCTION, DIAGNOSES, HERBAL_ITEM, PAYLOAD, WESTERN_ITEM, Scene, scene
from tests.graph.sockets import Socket, socket

PENICILLIN = WESTERN_ITEM | {"itemCode": "D0001"}
ALLERGY = [*DIAGNOSES, {"code": "Z88.000", "name": "青霉素过敏史"}]


@pytest.fixture
def s(hospital: RunningHospital) -> Iterator[Scene]:
    hospital.sandboxes.load({"insurance-core": {"staff": staff.at_the_insurance()}})
    hospital.sandboxes.load({"circulation": {"review_seconds": None}})
    yield scene(hospital)
    hospital.behave()
    hospital.sql("UPDATE hospital SET blocking_severity = NULL")


def states(prescription: Any) -> dict[str, str]:
    return {step["kind"]: step["state"] for step in prescription["steps"]}


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


# -- the consultation (6)


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


def number_of(global_id: str) -> int:
    import base64

    return int(base64.b64decode(global_id).decode().partition(":")[2])


# -- upload (7) with the hospital's own review


def test_an_upload_waits_for_the_pharmacist(s: Scene) -> None:
    prescription = s.written()
    assert s.done("prescriptionUpload", prescription)["state"] == "CHECKING"
    waiting = s.until(prescription, "IN_REVIEW")
    assert states(waiting) == {
        "VISIT": "DONE",
        "CHECK": "DONE",
        "REVIEW": "PENDING",
        "SIGNATURE": "PENDING",
        "UPLOAD": "PENDING",
    }
    assert waiting["insuranceNumber"]
    assert s.on_platform(prescription) == []
    approved = s.done("prescriptionApprove", prescription)
    assert (approved["approved"], approved["pharmacist"]["name"]) == (True, "示例药师甲")
    told = s.until(prescription, "UPLOADED")
    assert set(states(told).values()) == {"DONE"}
    assert told["insuranceState"] == "VALID"
    (row,) = s.on_platform(prescription)
    assert (row["number"], row["state"], row["total_fen"]) == (told["insuranceNumber"], "有效", 650)


def test_an_approval_may_come_first(s: Scene) -> None:
    prescription = s.written()
    assert s.done("prescriptionApprove", prescription)["state"] == "APPROVED"
    s.done("prescriptionUpload", prescription)
    s.until(prescription, "UPLOADED")


def test_patent_and_herbal_prescriptions_are_uploaded(s: Scene, hospital: RunningHospital) -> None:
    patent = s.uploaded(kind="CHINESE_PATENT", items=[WESTERN_ITEM | {"itemCode": "P0001"}])
    assert len(s.on_platform(patent)) == 1
    herbalist = scene(hospital, 5)
    syndrome = {"code": "A01.03", "name": "风热感冒", "kind": "DISEASE"}
    pieces = [HERBAL_ITEM, HERBAL_ITEM | {"itemCode": "H0003", "footnote": "后下"}]
    diagnoses = [*DIAGNOSES, syndrome]
    herbal = herbalist.uploaded(kind="HERBAL", items=pieces, decoction=DECOCTION, diagnoses=diagnoses)
    assert len(herbalist.on_platform(herbal)) == 1


def test_a_self_paid_drug_is_uploaded(s: Scene) -> None:
    limited = WESTERN_ITEM | {"itemCode": "D0004"}
    assert s.create(items=[limited])["field"] == "items[0].selfPaid"
    assert len(s.on_platform(s.uploaded(items=[limited | {"selfPaid": True}]))) == 1


def test_the_document_is_a_pdf_that_the_platform_signed(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.uploaded()
    (kept,) = [
        each
        for each in hospital.sandboxes.all["circulation"].centre.prescriptions.values()  # type: ignore[attr-defined]
        if each.data["hospRxno"] == prescription["number"]
    ]
    from clients.circulation.wire import unpacked

    assert unpacked(kept.signed_file).startswith(b"%PDF-")


def test_a_rejected_prescription_goes_back_with_the_reason(s: Scene) -> None:
    prescription = s.written()
    s.done("prescriptionUpload", prescription)
    s.until(prescription, "IN_REVIEW")
    told = s.done("prescriptionReject", prescription, reason="剂量过大")
    assert (told["state"], told["rejectionReason"], states(told)["REVIEW"]) == ("REJECTED", "剂量过大", "REFUSED")
    assert s.do("prescriptionUpload", prescription)["code"] == "NOT_UPLOADABLE"
    assert s.do("prescriptionApprove", prescription)["code"] == "NOT_REVIEWABLE"
    again = s.written(replacesId=prescription["id"])
    assert again["number"] != prescription["number"]
    assert s.create(replacesId=again["id"])["code"] == "NOT_REPLACEABLE"


def test_nobody_reviews_his_own_prescription(s: Scene, hospital: RunningHospital) -> None:
    hospital.sql("UPDATE pharmacist SET code = 'D350200000001' WHERE subject = 'pharmacist-02'")
    own = type(s.pharmacist)(hospital, s.pharmacist.role, "pharmacist-02")
    prescription = s.written()
    assert s.do("prescriptionApprove", prescription, by=own)["code"] == "OWN_PRESCRIPTION"
    hospital.sql("UPDATE pharmacist SET code = 'Y350200000002' WHERE subject = 'pharmacist-02'")
    assert "prescription" in s.do("prescriptionApprove", prescription, by=own)


def test_a_pharmacist_of_nowhere_reviews_nothing(s: Scene, hospital: RunningHospital) -> None:
    stranger = type(s.pharmacist)(hospital, s.pharmacist.role, "pharmacist-99")
    assert s.do("prescriptionApprove", s.written(), by=stranger)["code"] == "PHARMACIST_UNKNOWN"


def test_a_refused_check_can_be_sent_again(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.written()
    hospital.fault("circulation", "D001", "refused", text="处方超出限量")
    s.done("prescriptionUpload", prescription)
    told = s.until(prescription, "REFUSED")
    (check,) = [step for step in told["steps"] if step["kind"] == "CHECK"]
    assert check["problem"] == {"code": "CIRCULATION_REFUSED", "message": "处方超出限量"}
    s.done("prescriptionUpload", prescription)
    s.until(prescription, "IN_REVIEW")


@pytest.mark.parametrize("transaction", ["D001", "D002", "D003"])
@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbled", "forged"])
def test_a_lost_answer_uploads_once(s: Scene, hospital: RunningHospital, transaction: str, kind: str) -> None:
    hospital.fault("circulation", transaction, kind)
    told = s.uploaded()
    assert set(states(told).values()) == {"DONE"}
    assert [row["state"] for row in s.on_platform(told)] == ["有效"]


def test_a_number_that_another_prescription_has_waits_for_a_person(s: Scene, hospital: RunningHospital) -> None:
    first, second = s.uploaded(), s.written()
    hospital.sql(
        "UPDATE prescription SET insurance_number = 'ANOTHER' WHERE insurance_number = $1", first["insuranceNumber"]
    )
    hospital.fault("circulation", "D001", "another", times=50)
    s.done("prescriptionUpload", second)
    (check,) = (step for step in s.until(second, "ATTENTION")["steps"] if step["kind"] == "CHECK")
    assert (check["state"], check["problem"]["code"]) == ("UNKNOWN", "ANSWER_GARBLED")
    hospital.behave()
    s.done("prescriptionUpload", second)
    s.until(second, "IN_REVIEW")
    s.done("prescriptionApprove", second)
    assert s.until(second, "UPLOADED")["insuranceNumber"] != "ANOTHER"
    assert len(s.on_platform(second)) == 1


def test_an_upload_that_nobody_can_tell_waits_for_a_person(s: Scene, hospital: RunningHospital) -> None:
    hospital.fault("circulation", "D003", "lost_reply", times=1)
    hospital.fault("circulation", "D005", "gateway_error", times=50)
    prescription = s.written()
    s.done("prescriptionApprove", prescription)
    s.done("prescriptionUpload", prescription)
    told = s.until(prescription, "ATTENTION")
    assert states(told)["UPLOAD"] == "UNKNOWN"
    hospital.behave()
    s.done("prescriptionUpload", prescription)
    assert [step["attempts"] for step in s.until(prescription, "UPLOADED")["steps"] if step["kind"] == "UPLOAD"] == [1]
    assert len(s.on_platform(prescription)) == 1


def test_a_lost_registration_is_looked_for(s: Scene, hospital: RunningHospital) -> None:
    hospital.fault("insurance-core", "2201", "lost_reply")
    prescription = s.uploaded()
    visits = hospital.sandboxes.book.visits.values()
    (row,) = hospital.sql("SELECT number FROM insurance_visit WHERE consultation_id = $1", number_of(s.consultation_id))
    assert [visit.visit_number for visit in visits].count(row["number"]) == 1
    assert len(s.on_platform(prescription)) == 1


# -- cancellation (8)


def test_an_uploaded_prescription_is_taken_back(s: Scene) -> None:
    prescription = s.uploaded()
    s.done("prescriptionUploadCancel", prescription, reason="患者改变主意")
    told = s.until(prescription, "CANCELLED")
    assert (told["insuranceState"], told["cancellationReason"]) == ("REVOKED", "患者改变主意")
    assert s.on_platform(prescription)[0]["state"] == "已撤销"
    assert s.do("prescriptionUploadCancel", prescription, reason="再次")["code"] == "NOT_CANCELLABLE"


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply"])
def test_a_lost_cancellation_happens_once(s: Scene, hospital: RunningHospital, kind: str) -> None:
    prescription = s.uploaded()
    hospital.fault("circulation", "D004", kind)
    s.done("prescriptionUploadCancel", prescription, reason="误开")
    s.until(prescription, "CANCELLED")
    assert s.on_platform(prescription)[0]["state"] == "已撤销"


def test_before_the_upload_nothing_is_asked_of_the_platform(s: Scene, hospital: RunningHospital) -> None:
    prescription = s.written()
    s.done("prescriptionUpload", prescription)
    s.until(prescription, "IN_REVIEW")
    hospital.fault("circulation", "D004", "refused", text="不应调用")
    told = s.done("prescriptionUploadCancel", prescription, reason="误开")
    assert (told["state"], states(told)["UPLOAD"]) == ("CANCELLED", "SKIPPED")
    assert s.do("prescriptionApprove", prescription)["code"] == "NOT_REVIEWABLE"


def test_taken_drugs_are_not_taken_back(s: Scene) -> None:
    prescription = s.uploaded()
    assert s.desk(prescription, "approve") == 200
    assert s.desk(prescription, "take") == 200
    s.done("prescriptionUploadCancel", prescription, reason="误开")
    told = s.until(prescription, "UPLOADED")
    assert states(told)["CANCELLATION"] == "REFUSED"
    taking = s.done("prescriptionTakingRefresh", prescription)["taking"]
    assert taking["use"] == "USED"
    assert taking["drugs"] == [{"name": "对乙酰氨基酚片", "quantity": "2", "taken": True}]
    assert s.do("prescriptionUploadCancel", prescription, reason="误开")["code"] == "DRUGS_TAKEN"


# -- the platform's pharmacist (20)


REVIEWS = [("approve", "APPROVED", "VALID"), ("reject", "REJECTED", "VOIDED")]


@pytest.mark.parametrize(("action", "verdict", "state"), REVIEWS)
def test_the_platforms_review_is_told(s: Scene, action: str, verdict: str, state: str) -> None:
    prescription = s.uploaded()
    assert s.done("prescriptionReviewRefresh", prescription)["review"]["verdict"] is None
    assert s.desk(prescription, action, opinion="已核对") == 200
    told = s.done("prescriptionReviewRefresh", prescription)
    assert told["review"] | {"checkedAt": ""} == {
        "verdict": verdict,
        "opinion": "已核对",
        "pharmacistName": "流转平台药师",
        "checkedAt": "",
    }
    assert told["insuranceState"] == state
    assert s.look(prescription, s.patient)["review"]["verdict"] == verdict


def test_what_was_not_uploaded_has_no_review(s: Scene) -> None:
    prescription = s.written()
    for mutation in ("prescriptionReviewRefresh", "prescriptionTakingRefresh"):
        assert s.do(mutation, prescription)["code"] == "NOT_UPLOADED"


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


# -- bad input


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
