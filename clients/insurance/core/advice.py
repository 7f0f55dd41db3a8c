"""3101 事前分析: what the insurance remarks of a prescription before it is given. Source: protocols/insurance.md 2.2.

Silent in the protocol, so adapter points (`AdviceCodes`): the trigger scenario, the institution's type and level, the
behaviour of an order, and what the codes of 严重程度 mean. Unit prices have six decimals here and two there: they are
rounded half up; amounts never are. An outpatient has neither admission nor discharge: both are the visit's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from clients.insurance.core.advice_codes import AdviceCodes
from clients.insurance.core.nodes import Row, text, text_or_none
from clients.insurance.core.wire import wall
from clients.money import CENT, yuan_or_none
from clients.money import text as money

_OUTPATIENT_ENCOUNTER = "1"
_NAME, _DOCTOR_NAME = 50, 30
_NO, _YES = "0", "1"

# 职称 by its name (drord_dr_profttl); who has none of these is told as 医师.
TITLES: Mapping[str, str] = {
    "主任医师": "231",
    "副主任医师": "232",
    "主治医师": "233",
    "医师": "234",
    "住院医师": "234",
    "医士": "235",
}
PLAIN_DOCTOR = TITLES["医师"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedDiagnosis:
    """One row of fsi_diagnose_dtos; `order` counts from 1."""

    order: int
    code: str
    name: str
    main: bool
    diagnosed_at: datetime

    def to_wire(self) -> dict[str, object]:
        """The row; its types are not told anywhere, so all of it is text."""
        return {
            "dise_id": str(self.order),
            "inout_dise_type": _OUTPATIENT_ENCOUNTER,
            "maindise_flag": _YES if self.main else _NO,
            "dias_srt_no": str(self.order),
            "dise_codg": self.code,
            "dise_name": self.name,
            "dise_date": wall(self.diagnosed_at),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedItem:
    """One row of fsi_order_dtos: `serial` (标识) is what a hint names; `current` is off for an earlier prescription.

    `list_type` 目录类别, `charge_type` 收费类别, `level` 目录等级; `own_amount` 自费, `first_amount` 先自付, in yuan.
    """

    serial: str
    prescription_number: str
    list_type: str
    charge_type: str
    insurance_code: str
    item_code: str
    name: str
    dosage_form: str
    level: str
    price: Decimal
    quantity: Decimal
    amount: Decimal
    own_amount: Decimal
    first_amount: Decimal
    spec: str
    unit: str
    begins_at: datetime
    current: bool = True

    def to_wire(self, advise: Advise) -> dict[str, object]:
        """The row, with who ordered it and where."""
        price = money(self.price.quantize(CENT, ROUND_HALF_UP))
        return {
            "rx_id": self.serial,
            "rxno": self.prescription_number,
            "long_drord_flag": _NO,
            "hilist_type": self.list_type,
            "chrg_type": self.charge_type,
            "drord_bhvr": advise.codes.behaviour,
            "hilist_code": self.insurance_code,
            "hilist_name": self.name[:_NAME],
            "hilist_dosform": self.dosage_form,
            "hilist_lv": self.level,
            "hilist_pric": price,
            "hosplist_code": self.item_code,
            "hosplist_name": self.name[:_NAME],
            "hosplist_dosform": self.dosage_form,
            "cnt": money(self.quantity),
            "pric": price,
            "sumamt": money(self.amount),
            "ownpay_amt": money(self.own_amount),
            "selfpay_amt": money(self.first_amount),
            "spec": self.spec,
            "spec_unt": self.unit,
            "drord_begn_date": wall(self.begins_at),
            "drord_dept_codg": advise.department_code,
            "drord_dept_name": advise.department_name[:_NAME],
            "drord_dr_codg": advise.doctor_code,
            "drord_dr_name": advise.doctor_name[:_DOCTOR_NAME],
            "drord_dr_profttl": advise.doctor_title,
            "curr_drord_flag": _YES if self.current else _NO,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Advise:
    """3101 事前分析: one patient, one visit, one prescription (and what the visit had before).

    `task` is unique for each call; `visit_number` is ours, since a visit may be advised on before 2201. `doctor_title`
    is the national code (231–235). Exactly one diagnosis is the main one. ValueError for quantities finer than 0.01.
    """

    transaction: ClassVar[str] = "3101"

    codes: AdviceCodes = field(default_factory=AdviceCodes)
    task: str
    insured_area: str
    person_number: str
    patient_name: str = field(repr=False)
    gender: str
    birth_date: date = field(repr=False)
    insurance_type: str
    visit_number: str
    institution_code: str
    institution_name: str
    institution_area: str
    visited_at: datetime
    medical_type: str
    doctor_code: str
    doctor_name: str
    doctor_title: str
    department_code: str
    department_name: str
    diagnoses: tuple[AdvisedDiagnosis, ...] = field(repr=False)
    items: tuple[AdvisedItem, ...] = field(repr=False)
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data, and what is nested in it."""
        patient = {
            "patn_id": self.person_number,
            "patn_name": self.patient_name,
            "gend": self.gender,
            "brdy": self.birth_date.isoformat(),
            "poolarea": self.insured_area,
            "curr_mdtrt_id": self.visit_number,
            "fsi_encounter_dtos": [self._encounter()],
        }
        data = {
            "syscode": self.codes.system,
            "task_id": self.task,
            "trig_scen": self.codes.scenario,
            "patient_dtos": [patient],
        }
        return {"data": data}

    def _encounter(self) -> dict[str, object]:
        main = next(each for each in self.diagnoses if each.main)
        visited = wall(self.visited_at)
        return {
            "mdtrt_id": self.visit_number,
            "medins_id": self.institution_code,
            "medins_name": self.institution_name,
            "medins_admdvs": self.institution_area,
            "medins_type": self.codes.institution_type,
            "medins_lv": self.codes.institution_level,
            "adm_date": visited,
            "dscg_date": visited,
            "dscg_main_dise_codg": main.code,
            "dscg_main_dise_name": main.name[:_NAME],
            "fsi_diagnose_dtos": [each.to_wire() for each in self.diagnoses],
            "dr_codg": self.doctor_code,
            "adm_dept_codg": self.department_code,
            "adm_dept_name": self.department_name[:_NAME],
            "dscg_dept_codg": self.department_code,
            "dscg_dept_name": self.department_name[:_NAME],
            "med_mdtrt_type": _OUTPATIENT_ENCOUNTER,
            "med_type": self.medical_type,
            "fsi_order_dtos": [item.to_wire(self) for item in self.items],
            "matn_stas": _NO,
            **self._fees(),
            "setl_totlnum": "0",
            "insutype": self.insurance_type,
            "reim_flag": self.codes.reimbursed,
            "out_setl_flag": _YES if self.insured_area[:4] != self.institution_area[:4] else _NO,
        }

    def _fees(self) -> dict[str, object]:
        current = [item for item in self.items if item.current]
        return {
            "medfee_sumamt": money(sum((item.amount for item in current), Decimal(0))),
            "ownpay_amt": money(sum((item.own_amount for item in current), Decimal(0))),
            "selfpay_amt": money(sum((item.first_amount for item in current), Decimal(0))),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """3101, one row of the answer: `serials` are the lines it speaks of; `severity` UNKNOWN for a code not mapped."""

    number: str
    rule_code: str
    rule_name: str
    content: str
    severity_code: str
    severity: str
    evidence: str | None
    amount: Decimal | None
    serials: tuple[str, ...]


def hints_from_wire(output: object, request: Advise) -> tuple[Hint, ...]:
    """Node result; empty or absent is no hint. ValueError when a row is another person's."""
    found = output.get("result") if isinstance(output, Mapping) else output
    if not found:
        return ()
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise ValueError("node result is not a list of objects")
    if any(text(row, "patn_id") != request.person_number for row in found):
        raise ValueError("a hint is another person's")
    return tuple(_hint(row, request.codes) for row in found)


def _hint(row: Row, codes: AdviceCodes) -> Hint:
    severity = text(row, "sev_deg")
    return Hint(
        number=text(row, "jr_id"),
        rule_code=text(row, "rule_id"),
        rule_name=text(row, "rule_name"),
        content=text(row, "vola_cont"),
        severity_code=severity,
        severity=codes.severities.get(severity, "UNKNOWN"),
        evidence=text_or_none(row, "vola_evid"),
        amount=yuan_or_none(row.get("vola_amt")),
        serials=_lines(row.get("judge_result_detail_dtos")),
    )


def _lines(details: object) -> tuple[str, ...]:
    """The orders that a hint names; a hint about the whole visit names none."""
    if not isinstance(details, list) or not all(isinstance(row, Mapping) for row in details):
        raise ValueError("node judge_result_detail_dtos is missing")
    return tuple(serial for row in details if (serial := text_or_none(row, "rx_id")))
