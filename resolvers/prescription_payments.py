"""获取处方信息: what the HIS says of a prescription's money and medicine."""

from __future__ import annotations

from app import models, prescription_payments
from app.tokens import Role
from resolvers import ids
from resolvers.context import Context

ASKERS = (Role.PATIENT, Role.DOCTOR, Role.CASHIER, Role.FINANCE)


async def refresh(context: Context, prescription_id: str) -> models.Prescription:
    """Ask now; asking twice changes nothing, so it needs no key."""
    context.allow(*ASKERS)
    prescription = await ids.find(context.viewer, models.Prescription, prescription_id, "prescriptionId")
    await prescription_payments.refresh(context.installation, prescription)
    return prescription
