"""Doctors: their standing with the insurance (5102), and what they may prescribe.

A standing holds for the day in Asia/Shanghai on which the platform told it, within the period that it told:
insurance.md says nothing of how long an answer may be believed. Verifying the identity always asks; verifying the right
asks only where no standing of today is known; prescribing itself asks nobody.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.transactions import in_transaction

from app import audit, clock
from app.audit import Actor
from app.failures import NO_PROBLEM, columns_of
from app.idempotency import Once
from app.installation import Installation
from app.models import Doctor, DoctorGrant, DrugClass, FaceSignIn, InsuranceStanding, PrescribingRight
from app.problems import Problem, sentence
from app.sign_in import signed_in
from clients.errors import PlatformError
from clients.insurance.core.staff import QueryStaff, StaffMember


@dataclass(frozen=True, slots=True)
class Right:
    """What a doctor may prescribe now; without `reason` all of `classes`, with one nothing."""

    classes: tuple[DrugClass, ...]
    reason: str | None


async def verify_identity(installation: Installation, doctor: Doctor, actor: Actor, once: Once) -> None:
    """医师身份验证: ask 5102 now. Raises a `PlatformError`, which the standing then tells as its problem."""
    await _ask_and_keep(installation, doctor, fresh=True)
    async with in_transaction() as connection:
        await once.keep(connection, doctor.id)
        await audit.write(connection, actor, "doctor.identity_verify", doctor)


async def verify_right(installation: Installation, doctor: Doctor, actor: Actor, once: Once) -> None:
    """处方权校验: a standing of today, the face sign-in, the hospital's grants. Raises a `PlatformError`."""
    if not _of_today(await _standing(doctor)):
        await _ask_and_keep(installation, doctor, fresh=False)
    right = await right_of(installation, doctor)
    row = PrescribingRight(
        doctor_id=doctor.id,
        allowed=right.reason is None,
        classes=",".join(right.classes),
        reason_code=right.reason,
        checked_at=clock.now(),
    )
    async with in_transaction() as connection:
        await replace(row, "allowed", "classes", "reason_code", "checked_at", connection=connection)
        await once.keep(connection, doctor.id)
        await audit.write(connection, actor, "doctor.right_verify", doctor, {"reason": right.reason})


async def right_of(installation: Installation, doctor: Doctor) -> Right:
    """What is known here of the doctor's right; no platform is asked."""
    moment = clock.now()
    classes = await _granted(doctor, moment)
    standing = standing_reason(await _standing(doctor), moment)
    signed = installation.settings.face_sign_in is None or await _signed(doctor, moment)
    reason = standing or (None if signed else "FACE_SIGN_IN_NEEDED") or (None if classes else "NO_GRANT")
    return Right(classes, reason)


async def require_may_prescribe(installation: Installation, doctor: Doctor, classes: Collection[DrugClass]) -> None:
    """Raises Problem with the reason why not, each with a next step (app/problems.py). No platform is asked."""
    right = await right_of(installation, doctor)
    lacking = sorted(set(classes) - set(right.classes))
    if right.reason or lacking:
        raise Problem(right.reason or "NO_GRANT", classes="、".join(lacking))


def standing_reason(standing: InsuranceStanding | None, moment: datetime) -> str | None:
    """Why a standing is not good enough at a moment; None: it is."""
    if standing is None or not _of_today(standing):
        return "IDENTITY_NOT_VERIFIED"
    if standing.insurance_doctor is None:
        return "DOCTOR_NOT_LISTED"
    if not standing.insurance_doctor:
        return "NOT_INSURANCE_DOCTOR"
    begun = standing.valid_from is not None and standing.valid_from <= moment
    over = standing.valid_until is not None and standing.valid_until <= moment
    return None if begun and not over else "STANDING_NOT_VALID"


def in_force(rows: Collection[StaffMember], moment: datetime) -> StaffMember | None:
    """The row that holds at a moment; where none does the one that began last."""
    now = [row for row in rows if row.begins_at <= moment and (row.ends_at is None or moment < row.ends_at)]
    return max(now or rows, key=lambda row: row.begins_at, default=None)


async def replace(row: Model, *columns: str, connection: Any = None) -> None:
    """Store the one row of a doctor, or these columns of it where there is one."""
    await type(row).bulk_create([row], on_conflict=["doctor_id"], update_fields=columns, using_db=connection)


async def _ask_and_keep(installation: Installation, doctor: Doctor, *, fresh: bool) -> None:
    async def ask() -> dict[str, Any]:
        return await _facts(installation, doctor)

    try:
        told = await installation.cache.ask(f"standing:{doctor.id}", ask, lambda _: _rest_of_day(), fresh=fresh)
    except PlatformError as failure:
        problem = columns_of(failure)
        await replace(InsuranceStanding(doctor_id=doctor.id, **problem), *problem)
        raise
    columns = {name: clock.moment(value) if name in MOMENTS and value else value for name, value in told.items()}
    await replace(InsuranceStanding(doctor_id=doctor.id, **columns), *columns)


MOMENTS = frozenset({"valid_from", "valid_until", "checked_at"})


async def _facts(installation: Installation, doctor: Doctor) -> dict[str, Any]:
    """What 5102 tells, as the columns of a standing, moments as text."""
    listed = [row for row in await _listed(installation, doctor) if row.name == doctor.name]
    member, checked = in_force(listed, clock.now()), clock.now().isoformat()
    if member is None:
        nobody = dict.fromkeys(("insurance_doctor", "valid_from", "valid_until"))
        code = "DOCTOR_NOT_LISTED"
        return {
            **nobody,
            "checked_at": checked,
            **NO_PROBLEM,
            "problem_code": code,
            "problem_message": sentence(code, {}),
        }
    return {
        "insurance_doctor": member.insurance_doctor,
        "valid_from": member.begins_at.isoformat(),
        "valid_until": member.ends_at and member.ends_at.isoformat(),
        "checked_at": checked,
        **NO_PROBLEM,
    }


async def _listed(installation: Installation, doctor: Doctor) -> tuple[StaffMember, ...]:
    """5102."""

    async def ask(sign_number: str, message_id: str) -> tuple[StaffMember, ...]:
        staff_type = installation.settings.insurance_core.doctor_type
        request = QueryStaff(staff_type=staff_type, code=doctor.code, sign_number=sign_number)
        return await installation.platforms.insurance_core.query_staff(request, message_id=message_id)

    return await signed_in(installation.sign_in, ask)


def _rest_of_day() -> timedelta:
    tomorrow = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return tomorrow - clock.now()


def _of_today(standing: InsuranceStanding | None) -> bool:
    checked = standing.checked_at if standing else None
    return checked is not None and clock.day_of(checked) == clock.day_of(clock.now())


async def _standing(doctor: Doctor) -> InsuranceStanding | None:
    return await InsuranceStanding.get_or_none(doctor_id=doctor.id)


async def _signed(doctor: Doctor, moment: datetime) -> bool:
    return await FaceSignIn.exists(doctor_id=doctor.id, signed=True, valid_until__gt=moment)


async def _granted(doctor: Doctor, moment: datetime) -> tuple[DrugClass, ...]:
    living = Q(valid_until__isnull=True) | Q(valid_until__gt=moment)
    rows = await DoctorGrant.filter(living, doctor_id=doctor.id)
    return tuple(sorted((DrugClass(row.drug_class) for row in rows), key=list(DrugClass).index))
