"""Tender 7, 8 and 20: uploaded after the hospital's own review, taken back, reviewed by the platform."""

from __future__ import annotations

import pytest

from tests.fixtures.hospital import RunningHospital
from tests.fixtures.prescribing import DECOCTION, DIAGNOSES, HERBAL_ITEM, WESTERN_ITEM, Scene, number_of, scene, states

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
