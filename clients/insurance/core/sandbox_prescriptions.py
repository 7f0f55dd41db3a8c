"""The older circulation channel of the core sandbox: 7101, 7102, 7104 and 7105. Source: protocols/insurance.md 2.2.

Inputs have passed their tables. Where the protocol is silent: a hospital's prescription number is uploaded once, the
same content again gets the same number, other content is refused; the insurance knows doctor and pharmacist by name;
a revoked prescription takes no review and no payment, and is revoked once.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from clients.insurance.book import InsuranceBook
from clients.insurance.core import wire
from clients.insurance.core.sandbox_rules import CANCELLED, RefusalError

Input = Mapping[str, Any]

VALID, REVOKED = "VALID", "REVOKED"
HERBAL = "13"


@dataclass(slots=True, kw_only=True)
class Row:
    """One uploaded prescription."""

    number: str
    hospital_number: str
    content: str = field(repr=False)
    total: Decimal
    state: str = VALID
    review: str = ""
    paid_at: str = ""


class Prescriptions:
    """What was uploaded, over one book; `now` gives the platform's time."""

    def __init__(self, book: InsuranceBook, now: Callable[[], datetime]) -> None:
        self._book, self._now = book, now
        self._serials = count(1)
        self.rows: dict[str, Row] = {}
        self.transactions: dict[str, Callable[[Input], dict[str, Any] | None]] = {
            "7101": self._upload,
            "7102": self._review,
            "7104": self._revoke,
            "7105": self._pay,
        }

    def told(self) -> list[dict[str, object]]:
        """For the books: nothing of the patient, amounts in fen."""
        return [
            {
                "number": row.number,
                "hospital_number": row.hospital_number,
                "state": row.state,
                "review": row.review,
                "paid": bool(row.paid_at),
                "total_fen": int(row.total * 100),
            }
            for row in self.rows.values()
        ]

    def _upload(self, given: Input) -> dict[str, Any]:
        data, content = given["data"], json.dumps(given, sort_keys=True, default=str)
        before = [row for row in self.rows.values() if row.hospital_number == data["hosp_rxno"]]
        if before:
            _unless(before[0].content == content, "data.hosp_rxno: 处方编号重复")
            return {"hi_rxno": before[0].number}
        self._check_people(given)
        _check_form(given)
        total = sum((Decimal(str(drug.get("drug_sumamt") or 0)) for drug in given["rxdrugdetail"]), Decimal(0))
        number = f"350200{self._now():%Y%m%d%H%M%S}{next(self._serials):08d}"  # no number again after a new start
        self.rows[number] = Row(number=number, hospital_number=data["hosp_rxno"], content=content, total=total)
        return {"hi_rxno": number}

    def _review(self, given: Input) -> None:
        asked = given["data"]
        row = self._live(asked["hi_rxno"])
        _unless(asked["phar_name"] != asked["rchk_phar_name"], "data.rchk_phar_name: 复核人应为另一医保药师")
        row.review = asked["rx_chk_stas_codg"]

    def _revoke(self, given: Input) -> None:
        asked = given["data"]
        row = self._live(asked["hi_rxno"])
        self._check_staff(asked["prsc_dr_name"], "data.prsc_dr_name: 撤销医师不是有效的医保医师")
        row.state = REVOKED

    def _pay(self, given: Input) -> None:
        asked = given["data"]
        row = self._live(asked["hi_rxno"])
        _unless(row.hospital_number == asked["hosp_rxno"], "data.hosp_rxno: 处方不存在")
        row.paid_at = asked["pay_time"]

    def _live(self, number: str) -> Row:
        row = self.rows.get(number)
        if row is None:
            raise RefusalError("data.hi_rxno: 处方不存在")
        _unless(row.state != REVOKED, "data.hi_rxno: 处方已撤销")
        return row

    def _check_people(self, given: Input) -> None:
        asked = given["mdtrtinfo"]
        visit = self._book.visits.get(asked["mdtrt_id"])
        if visit is None or visit.state == CANCELLED or visit.person_number != asked["psn_no"]:
            raise RefusalError("mdtrtinfo.mdtrt_id: 就诊信息不存在")
        person = self._book.persons[visit.person_number]
        same = (person.name, person.id_number) == (asked["patn_name"], asked["certno"])
        _unless(same, "mdtrtinfo.certno: 患者与就诊信息不符")
        self._check_staff(asked["prsc_dr_name"], "mdtrtinfo.prsc_dr_name: 开方医师不是有效的医保医师", doctor=True)
        self._check_staff(asked["phar_name"], "mdtrtinfo.phar_name: 审方药师不是有效的医保药师")
        _unless(asked["phar_name"] != asked["prsc_dr_name"], "mdtrtinfo.phar_name: 医保药师不能审核本人处方")

    def _check_staff(self, name: str, text: str, *, doctor: bool = False) -> None:
        today = wire.wall(self._now())
        found = [row for row in self._book.staff if row.name == name and row.begins <= today]
        live = [row for row in found if not row.ends or today <= row.ends]
        _unless(any(row.flag == "1" or not doctor for row in live), text)


def _check_form(given: Input) -> None:
    data, visit = given["data"], given["mdtrtinfo"]
    written, ends = wire.moment(data["prsc_time"]), wire.moment(data["valid_end_time"])
    _unless(ends == written + timedelta(days=int(data["valid_days"])), "data.valid_end_time: 应为开方时间加有效天数")
    _unless(wire.moment(visit["phar_chk_time"]) >= written, "mdtrtinfo.phar_chk_time: 审方时间应为开方时间之后")
    main = [each for each in given["diseinfo"] if each["maindiag_flag"] == "1"]
    _unless([each["diag_code"] for each in main] == [visit["diag_code"]], "mdtrtinfo.diag_code: 应为唯一的主诊断")
    _unless(_is_pdf(data["rx_file"]), "data.rx_file: 格式应为PDF")
    for place, drug in enumerate(given["rxdrugdetail"]):
        _check_drug(f"rxdrugdetail[{place}]", drug)
    herbal = {drug.get("rx_item_type_code") == HERBAL for drug in given["rxdrugdetail"]}
    _unless(len(herbal) == 1, "rxdrugdetail: 中药饮片应为单独处方")
    if herbal == {True}:
        _unless(bool(data.get("rx_way_codg")), "data.rx_way_codg: 处方整剂用法编号不能为空 (required)")


def _check_drug(at: str, drug: Input) -> None:
    if drug.get("drug_pric") and drug.get("drug_sumamt"):
        product = Decimal(str(drug["drug_cnt"])) * Decimal(str(drug["drug_pric"]))
        off = abs(product - Decimal(str(drug["drug_sumamt"])))
        _unless(off < Decimal("0.01"), f"{at}.drug_sumamt: 药品总金额应为数量乘单价")
    begins, ends = wire.moment(drug["medc_starttime"]), wire.moment(drug["medc_endtime"])
    _unless(begins <= ends, f"{at}.medc_endtime: 应为用药开始时间之后")


def _is_pdf(text: str) -> bool:
    try:
        return base64.b64decode(text, validate=True).startswith(b"%PDF-")
    except binascii.Error:
        return False


def _unless(holds: bool, text: str) -> None:
    if not holds:
        raise RefusalError(text)
