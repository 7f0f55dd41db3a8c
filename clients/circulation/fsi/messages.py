"""7101, 7102, 7104 and 7105 in the core's words. Source: protocols/insurance.md 2.2.

Amounts and quantities are texts with fixed decimals. Raises ValueError for what cannot be written. A herbal
prescription repeats its decoction's usage and frequency in every piece, since 7101 demands a route of each drug.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from clients import money
from clients.circulation.codes import HERBAL_PIECES, ITEM_TYPES
from clients.circulation.gateway import Cancel, ReportPayment, ReportReview, Upload
from clients.circulation.prescription import Diagnosis, Item, Pharmacist, Prescription, PrescriptionKind, Term
from clients.circulation.settings import FSISettings
from clients.circulation.wire import figures, packed
from clients.insurance.core.wire import wall

_OUTSIDE = "1"  # 外购处方标志: for pharmacies outside


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPrescription:
    """7101 电子处方上传."""

    transaction: ClassVar[str] = "7101"
    asked: Upload
    settings: FSISettings
    sign_number: str

    @property
    def insured_area(self) -> str:
        """参保地医保区划."""
        return self.asked.prescription.patient.insured_area

    def to_wire(self) -> dict[str, object]:
        """Nodes data, rxdrugdetail, mdtrtinfo and diseinfo."""
        rx = self.asked.prescription
        return {
            "data": self._head(rx),
            "rxdrugdetail": [_drug(item, rx) for item in rx.items],
            "mdtrtinfo": _patient(rx) | _doctor(rx) | self._review() | _visit(rx),
            "diseinfo": [_diagnosis(place, each, rx) for place, each in enumerate(rx.diagnoses, start=1)],
        }

    def _head(self, rx: Prescription) -> dict[str, object]:
        decoction = rx.decoction
        herbal: dict[str, object] = {}
        if decoction:
            herbal = {
                **_named("rx_way_codg", "rx_way_name", decoction.usage),
                **_named("rx_freq_codg", "rx_freq_name", decoction.frequency),
                "rx_dosunt": decoction.dose_unit,
                "rx_doscnt": figures(decoction.dose, 2),
                "rx_drord_dscr": decoction.instruction,
            }
        return herbal | {
            "hosp_rxno": rx.number,
            "init_rxno": rx.renewal_of,
            "rx_type_code": self.settings.kinds[rx.kind],
            "prsc_time": wall(rx.prescribed_at),
            "rx_drug_nums": figures(rx.count, 4),
            "valid_days": str(rx.valid_days),
            "valid_end_time": wall(rx.valid_until),
            "rx_cotn_flag": _flag(bool(rx.renewal_of)),
            "rx_file": packed(self.asked.document),
            "rx_circ_flag": _OUTSIDE,
        }

    def _review(self) -> dict[str, object]:
        return _pharmacist(self.asked.approval.pharmacist) | {"phar_chk_time": wall(self.asked.approval.approved_at)}


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadReview:
    """7102 处方审核."""

    transaction: ClassVar[str] = "7102"
    insured_area: ClassVar[str] = ""
    asked: ReportReview
    settings: FSISettings
    institution: tuple[str, str]
    sign_number: str

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        asked = self.asked
        return {
            "data": {
                "hi_rxno": asked.number,
                "fixmedins_code": self.institution[0],
                "fixmedins_name": self.institution[1],
                **_pharmacist(asked.approval.pharmacist),
                "rchk_phar_cert_type": asked.second_id_type,
                "rchk_phar_certno": asked.second_id_number,
                "rchk_phar_name": asked.second_name,
                "rx_chk_stas_codg": self.settings.verdicts[asked.verdict],
                "rx_chk_opnn": asked.opinion,
                "rx_chk_time": wall(asked.approval.approved_at),
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokePrescription:
    """7104 处方撤销."""

    transaction: ClassVar[str] = "7104"
    insured_area: ClassVar[str] = ""
    asked: Cancel
    sign_number: str

    def to_wire(self) -> dict[str, object]:
        """Node data; `prsc_dr_name` holds the revoking doctor, as the source has it."""
        return {
            "data": {
                "hi_rxno": self.asked.number,
                "prsc_dr_name": self.asked.doctor.name,
                "undo_dr_cert_type": self.asked.doctor.id_type,
                "undo_dr_certno": self.asked.doctor.id_number,
                "undo_rea": self.asked.reason,
                "undo_time": wall(self.asked.cancelled_at),
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPayment:
    """7105 处方支付状态."""

    transaction: ClassVar[str] = "7105"
    insured_area: ClassVar[str] = ""
    asked: ReportPayment
    settings: FSISettings
    sign_number: str

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {
            "data": {
                "hi_rxno": self.asked.number,
                "hosp_rxno": self.asked.prescription_number,
                "rx_pay_status_code": self.settings.paid,
                "pay_time": wall(self.asked.paid_at),
            }
        }


def _drug(item: Item, rx: Prescription) -> dict[str, object]:
    code, name = ITEM_TYPES[rx.kind]
    pieces = HERBAL_PIECES if rx.kind is PrescriptionKind.HERBAL else ("", "")
    return {
        "med_list_codg": item.catalogue_code,
        "fixmedins_hilist_id": item.item_code,
        "hosp_prep_flag": _flag(item.hospital_preparation),
        "rx_item_type_code": code,
        "rx_item_type_name": name,
        "tcmdrug_type_code": pieces[0],
        "tcmdrug_type_name": pieces[1],
        "tcmherb_foote": item.footnote,
        "drug_prodname": item.trade_name,
        "drug_genname": item.name,
        "drug_dosform": item.form,
        "drug_spec": item.spec,
        "prdr_name": item.maker,
        "drug_pric": figures(item.price, 6),
        "drug_cnt": figures(item.quantity, 4),
        "drug_cnt_unit": item.unit,
        "drug_sumamt": money.text(item.amount),
        **_taken(item, rx),
    }


def _taken(item: Item, rx: Prescription) -> dict[str, object]:
    whole = rx.decoction
    route = item.route or (whole.usage if whole else None)
    frequency = item.frequency or (whole.frequency if whole else None)
    return {
        **_named("medc_way_codg", "medc_way_dscr", route),
        "medc_starttime": wall(item.begins_at),
        "medc_endtime": wall(item.ends_at),
        "medc_days": figures(item.days, 2),
        "sin_doscnt": figures(item.dose, 2),
        "sin_dosunt": item.dose_unit,
        **_named("used_frqu_codg", "used_frqu_name", frequency),
    }


def _patient(rx: Prescription) -> dict[str, object]:
    patient = rx.patient
    return {
        "psn_no": patient.person_number,
        "patn_name": patient.name,
        "age": str(patient.age(rx.prescribed_at)),
        "patn_ht": _figures(patient.height),
        "patn_wt": _figures(patient.weight),
        "gend": patient.gender,
        "geso_val": "" if patient.pregnancy_weeks is None else str(patient.pregnancy_weeks),
        "suck_prd_flag": _flag(patient.breastfeeding),
        "algs_his": patient.allergies,
        "insuplc_admdvs": patient.insured_area,
        "psn_cert_type": patient.id_type,
        "certno": patient.id_number,
        "insutype": patient.insurance_type,
    }


def _doctor(rx: Prescription) -> dict[str, object]:
    doctor = rx.doctor
    return {
        **_named("prsc_dept_code", "prsc_dept_name", doctor.department),
        "prsc_dr_name": doctor.name,
        "prsc_dr_cert_type": doctor.id_type if doctor.id_number else "",
        "prsc_dr_certno": doctor.id_number,
        **_named("dr_profttl_codg", "dr_profttl_name", doctor.title),
    }


def _visit(rx: Prescription) -> dict[str, object]:
    visit = rx.visit
    return {
        "mdtrt_id": visit.id,
        "med_type": visit.medical_type,
        "ipt_op_no": visit.number,
        "mdtrt_time": wall(visit.began_at),
        **_named("dise_codg", "dise_name", visit.special_disease),
        "sp_dise_flag": _flag(visit.special_disease is not None),
        "diag_code": rx.main_diagnosis.code,
        "diag_name": rx.main_diagnosis.name,
        "dise_cond_dscr": visit.condition,
        "rgst_fee": money.text(visit.registration_fee),
        "medfee_sumamt": money.text(rx.total),
        "fstdiag": _flag(visit.first),
    }


def _diagnosis(place: int, diagnosis: Diagnosis, rx: Prescription) -> dict[str, object]:
    return {
        "diag_type": diagnosis.kind,
        "maindiag_flag": _flag(diagnosis.main),
        "diag_srt_no": place,
        "diag_code": diagnosis.code,
        "diag_name": diagnosis.name,
        "diag_dept": rx.doctor.department.name,
        "dise_dor_no": rx.doctor.code,
        "dise_dor_name": rx.doctor.name,
        "diag_time": wall(diagnosis.diagnosed_at),
    }


def _pharmacist(pharmacist: Pharmacist) -> dict[str, object]:
    return {
        "phar_cert_type": pharmacist.id_type if pharmacist.id_number else "",
        "phar_certno": pharmacist.id_number,
        "phar_name": pharmacist.name,
        "phar_prac_cert_no": pharmacist.licence,
    }


def _named(code: str, name: str, term: Term | None) -> dict[str, object]:
    return {code: term.code, name: term.name} if term else {}


def _figures(value: Decimal | None) -> str:
    return "" if value is None else figures(value, 2)


def _flag(claim: bool) -> str:
    return "1" if claim else "0"
