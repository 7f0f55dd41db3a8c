"""Doctors: a doctor about himself, cashiers and administrators about any of their hospital."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app import clock, doctors, face_sign_in, models
from app.idempotency import Once
from app.tokens import Role
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

VERIFIERS = (Role.DOCTOR, Role.CASHIER, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Page:
    """Where the doctor signs in, and until when."""

    url: str = field(repr=False)
    expires_at: datetime


async def verify_identity(context: Context, doctor_id: str, key: str) -> models.Doctor:
    """Ask 5102 now."""
    doctor = await _find(context, doctor_id)

    async def act(once: Once) -> int:
        await doctors.verify_identity(context.installation, doctor, context.actor, once)
        return int(doctor.id)

    return await answer_once(context, models.Doctor, "doctorIdentityVerify", key, [doctor_id], act)


async def verify_right(context: Context, doctor_id: str, key: str) -> models.Doctor:
    """Standing, sign-in and grants, put together."""
    doctor = await _find(context, doctor_id)

    async def act(once: Once) -> int:
        await doctors.verify_right(context.installation, doctor, context.actor, once)
        return int(doctor.id)

    return await answer_once(context, models.Doctor, "doctorPrescribingRightVerify", key, [doctor_id], act)


async def start_face_sign_in(context: Context, doctor_id: str, return_url: str | None, key: str) -> Page:
    """A page for the doctor, who alone may open it."""
    context.allow(Role.DOCTOR)
    doctor = await _find(context, doctor_id)

    async def act(once: Once) -> int:
        ticket = await face_sign_in.start(context.installation, doctor, return_url, context.actor, once)
        return int(ticket.id)

    input_ = [doctor_id, return_url]
    ticket = await answer_once(context, models.FaceSignInTicket, "doctorFaceSignInStart", key, input_, act)
    return Page(face_sign_in.url_of(context.installation, ticket), ticket.expires_at or clock.now())


async def refresh_face_sign_in(context: Context, doctor_id: str) -> models.Doctor:
    """What the platform says of the newest page."""
    doctor = await _find(context, doctor_id)
    await face_sign_in.refresh(context.installation, doctor)
    return doctor


async def _find(context: Context, doctor_id: str) -> models.Doctor:
    context.allow(*VERIFIERS)
    return await ids.find(context.viewer, models.Doctor, doctor_id, "doctorId")
