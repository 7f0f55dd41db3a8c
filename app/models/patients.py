"""The patient: identity sealed, masked for display, found by a blind index."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from app.models.hospitals import Hospital


class Patient(Model):
    """A patient of one hospital. `*_sealed` is AES-256-GCM (app/sealing.py); `*_masked` is what people see.

    The insurance columns are what 1101 last told, at `insurance_checked_at`: the insurance that pays, or where none is
    active the first. The benefit columns are what 2001 told of it. The authorisation (payAuthNo) is sealed and
    short-lived; `authorization_asked_at` is when the patient was last sent to consent.
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="patients", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    subject = fields.CharField(64, unique=True)
    his_patient_id = fields.CharField(64)
    name_sealed = fields.BinaryField()
    name_masked = fields.CharField(50)
    id_type = fields.CharField(6, default="01")
    id_number_sealed = fields.BinaryField()
    id_number_masked = fields.CharField(50)
    id_number_index = fields.CharField(64)
    phone_sealed = fields.BinaryField()
    phone_masked = fields.CharField(20)
    gender = fields.CharField(1)
    birth_date = fields.DateField()
    person_number = fields.CharField(30, null=True)
    person_number_masked = fields.CharField(30, null=True)
    insurance_type = fields.CharField(6, null=True)
    insured_area = fields.CharField(6, null=True)
    insurance_status = fields.CharField(6, null=True)
    insurance_balance_fen = fields.BigIntField(null=True)
    insurance_checked_at = fields.DatetimeField(null=True)
    benefit_enjoyed = fields.BooleanField(null=True)
    benefit_reason = fields.CharField(500, null=True)
    benefit_checked_at = fields.DatetimeField(null=True)
    authorization_sealed = fields.BinaryField(null=True)
    authorization_expires_at = fields.DatetimeField(null=True)
    authorization_checked_at = fields.DatetimeField(null=True)
    authorization_asked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "patient"
        unique_together = (("hospital", "his_patient_id"),)
        indexes = (("hospital_id", "id_number_index"), ("hospital_id", "id"))
