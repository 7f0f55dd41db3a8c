"""The invented hospital: 3 departments, 5 doctors, 20 patients, and a few hundred orders of the past.

Nobody here exists: names count through the heavenly stems and earthly branches, identity numbers carry a wrong
check digit on purpose, telephones begin with the unassigned 100.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tortoise.transactions import in_transaction

from app import clock, masking
from app.demo import formulary, past, staff
from app.demo.configuration import AREA, HOSPITAL, INSTITUTION
from app.models import Department, Doctor, Hospital, Patient, ReversalProfile
from app.sealing import Sealer

DEPARTMENTS = (("A03", "内科", "A03"), ("A04", "儿科", "A07"), ("A50", "中医科", "A50"))
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
STEMS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"
PATIENTS = len(SURNAMES)
CONSENT = timedelta(days=30)


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


async def seed(
    sealer: Sealer,
    *,
    profile: ReversalProfile,
    past_orders: int = 300,
    code: str = INSTITUTION,
    name: str = HOSPITAL,
    prefix: str = "",
) -> None:
    """Store the hospital, unless it is there. A second one's people need subjects of their own: `prefix`."""
    if await Hospital.exists(code=code):
        return
    async with in_transaction():
        hospital = await Hospital.create(
            code=code, name=name, area=AREA, reversal_profile=profile, fee_upload_repeatable=True
        )
        departments = [
            await Department.create(hospital_id=hospital.id, code=department, name=words, category=category)
            for department, words, category in DEPARTMENTS
        ]
        doctors = [
            await Doctor.create(
                hospital_id=hospital.id,
                department_id=departments[place].id,
                subject=prefix + staff.subject(number),
                code=doctor_code,
                name=doctor_name,
                title=title,
                id_number_sealed=sealer.seal(staff.id_number(number), f"doctor.id_number:{doctor_code}"),
            )
            for number, (doctor_code, doctor_name, title, place) in enumerate(staff.DOCTORS, start=1)
        ]
        await staff.grant(doctors)
        await staff.employ_pharmacists(hospital, departments[0], prefix)
        await formulary.stock(hospital)
        patients = [await _patient(hospital, sealer, person, prefix) for person in persons()]
        await past.orders(hospital, doctors, list(zip(patients, persons(), strict=True)), past_orders)


async def consent_anew(sealer: Sealer) -> None:
    """The people's first consents again: those that an earlier sandbox gave went with it, and none lasts for ever."""
    for person in persons():
        if person.insured:
            known = Patient.filter(subject=person.subject, hospital__code=INSTITUTION)
            await known.update(**_consent(sealer, person, person.subject))


def _consent(sealer: Sealer, person: Person, subject: str) -> dict[str, Any]:
    moment = clock.now()
    return {
        "authorization_sealed": sealer.seal(person.authorization, f"patient.authorization:{subject}"),
        "authorization_expires_at": moment + CONSENT,
        "authorization_checked_at": moment,
    }


async def _patient(hospital: Hospital, sealer: Sealer, person: Person, prefix: str) -> Patient:
    subject = prefix + person.subject

    def sealed(column: str, text: str) -> bytes:
        return sealer.seal(text, f"patient.{column}:{subject}")

    return await Patient.create(
        hospital_id=hospital.id,
        subject=subject,
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
        **(_consent(sealer, person, subject) if person.insured else {}),
    )
