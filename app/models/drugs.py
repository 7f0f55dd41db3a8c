"""The hospital's formulary: what its doctors may prescribe, with everything that the platforms want to know of it."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.models.doctors import DrugClass
from app.models.hospitals import Hospital
from app.models.prescriptions import PrescriptionKind


class Drug(Model):
    """A drug of the hospital's own list (院内药品目录); imported as the other master data.

    `item_code` is the hospital's code, `insurance_code` the national one (医保目录编码). `list_type` (目录类别),
    `level` (甲乙丙: 1, 2, 3) and `limited` (限定支付范围) are the national list's; of a drug of level 2 the patient
    pays `self_pay_ratio` first, of level 3 all. `price` is for one `unit`, in yuan.
    """

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="drugs", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    item_code = fields.CharField(20)
    insurance_code = fields.CharField(20)
    name = fields.CharField(50)
    kind = fields.CharEnumField(PrescriptionKind, max_length=16)
    drug_class = fields.CharEnumField(DrugClass, max_length=32)
    dosage_form = fields.CharField(20)
    spec = fields.CharField(40)
    unit = fields.CharField(20)
    price: Any = fields.DecimalField(16, 6)
    producer = fields.CharField(100, default="")
    list_type = fields.CharField(3)
    level = fields.CharField(3)
    self_pay_ratio: Any = fields.DecimalField(5, 4, default=0)
    limited = fields.BooleanField(default=False)
    available = fields.BooleanField(default=True)

    class Meta:
        table = "drug"
        unique_together = (("hospital", "item_code"),)
