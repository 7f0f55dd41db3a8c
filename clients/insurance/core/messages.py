"""Requests and answers of the core platform (P1). Source: protocols/insurance.md 2.2, by transaction number.

Answers raise ValueError or KeyError for what cannot be one; absent, null and empty mean "not given", never zero.
Certificates and identities stay out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from clients.insurance.core.nodes import Request, Row, node, rows, text, text_or_none
from clients.insurance.core.persons import Insurance, Person, QueryPerson, SignedIn, SignIn
from clients.insurance.core.wire import moment, wall

__all__ = [
    "CancelRegistration",
    "Diagnosis",
    "Insurance",
    "Person",
    "QueryPerson",
    "QueryVisits",
    "Register",
    "Registration",
    "Request",
    "SignIn",
    "SignedIn",
    "UploadVisit",
    "Visit",
    "visits_from_wire",
]

_VALID = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """2201 门诊挂号. `visit_number` (门诊号) is unique inside the institution; `department_category` is 科别."""

    transaction: ClassVar[str] = "2201"

    insured_area: str
    person_number: str
    insurance_type: str
    began_at: datetime
    certificate_type: str
    certificate_number: str = field(repr=False)
    visit_number: str
    doctor_code: str
    doctor_name: str
    department_code: str
    department_name: str
    department_category: str
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {
            "data": {
                "psn_no": self.person_number,
                "insutype": self.insurance_type,
                "begntime": wall(self.began_at),
                "mdtrt_cert_type": self.certificate_type,
                "mdtrt_cert_no": self.certificate_number,
                "ipt_otp_no": self.visit_number,
                "atddr_no": self.doctor_code,
                "dr_name": self.doctor_name,
                "dept_code": self.department_code,
                "dept_name": self.department_name,
                "caty": self.department_category,
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """2201 门诊挂号, answer: `visit_id` (就诊ID) is the key of everything that follows."""

    visit_id: str
    person_number: str
    visit_number: str

    @classmethod
    def from_wire(cls, output: object) -> Registration:
        """Node data."""
        row = node(output, "data")
        return cls(
            visit_id=text(row, "mdtrt_id"),
            person_number=text(row, "psn_no"),
            visit_number=text(row, "ipt_otp_no"),
        )

    def answers(self, request: Register) -> Registration:
        """Itself, when it is the answer to `request`. ValueError when it speaks of another person or visit."""
        if (self.person_number, self.visit_number) != (request.person_number, request.visit_number):
            raise ValueError("the registration is another's")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One row of 2203's 诊断信息. `kind` is 1 western, 2 main disease or 3 main syndrome of Chinese medicine."""

    kind: str = "1"
    order: int
    code: str
    name: str
    department: str
    doctor_code: str
    doctor_name: str
    diagnosed_at: datetime

    def to_wire(self) -> dict[str, object]:
        """One row of node diseinfo."""
        return {
            "diag_type": self.kind,
            "diag_srt_no": self.order,
            "diag_code": self.code,
            "diag_name": self.name,
            "diag_dept": self.department,
            "dise_dor_no": self.doctor_code,
            "dise_dor_name": self.doctor_name,
            "diag_time": wall(self.diagnosed_at),
            "vali_flag": _VALID,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadVisit:
    """2203 门诊就诊信息上传: after 2201, before any fee detail; a second one overwrites. No answer but yes."""

    transaction: ClassVar[str] = "2203"

    insured_area: str
    visit_id: str
    person_number: str
    medical_type: str
    began_at: datetime
    complaint: str = field(repr=False)
    diagnoses: tuple[Diagnosis, ...] = field(repr=False)
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Nodes mdtrtinfo and diseinfo."""
        visit = {
            "mdtrt_id": self.visit_id,
            "psn_no": self.person_number,
            "med_type": self.medical_type,
            "begntime": wall(self.began_at),
            "main_cond_dscr": self.complaint,
        }
        return {"mdtrtinfo": visit, "diseinfo": [diagnosis.to_wire() for diagnosis in self.diagnoses]}


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRegistration:
    """2202 门诊挂号撤销. `visit_number` is the one of 2201. No answer but yes; "already gone" counts as done."""

    transaction: ClassVar[str] = "2202"

    insured_area: str
    person_number: str
    visit_id: str
    visit_number: str
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {"data": {"psn_no": self.person_number, "mdtrt_id": self.visit_id, "ipt_otp_no": self.visit_number}}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryVisits:
    """5201 就诊信息查询: a person's visits that began between two moments; how an unanswered 2201 is looked up."""

    transaction: ClassVar[str] = "5201"

    insured_area: str
    person_number: str
    begins_at: datetime
    ends_at: datetime
    medical_type: str
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {
            "data": {
                "psn_no": self.person_number,
                "begntime": wall(self.begins_at),
                "endtime": wall(self.ends_at),
                "med_type": self.medical_type,
                "mdtrt_id": "",
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """5201 就诊信息查询, one row of the answer. `visit_number` is empty when the platform did not tell it."""

    visit_id: str
    visit_number: str
    began_at: datetime
    medical_type: str

    @classmethod
    def from_wire(cls, row: Row) -> Visit:
        """One row of node mdtrtinfo."""
        return cls(
            visit_id=text(row, "mdtrt_id"),
            visit_number=text_or_none(row, "ipt_otp_no") or "",
            began_at=moment(row["begntime"]),
            medical_type=text(row, "med_type"),
        )


def visits_from_wire(output: object, request: QueryVisits) -> tuple[Visit, ...]:
    """Node mdtrtinfo of 5201, or its bare array. ValueError when a row is another person's."""
    found = rows({"mdtrtinfo": output} if isinstance(output, list) else output, "mdtrtinfo")
    if any(text(row, "psn_no") != request.person_number for row in found):
        raise ValueError("a visit is another person's")
    return tuple(Visit.from_wire(row) for row in found)
