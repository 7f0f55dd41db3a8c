"""The order: what a patient owes, line by line."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from app.models.consultations import Consultation
from app.models.hospitals import Department, Doctor, Hospital
from app.models.patients import Patient

if TYPE_CHECKING:
    from app.models.prescriptions import Prescription
    from app.models.settlements import Settlement


class OrderState(StrEnum):
    """OPEN: to be paid · SETTLING: a settlement is under way · SETTLED · REFUNDED · EXPIRED: nobody paid in time."""

    OPEN = "OPEN"
    SETTLING = "SETTLING"
    SETTLED = "SETTLED"
    REFUNDED = "REFUNDED"
    EXPIRED = "EXPIRED"
    STALE = "STALE"


class Order(Model):
    """An order (订单) of one visit: one or several prescriptions of a patient.

    `refunded_fen` is what refunds and reversals have given back of it: an order that is open costs what is left.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.CharField(20, unique=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="orders", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="orders", on_delete=fields.OnDelete.RESTRICT
    )
    patient_id: int
    consultation: fields.ForeignKeyRelation[Consultation] = fields.ForeignKeyField(
        "models.Consultation", related_name="orders", on_delete=fields.OnDelete.RESTRICT
    )
    consultation_id: int
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", related_name="orders", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    department: fields.ForeignKeyRelation[Department] = fields.ForeignKeyField(
        "models.Department", related_name="orders", on_delete=fields.OnDelete.RESTRICT
    )
    department_id: int
    state = fields.CharEnumField(OrderState, max_length=16, default=OrderState.OPEN)
    total_fen = fields.BigIntField()
    refunded_fen = fields.BigIntField(default=0, db_default=0)
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    fee_details: fields.ReverseRelation[FeeDetail]
    prescriptions: fields.ReverseRelation[Prescription]
    settlements: fields.ReverseRelation[Settlement]

    class Meta:
        table = "orders"
        indexes = (
            ("hospital_id", "created_at", "id"),
            ("hospital_id", "total_fen", "id"),
            ("hospital_id", "state", "created_at", "id"),
            ("patient_id", "created_at", "id"),
            ("doctor_id", "created_at", "id"),
            ("department_id", "created_at", "id"),
            ("consultation_id",),
        )
        constraints = (
            CheckConstraint(check="total_fen > 0", name="order_total_positive"),
            CheckConstraint(check="refunded_fen BETWEEN 0 AND total_fen", name="order_refunded_within_total"),
        )


class FeeDetail(Model):
    """A fee line (费用明细) as it goes to the insurance platform; `serial` is unique inside one visit."""

    id = fields.BigIntField(primary_key=True)
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="fee_details", on_delete=fields.OnDelete.RESTRICT
    )
    order_id: int
    line_number = fields.IntField()
    serial = fields.CharField(30)
    prescription_number = fields.CharField(64)
    item_code = fields.CharField(150)
    insurance_code = fields.CharField(50)
    charge_code = fields.CharField(2)
    name = fields.CharField(200)
    spec = fields.CharField(200, default="")
    unit = fields.CharField(20, default="")
    quantity: Any = fields.DecimalField(16, 4)
    price: Any = fields.DecimalField(16, 6)
    amount_fen = fields.BigIntField()

    class Meta:
        table = "fee_detail"
        unique_together = (("order", "line_number"), ("order", "serial"))
        constraints = (CheckConstraint(check="amount_fen >= 0", name="fee_detail_amount_not_negative"),)
