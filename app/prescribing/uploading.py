"""医师开方上传医保 and its cancellation, as a doctor asks for them: the steps and the first job are one transaction."""

from __future__ import annotations

from typing import Any

from tortoise.transactions import in_transaction

from app import audit, doctors, events, jobs
from app.audit import Actor
from app.idempotency import Once
from app.installation import Installation
from app.models import (
    CirculationState,
    Doctor,
    Drug,
    DrugClass,
    DrugUse,
    Hospital,
    Order,
    OrderState,
    Prescription,
    PrescriptionItem,
    PrescriptionState,
    PrescriptionStep,
    PrescriptionStepKind,
    PrescriptionTaking,
    StepState,
)
from app.prescribing import plans
from app.prescribing.steps import circulation
from app.problems import Problem

LONGEST_REASON = 200
LIVING_ORDERS = (OrderState.OPEN, OrderState.SETTLING, OrderState.SETTLED)


async def start(
    installation: Installation, prescription: Prescription, doctor: Doctor, actor: Actor, once: Once
) -> None:
    """Begin the upload, or go on with one that was refused or needs a person; the worker does the rest.

    Raises Problem: the state does not allow it, the advice forbids it or is missing, the doctor may not prescribe it,
    the hospital has no circulation platform.
    """
    offered = circulation(installation).steps
    await doctors.require_may_prescribe(installation, doctor, await _classes(prescription))
    await _advised(prescription)
    async with in_transaction() as connection:
        row = await locked(connection, prescription, plans.UPLOADABLE, "NOT_UPLOADABLE")
        steps = await PrescriptionStep.filter(prescription_id=row.id).using_db(connection).order_by("position")
        unfinished = [step for step in steps if step.state not in plans.SETTLED]
        kinds = [] if steps else plans.upload(offered)
        await _plan(connection, row, kinds, len(steps))
        await _reopen(connection, unfinished)
        first = unfinished[0].kind if unfinished else kinds[0]
        changes = {"state": plans.STATE_BEFORE[first]}
        await settle(connection, row, changes, actor, "prescription.upload", once)
        await jobs.enqueue(connection, jobs.ADVANCE_PRESCRIPTION, row.id)


async def cancel(
    installation: Installation, prescription: Prescription, doctor: Doctor, reason: str, actor: Actor, once: Once
) -> None:
    """Take the prescription back: on the platform (D004) where it is there, else here alone.

    `reason` has at most `LONGEST_REASON` characters.

    Raises Problem: the state does not allow it, it was ordered or its drugs were taken, the doctor's certificate is
    not known.
    """
    on_platform = prescription.state is PrescriptionState.UPLOADED
    if on_platform:
        await _revocable(prescription, doctor)
        circulation(installation)
    async with in_transaction() as connection:
        allowed = plans.WITHDRAWABLE | {PrescriptionState.UPLOADED}
        row = await locked(connection, prescription, allowed, "NOT_CANCELLABLE")
        await _not_ordered(connection, row)
        if row.state is PrescriptionState.UPLOADED:
            position = await PrescriptionStep.filter(prescription_id=row.id).using_db(connection).count()
            await _plan(connection, row, [PrescriptionStepKind.CANCELLATION], position)
            changes: dict[str, Any] = {"state": PrescriptionState.CANCELLING}
            await jobs.enqueue(connection, jobs.ADVANCE_PRESCRIPTION, row.id)
        else:
            await _skip(connection, row)
            changes = {"state": PrescriptionState.CANCELLED}
        changes["cancellation_reason"] = reason
        await settle(connection, row, changes, actor, "prescription.cancel", once)


async def locked(
    connection: Any, prescription: Prescription, allowed: frozenset[PrescriptionState], code: str
) -> Prescription:
    """The row, locked. Raises Problem `code` where its state is none of `allowed`."""
    row = await Prescription.filter(id=prescription.id).using_db(connection).select_for_update().get()
    if row.state not in allowed:
        raise Problem(code, state=str(row.state.value if row.state else "HIS"))
    return row


async def settle(
    connection: Any, row: Prescription, changes: dict[str, Any], actor: Actor, action: str, once: Once
) -> None:
    """Write the changes of a locked row, with their audit, their key and their announcement."""
    await Prescription.filter(id=row.id).using_db(connection).update(**changes)
    await once.keep(connection, row.id)
    await audit.write(connection, actor, action, row)
    await events.tell(connection, row.id, events.PRESCRIPTIONS)


async def _classes(prescription: Prescription) -> set[DrugClass]:
    items = await PrescriptionItem.filter(prescription_id=prescription.id)
    drugs = await Drug.filter(id__in=[item.drug_id for item in items if item.drug_id is not None])
    return {drug.drug_class for drug in drugs}


async def _advised(prescription: Prescription) -> None:
    """A hospital where hints may forbid an upload wants to have asked for them."""
    hospital = await Hospital.get(id=prescription.hospital_id)
    if hospital.blocking_severity is not None and prescription.advised_at is None:
        raise Problem("ADVICE_NEEDED")
    if prescription.blocked:
        raise Problem("ADVICE_BLOCKS")


async def _plan(connection: Any, row: Prescription, kinds: list[PrescriptionStepKind], after: int) -> None:
    steps = [
        PrescriptionStep(prescription_id=row.id, position=place, kind=kind)
        for place, kind in enumerate(kinds, start=after + 1)
    ]
    if steps:
        await PrescriptionStep.bulk_create(steps, using_db=connection)


async def _reopen(connection: Any, unfinished: list[PrescriptionStep]) -> None:
    """A refused step may be sent again; one whose outcome is not known is asked for first."""
    for step in unfinished:
        state = StepState.PENDING if step.state is StepState.REFUSED else step.state
        changes = {"state": state, "tries": 0}
        await PrescriptionStep.filter(id=step.id).using_db(connection).update(**changes)


async def _skip(connection: Any, row: Prescription) -> None:
    rest = PrescriptionStep.filter(prescription_id=row.id).exclude(state__in=[*plans.SETTLED, StepState.REFUSED])
    await rest.using_db(connection).update(state=StepState.SKIPPED)


async def _revocable(prescription: Prescription, doctor: Doctor) -> None:
    """D004 only while the prescription is valid and unused, and signed with the doctor's certificate."""
    if doctor.id_number_sealed is None:
        raise Problem("DOCTOR_CERTIFICATE_MISSING")
    taking = await PrescriptionTaking.get_or_none(prescription_id=prescription.id)
    if taking is not None and taking.use is not DrugUse.UNUSED:
        raise Problem("DRUGS_TAKEN")
    if prescription.insurance_state not in (None, CirculationState.VALID):
        raise Problem("NOT_CANCELLABLE", state=str(prescription.insurance_state))


async def _not_ordered(connection: Any, row: Prescription) -> None:
    if row.order_id is None:
        return
    if await Order.filter(id=row.order_id, state__in=LIVING_ORDERS).using_db(connection).exists():
        raise Problem("PRESCRIPTION_ORDERED")
