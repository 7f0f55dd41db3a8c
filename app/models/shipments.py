"""The parcel, what its carrier told, and whom we told of it."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.models import Model

from app.models.hospitals import Hospital
from app.models.orders import Order
from app.models.prescriptions import Prescription
from app.models.steps import StepState


class ShipmentState(StrEnum):
    """One state machine for all carriers (logistics.md C.4); app/shipments/states.py says what follows what."""

    CREATED = "CREATED"
    PICKED_UP = "PICKED_UP"
    PICKUP_FAILED = "PICKUP_FAILED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    SIGNED = "SIGNED"
    EXCEPTION = "EXCEPTION"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


class UploadTarget(StrEnum):
    """Who must be told of a parcel: the insurance (7205), WeChat (发货信息录入)."""

    INSURANCE = "INSURANCE"
    WECHAT = "WECHAT"


class Shipment(Model):
    """A parcel (物流) with one prescription, or with all medicine of its order.

    One waybill of one carrier exists once at a hospital; another hospital may have it, too, and never learns of it.

    `state_at` is when it became its state; `asked_at` when the carrier was last asked, `checked_at` when it last
    answered. The problem is why it did not.
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="shipments", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="shipments", on_delete=fields.OnDelete.RESTRICT
    )
    order_id: int
    prescription: fields.ForeignKeyNullableRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="shipments", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int | None
    carrier = fields.CharField(30)
    waybill_number = fields.CharField(32)
    phone_tail_sealed = fields.BinaryField(null=True)
    state = fields.CharEnumField(ShipmentState, max_length=24, default=ShipmentState.CREATED)
    state_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    asked_at = fields.DatetimeField(null=True)
    checked_at = fields.DatetimeField(null=True)
    subscribed_at = fields.DatetimeField(null=True)
    next_run_at = fields.DatetimeField(null=True)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)
    nodes: fields.ReverseRelation[ShipmentNode]
    uploads: fields.ReverseRelation[ShipmentUpload]

    class Meta:
        table = "shipment"
        unique_together = (("hospital", "carrier", "waybill_number"),)
        indexes = (("order_id", "id"), ("hospital_id", "created_at", "id"))


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


class ShipmentUpload(Model):
    """What somebody was told of a parcel, and what is being told: the intent is committed before anything is sent.

    `number` is the prescription's number at the insurance, or the settlement's, which WeChat knows as out_trade_no.
    `shipment_state` is what the last attempt says, `told_state` what was last accepted.
    """

    id = fields.BigIntField(primary_key=True)
    shipment: fields.ForeignKeyRelation[Shipment] = fields.ForeignKeyField(
        "models.Shipment", related_name="uploads", on_delete=fields.OnDelete.RESTRICT
    )
    shipment_id: int
    target = fields.CharEnumField(UploadTarget, max_length=16)
    number = fields.CharField(40)
    state = fields.CharEnumField(StepState, max_length=16, default=StepState.PENDING)
    shipment_state = fields.CharEnumField(ShipmentState, max_length=24, null=True)
    told_state = fields.CharEnumField(ShipmentState, max_length=24, null=True)
    message_id = fields.CharField(64, null=True)
    request_digest = fields.CharField(64, null=True)
    attempts = fields.IntField(default=0)
    tries = fields.IntField(default=0)
    leased_until = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)

    class Meta:
        table = "shipment_upload"
        unique_together = (("shipment", "target", "number"),)
        constraints = (
            UniqueConstraint(fields=("number",), name="shipment_upload_one_per_payment", condition="target = 'WECHAT'"),
        )
