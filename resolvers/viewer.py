"""Who is asking, as rows."""

from __future__ import annotations

from app import models
from app.tokens import Role
from resolvers.context import Context
from resolvers.scopes import visible


async def hospital(context: Context) -> models.Hospital | None:
    """The viewer's hospital."""
    return await visible(models.Hospital, context.viewer).first()


async def patient(context: Context) -> models.Patient | None:
    """The viewer as a patient; None for staff."""
    if context.viewer.role is not Role.PATIENT:
        return None
    return await visible(models.Patient, context.viewer).first()


async def doctor(context: Context) -> models.Doctor | None:
    """The viewer as a doctor; None for anybody else."""
    if context.viewer.role is not Role.DOCTOR:
        return None
    return await visible(models.Doctor, context.viewer).first()
