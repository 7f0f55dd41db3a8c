"""The prescription in the words of the circulation platforms (clients/circulation/prescription.py).

Silent in the protocols: why a patient pays for a limited drug himself; it is told as 6 (其他) with a text. The serial
of the online identity check (authNo) is the number of the patient's authorisation (mobile-payment.md 5).
"""

from __future__ import annotations

from decimal import Decimal

from app import clock, patients
from app.installation import Installation
from app.models import InsuranceVisit, Patient, Prescription, PrescriptionItem
from app.models import Pharmacist as PharmacistRow
from app.money import yuan
from app.patients import E_VOUCHER
from clients.circulation.gateway import Ask, Credential
from clients.circulation.prescription import (
    Approval,
    Decoction,
    Diagnosis,
    Doctor,
    Item,
    Pharmacist,
    PrescriptionKind,
    Term,
    Visit,
)
from clients.circulation.prescription import Patient as Person
from clients.circulation.prescription import Prescription as Told
from clients.insurance.core.advice import TITLES

OTHER_REASON, REASON_TEXT = "6", "不符合限定支付范围，患者自费"
SELF_PAID = "2"


async def prescription(installation: Installation, row: Prescription) -> Told:
    """The whole prescription. `row` has its consultation with patient, doctor and department, and a visit on record.

    ValueError for one that no platform takes.
    """
    items = await PrescriptionItem.filter(prescription_id=row.id).order_by("id")
    return Told(
        number=row.number,
        kind=PrescriptionKind(row.kind.value),
        patient=person(installation, row.consultation.patient),
        doctor=doctor(installation, row),
        visit=await visit(row),
        diagnoses=_diagnoses(row),
        items=tuple(_item(item) for item in items),
        decoction=_decoction(row),
        prescribed_at=row.issued_at,
        valid_days=row.valid_days or 1,
    )


async def approval(row: Prescription) -> Approval:
    """院内审方. `row` was approved."""
    by = await PharmacistRow.get(id=row.pharmacist_id).select_related("department")
    return Approval(
        pharmacist=Pharmacist(
            code=by.code,
            name=by.name,
            title=_title(by.title),
            department=Term(by.department.code, by.department.name),
            licence=by.licence,
        ),
        approved_at=row.audited_at or clock.now(),
    )


async def ask(installation: Installation, row: Prescription) -> Ask:
    """Which prescription a query means. `row` has the platform's number."""
    patient = person(installation, row.consultation.patient)
    return Ask(number=row.insurance_number or "", visit=await visit(row), patient=patient)


def credential(installation: Installation, patient: Patient) -> Credential:
    """By what the patient is known there: the authorisation, else the identity card. Raises Problem for neither."""
    kind, number = patients.certificate(installation, patient)
    return Credential(type=kind, number=number, identity_check=number if kind == E_VOUCHER else "")


def person(installation: Installation, patient: Patient) -> Person:
    """The patient in clear text, for a platform's eyes only."""
    return Person(
        name=patients.opened(installation, patient, "name"),
        id_type=patient.id_type,
        id_number=patients.opened(installation, patient, "id_number"),
        gender=patient.gender,
        birth_date=patient.birth_date,
        person_number=patient.person_number or "",
        insured_area=patient.insured_area or "",
        insurance_type=patient.insurance_type or "",
    )


def doctor(installation: Installation, row: Prescription) -> Doctor:
    """Who wrote it, or takes it back."""
    by, department = row.consultation.doctor, row.consultation.department
    sealed = by.id_number_sealed
    return Doctor(
        code=by.code,
        name=by.name,
        id_type=by.id_type,
        id_number=installation.sealer.open(sealed, f"doctor.id_number:{by.code}") if sealed else "",
        title=_title(by.title),
        department=Term(department.code, department.name),
        department_category=department.category,
    )


async def visit(row: Prescription) -> Visit:
    """就诊 as the insurance has it on record."""
    known = await InsuranceVisit.get(consultation_id=row.consultation_id)
    return Visit(
        id=known.visit_id or "",
        number=known.number,
        began_at=row.consultation.began_at,
        condition=row.consultation.complaint,
        first=False,
    )


def _title(name: str) -> Term | None:
    return Term(TITLES[name], name) if name in TITLES else None


def _diagnoses(row: Prescription) -> tuple[Diagnosis, ...]:
    return tuple(
        Diagnosis(
            kind=told.get("kind", "1"),
            code=told["code"],
            name=told["name"],
            main=told["main"],
            diagnosed_at=row.issued_at,
            disease=Term(told["code"], told["name"]) if told.get("kind") == "2" else None,
            syndrome=Term(told["code"], told["name"]) if told.get("kind") == "3" else None,
        )
        for told in row.diagnoses
    )


def _decoction(row: Prescription) -> Decoction | None:
    if row.doses is None:
        return None
    return Decoction(
        doses=row.doses,
        usage=Term(row.way_code or "", row.way_name or ""),
        frequency=Term(row.frequency_code or "", row.frequency_name or ""),
        dose=row.dose or Decimal(0),
        dose_unit=row.dose_unit or "",
        instruction=row.instructions or "",
    )


def _item(item: PrescriptionItem) -> Item:
    self_paid = item.approval == SELF_PAID
    return Item(
        catalogue_code=item.insurance_code,
        item_code=item.item_code,
        name=item.name,
        form=item.dosage_form or "",
        spec=item.spec,
        maker=item.producer or "",
        quantity=item.quantity,
        unit=item.unit,
        price=item.price,
        amount=yuan(item.amount_fen),
        dose=item.dose,
        dose_unit=item.dose_unit or "",
        route=_term(item.way_code, item.way_name),
        frequency=_term(item.frequency_code, item.frequency_name),
        begins_at=item.begins_at or clock.now(),
        days=Decimal(item.days or 1),
        footnote=item.footnote or "",
        approval=item.approval or "0",
        self_pay_reason=OTHER_REASON if self_paid else "",
        reason_text=REASON_TEXT if self_paid else "",
    )


def _term(code: str | None, name: str | None) -> Term | None:
    return Term(code, name) if code and name else None
