"""What a step of an upload writes: its intent before a call, its outcome after it; and whose turn it is.

Every write is a compare-and-set on the lease and one transaction; it announces the change to subscribers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tortoise.expressions import F, Q
from tortoise.transactions import in_transaction

from app import clock, events, jobs
from app.installation import Installation
from app.models import Prescription, PrescriptionStep, StepState
from app.settlement.ledger import request_digest


class Overtaken(Exception):
    """Another process holds the prescription now."""


@dataclass(slots=True, kw_only=True)
class Work:
    """One step of one prescription; the row has its consultation with patient, doctor and department."""

    installation: Installation
    lease: str
    prescription: Prescription
    step: PrescriptionStep
    last: bool
    intended: bool = False


async def take(prescription_id: int, lasts: timedelta) -> str | None:
    """The lease, or None while another process holds it; it must outlive any one call to a platform."""
    lease, moment = str(uuid4()), clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=moment)
    taken = await Prescription.filter(free, id=prescription_id).update(leased_by=lease, leased_until=moment + lasts)
    return lease if taken else None


async def give_back(prescription_id: int, lease: str) -> None:
    """Free the prescription, if the lease is still ours."""
    await Prescription.filter(id=prescription_id, leased_by=lease).update(leased_by=None, leased_until=None)


async def intend(work: Work, transaction: str, message_id: str, request: object) -> str:
    """Commit that `transaction` is about to be sent under `message_id`, which is returned."""
    await write(
        work,
        step={
            "state": StepState.SENDING,
            "transaction": transaction,
            "message_id": message_id,
            "request_digest": request_digest(request),
            "attempts": work.step.attempts + 1,
            "started_at": work.step.started_at or clock.now(),
        },
    )
    work.intended = True
    return message_id


async def write(
    work: Work,
    *,
    step: Mapping[str, Any] | None = None,
    prescription: Mapping[str, Any] | None = None,
    run_after: timedelta | None = None,
) -> None:
    """The step, the prescription and the job that follows, in one transaction. Raises `Overtaken`."""
    timing = work.installation.timing
    changes = {"leased_until": clock.now() + timing.lease, "version": F("version") + 1} | dict(prescription or {})
    if run_after is not None:
        changes["next_run_at"] = clock.now() + run_after
    async with in_transaction() as connection:
        mine = Prescription.filter(id=work.prescription.id, leased_by=work.lease).using_db(connection)
        if not await mine.update(**changes):
            raise Overtaken(work.prescription.number)
        if step:
            await PrescriptionStep.filter(id=work.step.id).using_db(connection).update(**step)
        if run_after is not None:
            await jobs.enqueue(connection, jobs.POLL_PRESCRIPTION, work.prescription.id, run_after)
        await events.tell(connection, work.prescription.id, events.PRESCRIPTIONS)
    work.step.update_from_dict(dict(step or {}))
    work.prescription.update_from_dict(dict(prescription or {}))
