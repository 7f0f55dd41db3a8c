"""Money that is to be given back: who asked for which lines, who decided, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from app.models.hospitals import Hospital
from app.models.orders import FeeDetail
from app.models.patients import Patient
from app.models.settlements import Settlement


class RefundState(StrEnum):
    """REQUESTED → REJECTED, or approved: DOING → DONE; FAILED: nothing was moved; ATTENTION: a person must look."""

    REQUESTED = "REQUESTED"
    REJECTED = "REJECTED"
    DOING = "DOING"
    DONE = "DONE"
    FAILED = "FAILED"
    ATTENTION = "ATTENTION"


class Refund(Model):
    """A refund (退费) of some lines of a settlement; two people decide it: whoever asks does not approve.

    `number` is also the provider's refund number. `given_at` is when a part of a settlement was given back that stands;
    where the settlement was undone as a whole, the settlement's own `refunded_at` tells it.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.CharField(20, unique=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="refunds", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="refunds", on_delete=fields.OnDelete.RESTRICT
    )
    patient_id: int
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="refunds", on_delete=fields.OnDelete.RESTRICT
    )
    settlement_id: int
    state = fields.CharEnumField(RefundState, max_length=16, default=RefundState.REQUESTED)
    amount_fen = fields.BigIntField()
    reason = fields.CharField(200)
    by_patient = fields.BooleanField()
    requested_by = fields.CharField(64)
    decided_by = fields.CharField(64, null=True)
    rejection_reason = fields.CharField(200, null=True)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)
    created_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    given_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    lines: fields.ReverseRelation[RefundLine]

    class Meta:
        table = "refund"
        indexes = (
            ("hospital_id", "created_at", "id"),
            ("hospital_id", "state", "created_at", "id"),
            ("patient_id", "created_at", "id"),
            ("settlement_id", "id"),
        )
        constraints = (
            CheckConstraint(check="amount_fen > 0", name="refund_amount_positive"),
            CheckConstraint(check="decided_by <> requested_by", name="refund_decided_by_another"),
            UniqueConstraint(
                fields=("settlement_id",),
                name="refund_one_under_way_per_settlement",
                condition="state IN ('DOING', 'ATTENTION')",
            ),
        )


class RefundLine(Model):
    """How much of a fee line is given back; a part of the money alone leaves the quantity at 0."""

    id = fields.BigIntField(primary_key=True)
    refund: fields.ForeignKeyRelation[Refund] = fields.ForeignKeyField(
        "models.Refund", related_name="lines", on_delete=fields.OnDelete.RESTRICT
    )
    refund_id: int
    fee_detail: fields.ForeignKeyRelation[FeeDetail] = fields.ForeignKeyField(
        "models.FeeDetail", related_name="refund_lines", on_delete=fields.OnDelete.RESTRICT
    )
    fee_detail_id: int
    quantity: Any = fields.DecimalField(16, 4)
    amount_fen = fields.BigIntField()

    class Meta:
        table = "refund_line"
        unique_together = (("refund", "fee_detail"),)
        indexes = (("fee_detail_id",),)
        constraints = (
            CheckConstraint(check="amount_fen > 0 AND quantity >= 0", name="refund_line_gives_something_back"),
        )
