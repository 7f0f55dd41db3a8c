"""What the platforms told of a doctor, and what the hospital lets a doctor prescribe."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.models.hospitals import Doctor


class DrugClass(StrEnum):
    """Classes of drugs that need a right of their own (处方权)."""

    ORDINARY = "ORDINARY"
    ANTIBACTERIAL_UNRESTRICTED = "ANTIBACTERIAL_UNRESTRICTED"
    ANTIBACTERIAL_RESTRICTED = "ANTIBACTERIAL_RESTRICTED"
    ANTIBACTERIAL_SPECIAL = "ANTIBACTERIAL_SPECIAL"
    NARCOTIC_PSYCHOTROPIC = "NARCOTIC_PSYCHOTROPIC"
    HERBAL = "HERBAL"


class DoctorGrant(Model):
    """The hospital lets a doctor prescribe a class (处方权授权), until a moment or for good."""

    id = fields.BigIntField(primary_key=True)
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", related_name="grants", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    drug_class = fields.CharEnumField(DrugClass, max_length=32)
    valid_until = fields.DatetimeField(null=True)

    class Meta:
        table = "doctor_grant"
        unique_together = (("doctor", "drug_class"),)


class InsuranceStanding(Model):
    """What 5102 last told of a doctor (医师身份), at `checked_at`; the problem is why the last asking told nothing."""

    id = fields.BigIntField(primary_key=True)
    doctor: fields.OneToOneRelation[Doctor] = fields.OneToOneField(
        "models.Doctor", related_name="standing", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    insurance_doctor: Any = fields.BooleanField(null=True)
    valid_from = fields.DatetimeField(null=True)
    valid_until = fields.DatetimeField(null=True)
    checked_at = fields.DatetimeField(null=True)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(30, null=True)
    problem_platform_code = fields.CharField(50, null=True)

    class Meta:
        table = "insurance_standing"


class FaceSignInTicket(Model):
    """A page on which a doctor may sign in by face: its row is the intent, filled when the platform answered."""

    id = fields.BigIntField(primary_key=True)
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", related_name="tickets", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    message_id = fields.CharField(64, unique=True)
    ticket_sealed = fields.BinaryField(null=True)
    url_sealed = fields.BinaryField(null=True)
    expires_at = fields.DatetimeField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "face_sign_in_ticket"
        indexes = (("doctor_id", "id"),)


class FaceSignIn(Model):
    """What the platform last told of a doctor's face sign-in (人脸签到), at `checked_at`."""

    id = fields.BigIntField(primary_key=True)
    doctor: fields.OneToOneRelation[Doctor] = fields.OneToOneField(
        "models.Doctor", related_name="face_sign_in", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    signed = fields.BooleanField()
    signed_at = fields.DatetimeField(null=True)
    valid_until = fields.DatetimeField(null=True)
    checked_at = fields.DatetimeField()

    class Meta:
        table = "face_sign_in"


class PrescribingRight(Model):
    """What a doctor might prescribe at `checked_at` (处方权); `classes` are joined by commas."""

    id = fields.BigIntField(primary_key=True)
    doctor: fields.OneToOneRelation[Doctor] = fields.OneToOneField(
        "models.Doctor", related_name="prescribing_right", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    allowed = fields.BooleanField()
    classes = fields.CharField(200, default="")
    reason_code = fields.CharField(40, null=True)
    checked_at = fields.DatetimeField()

    class Meta:
        table = "prescribing_right"
