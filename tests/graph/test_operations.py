"""The documents of schema/operations: what a mini-program, a cashier's client and a dashboard send."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from graphql import parse, validate
from graphql.language import OperationDefinitionNode

from app import clock
from app.demo.hospital import persons
from app.tokens import Role
from schema import schema
from tests.fixtures import prescribing
from tests.fixtures.hospital import RunningHospital, Someone, steps
from tests.fixtures.parcels import order_of, waybill
from tests.settlement.refunds import FIRST, SECOND, settled, until_refund

OPERATIONS = sorted((Path(__file__).parents[2] / "schema" / "operations").glob("*.graphql"))


def document(name: str) -> str:
    return next(path for path in OPERATIONS if path.stem == name).read_text(encoding="utf-8")


def run(someone: Someone, name: str, **variables: Any) -> Any:
    return someone.ask(document(name), variables)


def act(someone: Someone, name: str, **input_: Any) -> Any:
    """A mutation's payload; a Problem fails the test."""
    (answer,) = run(someone, name, input=input_).values()
    assert answer["__typename"].endswith("Payload"), answer
    return answer


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: path.stem)
def test_document_is_valid_and_named_like_its_file(path: Path) -> None:
    parsed = parse(path.read_text(encoding="utf-8"))
    assert validate(schema._schema, parsed) == []
    named = [node.name.value for node in parsed.definitions if isinstance(node, OperationDefinitionNode) and node.name]
    assert named == [path.stem]


def test_every_document_is_run_below() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [path.stem for path in OPERATIONS if f'"{path.stem}"' not in source] == []


def test_viewer_document_tells_the_masked_patient(hospital: RunningHospital) -> None:
    viewer = run(hospital.patient(3), "Viewer")["viewer"]
    assert (viewer["subject"], viewer["role"]) == ("patient-03", "PATIENT")
    assert "*" in viewer["patient"]["idNumber"]
    assert run(hospital.cashier(), "Viewer")["viewer"]["patient"] is None


