"""院内审方: the hospital's own pharmacist approves a prescription or sends it back; nobody reviews his own."""

from __future__ import annotations

from typing import Any

from tortoise.transactions import in_transaction

from app import clock, jobs
from app.audit import Actor
from app.idempotency import Once
from app.models import Consultation, Pharmacist, Prescription, PrescriptionState, PrescriptionStep, StepState
from app.models import PrescriptionStepKind as K
from app.prescribing import plans
from app.prescribing.uploading import locked, settle
from app.problems import Problem

LONGEST_REASON = 500


async def approve(prescription: Prescription, actor: Actor, once: Once) -> None:
    """通过. Before the upload it is kept for it; after D001 the upload goes on. Raises Problem as `_reviewer` does."""
    pharmacist = await _reviewer(prescription, actor)
    early = {PrescriptionState.WRITTEN: PrescriptionState.APPROVED}
    await _judge(prescription, {"approved": True, **_by(pharmacist)}, early, actor, "prescription.approve", once)


async def reject(prescription: Prescription, reason: str, actor: Actor, once: Once) -> None:
    """退回, with the reason (at most `LONGEST_REASON` characters) for the doctor, who writes another one.

    Raises Problem as `_reviewer` does.
    """
    pharmacist = await _reviewer(prescription, actor)
    verdict = {"approved": False, "rejection_reason": reason, **_by(pharmacist)}
    at_rest = (PrescriptionState.WRITTEN, PrescriptionState.IN_REVIEW, PrescriptionState.REFUSED)
    at_once = dict.fromkeys(at_rest, PrescriptionState.REJECTED)
    await _judge(prescription, verdict, at_once, actor, "prescription.reject", once)


async def _judge(
    prescription: Prescription,
    verdict: dict[str, Any],
    becomes: dict[PrescriptionState, PrescriptionState],
    actor: Actor,
    action: str,
    once: Once,
) -> None:
    async with in_transaction() as connection:
        row = await locked(connection, prescription, plans.REVIEWABLE, "NOT_REVIEWABLE")
        if row.approved is not None:
            raise Problem("NOT_REVIEWABLE", state="APPROVED" if row.approved else "REJECTED")
        state = becomes.get(PrescriptionState(row.state), row.state)
        await settle(connection, row, verdict | {"state": state}, actor, action, once)
        if state is PrescriptionState.REJECTED:
            await _refuse_review(connection, row)
        if state in plans.MOVING:
            await jobs.enqueue(connection, jobs.ADVANCE_PRESCRIPTION, row.id)


async def _refuse_review(connection: Any, row: Prescription) -> None:
    review = PrescriptionStep.filter(prescription_id=row.id, kind=K.REVIEW).using_db(connection)
    await review.update(state=StepState.REFUSED, finished_at=clock.now())


async def _reviewer(prescription: Prescription, actor: Actor) -> Pharmacist:
    """The pharmacist who asks. Raises Problem: not one of the hospital's, or the doctor who wrote it."""
    pharmacist = await Pharmacist.get_or_none(subject=actor.subject, hospital_id=prescription.hospital_id)
    if pharmacist is None:
        raise Problem("PHARMACIST_UNKNOWN")
    doctor = (await Consultation.get(id=prescription.consultation_id).select_related("doctor")).doctor
    if pharmacist.code == doctor.code or pharmacist.subject == doctor.subject:
        raise Problem("OWN_PRESCRIPTION")
    return pharmacist


def _by(pharmacist: Pharmacist) -> dict[str, Any]:
    return {"pharmacist_id": pharmacist.id, "audited_at": clock.now()}
