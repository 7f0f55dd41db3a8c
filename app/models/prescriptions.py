"""Prescriptions: those that a doctor writes here, and those that the HIS told when an order was made of them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from app.models.circulation_states import CirculationState
from app.models.consultations import Consultation
from app.models.hospitals import Doctor, Hospital, Pharmacist
from app.models.patients import Patient
from app.models.steps import StepState

if TYPE_CHECKING:
    from app.models.circulation import PrescriptionHint
    from app.models.orders import Order


class PrescriptionKind(StrEnum):
    """What a prescription is of: western, Chinese patent or herbal medicine, or a service (the consultation fee)."""

    WESTERN = "WESTERN"
    CHINESE_PATENT = "CHINESE_PATENT"
    HERBAL = "HERBAL"
    SERVICE = "SERVICE"


class PrescriptionState(StrEnum):
    """Where a prescription that was written here stands.

    WRITTEN: nobody was told · CHECKING: it is being pre-checked (D001) · IN_REVIEW: it waits for the pharmacist ·
    APPROVED: by the pharmacist, before the doctor uploaded it · REJECTED: by the pharmacist; the doctor writes another
    · UPLOADING: it is being signed and uploaded (D002, D003) · UPLOADED: the platform has it · REFUSED: the platform
    did not take it · CANCELLING, CANCELLED: taken back (D004) · ATTENTION: a person must look.
    """

    WRITTEN = "WRITTEN"
    CHECKING = "CHECKING"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    UPLOADING = "UPLOADING"
    UPLOADED = "UPLOADED"
    REFUSED = "REFUSED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    ATTENTION = "ATTENTION"


class PrescriptionStepKind(StrEnum):
    """What an upload is made of: the visit (2201), the pre-check (D001), the pharmacist, D002, D003; and D004."""

    VISIT = "VISIT"
    CHECK = "CHECK"
    REVIEW = "REVIEW"
    SIGNATURE = "SIGNATURE"
    UPLOAD = "UPLOAD"
    CANCELLATION = "CANCELLATION"


class PaymentState(StrEnum):
    """What the HIS says of a prescription's money. VOID: a doctor took it back; it can never be paid."""

    UNPAID = "UNPAID"
    LOCKED = "LOCKED"
    PAID = "PAID"
    HOSPITAL_PROCESSING = "HOSPITAL_PROCESSING"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOID = "VOID"


class DispenseState(StrEnum):
    """What the HIS says of a prescription's medicine."""

    NONE = "NONE"
    PREPARING = "PREPARING"
    DISPENSED = "DISPENSED"
    SHIPPED = "SHIPPED"
    RECEIVED = "RECEIVED"
    RETURNED = "RETURNED"


