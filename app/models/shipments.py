"""The parcel and what its carrier told."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from app.models.hospitals import Hospital
from app.models.orders import Order


class ShipmentState(StrEnum):
    """One state machine for all carriers (protocols/logistics.md C.4)."""

    CREATED = "CREATED"
    PICKED_UP = "PICKED_UP"
    PICKUP_FAILED = "PICKUP_FAILED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    SIGNED = "SIGNED"
    EXCEPTION = "EXCEPTION"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


class Shipment(Model):
    """A parcel (物流); one waybill of one carrier exists once."""

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="shipments", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="shipments", on_delete=fields.OnDelete.RESTRICT
    )
    order_id: int
    carrier = fields.CharField(30)
    waybill_number = fields.CharField(32)
    state = fields.CharEnumField(ShipmentState, max_length=24, default=ShipmentState.CREATED)
    created_at = fields.DatetimeField()
    checked_at = fields.DatetimeField(null=True)
    nodes: fields.ReverseRelation[ShipmentNode]

    class Meta:
        table = "shipment"
        unique_together = (("carrier", "waybill_number"),)
        indexes = (("order_id",), ("hospital_id", "id"))


class ShipmentNode(Model):
    """One event of a parcel; the same (time, raw code, text) is the same event."""

    id = fields.BigIntField(primary_key=True)
    shipment: fields.ForeignKeyRelation[Shipment] = fields.ForeignKeyField(
        "models.Shipment", related_name="nodes", on_delete=fields.OnDelete.RESTRICT
    )
    shipment_id: int
    at = fields.DatetimeField()
    state = fields.CharEnumField(ShipmentState, max_length=24)
    raw_code = fields.CharField(20)
    text = fields.CharField(500)
    location = fields.CharField(200, null=True)

    class Meta:
        table = "shipment_node"
        unique_together = (("shipment", "at", "raw_code", "text"),)
