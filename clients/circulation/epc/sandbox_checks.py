"""What D001 to D003 must be beyond their tables. Source: mobile-payment.md 4.1, insurance.md 2.3.

Decided here, since the protocol is silent: western and patent medicine may share a prescription, herbal pieces may
not; a trace code is for one upload; a review by the prescriber is none; the insurance knows doctor and pharmacist.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from clients.circulation.epc.sandbox_book import Prescription
from clients.circulation.epc.wire import moment, moment_of
from clients.insurance.book import E_VOUCHER, INSURANCE_CARD, InsuranceBook, PersonRow, StaffRow
from clients.insurance.sandbox_envelope import Rejection

Data = Mapping[str, Any]

CANCELLED = "CANCELLED"
HERBAL, PIECES, ONLINE = "13", "3", "02"
SELF_PAY, OTHER_REASON = "2", "6"
_HERBAL_HEAD = ("rxUsedWayCodg", "rxUsedWayName", "rxFrquCodg", "rxFrquName", "rxDosunt", "rxDoscnt")
_DIRECTIONS = ("medcWayCodg", "medcWayDscr", "sinDosunt", "sinDoscnt", "usedFrquCodg", "usedFrquName")


def unless(holds: bool, text: str) -> None:
    """Raises `Rejection` with the text for what does not hold."""
    if not holds:
        raise Rejection(text)


def check_prescription(data: Data, book: InsuranceBook, now: datetime) -> None:
    """Everything D001 verifies. Raises `Rejection`."""
    _check_credential(data, _person(data["mdtrtinfo"], book))
    doctor = _staff(book, data["mdtrtinfo"]["drCode"], data["mdtrtinfo"]["prscDrName"], now)
    unless(doctor is not None and doctor.flag == "1", "SIM-STAFF mdtrtinfo.drCode: 开方医师不是有效的医保医师")
    _check_time(data)
    _check_diagnoses(data)
    kinds = {drug["rxItemTypeCode"] for drug in data["rxdrugdetail"]}
    unless(kinds == {HERBAL} or HERBAL not in kinds, "SIM-FORM rxdrugdetail: 中药饮片应为单独处方")
    (_check_herbal if kinds == {HERBAL} else _check_directed)(data)
    for place, drug in enumerate(data["rxdrugdetail"]):
        _check_drug(f"rxdrugdetail[{place}]", drug)


def check_review(found: Prescription, fields: Data, book: InsuranceBook, now: datetime) -> None:
    """What D002 demands of the twenty fields. Raises `Rejection`."""
    for name in ("mdtrtId", "patnName", "psnCertType", "certno", "fixmedinsCode", "drCode", "prscDrName"):
        unless(fields[name] == found.visit[name], f"SIM-FORM {name}: 应为预核验时的内容")
    unless(fields["rxTraceCode"] == found.trace_code, "SIM-FORM rxTraceCode: 处方追溯码应为预核验返回的内容")
    pharmacist = _staff(book, fields["pharCode"], fields["pharName"], now)
    unless(pharmacist is not None, "SIM-STAFF pharCode: 审方药师不是有效的医保药师")
    unless(fields["pharCode"] != fields["drCode"], "SIM-STAFF pharCode: 开方医师不能作为医保药师审核本人处方")
    early = moment_of(fields["pharChkTime"]) < moment_of(found.data["prscTime"])
    unless(not early, "SIM-FORM pharChkTime: 审方时间应为开方时间之后")


def check_doctor(book: InsuranceBook, code: str, name: str, now: datetime) -> None:
    """D004: who revokes is a doctor of the insurance's. Raises `Rejection`."""
    unless(_staff(book, code, name, now) is not None, "SIM-STAFF drCode: 撤销医师不是有效的医保医师")


def insurance_of(data: Data, book: InsuranceBook) -> str:
    """险种类型 of the visit."""
    return book.visits[data["mdtrtinfo"]["mdtrtId"]].insurance_type


