"""4301 门急诊诊疗记录: what a consultation was about, found and prescribed. Source: protocols/insurance.md 2.2.

For the record of a chat nothing public exists (insurance.md section 6, A10): what the patient said is the history of
the illness (病史), what the doctor said the advice (处置意见). Silent as well: what an unanswered 4301 did; a second
one of the same serial number overwrites the first, as 2203 does, so it is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from clients.insurance.core.wire import SHANGHAI, wall

_VALID, _YES, _NO = "1", "1", "0"
_LONG, _ADVICE, _NAME, _DIAGNOSIS_NAME, _DRUG_NAME = 2000, 1000, 50, 100, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDiagnosis:
    """One row of diseinfo. `kind` is 1 western, 2 main disease or 3 main syndrome of Chinese medicine."""

    kind: str = "1"
    code: str
    name: str
    main: bool

    def to_wire(self) -> dict[str, object]:
        """The row; a diagnosis of Chinese medicine stands in members of its own."""
        code, name, longest = _DIAGNOSIS[self.kind]
        return {
            "tcm_diag_flag": _NO if self.kind == "1" else _YES,
            "maindiag_flag": _YES if self.main else _NO,
            code: self.code,
            name: self.name[:longest],
            "vali_flag": _VALID,
        }


_DIAGNOSIS = {
    "1": ("diag_code", "diag_name", _DIAGNOSIS_NAME),
    "2": ("tcm_dise_code", "tcm_dise_name", 300),
    "3": ("tcmsymp_code", "tcmsymp", 300),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDrug:
    """One row of rxinfo. `item_type` is 11 western, 12 Chinese patent, 13 herbal; `days` how long it lasts."""

    prescription_number: str
    prescribed_at: datetime
    item_type: str
    item_type_name: str
    item_code: str
    name: str
    dosage_form: str
    spec: str
    frequency_code: str
    quantity: Decimal
    dose: Decimal
    dose_unit: str
    way_code: str
    way_name: str
    begins_at: datetime
    days: int
    footnote: str = ""

    def to_wire(self) -> dict[str, object]:
        """The row. 次剂量 has no decimals there, so only a whole dose is told."""
        return {
            "rxno": self.prescription_number,
            "rx_prsc_time": wall(self.prescribed_at),
            "rx_item_type_code": self.item_type,
            "rx_item_type_name": self.item_type_name,
            "rx_detl_id": self.item_code,
            "rx_detl_name": self.name[:_DRUG_NAME],
            "tcmherb_foote": self.footnote,
            "drug_dosform_name": self.dosage_form,
            "drug_spec": self.spec,
            "drug_used_frqu": self.frequency_code,
            "drug_used_idose": format(self.quantity.normalize(), "f"),
            "drug_used_sdose": format(self.dose.to_integral_value(), "f") if self.dose % 1 == 0 else "",
            "drug_used_dosunt": self.dose_unit,
            "drug_used_way_code": self.way_code,
            "drug_medc_way": self.way_name,
            "medc_begntime": wall(self.begins_at),
            "medc_endtime": wall(self.begins_at + timedelta(days=self.days)),
            "medc_days": str(self.days),
            "vali_flag": _VALID,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadConsultation:
    """4301 门急诊诊疗记录 of an insured patient's visit. `serial` (就医流水号) is unique for it; no answer but yes.

    Texts that are longer than the platform takes are cut.
    """

    transaction: ClassVar[str] = "4301"

    insured_area: str
    serial: str
    visit_id: str
    person_number: str
    began_at: datetime
    first: bool
    complaint: str = field(repr=False)
    history: str = field(default="", repr=False)
    advice: str = field(default="", repr=False)
    department_code: str
    department_name: str
    diagnoses: tuple[RecordedDiagnosis, ...] = field(repr=False)
    drugs: tuple[RecordedDrug, ...] = field(default=(), repr=False)
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Nodes rgstinfo, caseinfo, diseinfo and rxinfo; the last three are lists."""
        return {
            "rgstinfo": self._registration(),
            "caseinfo": [self._case()],
            "diseinfo": [each.to_wire() for each in self.diagnoses],
            "rxinfo": [each.to_wire() for each in self.drugs],
        }

    def _registration(self) -> dict[str, object]:
        return {
            "mdtrt_sn": self.serial,
            "mdtrt_id": self.visit_id,
            "psn_no": self.person_number,
            "retnr_flag": _NO,
            "fstdiag_flag": _YES if self.first else _NO,
            "mdtrt_flag": _YES,
            "vali_flag": _VALID,
        }

    def _case(self) -> dict[str, object]:
        return {
            "mdtrt_date": _day(self.began_at).isoformat(),
            "chfcomp": self.complaint[:_LONG],
            "illhis": self.history[:_LONG],
            "dspo_opnn": self.advice[:_ADVICE],
            "dept_code": self.department_code,
            "dept_name": self.department_name[:_NAME],
            "vali_flag": _VALID,
        }


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()
