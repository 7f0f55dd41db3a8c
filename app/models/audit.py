"""What was said to whom, and who did what: exchanges, callbacks, idempotency keys, audit entries."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.models.settlements import Settlement, SettlementStep
from app.models.shipments import Shipment


class Exchange(Model):
    """One exchange with a platform, without its content; `raw_sealed` only where the answer was garbled."""

    id = fields.BigIntField(primary_key=True)
    settlement: fields.ForeignKeyNullableRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="exchanges", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    settlement_id: int | None
    step: fields.ForeignKeyNullableRelation[SettlementStep] = fields.ForeignKeyField(
        "models.SettlementStep", related_name="exchanges", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    step_id: int | None
    platform = fields.CharField(24)
    transaction = fields.CharField(40)
    message_id = fields.CharField(64)
    outcome = fields.CharField(16)
    http_status = fields.IntField(null=True)
    request_digest = fields.CharField(64)
    answer_digest = fields.CharField(64, null=True)
    raw_sealed = fields.BinaryField(null=True)
    started_at = fields.DatetimeField()
    duration_ms = fields.IntField()

    class Meta:
        table = "exchange"
        indexes = (("settlement_id", "id"), ("message_id",))


class Callback(Model):
    """What a platform posted to us, sealed and stored once (`key` = SHA-256 of the body) before it is acted on."""

    id = fields.BigIntField(primary_key=True)
    platform = fields.CharField(24)
    key = fields.CharField(64)
    verified = fields.BooleanField()
    settlement: fields.ForeignKeyNullableRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="callbacks", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    settlement_id: int | None
    shipment: fields.ForeignKeyNullableRelation[Shipment] = fields.ForeignKeyField(
        "models.Shipment", related_name="callbacks", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    shipment_id: int | None
    raw_sealed = fields.BinaryField()
    repeats = fields.IntField(default=0)
    received_at = fields.DatetimeField()

    class Meta:
        table = "callback"
        unique_together = (("platform", "key"),)
        indexes = (("settlement_id", "id"),)


class IdempotencyKey(Model):
    """The answer that a mutation gave to one key of one person: the same key and input get it again."""

    id = fields.BigIntField(primary_key=True)
    hospital_id = fields.BigIntField()
    subject = fields.CharField(64)
    operation = fields.CharField(40)
    key = fields.CharField(100)
    input_digest = fields.CharField(64)
    object_id = fields.BigIntField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("hospital_id", "subject", "operation", "key"),)


class AuditEntry(Model):
    """Who did what to which object, when and why; never personal data."""

    id = fields.BigIntField(primary_key=True)
    hospital_id = fields.BigIntField(null=True)
    subject = fields.CharField(64)
    role = fields.CharField(16)
    action = fields.CharField(40)
    object_type = fields.CharField(40)
    object_id = fields.BigIntField()
    detail: Any = fields.JSONField(default=dict)
    at = fields.DatetimeField()

    class Meta:
        table = "audit_entry"
        indexes = (("object_type", "object_id"), ("hospital_id", "id"))
