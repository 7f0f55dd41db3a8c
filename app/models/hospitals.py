"""The hospital, its departments and its doctors."""

from __future__ import annotations

from enum import StrEnum

from tortoise import fields
from tortoise.models import Model


class ReversalProfile(StrEnum):
    """In which order a settlement is undone: as the tender asks, or as the national interface wants it."""

    TENDER = "TENDER"
    NATIONAL = "NATIONAL"


class Severity(StrEnum):
    """How bad a hint of the insurance is (严重程度), the worst first. UNKNOWN: a code that we do not know."""

    VIOLATION = "VIOLATION"
    SUSPECT = "SUSPECT"
    NOTICE = "NOTICE"
    UNKNOWN = "UNKNOWN"


class Hospital(Model):
    """A designated institution (定点医药机构); `code` is its national number, `area` its region (就医地医保区划).

    A hint of `blocking_severity` or worse forbids the upload of a prescription; null: hints never do.
    """

    id = fields.BigIntField(primary_key=True)
    code = fields.CharField(12, unique=True)
    name = fields.CharField(200)
    area = fields.CharField(6)
    reversal_profile = fields.CharEnumField(ReversalProfile, max_length=16, default=ReversalProfile.TENDER)
    fee_upload_repeatable = fields.BooleanField(default=False)
    blocking_severity = fields.CharEnumField(Severity, max_length=16, null=True)

    class Meta:
        table = "hospital"


class Department(Model):
    """A department (科室); `category` is the national department code (科别, caty)."""

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="departments", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    code = fields.CharField(30)
    name = fields.CharField(100)
    category = fields.CharField(6)

    class Meta:
        table = "department"
        unique_together = (("hospital", "code"),)


class Doctor(Model):
    """A doctor (医师); `code` is the national code (国家医保医师代码), `subject` that of the doctor's token.

    The certificate is what a prescription is taken back with (D004).
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="doctors", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    department: fields.ForeignKeyRelation[Department] = fields.ForeignKeyField(
        "models.Department", related_name="doctors", on_delete=fields.OnDelete.RESTRICT
    )
    department_id: int
    subject = fields.CharField(64, null=True, unique=True)
    code = fields.CharField(30)
    name = fields.CharField(50)
    title = fields.CharField(50, default="")
    id_type = fields.CharField(6, default="01", db_default="01")
    id_number_sealed = fields.BinaryField(null=True)

    class Meta:
        table = "doctor"
        unique_together = (("hospital", "code"),)


class Pharmacist(Model):
    """A pharmacist (药师); `code` is the national code (国家医保药师代码), `subject` that of the pharmacist's token.

    `licence` is the number of the practice certificate (执业资格证号).
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="pharmacists", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    department: fields.ForeignKeyRelation[Department] = fields.ForeignKeyField(
        "models.Department", related_name="pharmacists", on_delete=fields.OnDelete.RESTRICT
    )
    department_id: int
    subject = fields.CharField(64, null=True, unique=True)
    code = fields.CharField(20)
    name = fields.CharField(50)
    title = fields.CharField(20, default="")
    licence = fields.CharField(50, default="")

    class Meta:
        table = "pharmacist"
        unique_together = (("hospital", "code"),)
