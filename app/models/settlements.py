"""A settlement is a row and its ordered steps; there is no other workflow behind it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from app.models.hospitals import Hospital
from app.models.orders import Order
from app.models.patients import Patient
from app.models.steps import StepState

if TYPE_CHECKING:
    from app.models.invoices import Invoice


class PayKind(StrEnum):
    """Who pays: the medical insurance (with the patient's share), or the patient alone."""

    INSURANCE = "INSURANCE"
    SELF_PAY = "SELF_PAY"


class CheckoutKind(StrEnum):
    """Where the patient pays: on a page, in the mini-program, or there with insurance and cash at once."""

    PAGE = "PAGE"
    MINI_PROGRAM = "MINI_PROGRAM"
    MIXED = "MIXED"


class Way(StrEnum):
    """How a settlement goes, for the tables of plans and steps: who pays, and whether cash is collected beside it."""

    INSURANCE = "INSURANCE"
    SELF_PAY = "SELF_PAY"
    MIXED = "MIXED"


class SettlementState(StrEnum):
    """Where somebody's money is. FAILED: nothing charged, nothing left behind. ATTENTION: a person must look."""

    OPENING = "OPENING"
    AWAITING_PAYMENT = "AWAITING_PAYMENT"
    COMPLETING = "COMPLETING"
    COMPLETED = "COMPLETED"
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"
    FAILED = "FAILED"
    ATTENTION = "ATTENTION"


class Direction(StrEnum):
    """What the steps lead to: SETTLE the order, REVERSE a settled one, REFUND a part of it, RELEASE an unpaid one."""

    SETTLE = "SETTLE"
    REVERSE = "REVERSE"
    RELEASE = "RELEASE"
    REFUND = "REFUND"


class StepKind(StrEnum):
    """The steps by name; the plans that order them are in app/settlement/plans.py."""

    REGISTRATION = "REGISTRATION"
    FEE_DETAILS = "FEE_DETAILS"
    PREVIEW = "PREVIEW"
    CHECKOUT = "CHECKOUT"
    RESULT = "RESULT"
    HIS_CONFIRMATION = "HIS_CONFIRMATION"
    INVOICE = "INVOICE"
    REVERSE_REGISTRATION = "REVERSE_REGISTRATION"
    REVERSE_FEE_DETAILS = "REVERSE_FEE_DETAILS"
    REVERSE_SETTLEMENT = "REVERSE_SETTLEMENT"
    HIS_CANCELLATION = "HIS_CANCELLATION"
    RED_INVOICE = "RED_INVOICE"


class Settlement(Model):
    """One attempt to have an order paid. `number` is also medOrgOrd (insurance), settlementNo (HIS), out_trade_no.

    `payer_sealed` is who opens the checkout (openid, address); `fees_checked_at` is when the HIS last told the very
    charges of the order; `his_lock_number` is committed before the HIS is asked to hold them.
    `refunded_fen` is all that was given back; `partly_refunded_fen` of it by refunds that left the settlement standing;
    `asked_fen` is what refunds ask for that are not done yet.
    """

    id = fields.BigIntField(primary_key=True)
    number = fields.CharField(20, unique=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="settlements", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="settlements", on_delete=fields.OnDelete.RESTRICT
    )
    patient_id: int
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="settlements", on_delete=fields.OnDelete.RESTRICT
    )
    order_id: int
    pay_kind = fields.CharEnumField(PayKind, max_length=16)
    state = fields.CharEnumField(SettlementState, max_length=16, default=SettlementState.OPENING)
    direction = fields.CharEnumField(Direction, max_length=16, default=Direction.SETTLE)
    total_fen = fields.BigIntField()
    fund_fen = fields.BigIntField(null=True)
    account_fen = fields.BigIntField(null=True)
    cash_fen = fields.BigIntField(null=True)
    other_fen = fields.BigIntField(default=0)
    paid_fen = fields.BigIntField(default=0)
    refunded_fen = fields.BigIntField(default=0)
    partly_refunded_fen = fields.BigIntField(default=0, db_default=0)
    asked_fen = fields.BigIntField(default=0, db_default=0)
    visit_id = fields.CharField(30, null=True)
    insurance_type = fields.CharField(6, null=True)
    pay_order_id = fields.CharField(64, null=True)
    pay_token_sealed = fields.BinaryField(null=True)
    cashier_url_sealed = fields.BinaryField(null=True)
    platform_serial = fields.CharField(64, null=True)
    his_settlement_number = fields.CharField(64, null=True)
    checkout_kind = fields.CharEnumField(CheckoutKind, max_length=16, default=CheckoutKind.PAGE, db_default="PAGE")
    checkout_url = fields.CharField(2000, null=True)
    checkout_parameters_sealed = fields.BinaryField(null=True)
    payer_sealed = fields.BinaryField(null=True)
    mix_trade_number = fields.CharField(64, null=True)
    cash_serial = fields.CharField(64, null=True)
    fees_checked_at = fields.DatetimeField(null=True)
    his_lock_number = fields.CharField(64, null=True)
    checkout_expires_at = fields.DatetimeField(null=True)
    reversal_reason = fields.CharField(200, null=True)
    leased_by = fields.CharField(36, null=True)
    leased_until = fields.DatetimeField(null=True)
    next_run_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    refunded_at = fields.DatetimeField(null=True)
    reversed_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=0)
    steps: fields.ReverseRelation[SettlementStep]
    invoices: fields.ReverseRelation[Invoice]

    @property
    def way(self) -> Way:
        """Which plan and which steps are this settlement's."""
        return Way.MIXED if self.checkout_kind is CheckoutKind.MIXED else Way(self.pay_kind)

    class Meta:
        table = "settlement"
        indexes = (
            ("hospital_id", "created_at", "id"),
            ("hospital_id", "total_fen", "id"),
            ("hospital_id", "state", "created_at", "id"),
            ("hospital_id", "pay_kind", "created_at", "id"),
            ("patient_id", "created_at", "id"),
            ("order_id", "id"),
        )
        constraints = (
            CheckConstraint(check="total_fen > 0", name="settlement_total_positive"),
            CheckConstraint(
                check="refunded_fen >= 0 AND paid_fen >= 0 AND refunded_fen <= paid_fen AND paid_fen <= total_fen",
                name="settlement_never_refunds_more_than_paid",
            ),
            CheckConstraint(
                check="asked_fen >= 0 AND refunded_fen + asked_fen <= paid_fen "
                "AND partly_refunded_fen BETWEEN 0 AND refunded_fen",
                name="settlement_refunds_and_requests_within_paid",
            ),
            CheckConstraint(
                check="fund_fen IS NULL OR coalesce(fund_fen + account_fen + cash_fen + other_fen, -1) = total_fen",
                name="settlement_parts_add_up",
            ),
            UniqueConstraint(
                fields=("order_id",),
                name="settlement_one_live_per_order",
                condition="state NOT IN ('FAILED', 'REVERSED')",
            ),
        )


class SettlementStep(Model):
    """One step of a settlement. `message_id` and `request_digest` are committed before anything is sent."""

    id = fields.BigIntField(primary_key=True)
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="steps", on_delete=fields.OnDelete.RESTRICT
    )
    settlement_id: int
    position = fields.IntField()
    kind = fields.CharEnumField(StepKind, max_length=24)
    direction = fields.CharEnumField(Direction, max_length=16)
    state = fields.CharEnumField(StepState, max_length=16, default=StepState.PENDING)
    transaction = fields.CharField(40, null=True)
    attempts = fields.IntField(default=0)
    tries = fields.IntField(default=0)
    message_id = fields.CharField(64, null=True)
    request_digest = fields.CharField(64, null=True)
    platform_serial = fields.CharField(64, null=True)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "settlement_step"
        unique_together = (("settlement", "position"),)
        constraints = (CheckConstraint(check="attempts >= 0", name="step_attempts_not_negative"),)
