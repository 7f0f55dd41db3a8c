"""Whether a parcel may be told on, and to whom: after it is paid and a pharmacist has agreed (logistics.md C.4).

Agreed means: the hospital's pharmacist approved (before the upload, D002), and the platform's has not said no (D006).
The platform's own yes is not waited for, since a prescription that is filled in the hospital may never get one.
"""

from __future__ import annotations

from app.installation import Installation
from app.models import (
    CheckoutKind,
    PayKind,
    Prescription,
    PrescriptionKind,
    PrescriptionReview,
    ReviewVerdict,
    Settlement,
    SettlementState,
    Shipment,
    ShipmentUpload,
    UploadTarget,
)
from app.problems import Problem

Recipient = tuple[UploadTarget, str]


async def permitted(shipment: Shipment) -> Settlement:
    """The settlement that paid for the parcel. Raises Problem: not settled, or a prescription that was not approved."""
    settlement = await Settlement.filter(order_id=shipment.order_id, state=SettlementState.COMPLETED).first()
    if settlement is None:
        raise Problem("SHIPMENT_NOT_SETTLED")
    known = [each for each in await _contents(shipment) if each.insurance_number is not None]
    rejected = await PrescriptionReview.exists(
        prescription_id__in=[each.id for each in known], verdict=ReviewVerdict.REJECTED
    )
    if rejected or not all(each.approved for each in known):
        raise Problem("PRESCRIPTION_NOT_APPROVED")
    return settlement


async def recipients(installation: Installation, shipment: Shipment, settlement: Settlement) -> list[Recipient]:
    """The insurance for each prescription that it knows; WeChat for goods that were paid in the mini-program alone.

    WeChat is told of a payment once: of its first parcel.
    """
    numbers = [each.insurance_number for each in await _contents(shipment)]
    told: list[Recipient] = [(UploadTarget.INSURANCE, number) for number in numbers if number is not None]
    in_mini_program = settlement.checkout_kind is CheckoutKind.MINI_PROGRAM and settlement.pay_kind is PayKind.SELF_PAY
    if installation.platforms.shipping is not None and in_mini_program:
        elsewhere = ShipmentUpload.filter(target=UploadTarget.WECHAT, number=settlement.number)
        if not await elsewhere.exclude(shipment_id=shipment.id).exists():
            told.append((UploadTarget.WECHAT, settlement.number))
    return told


async def _contents(shipment: Shipment) -> list[Prescription]:
    """The prescriptions in the parcel: the one that was named, or all medicine of the order."""
    if shipment.prescription_id is not None:
        return await Prescription.filter(id=shipment.prescription_id)
    return await Prescription.filter(order_id=shipment.order_id).exclude(kind=PrescriptionKind.SERVICE).order_by("id")
