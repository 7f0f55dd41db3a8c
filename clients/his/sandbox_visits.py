"""A visit as a HIS user would enter it: rows for `HISSandbox.load`, in HIS-JSON v1's own words (his.md B.3).

For demonstrations and tests; the catalogue is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """Something that can be prescribed; `price` in yuan."""

    item_code: str
    insurance_code: str
    name: str
    spec: str
    unit: str
    price: Decimal


CONSULTATION = CatalogueItem("F0001", "001101000020000-110100002", "互联网复诊诊查费", "", "次", Decimal("20.00"))
DRUGS = (
    CatalogueItem("D0101", "XJ01CAA040B001010104379", "阿莫西林胶囊", "0.25g*24粒", "盒", Decimal("12.80")),
    CatalogueItem("D0102", "XN02BEB028A001010103912", "对乙酰氨基酚片", "0.5g*12片", "盒", Decimal("6.50")),
    CatalogueItem("D0103", "XC08CAA117A001010102245", "苯磺酸氨氯地平片", "5mg*28片", "盒", Decimal("31.20")),
)
DIAGNOSIS = {"code": "J06.900", "name": "急性上呼吸道感染", "main": True}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who saw whom, and where."""

    number: str
    patient_id: str
    patient_name: str
    department_code: str
    department_name: str
    doctor_code: str
    doctor_name: str
    at: datetime


def consultation_fee(visit: Visit) -> dict[str, Any]:
    """The charge sheet of the consultation itself."""
    return prescription(visit, f"{visit.number}-F", "SERVICE", ((CONSULTATION, 1),))


def western(visit: Visit, drugs: tuple[tuple[CatalogueItem, int], ...]) -> dict[str, Any]:
    """A prescription of western medicine."""
    return prescription(visit, f"{visit.number}-X", "WESTERN", drugs)


def prescription(visit: Visit, number: str, kind: str, lines: tuple[tuple[CatalogueItem, int], ...]) -> dict[str, Any]:
    """One prescription of a visit, without what the HIS adds by itself (fee digest, states)."""
    items = [_line(f"{number}-{place}", item, count) for place, (item, count) in enumerate(lines, start=1)]
    return {
        "prescriptionNo": number,
        "visitNo": visit.number,
        "patientId": visit.patient_id,
        "patientName": visit.patient_name,
        "deptCode": visit.department_code,
        "deptName": visit.department_name,
        "doctorCode": visit.doctor_code,
        "doctorName": visit.doctor_name,
        "issuedAt": visit.at.isoformat(timespec="seconds"),
        "kind": kind,
        "diagnoses": [DIAGNOSIS],
        "items": items,
        "totalAmount": f"{sum((item.price * count for item, count in lines), Decimal(0)):.2f}",
    }


def _line(serial: str, item: CatalogueItem, count: int) -> dict[str, Any]:
    return {
        "feeDetailNo": serial,
        "itemCode": item.item_code,
        "insuranceCode": item.insurance_code,
        "name": item.name,
        "spec": item.spec,
        "unit": item.unit,
        "quantity": str(count),
        "price": f"{item.price:.2f}",
        "amount": f"{item.price * count:.2f}",
    }
