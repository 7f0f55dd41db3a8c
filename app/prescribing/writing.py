"""A doctor writes a prescription, from the hospital's formulary, for a consultation of his own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tortoise.transactions import in_transaction

from app import audit, clock, doctors, numbers
from app.audit import Actor
from app.idempotency import Once
from app.installation import Installation
from app.models import Consultation, Drug, Prescription, PrescriptionItem, PrescriptionState
from app.money import fen
from app.prescribing.written import Written, WrittenItem
from app.problems import Problem
from clients.money import CENT


async def write(
    installation: Installation,
    consultation: Consultation,
    written: Written,
    replaces: Prescription | None,
    actor: Actor,
    once: Once,
) -> Prescription:
    """开方. Prices and drug classes are the formulary's. `written` was checked, `consultation` has its doctor.

    Raises Problem: a drug that the hospital does not have, a doctor who may not prescribe it, or a `replaces` that was
    not rejected or taken back.
    """
    drugs = await _drugs(consultation.hospital_id, written)
    _replaceable(replaces, consultation)
    await doctors.require_may_prescribe(installation, consultation.doctor, {drug.drug_class for drug in drugs})
    number = await numbers.business_number(numbers.PRESCRIPTION)
    lines = [_amount(drug, item) for drug, item in zip(drugs, written.items, strict=True)]
    async with in_transaction() as connection:
        prescription = await Prescription.create(
            using_db=connection,
            number=number,
            total_fen=sum(fen(amount) for amount in lines),
            replaces_id=replaces.id if replaces else None,
            **_header(consultation, written),
        )
        items = [_item(prescription, written, place, drugs[place], lines[place]) for place in range(len(drugs))]
        await PrescriptionItem.bulk_create(items, using_db=connection)
        await once.keep(connection, prescription.id)
        await audit.write(connection, actor, "prescription.create", prescription, {"kind": written.kind.value})
    return prescription


async def _drugs(hospital_id: int, written: Written) -> list[Drug]:
    """The drug of each line."""
    codes = {item.item_code for item in written.items}
    listed = await Drug.filter(hospital_id=hospital_id, kind=written.kind, available=True, item_code__in=codes)
    found = {drug.item_code: drug for drug in listed}
    for place, item in enumerate(written.items):
        if item.item_code not in found:
            raise Problem("DRUG_UNKNOWN", field=f"items[{place}].itemCode", number=item.item_code)
        _decided(found[item.item_code], item, f"items[{place}].selfPaid")
    return [found[item.item_code] for item in written.items]


def _decided(drug: Drug, item: WrittenItem, at: str) -> None:
    """限定支付范围: whether the insurance pays for a limited drug must be said."""
    if drug.limited and item.self_paid is None:
        reason = "限定支付范围的药品须说明是否自费 (a drug of limited use: say who pays)"
        raise Problem("INVALID_INPUT", field=at, reason=reason)


def _approval(drug: Drug, item: WrittenItem) -> str:
    """医院审批标志: 0 as usual, 1 within the limits, 2 the patient pays."""
    if item.self_paid:
        return "2"
    return "1" if drug.limited else "0"


def _replaceable(replaces: Prescription | None, consultation: Consultation) -> None:
    if replaces is None:
        return
    if replaces.consultation_id != consultation.id:
        raise Problem("INVALID_INPUT", field="replacesId", reason="不属于该问诊 (not of this consultation)")
    if replaces.state not in (PrescriptionState.REJECTED, PrescriptionState.CANCELLED):
        raise Problem("NOT_REPLACEABLE", state=str(replaces.state or "HIS"))


def _header(consultation: Consultation, written: Written) -> dict[str, Any]:
    moment = clock.now()
    decoction = written.decoction
    taken = (
        {
            "doses": decoction.doses,
            "way_code": decoction.way_code,
            "way_name": decoction.way_name,
            "frequency_code": decoction.frequency_code,
            "frequency_name": decoction.frequency_name,
            "dose": Decimal(decoction.dose),
            "dose_unit": decoction.dose_unit,
            "instructions": decoction.instructions,
        }
        if decoction
        else {}
    )
    return taken | {
        "hospital_id": consultation.hospital_id,
        "consultation_id": consultation.id,
        "patient_id": consultation.patient_id,
        "doctor_id": consultation.doctor_id,
        "kind": written.kind,
        "state": PrescriptionState.WRITTEN,
        "diagnoses": _diagnoses(written),
        "valid_days": written.valid_days,
        "issued_at": moment,
        "created_at": moment,
    }


def _diagnoses(written: Written) -> list[dict[str, Any]]:
    return [
        {"code": each.code.strip(), "name": each.name.strip(), "main": each.main, "kind": each.kind.value}
        for each in written.diagnoses
    ]


def _amount(drug: Drug, item: WrittenItem) -> Decimal:
    """数量 × 单价, rounded half up to fen."""
    amount: Decimal = (Decimal(item.quantity) * drug.price).quantize(CENT, ROUND_HALF_UP)
    return amount


def _item(prescription: Prescription, written: Written, place: int, drug: Drug, amount: Decimal) -> PrescriptionItem:
    item, decoction = written.items[place], written.decoction
    return PrescriptionItem(
        prescription_id=prescription.id,
        serial=str(place + 1),
        drug_id=drug.id,
        item_code=drug.item_code,
        insurance_code=drug.insurance_code,
        name=drug.name,
        spec=drug.spec,
        unit=drug.unit,
        quantity=Decimal(item.quantity),
        price=drug.price,
        amount_fen=fen(amount),
        usage=_usage([item.way_name, f"{item.dose}{item.dose_unit}", item.frequency_name, item.footnote]),
        dosage_form=drug.dosage_form,
        producer=drug.producer or None,
        dose=Decimal(item.dose),
        dose_unit=item.dose_unit,
        way_code=item.way_code,
        way_name=item.way_name,
        frequency_code=item.frequency_code,
        frequency_name=item.frequency_name,
        begins_at=prescription.issued_at,
        days=decoction.days if decoction else item.days,
        approval=_approval(drug, item),
        footnote=item.footnote,
    )


def _usage(parts: Sequence[str | None]) -> str:
    """口服 0.5g 每日三次, for people."""
    return " ".join(part for part in parts if part)[:200]
