"""Orders: what can be paid, making an order of it, and the lists of orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app import clock, models, orders
from app.idempotency import Once
from app.problems import Problem, checked
from app.tokens import Role
from clients.errors import PlatformError
from clients.his.prescriptions import Prescription
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

MOST_PRESCRIPTIONS = 50
LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class Payable:
    """What the HIS told, when; or why it told nothing."""

    checked_at: datetime
    prescriptions: tuple[Prescription, ...] | None
    failure: PlatformError | None


async def payable(context: Context, patient_id: str) -> Payable:
    """待扣费处方 of a patient in the viewer's scope; no business of a pharmacist's."""
    context.allow(*(role for role in Role if role is not Role.PHARMACIST))
    patient = await ids.find(context.viewer, models.Patient, patient_id, "patientId")
    try:
        listed = await orders.payable(context.installation, patient)
    except PlatformError as failure:
        return Payable(clock.now(), None, failure)
    return Payable(clock.now(), listed, None)


async def create(
    context: Context, patient_id: str, prescriptions: list[tuple[str, str | None]], key: str
) -> models.Order:
    """One order of the chosen prescriptions, with the fee digests that were shown."""
    context.allow(Role.PATIENT, Role.CASHIER)
    if not 1 <= len(prescriptions) <= MOST_PRESCRIPTIONS:
        raise Problem("INVALID_INPUT", field="prescriptions", reason=f"1–{MOST_PRESCRIPTIONS}")
    for number, digest in prescriptions:
        checked(number, field="prescriptions.number", longest=LONGEST_NUMBER)
        if digest is not None:
            checked(digest, field="prescriptions.feeDigest", longest=LONGEST_NUMBER)
    patient = await ids.find(context.viewer, models.Patient, patient_id, "patientId")

    async def act(once: Once) -> int:
        order = await orders.create(context.installation, patient, dict(prescriptions), once)
        return int(order.id)

    return await answer_once(context, models.Order, "orderCreate", key, [patient_id, prescriptions], act)
