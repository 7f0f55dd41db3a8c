"""The online consultation that everything else belongs to."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model

from app.models.hospitals import Department, Doctor, Hospital
from app.models.patients import Patient
from app.models.steps import StepState


class Speaker(StrEnum):
    """Who said something in a consultation."""

    PATIENT = "PATIENT"
    DOCTOR = "DOCTOR"


class Consultation(Model):
    """An online consultation (问诊); `visit_number` is the HIS's number of the visit (门诊号)."""

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="consultations", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    patient: fields.ForeignKeyRelation[Patient] = fields.ForeignKeyField(
        "models.Patient", related_name="consultations", on_delete=fields.OnDelete.RESTRICT
    )
    patient_id: int
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", related_name="consultations", on_delete=fields.OnDelete.RESTRICT
    )
    doctor_id: int
    department: fields.ForeignKeyRelation[Department] = fields.ForeignKeyField(
        "models.Department", related_name="consultations", on_delete=fields.OnDelete.RESTRICT
    )
    department_id: int
    visit_number = fields.CharField(64)
    complaint = fields.CharField(1000, default="")
    began_at = fields.DatetimeField()

    class Meta:
        table = "consultation"
        unique_together = (("hospital", "visit_number"),)
        indexes = (("patient_id", "id"), ("doctor_id", "id"))


class ConsultationMessage(Model):
    """What was said in a consultation (问诊记录), sealed for this row by `key`."""

    id = fields.BigIntField(primary_key=True)
    consultation: fields.ForeignKeyRelation[Consultation] = fields.ForeignKeyField(
        "models.Consultation", related_name="messages", on_delete=fields.OnDelete.RESTRICT
    )
    consultation_id: int
    key = fields.CharField(36, unique=True)
    speaker = fields.CharEnumField(Speaker, max_length=16)
    text_sealed = fields.BinaryField()
    said_at = fields.DatetimeField()

    class Meta:
        table = "consultation_message"
        indexes = (("consultation_id", "id"),)


class InsuranceVisit(Model):
    """The consultation as the insurance knows it (医保就诊): 2201 under a `number` of ours gave it a `visit_id`.

    The row is the intent of 2201; it is committed before anything is sent.
    """

    id = fields.BigIntField(primary_key=True)
    consultation: fields.OneToOneRelation[Consultation] = fields.OneToOneField(
        "models.Consultation", related_name="insurance_visit", on_delete=fields.OnDelete.RESTRICT
    )
    consultation_id: int
    number = fields.CharField(20, unique=True)
    message_id = fields.CharField(64, null=True)
    request_digest = fields.CharField(64, null=True)
    visit_id = fields.CharField(30, null=True)
    person_number = fields.CharField(30)
    insurance_type = fields.CharField(6)
    insured_area = fields.CharField(6)
    created_at = fields.DatetimeField()

    class Meta:
        table = "insurance_visit"


class ConsultationUpload(Model):
    """The consultation's record at the insurance (问诊过程数据上传, 4301); written before anything is sent."""

    id = fields.BigIntField(primary_key=True)
    consultation: fields.OneToOneRelation[Consultation] = fields.OneToOneField(
        "models.Consultation", related_name="upload", on_delete=fields.OnDelete.RESTRICT
    )
    consultation_id: int
    state = fields.CharEnumField(StepState, max_length=16, default=StepState.SENDING)
    attempts = fields.IntField(default=0)
    message_id = fields.CharField(64)
    request_digest = fields.CharField(64)
    problem_code = fields.CharField(40, null=True)
    problem_message = fields.CharField(500, null=True)
    problem_platform = fields.CharField(24, null=True)
    problem_platform_code = fields.CharField(40, null=True)
    uploaded_at = fields.DatetimeField(null=True)
    checked_at = fields.DatetimeField()

    class Meta:
        table = "consultation_upload"
