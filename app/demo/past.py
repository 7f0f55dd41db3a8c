"""The invented hospital's past: a few hundred orders, paid and sometimes reversed. No platform ever knew of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from app import clock, numbers
from app.models import (
    Consultation,
    Direction,
    Doctor,
    FeeDetail,
    Hospital,
    Invoice,
    InvoiceState,
    Order,
    OrderState,
    Patient,
    PayKind,
    Prescription,
    PrescriptionItem,
    PrescriptionKind,
    Settlement,
    SettlementState,
    SettlementStep,
    StepState,
    Way,
)
from app.money import yuan
from app.settlement import plans


class Insured(Protocol):
    """Somebody with an insurance."""

    @property
    def insurance_type(self) -> str:
        """310 employees, 390 residents."""


async def orders(
    hospital: Hospital, doctors: list[Doctor], patients: list[tuple[Patient, Insured]], count: int
) -> None:
    """Orders of the last hundred days, oldest first, all of them settled or reversed."""
    dice = random.Random(350200)  # noqa: S311  # demonstration data, the same every time
    for moment in _moments(dice, count):
        await _order(hospital, dice.choice(doctors), *dice.choice(patients), dice, moment)


def _moments(dice: random.Random, count: int) -> Iterator[datetime]:
    span = timedelta(days=100)
    yield from sorted(clock.now() - span + span * dice.random() * 0.99 for _ in range(count))


async def _order(
    hospital: Hospital, doctor: Doctor, patient: Patient, insured: Insured, dice: random.Random, moment: datetime
) -> None:
    total, reversed_ = dice.randrange(500, 30_000), dice.random() < 0.05
    pay_kind = PayKind.INSURANCE if dice.random() < 0.8 else PayKind.SELF_PAY
    visit = await Consultation.create(
        hospital_id=hospital.id,
        patient_id=patient.id,
        doctor_id=doctor.id,
        department_id=doctor.department_id,
        visit_number=f"H{await numbers.business_number('V')}",
        complaint="在线复诊",
        began_at=moment,
    )
    order = await Order.create(
        number=await numbers.business_number(numbers.ORDER),
        hospital_id=hospital.id,
        patient_id=patient.id,
        consultation_id=visit.id,
        doctor_id=doctor.id,
        department_id=doctor.department_id,
        state=OrderState.REFUNDED if reversed_ else OrderState.SETTLED,
        total_fen=total,
        refunded_fen=total if reversed_ else 0,
        created_at=moment,
        expires_at=moment + timedelta(days=1),
    )
    await FeeDetail.create(
        order_id=order.id,
        line_number=1,
        serial=f"{visit.visit_number}-1",
        prescription_number=f"{visit.visit_number}-F",
        item_code="F0001",
        insurance_code="001101000020000-110100002",
        charge_code="02",
        name="互联网复诊诊查费",
        unit="次",
        quantity=1,
        price=yuan(total),
        amount_fen=total,
    )
    await _prescription(order, moment)
    insurance_type = insured.insurance_type if pay_kind is PayKind.INSURANCE else None
    await _settlement(order, pay_kind, insurance_type, reversed_, moment)


async def _prescription(order: Order, moment: datetime) -> None:
    (line,) = await FeeDetail.filter(order_id=order.id)
    prescription = await Prescription.create(
        hospital_id=order.hospital_id,
        consultation_id=order.consultation_id,
        patient_id=order.patient_id,
        doctor_id=order.doctor_id,
        order_id=order.id,
        number=line.prescription_number,
        kind=PrescriptionKind.SERVICE,
        total_fen=order.total_fen,
        issued_at=moment,
        created_at=moment,
    )
    copied = ("serial", "item_code", "insurance_code", "name", "unit", "quantity", "price", "amount_fen")
    told = {name: getattr(line, name) for name in copied}
    await PrescriptionItem.create(prescription_id=prescription.id, **told)


async def _settlement(
    order: Order, pay_kind: PayKind, insurance_type: str | None, reversed_: bool, moment: datetime
) -> None:
    total = order.total_fen
    fund = total * 6 // 10 if pay_kind is PayKind.INSURANCE else 0
    account = (total - fund) // 2 if pay_kind is PayKind.INSURANCE else 0
    settlement = await Settlement.create(
        number=await numbers.business_number(numbers.SETTLEMENT),
        hospital_id=order.hospital_id,
        patient_id=order.patient_id,
        order_id=order.id,
        pay_kind=pay_kind,
        insurance_type=insurance_type,
        state=SettlementState.REVERSED if reversed_ else SettlementState.COMPLETED,
        direction=Direction.REVERSE if reversed_ else Direction.SETTLE,
        total_fen=total,
        fund_fen=fund,
        account_fen=account,
        cash_fen=total - fund - account,
        paid_fen=total,
        refunded_fen=total if reversed_ else 0,
        created_at=moment,
        settled_at=moment + timedelta(minutes=2),
        refunded_at=moment + timedelta(days=1) if reversed_ else None,
        reversed_at=moment + timedelta(days=1) if reversed_ else None,
    )
    kinds = plans.SETTLE[Way(pay_kind)]
    await SettlementStep.bulk_create(
        [
            SettlementStep(
                settlement_id=settlement.id,
                position=place,
                kind=kind,
                direction=Direction.SETTLE,
                state=StepState.DONE,
                attempts=1,
                started_at=moment,
                finished_at=moment + timedelta(seconds=place),
            )
            for place, kind in enumerate(kinds, start=1)
        ]
    )
    await Invoice.create(
        hospital_id=order.hospital_id,
        patient_id=order.patient_id,
        settlement_id=settlement.id,
        business_number=f"REG{settlement.number}",
        state=InvoiceState.RED if reversed_ else InvoiceState.ISSUED,
        total_fen=total,
        batch_code="35060199",
        number=f"{settlement.id:010d}",
        check_code=f"{settlement.id % 0xFFFFFF:06x}",
        created_at=moment,
        issued_at=moment + timedelta(minutes=2),
    )
