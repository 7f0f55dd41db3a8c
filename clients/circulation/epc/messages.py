"""What is sent to the prescription centre: our prescription in the words of D001 to D007 (mobile-payment.md 4.1).

Where its sources differ: `authNo` goes with whatever certificate brings one; `ecToken` repeats an e-voucher's number.
Raises ValueError for what cannot be written: a time without zone, more decimals than the field has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clients import money
from clients.circulation.codes import HERBAL_PIECES, ITEM_TYPES
from clients.circulation.epc.wire import moment, signing_text, told
from clients.circulation.gateway import Ask, Cancel, Credential, Sign, Signed, Upload, Verified, Verify
from clients.circulation.prescription import Approval, Decoction, Diagnosis, Item, Prescription, PrescriptionKind, Term
from clients.circulation.wire import figures, packed

E_VOUCHER = "01"
_OUTPATIENT = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """What the hospital adds of itself. `business` 02 is an internet-hospital consultation; `attribute` may be ""."""

    code: str
    name: str
    business: str = "02"
    attribute: str = ""
    kinds: Mapping[PrescriptionKind, str]

    @property
    def members(self) -> dict[str, str]:
        """As most transactions want it."""
        return {"fixmedinsName": self.name, "fixmedinsCode": self.code}


def verify(request: Verify, own: Institution) -> dict[str, Any]:
    """The `data` of D001 上传预核验."""
    rx = request.prescription
    return told(
        {
            **_credential(request.credential),
            "bizTypeCode": own.business,
            "rxExraAttrCode": own.attribute,
            "insuPlcNo": rx.patient.insured_area,
            "hospRxno": rx.number,
            "initRxno": rx.renewal_of,
            "rxTypeCode": own.kinds[rx.kind],
            "prscTime": moment(rx.prescribed_at),
            "rxDrugCnt": figures(rx.count, 4),
            **(_decoction(rx.decoction) if rx.decoction else {}),
            "valiDays": str(rx.valid_days),
            "valiEndTime": moment(rx.valid_until),
            "longRxFlag": _flag(rx.long_term),
            "rxdrugdetail": [_drug(item, rx.kind) for item in rx.items],
            "mdtrtinfo": told(own.members | _patient(rx) | _doctor(rx) | _visit(rx)),
            "diseinfo": [_diagnosis(place, each, rx) for place, each in enumerate(rx.diagnoses, start=1)],
        }
    )


def sign(request: Sign, own: Institution) -> dict[str, str]:
    """The `data` of D002 医保电子签名."""
    fields = signing_fields(request.prescription, request.approval, request.verified, own)
    return {
        "fixmedinsCode": own.code,
        "originalValue": signing_text(fields),
        "originalRxFile": packed(request.document),
    }


def upload(request: Upload, verified: Verified, signed: Signed, own: Institution) -> dict[str, str]:
    """The `data` of D003 处方上传."""
    fields = signing_fields(request.prescription, request.approval, verified, own)
    return fields | {"rxFile": packed(signed.document), "signDigest": signed.digest}


def cancel(request: Cancel, own: Institution) -> dict[str, str]:
    """The `data` of D004 处方撤销."""
    return {
        "hiRxno": request.number,
        "fixmedinsCode": own.code,
        "drCode": request.doctor.code,
        "undoDrName": request.doctor.name,
        "undoDrCertType": request.doctor.id_type,
        "undoDrCertno": request.doctor.id_number,
        "undoRea": request.reason,
        "undoTime": moment(request.cancelled_at),
    }


def ask(request: Ask, own: Institution) -> dict[str, str]:
    """The `data` of D005, D006 and D007."""
    return {
        "hiRxno": request.number,
        "fixmedinsCode": own.code,
        "mdtrtId": request.visit.id,
        "psnName": request.patient.name,
        "psnCertType": request.patient.id_type,
        "certno": request.patient.id_number,
    }


def signing_fields(rx: Prescription, approval: Approval, verified: Verified, own: Institution) -> dict[str, str]:
    """The twenty fields that D002 signs and D003 repeats."""
    pharmacist = approval.pharmacist
    return told(
        {
            "rxTraceCode": verified.trace_code,
            "hiRxno": verified.number,
            "mdtrtId": rx.visit.id,
            "patnName": rx.patient.name,
            "psnCertType": rx.patient.id_type,
            "certno": rx.patient.id_number,
            **own.members,
            "drCode": rx.doctor.code,
            "prscDrName": rx.doctor.name,
            **_named("pharDeptCode", "pharDeptName", pharmacist.department),
            **_named("pharProfttlCodg", "pharProfttlName", pharmacist.title),
            "pharCode": pharmacist.code,
            "pharCertType": pharmacist.id_type if pharmacist.id_number else "",
            "pharCertno": pharmacist.id_number,
            "pharName": pharmacist.name,
            "pharPracCertNo": pharmacist.licence,
            "pharChkTime": moment(approval.approved_at),
        }
    )


def _credential(credential: Credential) -> dict[str, str]:
    return {
        "mdtrtCertType": credential.type,
        "mdtrtCertNo": credential.number,
        "cardSn": credential.card_serial_number,
        "ecToken": credential.number if credential.type == E_VOUCHER else "",
        "authNo": credential.identity_check,
    }


def _decoction(decoction: Decoction) -> dict[str, str]:
    return {
        **_named("rxUsedWayCodg", "rxUsedWayName", decoction.usage),
        **_named("rxFrquCodg", "rxFrquName", decoction.frequency),
        "rxDosunt": decoction.dose_unit,
        "rxDoscnt": figures(decoction.dose, 2),
        "rxDrordDscr": decoction.instruction,
    }


def _drug(item: Item, kind: PrescriptionKind) -> dict[str, str]:
    herbal = HERBAL_PIECES if kind is PrescriptionKind.HERBAL else ("", "")
    return told(
        {
            "medListCodg": item.catalogue_code,
            "fixmedinsHilistId": item.item_code,
            "hospPrepFlag": _flag(item.hospital_preparation),
            "rxItemTypeCode": ITEM_TYPES[kind][0],
            "rxItemTypeName": ITEM_TYPES[kind][1],
            "tcmdrugTypeCode": herbal[0],
            "tcmdrugTypeName": herbal[1],
            "tcmherbFoote": item.footnote,
            "otcFlag": _flag(item.over_the_counter),
            "drugGenname": item.name,
            "drugDosform": item.form,
            "drugSpec": item.spec,
            "drugProdname": item.trade_name,
            "prdrName": item.maker,
            **_taken(item),
            "drugDosunt": item.unit,
            "drugCnt": figures(item.quantity, 4),
            "drugPric": figures(item.price, 6),
            "drugSumamt": money.text(item.amount),
            "hospApprFlag": item.approval,
            "selfPayRea": item.self_pay_reason,
            "realDscr": item.reason_text,
        }
    )


def _taken(item: Item) -> dict[str, str]:
    return {
        **_named("medcWayCodg", "medcWayDscr", item.route),
        "medcBegntime": moment(item.begins_at),
        "medcEndtime": moment(item.ends_at),
        "medcDays": figures(item.days, 2),
        "sinDosunt": item.dose_unit,
        "sinDoscnt": figures(item.dose, 4),
        **_named("usedFrquCodg", "usedFrquName", item.frequency),
    }


def _patient(rx: Prescription) -> dict[str, str]:
    patient = rx.patient
    return {
        "psnNo": patient.person_number,
        "patnName": patient.name,
        "psnCertType": patient.id_type,
        "certno": patient.id_number,
        "patnAge": str(patient.age(rx.prescribed_at)),
        "patnHgt": "" if patient.height is None else figures(patient.height, 2),
        "patnWt": "" if patient.weight is None else figures(patient.weight, 2),
        "gend": patient.gender,
        "gesoVal": "" if patient.pregnancy_weeks is None else str(patient.pregnancy_weeks),
        "suckPrdFlag": _flag(patient.breastfeeding),
        "algsHis": patient.allergies,
    }


def _doctor(rx: Prescription) -> dict[str, str]:
    doctor = rx.doctor
    return {
        **_named("prscDeptCode", "prscDeptName", doctor.department),
        "drCode": doctor.code,
        "prscDrName": doctor.name,
        "prscDrCertType": doctor.id_type if doctor.id_number else "",
        "prscDrCertno": doctor.id_number,
        **_named("drProfttlCodg", "drProfttlName", doctor.title),
        **_named("drDeptCode", "drDeptName", doctor.department),
        "caty": doctor.department_category,
    }


def _visit(rx: Prescription) -> dict[str, str]:
    visit = rx.visit
    return {
        "mdtrtId": visit.id,
        "medType": visit.medical_type,
        "iptOtpNo": visit.number,
        "otpIptFlag": _OUTPATIENT,
        "mdtrtTime": moment(visit.began_at),
        **_named("diseCodg", "diseName", visit.special_disease),
        "spDiseFlag": _flag(visit.special_disease is not None),
        "maindiagCode": rx.main_diagnosis.code,
        "maindiagName": rx.main_diagnosis.name,
        "diseCondDscr": visit.condition,
        "rgstFee": money.text(visit.registration_fee),
        "medfeeSumamt": money.text(rx.total),
        "fstdiagFlag": _flag(visit.first),
    }


def _diagnosis(place: int, diagnosis: Diagnosis, rx: Prescription) -> dict[str, str]:
    return told(
        {
            "diagType": diagnosis.kind,
            "maindiagFlag": _flag(diagnosis.main),
            "diagSrtNo": str(place),
            "diagCode": diagnosis.code,
            "diagName": diagnosis.name,
            "diagDept": rx.doctor.department.name,
            "diagDrNo": rx.doctor.code,
            "diagDrName": rx.doctor.name,
            "diagTime": moment(diagnosis.diagnosed_at),
            **_named("tcmDiseCode", "tcmDiseName", diagnosis.disease),
            **_named("tcmsympCode", "tcmsymp", diagnosis.syndrome),
        }
    )


def _named(code: str, name: str, term: Term | None) -> dict[str, str]:
    return {code: term.code, name: term.name} if term else {}


def _flag(claim: bool) -> str:
    return "1" if claim else "0"