def test_order_document_takes_what_the_payable_document_showed(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    visit = hospital.new_visit(patient)
    told = run(patient, "PayablePrescriptions", patientId=patient.patient_id)["payablePrescriptions"]
    (mine,) = [each for each in told["prescriptions"] if each["visitNumber"] == visit.number]
    order = act(
        patient,
        "OrderCreate",
        patientId=patient.patient_id,
        prescriptions=[{"number": mine["number"], "feeDigest": mine["feeDigest"]}],
        idempotencyKey=uuid4().hex,
    )["order"]
    assert order["totalAmount"] == mine["totalAmount"]
    assert [line["amount"] for line in order["feeDetails"]] == [item["amount"] for item in mine["items"]]


def test_settlement_documents_go_from_start_to_receipt(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    chosen = {"orderId": order["id"], "payKind": "INSURANCE", "idempotencyKey": uuid4().hex}
    settlement = act(patient, "SettlementStart", **chosen)["settlement"]
    assert settlement["totalAmount"] == order["totalAmount"]
    patient.pay(settlement)
    assert act(patient, "SettlementRefresh", settlementId=settlement["id"])["settlement"]["id"] == settlement["id"]
    patient.until(settlement, "COMPLETED")
    invoice = run(patient, "InvoiceDownload", settlementId=settlement["id"])["node"]["invoice"]
    assert (invoice["state"], invoice["totalAmount"]) == ("ISSUED", settlement["totalAmount"])
    assert hospital.http.get(invoice["download"]["url"], follow_redirects=True).status_code == 200


def test_changed_document_begins_with_the_present_state(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.settle()
    asked = {"query": document("SettlementChanged"), "variables": {"settlementId": settlement["id"]}}
    headers = patient.headers | {"accept": "text/event-stream"}
    with hospital.http.stream("POST", f"{hospital.server_url}/graphql", json=asked, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        event = next(line for line in answer.iter_lines() if line.startswith("data: {"))
    changed = orjson.loads(event.removeprefix("data: "))["data"]["settlementChanged"]
    assert (changed["number"], changed["state"]) == (settlement["number"], "COMPLETED")


def test_page_documents_list_the_newest_first(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    order = run(patient, "OrdersPage", first=1)["orders"]["edges"][0]["node"]
    assert order["settlement"]["number"] == settled["number"]
    page = run(hospital.cashier(), "SettlementsPage", first=5, state="COMPLETED")["settlements"]
    numbers = [edge["node"]["number"] for edge in page["edges"]]
    assert settled["number"] in numbers
    assert numbers == sorted(numbers, key=_day_and_place, reverse=True)
    assert page["totalCount"] >= 5
    assert page["pageInfo"]["hasNextPage"]
    after = run(hospital.cashier(), "SettlementsPage", first=5, after=page["pageInfo"]["endCursor"])["settlements"]
    assert not set(numbers) & {edge["node"]["number"] for edge in after["edges"]}


def _day_and_place(number: str) -> int:
    return int(number[7:])


def test_verify_document_tells_the_insurance(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    told = act(patient, "PatientInsuranceVerify", patientId=patient.patient_id, idempotencyKey=uuid4().hex)
    assert told["patient"]["insurance"]["active"]


def test_consent_documents_go_from_the_page_to_the_authorisation(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    own = {"patientId": patient.patient_id, "idempotencyKey": uuid4().hex}
    url = act(patient, "PatientAuthorizationStart", **own)["url"]
    person = persons()[patient.number - 1]
    page = hospital.http.post(url, data={"id_number": person.id_number, "action": "agree"}).text
    code = page.partition('id="auth-code">')[2].partition("<")[0]
    told = act(patient, "PatientAuthorizationRefresh", **own, authCode=code)["patient"]["authorization"]
    assert told["authorized"]
    hospital.sql(
        "UPDATE patient SET authorization_expires_at = now() + interval '30 days' WHERE subject = $1", person.subject
    )


def test_prescription_documents_go_from_the_pen_to_the_platform_and_back(hospital: RunningHospital) -> None:
    s = prescribing.scene(hospital)
    key: dict[str, Any] = {"idempotencyKey": uuid4().hex}
    chosen = {"kind": "WESTERN", "diagnoses": prescribing.DIAGNOSES, "items": [prescribing.WESTERN_ITEM]}
    made = act(s.doctor, "PrescriptionCreate", consultationId=s.consultation_id, **chosen, **key)["prescription"]
    which = {"prescriptionId": made["id"]} | key
    assert act(s.doctor, "PrescriptionAdvise", **which)["prescription"]["hints"] == []
    uploaded = act(s.doctor, "ConsultationUpload", consultationId=s.consultation_id, **key)["consultation"]["upload"]
    assert uploaded["state"] == "DONE"
    assert act(s.doctor, "PrescriptionUpload", **which)["prescription"]["state"] == "CHECKING"
    s.until(made, "IN_REVIEW")
    waiting = run(s.pharmacist, "PrescriptionsPage", first=50, state="IN_REVIEW")["prescriptions"]["edges"]
    assert made["number"] in [edge["node"]["number"] for edge in waiting]
    act(s.pharmacist, "PrescriptionApprove", **which)
    s.until(made, "UPLOADED")
    asked = {"query": document("PrescriptionChanged"), "variables": {"prescriptionId": made["id"]}}
    headers = s.patient.headers | {"accept": "text/event-stream"}
    with hospital.http.stream("POST", f"{hospital.server_url}/graphql", json=asked, headers=headers) as answer:
        event = next(line for line in answer.iter_lines() if line.startswith("data: {"))
    assert orjson.loads(event.removeprefix("data: "))["data"]["prescriptionChanged"]["state"] == "UPLOADED"
    told = act(s.doctor, "PrescriptionReviewRefresh", prescriptionId=made["id"])["prescription"]
    assert told["review"]["checkedAt"] is not None
    assert act(s.doctor, "PrescriptionTakingRefresh", prescriptionId=made["id"])["prescription"]["taking"]["use"]
    act(s.doctor, "PrescriptionUploadCancel", reason="患者改变主意", **which)
    s.until(made, "CANCELLED")


def test_reject_document_says_why(hospital: RunningHospital) -> None:
    s = prescribing.scene(hospital)
    which = {"prescriptionId": s.written()["id"], "idempotencyKey": uuid4().hex}
    told = act(s.pharmacist, "PrescriptionReject", reason="剂量过大", **which)["prescription"]
    assert (told["state"], told["rejectionReason"]) == ("REJECTED", "剂量过大")


def test_reverse_document_undoes_a_settlement(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle()
    answer = act(
        hospital.cashier(),
        "SettlementReverse",
        settlementId=settled["id"],
        reason="患者要求退费",
        idempotencyKey=uuid4().hex,
    )
    assert answer["settlement"]["state"] in ("REVERSING", "REVERSED")
    assert patient.until(settled, "REVERSED")["refundedAmount"] == settled["totalAmount"]


def test_resume_document_drives_on_what_needed_a_person(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    hospital.fault("his", "confirm", "refused", text="HIS-4001 拒绝")
    settlement = patient.begin()
    patient.pay(settlement)
    stopped = patient.until(settlement, "ATTENTION")
    assert steps(stopped)["HIS_CONFIRMATION"]["problem"]["code"] == "HIS_REFUSED"
    act(hospital.cashier(), "SettlementResume", settlementId=settlement["id"])
    assert patient.until(settlement, "COMPLETED")["invoice"]["number"]


def test_invoice_document_issues_the_missing_receipt(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    hospital.fault("receipts", "invEBillRegistration", "refused", text="系统拒绝")
    settlement = patient.begin()
    patient.pay(settlement)
    assert patient.until(settlement, "ATTENTION")["invoice"]["number"] is None
    act(hospital.cashier(), "InvoiceIssue", settlementId=settlement["id"], idempotencyKey=uuid4().hex)
    assert patient.until(settlement, "COMPLETED")["invoice"]["number"]


def test_refund_documents_go_from_the_request_to_the_decision(hospital: RunningHospital) -> None:
    patient, finance = hospital.patient(), Someone(hospital, Role.FINANCE, "finance-01")
    settlement, visit = settled(hospital, patient)
    told = {"settlementId": settlement["id"], "reason": "退药", "lines": [{"serial": f"{visit.number}-{FIRST}"}]}
    first = act(patient, "RefundRequest", **told, idempotencyKey=uuid4().hex)["refund"]
    assert (first["state"], first["amount"]) == ("REQUESTED", "25.60")
    waiting = run(finance, "RefundsPage", first=50, state="REQUESTED")["refunds"]["edges"]
    assert first["number"] in [edge["node"]["number"] for edge in waiting]
    rejected = act(finance, "RefundReject", refundId=first["id"], reason="已发药", idempotencyKey=uuid4().hex)["refund"]
    assert (rejected["state"], rejected["rejectionReason"]) == ("REJECTED", "已发药")
    told["lines"] = [{"serial": f"{visit.number}-{line}"} for line in (FIRST, SECOND)]
    second = act(patient, "RefundRequest", **told, idempotencyKey=uuid4().hex)["refund"]
    act(finance, "RefundApprove", refundId=second["id"], idempotencyKey=uuid4().hex)
    until_refund(patient, second, "DONE")
    assert patient.look(settlement)["refundedAmount"] == second["amount"] == "32.10"


def test_missing_document_tells_why_a_receipt_is_missing(hospital: RunningHospital) -> None:
    patient, finance = hospital.patient(), Someone(hospital, Role.FINANCE, "finance-01")
    hospital.fault("receipts", "invEBillRegistration", "refused", text="额度不足")
    settlement = patient.begin()
    patient.pay(settlement)
    patient.until(settlement, "ATTENTION")
    newest = run(finance, "InvoicesMissing", first=1)["invoicesMissing"]["edges"][0]["node"]
    assert newest["settlement"]["number"] == settlement["number"]
    assert newest["problem"]["code"] == "RECEIPT_REFUSED"


@pytest.mark.parametrize("name", ["OrderReport", "SettlementReport"])
def test_report_document_tells_an_auditor_of_three_months(hospital: RunningHospital, name: str) -> None:
    today = clock.day_of(clock.now())
    auditor = Someone(hospital, Role.AUDITOR, "auditor-01")
    input_ = {"from": str(today - timedelta(days=90)), "to": str(today), "bucket": "MONTH", "groupBy": ["DEPARTMENT"]}
    (report,) = run(auditor, name, input=input_).values()
    assert report["__typename"] == name
    assert sum(row["count"] for row in report["rows"]) == report["totals"]["count"] > 0
    assert {row["department"]["name"] for row in report["rows"]} == {"内科", "儿科", "中医科"}


@contextlib.contextmanager
def streamed(someone: Someone, watched: dict[str, Any]) -> Iterator[Iterator[Any]]:
    """What a subscription tells over Server-Sent Events."""
    url, headers = f"{someone.hospital.server_url}/graphql", someone.headers | {"accept": "text/event-stream"}
    with someone.hospital.http.stream("POST", url, json=watched, headers=headers, timeout=60) as told:
        yield (orjson.loads(line[6:])["data"] for line in told.iter_lines() if line[:7] == "data: {")


def test_export_documents_go_from_asking_to_the_file(hospital: RunningHospital) -> None:
    auditor = Someone(hospital, Role.AUDITOR, "auditor-01")
    asked = {"kind": "ORDERS", "format": "CSV", "filter": {"orderState": "REFUNDED"}, "idempotencyKey": uuid4().hex}
    export = act(auditor, "ReportExport", **asked)["export"]
    watched = {"query": document("ReportExportChanged"), "variables": {"exportId": export["id"]}}
    with streamed(auditor, watched) as events:
        ended = next(each["reportExportChanged"] for each in events if each["reportExportChanged"]["state"] == "DONE")
    assert (ended["progress"], ended["problem"]) == (1.0, None)
    assert hospital.http.get(ended["download"]["url"]).content.startswith(b"\xef\xbb\xbf")
    newest = run(auditor, "ReportExportsPage", first=1, state="DONE")["reportExports"]["edges"][0]["node"]
    assert (newest["id"], newest["download"]["name"]) == (export["id"], ended["download"]["name"])


def test_shipment_documents_send_a_parcel_off_and_follow_it(hospital: RunningHospital) -> None:
    patient, cashier = hospital.patient(), hospital.cashier()
    made = {"orderId": order_of(patient)["id"], "carrier": "ZTO", "waybillNumber": waybill("ZTO")}
    shipment = act(cashier, "ShipmentCreate", **made, idempotencyKey=uuid4().hex)["shipment"]
    told = act(cashier, "ShipmentUpload", shipmentId=shipment["id"], idempotencyKey=uuid4().hex)["shipment"]
    assert [each["toldState"] for each in told["uploads"]] == ["CREATED"]
    assert act(cashier, "ShipmentRefresh", shipmentId=shipment["id"])["shipment"]["state"] == "CREATED"
    listed = run(cashier, "ShipmentsPage", first=1, waybillNumber=made["waybillNumber"])["shipments"]
    assert [edge["node"]["order"]["id"] for edge in listed["edges"]] == [made["orderId"]]
    watched = {"query": document("ShipmentChanged"), "variables": {"shipmentId": shipment["id"]}}
    with streamed(patient, watched) as events:
        assert next(events)["shipmentChanged"]["state"] == "CREATED"


def test_pay_document_tells_what_the_mini_program_hands_on(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    chosen = {"orderId": patient.order()["id"], "payKind": "SELF_PAY", "idempotencyKey": uuid4().hex}
    settlement = act(patient, "SettlementStart", **chosen, checkout="MINI_PROGRAM", openId="oDEMO-1")["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    told = run(patient, "SettlementPay", settlementId=settlement["id"])["node"]
    assert told["checkoutParameters"]["package"].startswith("prepay_id=")
    assert (told["checkoutUrl"], told["mixTradeNo"]) == (None, None)


def test_prescription_payment_document_tells_what_the_his_says(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    document_ = "query($id: ID!) { node(id: $id) { ... on Order { prescriptions { id } } } }"
    (written,) = patient.ask(document_, {"id": patient.order()["id"]})["node"]["prescriptions"]
    told = act(patient, "PrescriptionPaymentRefresh", prescriptionId=written["id"])["prescription"]
    assert told["payment"]["state"] == "UNPAID"


def test_reconciliation_document_tells_the_auditor_of_a_day(hospital: RunningHospital) -> None:
    auditor = Someone(hospital, Role.AUDITOR, "auditor-01")
    yesterday = clock.day_of(clock.now()) - timedelta(days=1)
    told = run(auditor, "SelfPayReconciliation", day=str(yesterday))["selfPayReconciliation"]
    assert told["__typename"] == "SelfPayReconciliation"
    assert (told["day"], told["payments"]["theirs"]) == (str(yesterday), 0)
