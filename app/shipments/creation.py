"""A parcel leaves the house: which order or prescription is in it, with whom it travels."""

from __future__ import annotations

import re
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import audit, clock
from app.audit import Actor
from app.idempotency import Once
from app.installation import Installation
from app.models import Order, OrderState, Prescription, Shipment
from app.problems import Problem
from app.shipments import running
from clients.carriers.messages import COMPANIES, Track

# 快递100 takes 6 to 32 characters, the insurance 30 (delv_no).
WAYBILL = re.compile(r"[A-Z0-9-]{6,30}")
PHONE_TAIL = re.compile(r"[0-9]{4}")
OVER = {OrderState.EXPIRED: "ORDER_EXPIRED", OrderState.REFUNDED: "ORDER_REFUNDED"}


async def create(
    installation: Installation,
    order: Order,
    prescription: Prescription | None,
    parcel: Track,
    actor: Actor,
    once: Once,
) -> Shipment:
    """Store a `checked` parcel and follow it. Raises Problem: an order that is over, a waybill that is known."""
    if order.state in OVER:
        raise Problem(OVER[order.state])
    moment = clock.now()
    row: dict[str, Any] = {
        "hospital_id": order.hospital_id,
        "order_id": order.id,
        "prescription_id": prescription.id if prescription else None,
        "carrier": parcel.company,
        "waybill_number": parcel.waybill_number,
        "phone_tail_sealed": _sealed(installation, parcel),
        "state_at": moment,
        "created_at": moment,
    }
    async with in_transaction() as connection:
        try:
            shipment = await Shipment.create(using_db=connection, **row)
        except IntegrityError as error:
            raise Problem("SHIPMENT_EXISTS") from error
        await running.plan(connection, shipment.id)
        await once.keep(connection, shipment.id)
        await audit.write(connection, actor, "shipment.create", shipment)
    return shipment


def checked(installation: Installation, given: Track) -> Track:
    """The parcel as carriers write it. Raises Problem naming the field."""
    waybill = given.waybill_number.strip().upper()
    if given.company not in COMPANIES:
        raise Problem("INVALID_INPUT", field="carrier", reason=", ".join(COMPANIES))
    if not WAYBILL.fullmatch(waybill):
        raise Problem("INVALID_INPUT", field="waybillNumber", reason="6–30 个字母、数字或连字符 (letters, digits, -)")
    if given.phone_tail is not None and not PHONE_TAIL.fullmatch(given.phone_tail):
        raise Problem("INVALID_INPUT", field="phoneTail", reason="4 位数字 (digits)")
    carrier = installation.platforms.carrier
    if given.phone_tail is None and carrier is not None and carrier.needs_phone(given.company):
        raise Problem("INVALID_INPUT", field="phoneTail", reason="该承运商需要 (this carrier needs it)")
    return Track(company=given.company, waybill_number=waybill, phone_tail=given.phone_tail)


def track_of(installation: Installation, shipment: Shipment) -> Track:
    """The parcel, for a carrier's eyes."""
    sealed = shipment.phone_tail_sealed
    bound = _bound(shipment.carrier, shipment.waybill_number)
    tail = None if sealed is None else installation.sealer.open(sealed, bound)
    return Track(company=shipment.carrier, waybill_number=shipment.waybill_number, phone_tail=tail)


def _sealed(installation: Installation, parcel: Track) -> bytes | None:
    if parcel.phone_tail is None:
        return None
    return installation.sealer.seal(parcel.phone_tail, _bound(parcel.company, parcel.waybill_number))


def _bound(carrier: str, waybill_number: str) -> str:
    return f"shipment.phone_tail:{carrier}:{waybill_number}"
