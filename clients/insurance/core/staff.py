"""5102 医执人员信息查询: who is a doctor to the insurance. Source: protocols/insurance.md 2.2.

Silent in the protocol, so adapter points: the codes of 执业人员分类 (`CoreSettings.doctor_type`, by default 1) and of
医保医师标志 (1 yes, 0 no, anything else cannot be read); a code that nobody has gives an empty list, not a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from clients.insurance.core.nodes import Row, rows, text
from clients.insurance.core.wire import moment, moment_or_none

_FLAGS: Mapping[str, bool] = {"1": True, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryStaff:
    """5102 医执人员信息查询, by the national code (at most 20 characters). `staff_type` is 执业人员分类."""

    transaction: ClassVar[str] = "5102"
    insured_area: ClassVar[str] = ""

    staff_type: str
    code: str
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {
            "data": {
                "prac_psn_type": self.staff_type,
                "psn_cert_type": "",
                "certno": "",
                "prac_psn_name": "",
                "prac_psn_code": self.code,
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """5102, one row of the answer: what somebody is to the insurance, and from when until when (None: open)."""

    code: str
    name: str
    insurance_doctor: bool
    begins_at: datetime
    ends_at: datetime | None

    @classmethod
    def from_wire(cls, row: Row) -> StaffMember:
        """One row of node feedetail; the odd name is real. The certificate in it is not read."""
        flag = text(row, "hi_dr_flag")
        if flag not in _FLAGS:
            raise ValueError("hi_dr_flag is neither 0 nor 1")
        return cls(
            code=text(row, "prac_psn_code"),
            name=text(row, "prac_psn_name"),
            insurance_doctor=_FLAGS[flag],
            begins_at=moment(row["begntime"]),
            ends_at=moment_or_none(row.get("endtime")),
        )


def staff_from_wire(output: object, request: QueryStaff) -> tuple[StaffMember, ...]:
    """Node feedetail. ValueError when a row is another's."""
    found = tuple(StaffMember.from_wire(row) for row in rows(output, "feedetail"))
    if any(member.code != request.code for member in found):
        raise ValueError("the answer speaks of another person")
    return found
