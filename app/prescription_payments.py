"""获取处方信息 (tender 25): what became of a prescription's money and medicine in the HIS (his.md B.3, `get`)."""

from __future__ import annotations

from uuid import uuid4

from app import clock
from app.installation import Installation
from app.models import DispenseState, PaymentState, Prescription
from clients.his.messages import GetPrescription


async def refresh(installation: Installation, prescription: Prescription) -> None:
    """Ask the HIS, and keep what it told. Raises a `PlatformError`; one that the HIS does not know is a refusal."""
    request = GetPrescription(prescription_number=prescription.number)
    told = await installation.platforms.his.get_prescription(request, message_id=uuid4().hex)
    facts = {
        "payment_state": PaymentState(told.pay_status),
        "payment_paid_at": told.settled_at,
        "payment_dispense_state": DispenseState(told.dispense_status),
        "payment_fees_changed": bool(prescription.fee_digest) and told.fee_digest != prescription.fee_digest,
        "payment_checked_at": clock.now(),
    }
    prescription.update_from_dict(facts)
    await Prescription.filter(id=prescription.id).update(**facts)
