"""The patient, masked."""

from __future__ import annotations

from datetime import datetime

from app import models
from schema.fields import Node, row_of, stored


@row_of(models.Patient, "A patient (患者). Personal data is masked.")
class Patient(Node):
    """A row of `patient`."""

    name: str = stored("Name, masked (姓名，脱敏): 张*.")
    id_number: str = stored("Identity number, masked (证件号码，脱敏): 3502**********1234.")
    phone: str = stored("Telephone, masked (电话，脱敏): 138****0001.")
    gender: str = stored("Gender (性别): 1 male, 2 female.")
    insurance_type: str | None = stored(
        "Insurance type (险种类型) as the platform last told: 310 employee, 390 resident."
    )
    insured_area: str | None = stored("Where the patient is insured (参保地医保区划), as the platform last told.")
    insurance_checked_at: datetime | None = stored("When the platform last told the insurance (参保信息查询时间).")