class Prescription(Model):
    """A prescription or charge sheet (处方). Patient and doctor are the consultation's.

    `state` is null for one that was written in the HIS. `total_fen` is what its lines cost, and once it is ordered what
    the HIS charges; `fee_digest` is the HIS's fingerprint of the charges, empty until then. `insurance_number` is the
    platform's number (医保处方编号, hi_rxno). `blocked` tells whether the last advice forbids the upload.

    `payment_*` is what the HIS told at `payment_checked_at`: its money, its medicine, and whether its charges are
    others than ours.
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    consultation: fields.ForeignKeyRelation[Consultation] = fields.ForeignKeyField(
        "models.Consultation", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    consultation_id: int
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    patient_id: int
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", related_name="prescriptions", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    order: fields.ForeignKeyNullableRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name="prescriptions", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    order_id: int | None
    number = fields.CharField(64)
    kind = fields.CharEnumField(PrescriptionKind, max_length=16)
    diagnoses: Any = fields.JSONField(default=list)
    total_fen = fields.BigIntField()
    fee_digest = fields.CharField(64, default="")
    issued_at = fields.DatetimeField()
    created_at = fields.DatetimeField()

    state = fields.CharEnumField(PrescriptionState, max_length=16, null=True)
    replaces: fields.ForeignKeyNullableRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="replaced_by", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    replaces_id: int | None
    valid_days = fields.IntField(null=True)
    doses = fields.IntField(null=True)
    way_code = fields.CharField(20, null=True)
    way_name = fields.CharField(40, null=True)
    frequency_code = fields.CharField(20, null=True)
    frequency_name = fields.CharField(40, null=True)
    dose = fields.DecimalField(16, 2, null=True)
    dose_unit = fields.CharField(20, null=True)
    instructions = fields.CharField(400, null=True)

    advised_at = fields.DatetimeField(null=True)
    blocked = fields.BooleanField(null=True)

    pharmacist: fields.ForeignKeyNullableRelation[Pharmacist] = fields.ForeignKeyField(
        "models.Pharmacist", related_name="prescriptions", null=True, on_delete=fields.OnDelete.RESTRICT
    )
    pharmacist_id: int | None
    approved = fields.BooleanField(null=True)
    audited_at = fields.DatetimeField(null=True)
    rejection_reason = fields.CharField(500, null=True)

    insurance_number = fields.CharField(30, null=True)
    trace_code = fields.CharField(20, null=True)
    insurance_state = fields.CharEnumField(CirculationState, max_length=16, null=True)
    uploaded_at = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancellation_reason = fields.CharField(200, null=True)

    leased_by = fields.CharField(36, null=True)
    leased_until = fields.DatetimeField(null=True)
    next_run_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=0, db_default=0)

    payment_state = fields.CharEnumField(PaymentState, max_length=24, null=True)
    payment_paid_at = fields.DatetimeField(null=True)
    payment_dispense_state = fields.CharEnumField(DispenseState, max_length=16, null=True)
    payment_fees_changed = fields.BooleanField(null=True)
    payment_checked_at = fields.DatetimeField(null=True)
    items: fields.ReverseRelation[PrescriptionItem]
    steps: fields.ReverseRelation[PrescriptionStep]
    hints: fields.ReverseRelation[PrescriptionHint]

    class Meta:
        table = "prescription"
        unique_together = (("order", "number"),)
        indexes = (
            ("order_id", "id"),
            ("hospital_id", "number"),
            ("consultation_id", "id"),
            ("hospital_id", "state", "created_at", "id"),
            ("hospital_id", "created_at", "id"),
            ("patient_id", "created_at", "id"),
            ("doctor_id", "created_at", "id"),
        )
        constraints = (
            CheckConstraint(check="total_fen >= 0", name="prescription_total_not_negative"),
            CheckConstraint(check="order_id IS NOT NULL OR state IS NOT NULL", name="prescription_written_or_ordered"),
            UniqueConstraint(
                fields=("hospital_id", "number"),
                name="prescription_one_written_per_number",
                condition="state IS NOT NULL",
            ),
            UniqueConstraint(
                fields=("hospital_id", "insurance_number"),
                name="prescription_insurance_number",
                condition="insurance_number IS NOT NULL AND state IS NOT NULL",
            ),
        )


class PrescriptionItem(Model):
    """One line of a prescription; `quantity` and `price` are exact decimals, `amount_fen` is what it costs.

    The columns from `dosage_form` on are those of a line that was written here. `approval` is whether the insurance
    pays (医院审批标志): 0 as usual, 1 approved, 2 the patient pays for himself.
    """

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
    quantity: Any = fields.DecimalField(16, 4)
    price: Any = fields.DecimalField(16, 6)
    amount_fen = fields.BigIntField()
    usage = fields.CharField(200, null=True)
    drug_id = fields.BigIntField(null=True)
    dosage_form = fields.CharField(30, null=True)
    producer = fields.CharField(100, null=True)
    dose: Any = fields.DecimalField(16, 4, null=True)
    dose_unit = fields.CharField(20, null=True)
    way_code = fields.CharField(10, null=True)
    way_name = fields.CharField(100, null=True)
    frequency_code = fields.CharField(10, null=True)
    frequency_name = fields.CharField(30, null=True)
    begins_at = fields.DatetimeField(null=True)
    days = fields.IntField(null=True)
    approval = fields.CharField(1, null=True)
    footnote = fields.CharField(200, null=True)

    class Meta:
        table = "prescription_item"
        unique_together = (("prescription", "serial"),)
        indexes = (("prescription_id", "id"),)
        constraints = (CheckConstraint(check="amount_fen >= 0", name="prescription_item_amount_not_negative"),)


class PrescriptionStep(Model):
    """One step of an upload. `message_id` and `request_digest` are committed before anything is sent."""

    id = fields.BigIntField(primary_key=True)
    prescription: fields.ForeignKeyRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="steps", on_delete=fields.OnDelete.RESTRICT
    )
    prescription_id: int
    position = fields.IntField()
    kind = fields.CharEnumField(PrescriptionStepKind, max_length=16)
    state = fields.CharEnumField(StepState, max_length=16, default=StepState.PENDING)
    transaction = fields.CharField(40, null=True)
    attempts = fields.IntField(default=0)
    tries = fields.IntField(default=0)
    message_id = fields.CharField(64, null=True)
    request_digest = fields.CharField(64, null=True)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "prescription_step"
        unique_together = (("prescription", "position"),)
        constraints = (CheckConstraint(check="attempts >= 0", name="prescription_step_attempts_not_negative"),)
