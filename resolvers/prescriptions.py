"""Prescriptions: a doctor writes and uploads his own, a pharmacist of the hospital reviews, staff looks again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from app import consultations, models
from app.idempotency import LONGEST_KEY, Once
from app.prescribing import advising, answers, reviewing, uploading, writing
from app.prescribing.written import Written
from app.problems import checked
from app.tokens import Role
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

LOOKERS = (Role.DOCTOR, Role.PHARMACIST, Role.CASHIER, Role.ADMIN)
UPLOADERS = (Role.DOCTOR, Role.CASHIER, Role.ADMIN)
EVERYBODY_IN_IT = ("consultation__patient", "consultation__doctor", "consultation__department", "hospital")


async def create(
    context: Context, consultation_id: str, written: Written, replaces_id: str | None, key: str
) -> models.Prescription:
    """A prescription of the doctor's own, for a consultation of his."""
    context.allow(Role.DOCTOR)
    ids.row_id("Consultation", consultation_id, "consultationId")
    if replaces_id is not None:
        ids.row_id("Prescription", replaces_id, "replacesId")
    _usable(key)
    written.check()
    found = await ids.find(context.viewer, models.Consultation, consultation_id, "consultationId")
    consultation = await models.Consultation.get(id=found.id).select_related("doctor")
    replaces = await _find(context, replaces_id, "replacesId") if replaces_id is not None else None

    async def act(once: Once) -> int:
        made = await writing.write(context.installation, consultation, written, replaces, context.actor, once)
        return int(made.id)

    input_ = [consultation_id, written, replaces_id]
    return await answer_once(context, models.Prescription, "prescriptionCreate", key, input_, act)


async def advise(context: Context, prescription_id: str, key: str) -> models.Prescription:
    """What the insurance remarks of it."""
    context.allow(Role.DOCTOR)
    _usable(key, prescription_id)
    row = await _whole(context, prescription_id)

    async def act(once: Once) -> None:
        await advising.advise(context.installation, row, context.actor, once)

    return await _once(context, row, "prescriptionAdvise", key, [prescription_id], act)


async def upload(context: Context, prescription_id: str, key: str) -> models.Prescription:
    """Begin the upload; it goes on by itself."""
    context.allow(Role.DOCTOR)
    _usable(key, prescription_id)
    row = await _whole(context, prescription_id)

    async def act(once: Once) -> None:
        await uploading.start(context.installation, row, row.consultation.doctor, context.actor, once)

    return await _once(context, row, "prescriptionUpload", key, [prescription_id], act)


async def cancel(context: Context, prescription_id: str, reason: str, key: str) -> models.Prescription:
    """Take it back."""
    context.allow(Role.DOCTOR)
    _usable(key, prescription_id)
    why = checked(reason, field="reason", longest=uploading.LONGEST_REASON)
    row = await _whole(context, prescription_id)

    async def act(once: Once) -> None:
        doctor = row.consultation.doctor
        await uploading.cancel(context.installation, row, doctor, why, context.actor, once)

    return await _once(context, row, "prescriptionUploadCancel", key, [prescription_id, reason], act)


async def approve(context: Context, prescription_id: str, key: str) -> models.Prescription:
    """The pharmacist says yes."""
    context.allow(Role.PHARMACIST)
    _usable(key, prescription_id)
    row = await _find(context, prescription_id)

    async def act(once: Once) -> None:
        await reviewing.approve(row, context.actor, once)

    return await _once(context, row, "prescriptionApprove", key, [prescription_id], act)


async def reject(context: Context, prescription_id: str, reason: str, key: str) -> models.Prescription:
    """The pharmacist says no, and why."""
    context.allow(Role.PHARMACIST)
    _usable(key, prescription_id)
    why = checked(reason, field="reason", longest=reviewing.LONGEST_REASON)
    row = await _find(context, prescription_id)

    async def act(once: Once) -> None:
        await reviewing.reject(row, why, context.actor, once)

    return await _once(context, row, "prescriptionReject", key, [prescription_id, reason], act)


async def refresh_review(context: Context, prescription_id: str) -> models.Prescription:
    """What the platform's pharmacist says, now."""
    context.allow(*LOOKERS)
    await answers.refresh_review(context.installation, await _whole(context, prescription_id))
    return await _find(context, prescription_id)


async def refresh_taking(context: Context, prescription_id: str) -> models.Prescription:
    """Whether the drugs were taken, as known now."""
    context.allow(*LOOKERS)
    await answers.refresh_taking(context.installation, await _whole(context, prescription_id))
    return await _find(context, prescription_id)


async def upload_consultation(context: Context, consultation_id: str, key: str) -> models.Consultation:
    """The record of a consultation goes to the insurance."""
    context.allow(*UPLOADERS)
    ids.row_id("Consultation", consultation_id, "consultationId")
    _usable(key)
    found = await ids.find(context.viewer, models.Consultation, consultation_id, "consultationId")
    row = await models.Consultation.get(id=found.id).select_related("patient", "doctor", "department")

    async def act(once: Once) -> int:
        await consultations.upload(context.installation, row, context.actor, once)
        return int(row.id)

    return await answer_once(context, models.Consultation, "consultationUpload", key, [consultation_id], act)


def _usable(key: str, prescription_id: str | None = None) -> None:
    """Raises Problem for a key or an id that cannot be used, before anything is looked up."""
    if prescription_id is not None:
        ids.row_id("Prescription", prescription_id, "prescriptionId")
    checked(key, field="idempotencyKey", longest=LONGEST_KEY)


async def _find(context: Context, prescription_id: str, field: str = "prescriptionId") -> models.Prescription:
    return await ids.find(context.viewer, models.Prescription, prescription_id, field)


async def _whole(context: Context, prescription_id: str) -> models.Prescription:
    """With its consultation and everybody in it."""
    found = await _find(context, prescription_id)
    return await models.Prescription.get(id=found.id).select_related(*EVERYBODY_IN_IT)


async def _once(
    context: Context,
    row: models.Prescription,
    operation: str,
    key: str,
    input_: list[Any],
    act: Callable[[Once], Awaitable[None]],
) -> models.Prescription:
    async def act_on_row(once: Once) -> int:
        await act(once)
        return int(row.id)

    return await answer_once(context, models.Prescription, operation, key, input_, act_on_row)
