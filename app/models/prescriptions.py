"""Prescriptions as the HIS told them when an order was made of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from app.models.consultations import Consultation
from app.models.hospitals import Hospital

if TYPE_CHECKING:
    from app.models.orders import Order


class PrescriptionKind(StrEnum):
    """What a prescription is of: western, Chinese patent or herbal medicine, or a service (the consultation fee)."""

    WESTERN = "WESTERN"
    CHINESE_PATENT = "CHINESE_PATENT"
    HERBAL = "HERBAL"
    SERVICE = "SERVICE"


class Prescription(Model):
    """A prescription or charge sheet (处方); `fee_digest` is the HIS's fingerprint of its lines."""

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    consultation: fields.ForeignKeyRelation[Consultation] = fields.ForeignKeyField(
        "models.Consultation", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    consultation_id: int
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    order_id: int
    number = fields.CharField(64)
    kind = fields.CharEnumField(PrescriptionKind, max_length=16)
    diagnoses: Any = fields.JSONField(default=list)
    total_fen = fields.BigIntField()
    fee_digest = fields.CharField(64)
    issued_at = fields.DatetimeField()
    items: fields.ReverseRelation[PrescriptionItem]

    class Meta:
        table = "prescription"
        unique_together = (("order", "number"),)
        indexes = (("hospital_id", "number"), ("consultation_id", "id"))
        constraints = (CheckConstraint(check="total_fen >= 0", name="prescription_total_not_negative"),)


class PrescriptionItem(Model):
    """One line of a prescription; `quantity` and `price` are exact decimals, `amount_fen` is what it costs."""

    id = fields.BigIntField(primary_key=True)
    prescription: fields.ForeignKeyRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="items", on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int
    serial = fields.CharField(64)
    item_code = fields.CharField(150)
    insurance_code = fields.CharField(50)
    name = fields.CharField(200)
    spec = fields.CharField(200, default="")
    unit = fields.CharField(20, default="")
    quantity = fields.DecimalField(16, 4)
    price = fields.DecimalField(16, 6)
    amount_fen = fields.BigIntField()
    usage = fields.CharField(200, null=True)

    class Meta:
        table = "prescription_item"
        unique_together = (("prescription", "serial"),)
        constraints = (CheckConstraint(check="amount_fen >= 0", name="prescription_item_amount_not_negative"),)
