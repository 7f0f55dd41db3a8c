"""2001 人员待遇享受检查: may somebody use the insurance now. Source: protocols/insurance.md 2.2.

`trt_enjymnt_flag` decides; its code list is not public: 1 is read as yes, anything else as no.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from clients.insurance.core.nodes import Row, rows, text, text_or_none
from clients.insurance.core.wire import wall

ENJOYED = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckBenefits:
    """2001 人员待遇享受检查. `institution_code` is 定点医药机构编号; `medical_type` is 医疗类别."""

    transaction: ClassVar[str] = "2001"

    insured_area: str
    person_number: str
    insurance_type: str
    institution_code: str
    medical_type: str
    began_at: datetime
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {
            "data": {
                "psn_no": self.person_number,
                "insutype": self.insurance_type,
                "fixmedins_code": self.institution_code,
                "med_type": self.medical_type,
                "begntime": wall(self.began_at),
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Benefit:
    """2001, one row of the answer: whether one fund pays, and why not (`reason`: 待遇检查结果)."""

    check_type: str
    fund_type: str
    enjoyed: bool
    reason: str | None

    @classmethod
    def from_wire(cls, row: Row) -> Benefit:
        """One row of node trtinfo."""
        return cls(
            check_type=text(row, "trt_chk_type"),
            fund_type=text(row, "fund_pay_type"),
            enjoyed=text(row, "trt_enjymnt_flag") == ENJOYED,
            reason=text_or_none(row, "trt_chk_rslt"),
        )


def benefits_from_wire(output: object, request: CheckBenefits) -> tuple[Benefit, ...]:
    """Node trtinfo. ValueError for a row that speaks of another person."""
    told = rows(output, "trtinfo")
    if any(text(row, "psn_no") != request.person_number for row in told):
        raise ValueError("the benefits are another's")
    return tuple(Benefit.from_wire(row) for row in told)
