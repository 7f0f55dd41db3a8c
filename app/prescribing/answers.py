"""药师审方结果 and 取药结果: what the platform says of an uploaded prescription (D006, D007), asked now and kept."""

from __future__ import annotations

from typing import Any

from tortoise.models import Model
from tortoise.transactions import in_transaction

from app import clock, events
from app.installation import Installation
from app.models import (
    CirculationState,
    DrugUse,
    Prescription,
    PrescriptionReview,
    PrescriptionState,
    PrescriptionTaking,
    ReviewVerdict,
)
from app.prescribing import words
from app.prescribing.steps import circulation
from app.problems import Problem

ON_PLATFORM = (PrescriptionState.UPLOADED, PrescriptionState.CANCELLING, PrescriptionState.CANCELLED)


async def refresh_review(installation: Installation, prescription: Prescription) -> None:
    """Ask D006. Raises Problem where nothing was uploaded, or a `PlatformError`."""
    platform = circulation(installation)
    _uploaded(prescription)
    asked = await words.ask(installation, prescription)
    told = await platform.review(asked, message_id=await installation.sign_in.message_id())
    facts: dict[str, Any] = {"checked_at": clock.now()}
    state = None
    if told is not None:
        state = CirculationState(told.state.value)
        facts |= {
            "verdict": ReviewVerdict(told.verdict.value),
            "opinion": told.opinion[:2000],
            "pharmacist_code": told.pharmacist_code,
            "pharmacist_name": told.pharmacist_name,
            "reviewed_at": told.reviewed_at,
        }
    await _keep(PrescriptionReview, prescription, facts, state)


async def refresh_taking(installation: Installation, prescription: Prescription) -> None:
    """Ask D007. Raises Problem where nothing was uploaded, or a `PlatformError`."""
    platform = circulation(installation)
    _uploaded(prescription)
    asked = await words.ask(installation, prescription)
    told = await platform.taking(asked, message_id=await installation.sign_in.message_id())
    drugs = [
        {
            "insuranceCode": item.catalogue_code,
            "name": item.name,
            "spec": item.spec,
            "quantity": format(item.quantity.normalize(), "f"),
            "batch": item.batch,
            "taken": item.taken,
        }
        for item in told.items
    ]
    state = CirculationState(told.state.value)
    facts = {
        "state": state,
        "use": DrugUse(told.use.value),
        "use_name": told.use_name,
        "settled_at": told.settled_at,
        "drugs": drugs,
        "checked_at": clock.now(),
    }
    await _keep(PrescriptionTaking, prescription, facts, state)


def _uploaded(prescription: Prescription) -> None:
    if prescription.state not in ON_PLATFORM or prescription.uploaded_at is None:
        raise Problem("NOT_UPLOADED", state=str(prescription.state or "HIS"))


async def _keep(
    model: type[Model], prescription: Prescription, facts: dict[str, Any], state: CirculationState | None
) -> None:
    async with in_transaction() as connection:
        await model.update_or_create(facts, using_db=connection, prescription_id=prescription.id)
        if state is not None:
            mine = Prescription.filter(id=prescription.id).using_db(connection)
            await mine.update(insurance_state=state)
        await events.tell(connection, prescription.id, events.PRESCRIPTIONS)
