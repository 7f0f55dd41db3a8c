"""The invented hospital: 3 departments, 5 doctors, 20 patients, and a few hundred orders of the past.

Nobody here exists: names count through the heavenly stems and earthly branches, identity numbers carry a wrong
check digit on purpose, telephones begin with the unassigned 100.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tortoise.transactions import in_transaction

from app import clock, masking, numbers
from app.demo import staff
from app.demo.configuration import AREA, HOSPITAL, INSTITUTION
from app.models import (
    Consultation,
    Department,
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
    ReversalProfile,
    Settlement,
    SettlementState,
    SettlementStep,
    StepState,
)
from app.money import yuan
from app.sealing import Sealer
from app.settlement import plans

DEPARTMENTS = (("A03", "内科", "A03"), ("A04", "儿科", "A07"), ("A50", "中医科", "A50"))
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
PATIENTS = len(SURNAMES)


@dataclass(frozen=True, slots=True)
class Person:
    """An invented patient, before sealing."""

    number: int

    @property
    def subject(self) -> str:
        """The subject of this patient's token."""
        return f"patient-{self.number:02d}"

    @property
    def name(self) -> str:
        """赵甲, 钱乙, …"""
        return SURNAMES[self.number - 1] + STEMS[self.number - 1]

    @property
    def birth_date(self) -> date:
        """Somewhere between 1950 and 2010."""
        return date(1950 + self.number * 3, 1 + self.number % 12, 1 + self.number)

    @property
    def id_number(self) -> str:
        """Eighteen characters whose check digit is wrong for everybody."""
        body = f"350200{self.birth_date:%Y%m%d}{self.number:03d}"
        weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
        right = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
        return body + ("0" if right != "0" else "1")

    @property
    def phone(self) -> str:
        """Eleven digits of a range that nobody has."""
        return f"1000000{self.number:04d}"

    @property
    def authorization(self) -> str:
        """The payAuthNo that the insurance sandbox accepts for this person."""
        return f"AUTH350200DEMO{self.number:012d}"

    @property
    def gender(self) -> str:
        """1 male, 2 female."""
        return "1" if self.number % 2 else "2"

    @property
    def insured(self) -> bool:
        """The last patient has no insurance at all."""
        return self.number < PATIENTS

    @property
    def insurance_type(self) -> str:
        """310 employees, 390 residents."""
        return "310" if self.number % 3 else "390"

    def at_the_insurance(self) -> dict[str, Any]:
        """The row of the insurance sandbox."""
        return {
            "person_number": f"3502000000{self.number:04d}",
            "id_type": "01",
            "id_number": self.id_number,
            "name": self.name,
            "gender": self.gender,
            "birth_date": self.birth_date.isoformat(),
            "area": AREA,
            "tokens": [self.authorization],
            "insurances": [
                {
                    "insurance_type": self.insurance_type,
                    "person_type": "11",
                    "status": "1",
                    "balance_fen": 200_000 + self.number,
                }
            ],
        }


def persons() -> tuple[Person, ...]:
    """All of them."""
    return tuple(Person(number) for number in range(1, PATIENTS + 1))


async def seed(sealer: Sealer, *, profile: ReversalProfile, past_orders: int = 300) -> None:
    """Fill an empty database; one that has a hospital stays as it is."""
    if await Hospital.exists():
        return
    async with in_transaction():
        hospital = await Hospital.create(
            code=INSTITUTION, name=HOSPITAL, area=AREA, reversal_profile=profile, fee_upload_repeatable=True
        )
        departments = [
            await Department.create(hospital_id=hospital.id, code=code, name=name, category=category)
            for code, name, category in DEPARTMENTS
        ]
        doctors = [
            await Doctor.create(
                hospital_id=hospital.id,
                department_id=departments[place].id,
                subject=staff.subject(number),
                code=code,
                name=name,
                title=title,
            )
            for number, (code, name, title, place) in enumerate(staff.DOCTORS, start=1)
        ]
        await staff.grant(doctors)
        patients = [await _patient(hospital, sealer, person) for person in persons()]
        await _past(hospital, doctors, patients, past_orders)


async def _patient(hospital: Hospital, sealer: Sealer, person: Person) -> Patient:
    def sealed(column: str, text: str) -> bytes:
        return sealer.seal(text, f"patient.{column}:{person.subject}")

    return await Patient.create(
        hospital_id=hospital.id,
        subject=person.subject,
        his_patient_id=f"P{person.number:08d}",
        name_sealed=sealed("name", person.name),
        name_masked=masking.name(person.name),
        id_number_sealed=sealed("id_number", person.id_number),
        id_number_masked=masking.id_number(person.id_number),
        id_number_index=sealer.index(person.id_number),
        phone_sealed=sealed("phone", person.phone),
        phone_masked=masking.phone(person.phone),
        gender=person.gender,
        birth_date=person.birth_date,
        authorization_sealed=sealed("authorization", person.authorization) if person.insured else None,
        authorization_expires_at=clock.now() + timedelta(days=30) if person.insured else None,
        authorization_checked_at=clock.now() if person.insured else None,
    )


async def _past(hospital: Hospital, doctors: list[Doctor], patients: list[Patient], count: int) -> None:
    """Orders of the last hundred days, oldest first, all of them settled or reversed."""
    dice = random.Random(350200)  # noqa: S311  # demonstration data, the same every time
    for moment in _moments(dice, count):
        await _past_order(hospital, dice.choice(doctors), dice.choice(patients), dice, moment)


def _moments(dice: random.Random, count: int) -> Iterator[datetime]:
    span = timedelta(days=100)
    yield from sorted(clock.now() - span + span * dice.random() * 0.99 for _ in range(count))


async def _past_order(
    hospital: Hospital, doctor: Doctor, patient: Patient, dice: random.Random, moment: datetime
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
    insurance_type = Person(int(patient.subject[-2:])).insurance_type if pay_kind is PayKind.INSURANCE else None
    await _past_settlement(order, pay_kind, insurance_type, reversed_, moment)


async def _past_settlement(
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
    kinds = plans.SETTLE[pay_kind]
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
