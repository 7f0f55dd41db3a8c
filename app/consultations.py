"""问诊过程数据上传: the record of a consultation goes to the insurance (4301), made of its complaint, diagnoses, drugs
and messages.

The row is the intent: message id and digest are committed before anything is sent. A record overwrites itself by its
serial number, so after silence it is uploaded again.
"""

from __future__ import annotations

from typing import Any

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import audit, clock, visits
from app.audit import Actor
from app.failures import NO_PROBLEM, columns_of
from app.idempotency import Once
from app.installation import Installation
from app.models import (
    Consultation,
    ConsultationMessage,
    ConsultationUpload,
    InsuranceVisit,
    Prescription,
    PrescriptionItem,
    PrescriptionKind,
    PrescriptionState,
    Speaker,
    StepState,
)
from app.problems import Problem
from app.settlement.ledger import request_digest
from app.sign_in import signed_in
from clients.errors import PlatformError, Refused, Unanswered
from clients.insurance.core.consultations import RecordedDiagnosis, RecordedDrug, UploadConsultation

WITHDRAWN = (PrescriptionState.REJECTED, PrescriptionState.CANCELLED)
ITEM_TYPES = {
    PrescriptionKind.WESTERN: ("11", "西药"),
    PrescriptionKind.CHINESE_PATENT: ("12", "中成药"),
    PrescriptionKind.HERBAL: ("13", "中药饮片"),
}


async def upload(installation: Installation, consultation: Consultation, actor: Actor, once: Once) -> None:
    """Upload the record as it is now. `consultation` has patient, doctor and department.

    Raises a `PlatformError`, which the upload then tells as its problem, and Problem: nothing was diagnosed yet, the
    patient has no active insurance.
    """
    prescriptions = await _written(consultation)
    if not prescriptions:
        raise Problem("NOTHING_DIAGNOSED")
    visit = await _visit(installation, consultation)

    async def send(sign_number: str, message_id: str) -> None:
        request = await _record(installation, consultation, visit, prescriptions, sign_number)
        await _intend(consultation, message_id, request)
        await installation.platforms.insurance_core.upload_consultation(request, message_id=message_id)

    try:
        await signed_in(installation.sign_in, send)
    except PlatformError as failure:
        await _keep(consultation, {"state": _state(failure)} | columns_of(failure))
        raise
    async with in_transaction() as connection:
        done = {"state": StepState.DONE, "uploaded_at": clock.now()} | NO_PROBLEM
        await _keep(consultation, done, connection)
        await once.keep(connection, consultation.id)
        await audit.write(connection, actor, "consultation.upload", consultation)


def bound(message: ConsultationMessage) -> str:
    """What a message's text is sealed for."""
    return f"consultation_message.text:{message.key}"


async def _visit(installation: Installation, consultation: Consultation) -> InsuranceVisit:
    async def intend(transaction: str, request: object) -> str:
        return await installation.sign_in.message_id()

    return await visits.registered(installation, consultation, intend)


async def _written(consultation: Consultation) -> list[Prescription]:
    written = Prescription.filter(consultation_id=consultation.id).exclude(kind=PrescriptionKind.SERVICE)
    return await written.exclude(state__in=WITHDRAWN).order_by("id").prefetch_related("items")


async def _record(
    installation: Installation,
    consultation: Consultation,
    visit: InsuranceVisit,
    prescriptions: list[Prescription],
    sign_number: str,
) -> UploadConsultation:
    messages = await ConsultationMessage.filter(consultation_id=consultation.id).order_by("id")

    def said(speaker: Speaker) -> str:
        return "\n".join(
            installation.sealer.open(each.text_sealed, bound(each)) for each in messages if each.speaker is speaker
        )

    return UploadConsultation(
        insured_area=visit.insured_area,
        serial=visit.number,
        visit_id=visit.visit_id or "",
        person_number=visit.person_number,
        began_at=consultation.began_at,
        first=False,
        complaint=consultation.complaint,
        history=said(Speaker.PATIENT),
        advice=said(Speaker.DOCTOR),
        department_code=consultation.department.code,
        department_name=consultation.department.name,
        diagnoses=_diagnoses(prescriptions),
        drugs=tuple(_drug(each, item) for each in prescriptions for item in each.items),
        sign_number=sign_number,
    )


def _diagnoses(prescriptions: list[Prescription]) -> tuple[RecordedDiagnosis, ...]:
    """Those of all prescriptions, each once; the newest prescription's main one is the main one."""
    unique = {told["code"]: told for each in prescriptions for told in each.diagnoses}
    main = next((told["code"] for told in prescriptions[-1].diagnoses if told.get("main")), next(iter(unique), ""))
    return tuple(
        RecordedDiagnosis(kind=told.get("kind", "1"), code=code, name=told["name"], main=code == main)
        for code, told in unique.items()
    )


def _drug(prescription: Prescription, item: PrescriptionItem) -> RecordedDrug:
    kind, name = ITEM_TYPES[prescription.kind]
    return RecordedDrug(
        prescription_number=prescription.number,
        prescribed_at=prescription.issued_at,
        item_type=kind,
        item_type_name=name,
        item_code=item.item_code,
        name=item.name,
        dosage_form=item.dosage_form or "",
        spec=item.spec,
        frequency_code=item.frequency_code or prescription.frequency_code or "",
        quantity=item.quantity,
        dose=item.dose or item.quantity,
        dose_unit=item.dose_unit or item.unit,
        way_code=item.way_code or prescription.way_code or "",
        way_name=item.way_name or prescription.way_name or item.usage or "",
        begins_at=item.begins_at or prescription.issued_at,
        days=item.days or 1,
        footnote=item.footnote or "",
    )


async def _intend(consultation: Consultation, message_id: str, request: UploadConsultation) -> None:
    sent = {
        "state": StepState.SENDING,
        "message_id": message_id,
        "request_digest": request_digest(request),
        "checked_at": clock.now(),
    }
    row, _ = await ConsultationUpload.get_or_create(sent, consultation_id=consultation.id)
    await ConsultationUpload.filter(id=row.id).update(attempts=F("attempts") + 1, **sent)


async def _keep(consultation: Consultation, changes: dict[str, Any], connection: Any = None) -> None:
    mine = ConsultationUpload.filter(consultation_id=consultation.id).using_db(connection)
    await mine.update(checked_at=clock.now(), **changes)


def _state(failure: PlatformError) -> StepState:
    if isinstance(failure, Refused):
        return StepState.REFUSED
    return StepState.UNKNOWN if isinstance(failure, Unanswered) else StepState.PENDING
