from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from tortoise.context import TortoiseContext

from app import clock, database, doctors
from app.models import Doctor, DrugClass, InsuranceStanding
from app.problems import NEXT_STEPS, Problem
from clients.insurance.core.staff import StaffMember
from tests.fixtures.hospital import RunningHospital

NOW = clock.now()
HOUR = timedelta(hours=1)


def member(begins: timedelta, ends: timedelta | None, *, doctor: bool = True) -> StaffMember:
    return StaffMember(
        code="D1",
        name="甲",
        insurance_doctor=doctor,
        begins_at=NOW + begins,
        ends_at=None if ends is None else NOW + ends,
    )


def standing(**changes: Any) -> InsuranceStanding:
    good = {"insurance_doctor": True, "valid_from": NOW - HOUR, "valid_until": None, "checked_at": clock.now()}
    return InsuranceStanding(**good | changes)


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (None, "IDENTITY_NOT_VERIFIED"),
        (standing(checked_at=None), "IDENTITY_NOT_VERIFIED"),
        (standing(checked_at=NOW - timedelta(days=1)), "IDENTITY_NOT_VERIFIED"),
        (standing(insurance_doctor=None), "DOCTOR_NOT_LISTED"),
        (standing(insurance_doctor=False), "NOT_INSURANCE_DOCTOR"),
        (standing(valid_from=NOW + HOUR), "STANDING_NOT_VALID"),
        (standing(valid_until=NOW), "STANDING_NOT_VALID"),
        (standing(valid_until=NOW + HOUR), None),
        (standing(), None),
    ],
)
def test_a_standing_is_good_or_has_its_reason(known: InsuranceStanding | None, reason: str | None) -> None:
    assert doctors.standing_reason(known, NOW) == reason
    assert reason is None or reason in NEXT_STEPS


def test_the_period_in_force_decides() -> None:
    past, now, future = member(-9 * HOUR, -HOUR), member(-HOUR, None, doctor=False), member(HOUR, None)
    assert doctors.in_force([past, now, future], NOW) is now
    assert doctors.in_force([past], NOW) is past
    assert doctors.in_force([], NOW) is None


def ask(
    hospital: RunningHospital, number: int, classes: Collection[DrugClass], *, signed: bool = True
) -> Problem | None:
    """What `require_may_prescribe` raises for a doctor of the demonstration who was verified today."""
    hospital.sql("DELETE FROM face_sign_in")
    hospital.sql("DELETE FROM insurance_standing")
    doctor_id = hospital.sql("SELECT id FROM doctor WHERE subject = $1", f"doctor-{number:02d}")[0]["id"]
    until: datetime = clock.now() + HOUR
    hospital.sql(
        "INSERT INTO insurance_standing (doctor_id, insurance_doctor, valid_from, checked_at) "
        "VALUES ($1, true, $2, $3)",
        doctor_id,
        NOW - HOUR,
        clock.now(),
    )
    if signed:
        hospital.sql(
            "INSERT INTO face_sign_in (doctor_id, signed, signed_at, valid_until, checked_at) "
            "VALUES ($1, true, now(), $2, now())",
            doctor_id,
            until,
        )
    return asyncio.run(_raised(hospital, doctor_id, classes))


async def _raised(hospital: RunningHospital, doctor_id: int, classes: Collection[DrugClass]) -> Problem | None:
    installation: Any = SimpleNamespace(settings=hospital.settings)
    async with TortoiseContext() as orm:
        await orm.init(config=database.tortoise_config(hospital.settings.database_url))
        try:
            await doctors.require_may_prescribe(installation, await Doctor.get(id=doctor_id), classes)
        except Problem as problem:
            return problem
    return None


def test_granted_classes_may_be_prescribed(hospital: RunningHospital) -> None:
    assert ask(hospital, 5, [DrugClass.HERBAL, DrugClass.ORDINARY]) is None


def test_a_class_that_is_not_granted_is_named(hospital: RunningHospital) -> None:
    problem = ask(hospital, 5, [DrugClass.HERBAL, DrugClass.NARCOTIC_PSYCHOTROPIC])
    assert problem is not None
    assert problem.code == "NO_GRANT"
    assert "NARCOTIC_PSYCHOTROPIC" in problem.message()
    assert "HERBAL" not in problem.message()


def test_without_a_sign_in_nothing_may_be_prescribed(hospital: RunningHospital) -> None:
    problem = ask(hospital, 1, [DrugClass.ORDINARY], signed=False)
    assert problem is not None
    assert problem.code == "FACE_SIGN_IN_NEEDED"
