"""The online consultation that everything else belongs to."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from app.models.hospitals import Department, Doctor, Hospital
from app.models.patients import Patient


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
