"""事前提醒: what the insurance remarks of a prescription before it is uploaded (3101), kept with it.

3101 only tells: after an unknown outcome it is simply asked again (insurance.md 4.1). Which hints forbid the upload is
the hospital's choice (`blocking_severity`); a severity that we do not know counts as the worst.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from tortoise.transactions import in_transaction

from app import clock, patients
from app.audit import Actor
from app.idempotency import Once
from app.installation import Installation
from app.models import Drug, Hospital, Prescription, PrescriptionHint, PrescriptionItem, PrescriptionState, Severity
from app.money import fen, yuan
from app.orders import CHARGE_CODES
from app.patients import OUTPATIENT
from app.prescribing import plans
from app.prescribing.uploading import locked, settle
from app.problems import Problem
from app.sign_in import signed_in
from clients.insurance.core.advice import PLAIN_DOCTOR, TITLES, Advise, AdvisedDiagnosis, AdvisedItem, Hint
from clients.money import CENT

SELF_PAID_LEVEL = "3"
WITHDRAWN = (PrescriptionState.REJECTED, PrescriptionState.CANCELLED)
RANK = {Severity.VIOLATION: 0, Severity.UNKNOWN: 0, Severity.SUSPECT: 1, Severity.NOTICE: 2}


async def advise(installation: Installation, prescription: Prescription, actor: Actor, once: Once) -> None:
    """Ask, and keep the hints in place of those of before. `prescription` has its consultation with everybody in it.

    Raises a `PlatformError`, and Problem: the state does not allow it, the patient has no active insurance.
    """
    if prescription.state not in plans.ADVISABLE:
        raise Problem("NOT_ADVISABLE", state=str(prescription.state or "HIS"))
    if not await patients.insured(installation, prescription.consultation.patient):
        raise Problem("NOT_INSURED")
    hospital = await Hospital.get(id=prescription.hospital_id)

    async def ask(sign_number: str, message_id: str) -> tuple[Hint, ...]:
        request = await _request(installation, prescription, hospital, sign_number, message_id)
        return await installation.platforms.insurance_core.advise(request, message_id=message_id)

    hints = [_row(prescription, hospital, hint) for hint in await signed_in(installation.sign_in, ask)]
    async with in_transaction() as connection:
        row = await locked(connection, prescription, plans.ADVISABLE, "NOT_ADVISABLE")
        await PrescriptionHint.filter(prescription_id=row.id).using_db(connection).delete()
        await PrescriptionHint.bulk_create(hints, using_db=connection)
        known = {"advised_at": clock.now(), "blocked": any(hint.blocking for hint in hints)}
        await settle(connection, row, known, actor, "prescription.advise", once)


async def _request(
    installation: Installation, row: Prescription, hospital: Hospital, sign_number: str, task: str
) -> Advise:
    consultation = row.consultation
    patient, doctor, department = consultation.patient, consultation.doctor, consultation.department
    return Advise(
        codes=installation.settings.insurance_core.advice,
        task=task,
        insured_area=patient.insured_area or "",
        person_number=patient.person_number or "",
        patient_name=patients.opened(installation, patient, "name"),
        gender=patient.gender,
        birth_date=patient.birth_date,
        insurance_type=patient.insurance_type or "",
        visit_number=consultation.visit_number,
        institution_code=hospital.code,
        institution_name=hospital.name,
        institution_area=hospital.area,
        visited_at=consultation.began_at,
        medical_type=OUTPATIENT,
        doctor_code=doctor.code,
        doctor_name=doctor.name,
        doctor_title=TITLES.get(doctor.title, PLAIN_DOCTOR),
        department_code=department.code,
        department_name=department.name,
        diagnoses=_diagnoses(row),
        items=await _items(row),
        sign_number=sign_number,
    )


def _diagnoses(row: Prescription) -> tuple[AdvisedDiagnosis, ...]:
    return tuple(
        AdvisedDiagnosis(
            order=place, code=told["code"], name=told["name"], main=told["main"], diagnosed_at=row.issued_at
        )
        for place, told in enumerate(row.diagnoses, start=1)
    )


async def _items(row: Prescription) -> tuple[AdvisedItem, ...]:
    """The lines, and those that the doctor wrote in this consultation before."""
    written = await (
        Prescription.filter(consultation_id=row.consultation_id, state__isnull=False, id__lte=row.id)
        .exclude(state__in=WITHDRAWN)
        .order_by("-id")
        .prefetch_related("items")
    )
    lines = [(each, item) for each in written for item in sorted(each.items, key=lambda item: item.id)]
    drugs = {drug.id: drug for drug in await Drug.filter(id__in=[item.drug_id for _, item in lines])}
    return tuple(_item(each, item, drugs[item.drug_id or 0], current=each.id == row.id) for each, item in lines)


def _item(row: Prescription, item: PrescriptionItem, drug: Drug, *, current: bool) -> AdvisedItem:
    own, first = _shares(item, drug)
    return AdvisedItem(
        serial=item.serial if current else f"{row.number}-{item.serial}",
        prescription_number=row.number,
        list_type=drug.list_type,
        charge_type=CHARGE_CODES[row.kind],
        insurance_code=item.insurance_code,
        item_code=item.item_code,
        name=item.name,
        dosage_form=drug.dosage_form,
        level=drug.level,
        price=item.price,
        quantity=item.quantity,
        amount=yuan(item.amount_fen),
        own_amount=own,
        first_amount=first,
        spec=item.spec,
        unit=item.unit,
        begins_at=item.begins_at or row.issued_at,
        current=current,
    )


def _shares(item: PrescriptionItem, drug: Drug) -> tuple[Decimal, Decimal]:
    """自费 and 先自付: all of a drug of level 3 or not approved, else the list's share."""
    amount = yuan(item.amount_fen)
    if drug.level == SELF_PAID_LEVEL or item.approval == "2":
        return amount, Decimal(0)
    return Decimal(0), (amount * drug.self_pay_ratio).quantize(CENT, ROUND_HALF_UP)


def _row(prescription: Prescription, hospital: Hospital, hint: Hint) -> PrescriptionHint:
    severity, worst = Severity(hint.severity), hospital.blocking_severity
    return PrescriptionHint(
        prescription_id=prescription.id,
        number=hint.number,
        rule_code=hint.rule_code,
        rule_name=hint.rule_name,
        content=hint.content,
        severity=severity,
        severity_code=hint.severity_code,
        evidence=hint.evidence,
        amount_fen=fen(hint.amount) if hint.amount is not None else None,
        blocking=worst is not None and RANK[severity] <= RANK[worst],
        serials=list(dict.fromkeys(hint.serials)),
    )