def _person(told: Data, book: InsuranceBook) -> PersonRow:
    visit = book.visits.get(told["mdtrtId"])
    if visit is None or visit.state == CANCELLED:
        raise Rejection("SIM-VISIT mdtrtinfo.mdtrtId: 就诊信息不存在")
    person = book.persons[visit.person_number]
    same = (person.name, person.id_type, person.id_number) == (told["patnName"], told["psnCertType"], told["certno"])
    unless(same, "SIM-PERSON mdtrtinfo.certno: 患者与就诊信息不符")
    unless(told.get("psnNo") in (None, "", person.person_number), "SIM-PERSON mdtrtinfo.psnNo: 患者与就诊信息不符")
    return person


def _check_credential(data: Data, person: PersonRow) -> None:
    kind = data["mdtrtCertType"]
    if kind == INSURANCE_CARD:
        _demand(data, "", ("mdtrtCertNo", "cardSn"))
    if kind == E_VOUCHER:
        _demand(data, "", ("ecToken",))
        unless(person.holds(E_VOUCHER, data["ecToken"]), "SIM-PERSON ecToken: 就诊凭证与患者不符")
    if given := data.get("mdtrtCertNo"):
        unless(person.holds(kind, given), "SIM-PERSON mdtrtCertNo: 就诊凭证与患者不符")
    if kind == E_VOUCHER and data["bizTypeCode"] == ONLINE:
        _demand(data, "", ("authNo",))
        unless(person.holds(E_VOUCHER, data["authNo"]), "SIM-PERSON authNo: 线上身份核验无效")


def _staff(book: InsuranceBook, code: str, name: str, now: datetime) -> StaffRow | None:
    today = moment(now)
    return next(
        (
            row
            for row in book.staff
            if row.code == code and row.name == name and row.begins <= today and (not row.ends or today <= row.ends)
        ),
        None,
    )


def _check_time(data: Data) -> None:
    ends = moment_of(data["prscTime"]) + timedelta(days=int(data["valiDays"]))
    unless(moment_of(data["valiEndTime"]) == ends, "SIM-FORM valiEndTime: 应为开方时间加有效天数")


def _check_diagnoses(data: Data) -> None:
    main = [each for each in data["diseinfo"] if each["maindiagFlag"] == "1"]
    unless(len(main) == 1, "SIM-FORM diseinfo: 应为一个主诊断")
    told = (data["mdtrtinfo"]["maindiagCode"], data["mdtrtinfo"]["maindiagName"])
    unless(told == (main[0]["diagCode"], main[0]["diagName"]), "SIM-FORM mdtrtinfo.maindiagCode: 应为主诊断")
    places = [int(each["diagSrtNo"]) for each in data["diseinfo"]]
    unless(len(set(places)) == len(places), "SIM-FORM diseinfo.diagSrtNo: 排序号重复")


def _check_herbal(data: Data) -> None:
    _demand(data, "", _HERBAL_HEAD)
    for place, drug in enumerate(data["rxdrugdetail"]):
        pieces = drug.get("tcmdrugTypeCode") == PIECES
        unless(pieces, f"SIM-FORM rxdrugdetail[{place}].tcmdrugTypeCode: 中药类别代码不正确")


def _check_directed(data: Data) -> None:
    for place, drug in enumerate(data["rxdrugdetail"]):
        _demand(drug, f"rxdrugdetail[{place}].", _DIRECTIONS)
    count = Decimal(data["rxDrugCnt"])
    unless(count == len(data["rxdrugdetail"]), "SIM-FORM rxDrugCnt: 应为药品数量")


def _check_drug(at: str, drug: Data) -> None:
    if drug.get("drugPric") and drug.get("drugSumamt"):
        product = Decimal(drug["drugCnt"]) * Decimal(drug["drugPric"])
        off = abs(product - Decimal(drug["drugSumamt"]))
        unless(off < Decimal("0.01"), f"SIM-FORM {at}.drugSumamt: 药品总金额应为数量乘单价")
    unless(
        moment_of(drug["medcBegntime"]) <= moment_of(drug["medcEndtime"]), f"SIM-FORM {at}.medcEndtime: 应为开始之后"
    )
    if drug["hospApprFlag"] == SELF_PAY:
        _demand(drug, f"{at}.", ("selfPayRea",))
    if drug.get("selfPayRea") == OTHER_REASON:
        _demand(drug, f"{at}.", ("realDscr",))


def _demand(data: Data, at: str, names: tuple[str, ...]) -> None:
    for name in names:
        unless(bool(data.get(name)), f"SIM-FORM {at}{name}: 不能为空 (required)")
