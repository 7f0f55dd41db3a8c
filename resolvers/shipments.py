"""Parcels: cashiers, administrators and pharmacists send them off; whoever sees one may ask where it is."""

from __future__ import annotations

from app import models
from app.idempotency import LONGEST_KEY, Once
from app.problems import Problem, checked
from app.shipments import creation, tracking, uploads
from app.tokens import Role
from clients.carriers.messages import Track
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

SENDERS = (Role.CASHIER, Role.ADMIN, Role.PHARMACIST)


async def create(
    context: Context, order_id: str | None, prescription_id: str | None, track: Track, key: str
) -> models.Shipment:
    """A parcel with all medicine of an order, or with one prescription."""
    context.allow(*SENDERS)
    parcel = creation.checked(context.installation, track)
    checked(key, field="idempotencyKey", longest=LONGEST_KEY)
    order, prescription = await _contents(context, order_id, prescription_id)

    async def act(once: Once) -> int:
        shipment = await creation.create(context.installation, order, prescription, parcel, context.actor, once)
        return int(shipment.id)

    input_ = [order_id, prescription_id, parcel.company, parcel.waybill_number, parcel.phone_tail]
    return await answer_once(context, models.Shipment, "shipmentCreate", key, input_, act)


async def upload(context: Context, shipment_id: str, key: str) -> models.Shipment:
    """Tell the insurance, and WeChat where it must know."""
    context.allow(*SENDERS)
    checked(key, field="idempotencyKey", longest=LONGEST_KEY)
    shipment = await _find(context, shipment_id)

    async def act(once: Once) -> int:
        await uploads.request(context.installation, shipment, context.actor, once)
        return int(shipment.id)

    return await answer_once(context, models.Shipment, "shipmentUpload", key, [shipment_id], act)


async def refresh(context: Context, shipment_id: str) -> models.Shipment:
    """What is known of it; the carrier is asked where it was not asked lately."""
    shipment = await _find(context, shipment_id)
    await tracking.refresh(context.installation, shipment)
    return await _find(context, shipment_id)


async def _contents(
    context: Context, order_id: str | None, prescription_id: str | None
) -> tuple[models.Order, models.Prescription | None]:
    """What is in the parcel; a prescription that is named beside its order narrows it."""
    order = await ids.find(context.viewer, models.Order, order_id, "orderId") if order_id is not None else None
    if prescription_id is not None:
        prescription = await ids.find(context.viewer, models.Prescription, prescription_id, "prescriptionId")
        return await _order_of(prescription, order), prescription
    if order is None:
        raise Problem("INVALID_INPUT", field="orderId", reason="需要订单或处方 (an order or a prescription is needed)")
    return order, None


async def _order_of(prescription: models.Prescription, order: models.Order | None) -> models.Order:
    if prescription.kind is models.PrescriptionKind.SERVICE or (order and order.id != prescription.order_id):
        reason = "不是该订单的药品处方 (no medicine of this order)"
        raise Problem("INVALID_INPUT", field="prescriptionId", reason=reason)
    found = order or await models.Order.get_or_none(id=prescription.order_id)
    if found is None:
        raise Problem("SHIPMENT_NOT_SETTLED")
    return found


async def _find(context: Context, shipment_id: str) -> models.Shipment:
    return await ids.find(context.viewer, models.Shipment, shipment_id, "shipmentId")
