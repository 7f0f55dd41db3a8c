"""Orders: made of what the HIS says is payable, and given up when nobody pays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tortoise.transactions import in_transaction

from app import clock, idempotency, jobs, numbers
from app.installation import Installation
from app.models import (
    Consultation,
    Department,
    Doctor,
    FeeDetail,
    Order,
    OrderState,
    Patient,
    Prescription,
    PrescriptionItem,
    PrescriptionKind,
    PrescriptionState,
)
from app.money import fen
from app.problems import Problem
from clients.his.messages import ListUnpaid
from clients.his.prescriptions import Item
from clients.his.prescriptions import Prescription as Listed

CHARGE_CODES = {
    PrescriptionKind.SERVICE: "02",
    PrescriptionKind.WESTERN: "09",
    PrescriptionKind.HERBAL: "10",
    PrescriptionKind.CHINESE_PATENT: "11",
}


ENDED = (OrderState.EXPIRED, OrderState.REFUNDED, OrderState.STALE)
WITHDRAWN = (PrescriptionState.REJECTED, PrescriptionState.CANCELLING, PrescriptionState.CANCELLED)


async def payable(installation: Installation, patient: Patient) -> tuple[Listed, ...]:
    """查询待扣费处方信息: what the HIS says this patient owes. Raises a `PlatformError`."""
    request = ListUnpaid(patient_id=patient.his_patient_id)
    return await installation.platforms.his.list_unpaid(request, message_id=uuid4().hex)


async def create(
    installation: Installation,
    patient: Patient,
    chosen: Mapping[str, str | None],
    once: idempotency.Once,
) -> Order:
    """Make one order of the `chosen` prescriptions: number → the fee digest that the patient saw, or None.

    Raises Problem: not payable, fees changed since they were listed, not of one visit, unknown doctor or department,
    withdrawn by the doctor or the pharmacist.
    """
    listed = _of_one_visit(_unchanged(await payable(installation, patient), chosen))
    consultation = await _consultation(patient, listed[0])
    moment = clock.now()
    number = await numbers.business_number(numbers.ORDER)
    async with in_transaction() as connection:
        order = await Order.create(
            using_db=connection,
            number=number,
            hospital_id=patient.hospital_id,
            patient_id=patient.id,
            consultation_id=consultation.id,
            doctor_id=consultation.doctor_id,
            department_id=consultation.department_id,
            total_fen=sum(fen(each.total) for each in listed),
            created_at=moment,
            expires_at=moment + installation.timing.order,
        )
        await _store_lines(connection, order, listed)
        await once.keep(connection, order.id)
        await jobs.enqueue(connection, jobs.EXPIRE_ORDER, order.id, installation.timing.order + timedelta(seconds=1))
    return order


async def expire(order_id: int) -> None:
    """An order that nobody is paying when its time is over can no longer be paid."""
    await Order.filter(id=order_id, state=OrderState.OPEN, expires_at__lte=clock.now()).update(state=OrderState.EXPIRED)


def _unchanged(listed: Iterable[Listed], chosen: Mapping[str, str | None]) -> list[Listed]:
    found = {each.prescription_number: each for each in listed if each.prescription_number in chosen}
    missing = [number for number in chosen if number not in found]
    if missing or not found:
        raise Problem("NOTHING_PAYABLE", field="prescriptions", number=", ".join(missing))
    if any(seen is not None and seen != found[number].fee_digest for number, seen in chosen.items()):
        raise Problem("FEES_CHANGED", field="prescriptions")
    return [found[number] for number in chosen]


def _of_one_visit(listed: list[Listed]) -> list[Listed]:
    if len({each.visit_number for each in listed}) > 1:
        raise Problem("PRESCRIPTIONS_DIFFER", field="prescriptions")
    return listed


async def _consultation(patient: Patient, listed: Listed) -> Consultation:
    """The visit as we know it; one that was begun in the HIS is taken over from there."""
    doctor = await Doctor.get_or_none(hospital_id=patient.hospital_id, code=listed.doctor_code)
    department = await Department.get_or_none(hospital_id=patient.hospital_id, code=listed.department_code)
    if doctor is None or department is None:
        raise Problem("NOT_FOUND", subject=f"医生或科室 {listed.doctor_code}/{listed.department_code}")
    consultation, _ = await Consultation.get_or_create(
        {
            "patient_id": patient.id,
            "doctor_id": doctor.id,
            "department_id": department.id,
            "began_at": listed.issued_at,
            "complaint": "在线复诊",
        },
        hospital_id=patient.hospital_id,
        visit_number=listed.visit_number,
    )
    return consultation


async def _store_lines(connection: Any, order: Order, listed: list[Listed]) -> None:
    lines: list[FeeDetail] = []
    for each in listed:
        prescription = await _store_prescription(connection, order, each)
        for item in each.items:
            lines.append(_fee_detail(order, prescription, item, len(lines) + 1))
    await FeeDetail.bulk_create(lines, using_db=connection)


async def _store_prescription(connection: Any, order: Order, listed: Listed) -> Prescription:
    """The prescription that was written here under this number, now with its order; else one as the HIS tells it."""
    written = await _written(connection, order, listed.prescription_number)
    charged = {"order_id": order.id, "total_fen": fen(listed.total), "fee_digest": listed.fee_digest}
    if written is not None and await _free(connection, written):
        await Prescription.filter(id=written.id).using_db(connection).update(**charged)
        return written
    prescription = await Prescription.create(
        using_db=connection,
        hospital_id=order.hospital_id,
        consultation_id=order.consultation_id,
        patient_id=order.patient_id,
        doctor_id=order.doctor_id,
        number=listed.prescription_number,
        kind=PrescriptionKind(listed.kind),
        diagnoses=[{"code": d.code, "name": d.name, "main": d.main} for d in listed.diagnoses],
        issued_at=listed.issued_at,
        created_at=order.created_at,
        insurance_number=written.insurance_number if written else None,
        **charged,
    )
    await PrescriptionItem.bulk_create([_item(prescription, item) for item in listed.items], using_db=connection)
    return prescription


async def _written(connection: Any, order: Order, number: str) -> Prescription | None:
    """The doctor's own prescription of this number and visit, locked. Raises Problem where it was withdrawn."""
    written = await (
        Prescription.filter(consultation_id=order.consultation_id, number=number, state__isnull=False)
        .using_db(connection)
        .select_for_update()
        .first()
    )
    if written is not None and written.state in WITHDRAWN:
        raise Problem("PRESCRIPTION_WITHDRAWN", field="prescriptions", number=number)
    return written


async def _free(connection: Any, written: Prescription) -> bool:
    """Whether no living order holds the prescription; one that does keeps it."""
    if written.order_id is None:
        return True
    return await Order.filter(id=written.order_id, state__in=ENDED).using_db(connection).exists()


def _item(prescription: Prescription, item: Item) -> PrescriptionItem:
    return PrescriptionItem(prescription_id=prescription.id, usage=item.usage, **_same(item))


def _fee_detail(order: Order, prescription: Prescription, item: Item, line_number: int) -> FeeDetail:
    return FeeDetail(
        order_id=order.id,
        line_number=line_number,
        prescription_number=prescription.number,
        charge_code=CHARGE_CODES[prescription.kind],
        **_same(item),
    )


def _same(item: Item) -> dict[str, Any]:
    return {
        "serial": item.serial,
        "item_code": item.item_code,
        "insurance_code": item.insurance_code,
        "name": item.name,
        "spec": item.spec or "",
        "unit": item.unit or "",
        "quantity": item.quantity,
        "price": item.price,
        "amount_fen": fen(item.amount),
    }
