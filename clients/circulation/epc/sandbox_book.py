"""What the simulated prescription centre remembers of each prescription, and how it tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from clients.circulation.epc.wire import moment_of
from clients.insurance.sandbox_envelope import Rejection
from clients.money import yuan

Data = Mapping[str, Any]

VALID, EXPIRED, REVOKED, VOIDED = "1", "2", "3", "4"
UNUSED, USED, PARTLY_USED = "0", "1", "2"
APPROVED, REJECTED = "1", "2"
STATE_NAMES = {VALID: "有效", EXPIRED: "已失效", REVOKED: "已撤销", VOIDED: "已作废"}
USE_NAMES = {UNUSED: "未使用", USED: "已使用", PARTLY_USED: "部分使用"}
VERDICT_NAMES = {APPROVED: "审核通过", REJECTED: "审核不通过"}
CHECKED = ""  # verified by D001, not uploaded: nothing that counts
_OF_THE_REQUEST = {"mdtrtCertType", "mdtrtCertNo", "cardSn", "ecToken", "authNo", "insuPlcNo", "mdtrtareaNo"}
_BUSINESS = {"01": "定点医疗机构就诊", "02": "互联网医院问诊"}


@dataclass(frozen=True, slots=True)
class Review:
    """What a pharmacist of the centre found."""

    verdict: str
    opinion: str
    at: str


@dataclass(slots=True, kw_only=True)
class Prescription:
    """One prescription from D001 on. `data` is what D001 brought, times are wire text."""

    number: str
    trace_code: str
    data: Data = field(repr=False)
    state: str = CHECKED
    signed_fields: Data = field(default_factory=dict, repr=False)
    signed_file: str = field(default="", repr=False)
    digest: str = ""
    uploaded_at: datetime | None = None
    review: Review | None = None
    settled_at: str = ""
    taken: set[str] = field(default_factory=set)
    revoked_because: str = ""

    @property
    def visit(self) -> Data:
        """Who was where."""
        told: Data = self.data["mdtrtinfo"]
        return told

    @property
    def drugs(self) -> list[Data]:
        """What was prescribed."""
        return list(self.data["rxdrugdetail"])

    @property
    def use(self) -> str:
        """Whether its drugs were taken."""
        if not self.taken:
            return UNUSED
        return USED if self.taken >= {drug["medListCodg"] for drug in self.drugs} else PARTLY_USED

    def lapse(self, now: datetime) -> None:
        """A valid prescription ends with its time."""
        if self.state == VALID and self.use == UNUSED and now > moment_of(self.data["valiEndTime"]):
            self.state = EXPIRED

    def standing(self) -> dict[str, str]:
        """As D003 and D004 answer."""
        return {"hiRxno": self.number, "rxStasCodg": self.state, "rxStasName": STATE_NAMES[self.state]}

    def usage(self) -> dict[str, str]:
        """As D005 and D007 tell it."""
        return {"rxUsedStasCodg": self.use, "rxUsedStasName": USE_NAMES[self.use]}

    def whole(self) -> dict[str, Any]:
        """D005's answer."""
        nodes = {"rxdrugdetail", "mdtrtinfo", "diseinfo", "hospRxno", "initRxno", "rxCotnFlag"}
        head = {name: value for name, value in self.data.items() if name not in nodes | _OF_THE_REQUEST}
        own = {"fixmedinsName", "fixmedinsCode", "mdtrtId"}
        return {
            **head,
            **self.standing(),
            **self.usage(),
            "fixmedinsCode": self.visit["fixmedinsCode"],
            "fixmedinsName": self.visit["fixmedinsName"],
            "reptdCnt": "0",
            "bizTypeName": _BUSINESS[self.data["bizTypeCode"]],
            "rxDetlList": [dict(drug) | {"takeDrugFlag": self._flag(drug)} for drug in self.drugs],
            "rxOtpinfo": {name: value for name, value in self.visit.items() if name not in own}
            | {name: self.signed_fields[name] for name in ("pharName", "pharChkTime")}
            | {"insutype": self.data.get("insutype", "")},
            "rxDiseList": list(self.data["diseinfo"]),
        }

    def judged(self, code: str, name: str) -> dict[str, str]:
        """D006's answer; `code` and `name` are of the centre's pharmacist."""
        if self.review is None:
            raise Rejection("SIM-STATE 处方尚未审核")
        return {
            **self.standing(),
            "pharName": name,
            "pharCode": code,
            "rxChkStasCodg": self.review.verdict,
            "rxChkStasName": VERDICT_NAMES[self.review.verdict],
            "rxChkOpnn": self.review.opinion,
            "rxChkTime": self.review.at,
        }

    def taking(self) -> dict[str, Any]:
        """D007's answer."""
        lines = [self._line(drug) for drug in self.drugs] if self.taken else []
        settled = {"setlTime": self.settled_at} if self.settled_at else {}
        return {**self.standing(), **self.usage(), **settled, **({"seltdelts": lines} if lines else {})}

    def row(self) -> dict[str, object]:
        """For the books: nothing of the patient."""
        return {
            "number": self.number,
            "hospital_number": self.data["hospRxno"],
            "state": STATE_NAMES.get(self.state, "已核验"),
            "use": USE_NAMES[self.use],
            "review": VERDICT_NAMES[self.review.verdict] if self.review else None,
            "drugs": len(self.drugs),
            "total_fen": int(sum((yuan(d.get("drugSumamt") or "0") for d in self.drugs), Decimal(0)) * 100),
        }

    def _flag(self, drug: Data) -> str:
        return "1" if drug["medListCodg"] in self.taken else "0"

    def _line(self, drug: Data) -> dict[str, str]:
        kept = ("medListCodg", "drugGenname", "drugProdname", "drugDosform", "drugSpec", "prdrName")
        return {name: drug[name] for name in kept if name in drug} | {
            "cnt": f"{Decimal(drug['drugCnt']):.3f}",
            "manuLotnum": "SIM20260101",
            "takeDrugFlag": self._flag(drug),
        }
