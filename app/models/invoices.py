"""The e-receipt of a settlement, and the settlements that lack one."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from app.models.hospitals import Hospital
from app.models.patients import Patient
from app.models.settlements import Settlement, StepKind


class InvoiceState(StrEnum):
    """ISSUING: asked for, no number yet · ISSUED · RED: written off by a red receipt."""

    ISSUING = "ISSUING"
    ISSUED = "ISSUED"
    RED = "RED"


class Invoice(Model):
    """An e-receipt (电子票据); `business_number` is ours and the platform's idempotency key."""

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="invoices", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="invoices", on_delete=fields.OnDelete.RESTRICT
    )
    patient_id: int
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="invoices", on_delete=fields.OnDelete.RESTRICT
    )
    settlement_id: int
    business_number = fields.CharField(50, unique=True)
    state = fields.CharEnumField(InvoiceState, max_length=16, default=InvoiceState.ISSUING)
    total_fen = fields.BigIntField()
    batch_code = fields.CharField(50, null=True)
    number = fields.CharField(50, null=True)
    check_code = fields.CharField(20, null=True)
    public_url = fields.CharField(2000, null=True)
    red_batch_code = fields.CharField(50, null=True)
    red_number = fields.CharField(50, null=True)
    created_at = fields.DatetimeField()
    issued_at = fields.DatetimeField(null=True)
    red_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invoice"
        indexes = (
            ("hospital_id", "created_at", "id"),
            ("hospital_id", "state", "created_at", "id"),
            ("patient_id", "created_at", "id"),
            ("settlement_id", "id"),
        )
        constraints = (
            CheckConstraint(check="total_fen > 0", name="invoice_total_positive"),
            CheckConstraint(check="state = 'ISSUING' OR number IS NOT NULL", name="invoice_issued_has_number"),
            UniqueConstraint(
                fields=("settlement_id",), name="invoice_one_valid_per_settlement", condition="state <> 'RED'"
            ),
        )


class MissingInvoice(Model):
    """A paid settlement without a valid receipt, since when (`created_at`), and the step that it waits for.

    A view, not a table: it is always the truth, and costs as much as there are unfinished INVOICE steps.
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="missing_invoices", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="missing_invoices", on_delete=fields.OnDelete.RESTRICT
    )
    settlement_id: int
    step = fields.CharEnumField(StepKind, max_length=24)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "missing_invoice"
