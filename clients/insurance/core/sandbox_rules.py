"""What the core sandbox does for each transaction, and when it says no. Source: protocols/insurance.md 2.2, 4.5.

Inputs have passed their tables. Where the protocol is silent: a cancelled visit is not found by 5201; a registration
without 2203 is found by every medical type, and told as 12 (门诊挂号); 5102 wants a code or a certificate, and finds
nobody in an empty list; 2001 tells one fund for each row of the asked insurance: yes, unless the row is not active or
has a `benefit_refused`, which is then the reason; 7205 wants a prescription that the platform knows, one carrier for a
delivery number, and takes the last state told once more for no news; 4301 wants visit and person, and overwrites its
serial number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import count
from typing import Any

from clients.insurance.book import INSURANCE_CARD, DeliveryRow, InsuranceBook, PersonRow, Profile, StaffRow, VisitRow
from clients.insurance.core import wire
from clients.insurance.core.sandbox_advice import Advisor

Input = Mapping[str, Any]
Output = dict[str, Any] | None

CANCELLED = "CANCELLED"

_ACTIVE = (None, "", "1")
_REGISTRATION_ONLY = "12"


class RefusalError(Exception):
    """The sandbox says no, in these words."""


class Rules:
    """The platform's side of each transaction over one book; `now` gives the platform's time."""

    def __init__(self, book: InsuranceBook, now: Callable[[], datetime]) -> None:
        self._book = book
        self._now = now
        self._numbers = count(1)
        self.sign_numbers: set[str] = set()
        self.advisor = Advisor()
        self.transactions: dict[str, Callable[[Input], Output]] = {
            "9001": self._sign_in,
            "1101": self._query_person,
            "2001": self._check_benefits,
            "2201": self._register,
            "2202": self._cancel,
            "2203": self._upload,
            "3101": self._advise,
            "4301": self._record,
            "5102": self._query_staff,
            "5201": self._query_visits,
            "7205": self._deliver,
        }

    def _sign_in(self, given: Input) -> Output:
        number = f"S{next(self._numbers):029d}"
        self.sign_numbers.add(number)
        return {"signinoutb": {"sign_time": wire.wall(self._now()), "sign_no": number}}

    def _query_person(self, given: Input) -> Output:
        asked = given["data"]
        readable = asked["mdtrt_cert_type"] != INSURANCE_CARD or bool(asked.get("card_sn"))
        _unless(readable, "data.card_sn: 卡识别码不能为空")
        person = self._book.person_by_certificate(asked["mdtrt_cert_type"], asked["mdtrt_cert_no"])
        if person is None or not _is(person, asked):
            raise RefusalError("人员信息不存在")
        return {
            "baseinfo": {**_identity(person), "age": _age(person, self._now().date())},
            "insuinfo": [_insurance(person, row) for row in person.insurances],
            "idetinfo": [],
        }

    def _check_benefits(self, given: Input) -> Output:
        asked = given["data"]
        person = self._person(asked["psn_no"])
        rows = [row for row in person.insurances if row["insurance_type"] == asked["insutype"]]
        _unless(bool(rows), "data.insutype: 人员未参加该险种")
        return {"trtinfo": [_benefit(person, row, asked["begntime"]) for row in rows]}

    def _register(self, given: Input) -> Output:
        asked = given["data"]
        person = self._person(asked["psn_no"])
        _insured(person, asked["insutype"])
        own = person.holds(asked["mdtrt_cert_type"], asked["mdtrt_cert_no"])
        _unless(own, "data.mdtrt_cert_no: 就诊凭证与人员不符")
        live = (v.visit_number for v in self._book.visits.values() if v.state != CANCELLED)
        _unless(asked["ipt_otp_no"] not in live, "data.ipt_otp_no: 门诊号重复")
        visit = VisitRow(
            visit_id=f"{person.area}{self._now():%Y%m%d}{next(self._numbers):010d}",
            person_number=person.person_number,
            visit_number=asked["ipt_otp_no"],
            insurance_type=asked["insutype"],
            area=person.area,
            began_at=asked["begntime"],
            doctor_code=asked["atddr_no"],
            department_code=asked["dept_code"],
        )
        self._book.visits[visit.visit_id] = visit
        return {"data": _visit_keys(visit)}

    def _cancel(self, given: Input) -> Output:
        asked = given["data"]
        visit = self._visit(asked)
        _unless(visit.visit_number == asked["ipt_otp_no"], "data.ipt_otp_no: 就诊信息不存在")
        if self._book.profile is Profile.NATIONAL:
            _unless(not self._book.open_settlement(visit.visit_id), "存在未撤销的结算,不能撤销挂号")
            _unless(not self._book.open_fees(visit.visit_id), "存在未撤销的费用明细,不能撤销挂号")
        visit.state = CANCELLED
        return None

    def _upload(self, given: Input) -> Output:
        asked = given["mdtrtinfo"]
        visit = self._visit(asked)
        visit.state = "VISIT"
        visit.medical_type = asked["med_type"]
        visit.began_at = asked["begntime"]
        visit.diagnoses = [dict(row) for row in given["diseinfo"]]
        return None

    def _advise(self, given: Input) -> Output:
        data = given["data"]
        _unless(bool(data.get("trig_scen") or data.get("rule_ids")), "data.trig_scen: 触发场景不能为空")
        known = all(patient["patn_id"] in self._book.persons for patient in data["patient_dtos"])
        _unless(known, "data.patient_dtos[0].patn_id: 人员信息不存在")
        results = self.advisor.results(data)
        return {"result": results} if results else None

    def _record(self, given: Input) -> Output:
        asked = given["rgstinfo"]
        for name in ("mdtrt_id", "psn_no"):
            _unless(bool(asked.get(name)), f"rgstinfo.{name}: 参保患者不能为空 (required)")
        self._visit(asked)
        self._book.records[asked["mdtrt_sn"]] = dict(given)
        return None

    def _query_visits(self, given: Input) -> Output:
        asked = given["data"]
        person = self._person(asked["psn_no"])
        found = [v for v in self._book.visits.values() if v.state != CANCELLED and _wanted(v, asked)]
        return {"mdtrtinfo": [_visit(person, visit) for visit in found]}

    def _deliver(self, given: Input) -> Output:
        asked = given["data"]
        _unless(self._book.knows_prescription(asked["hi_rxno"]), "data.hi_rxno: 医保处方不存在")
        key = asked["hi_rxno"], asked.get("delv_no") or ""
        carrier = asked.get("delv_entp_no") or asked["delv_entp_name"]
        new = DeliveryRow(prescription_number=key[0], number=key[1], carrier=carrier)
        row = self._book.deliveries.setdefault(key, new)
        _unless(row.carrier == carrier, "data.delv_entp_no: 配送企业与首次上传不一致")
        state = asked["delv_stas_codg"], asked["delv_stas_name"], asked.get("delv_stas_time") or ""
        if row.states[-1:] != [state]:
            row.states.append(state)
        return None

    def _query_staff(self, given: Input) -> Output:
        asked = given["data"]
        _unless(bool(asked.get("prac_psn_code") or asked.get("certno")), "data.prac_psn_code: 代码或证件号码不能为空")
        found = [_staff(row) for row in self._book.staff if row.is_asked(asked)]
        return {"feedetail": found}

    def _person(self, number: str) -> PersonRow:
        person = self._book.persons.get(number)
        if person is None:
            raise RefusalError("data.psn_no: 人员信息不存在")
        return person

    def _visit(self, asked: Input) -> VisitRow:
        self._person(asked["psn_no"])
        visit = self._book.visits.get(asked["mdtrt_id"])
        if visit is None or visit.person_number != asked["psn_no"]:
            raise RefusalError("mdtrt_id: 就诊信息不存在")
        _unless(visit.state != CANCELLED, "mdtrt_id: 该挂号已撤销")
        return visit


def _unless(holds: bool, text: str) -> None:
    if not holds:
        raise RefusalError(text)


def _is(person: PersonRow, asked: Input) -> bool:
    told = {"psn_cert_type": person.id_type, "certno": person.id_number, "psn_name": person.name}
    return all(asked.get(name) in (None, "", value) for name, value in told.items())


def _insured(person: PersonRow, insurance_type: str) -> None:
    rows = [row for row in person.insurances if row["insurance_type"] == insurance_type]
    _unless(bool(rows), "data.insutype: 人员未参加该险种")
    _unless(any(row.get("status") in _ACTIVE for row in rows), "data.insutype: 人员参保状态不正常")


def _wanted(visit: VisitRow, asked: Input) -> bool:
    return (
        visit.person_number == asked["psn_no"]
        and asked["begntime"] <= visit.began_at <= asked["endtime"]
        and visit.medical_type in (None, asked["med_type"])
        and asked.get("mdtrt_id") in (None, "", visit.visit_id)
    )


def _identity(person: PersonRow) -> dict[str, Any]:
    return {
        "psn_no": person.person_number,
        "psn_cert_type": person.id_type,
        "certno": person.id_number,
        "psn_name": person.name,
        "gend": person.gender,
        "naty": "",
        "brdy": person.birth_date,
    }


def _age(person: PersonRow, today: date) -> int:
    born = date.fromisoformat(person.birth_date)
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _insurance(person: PersonRow, row: Mapping[str, Any]) -> dict[str, Any]:
    fen = int(row.get("balance_fen", 0))
    return {
        "balc": f"{fen // 100}.{fen % 100:02d}",
        "insutype": row["insurance_type"],
        "psn_type": row["person_type"],
        "psn_insu_stas": row.get("status"),
        "cvlserv_flag": "0",
        "insuplc_admdvs": row.get("area", person.area),
        "emp_name": row.get("employer"),
    }


def _benefit(person: PersonRow, row: Mapping[str, Any], began_at: str) -> dict[str, Any]:
    refusal = row.get("benefit_refused") or ("" if row.get("status") in _ACTIVE else "人员参保状态不正常")
    return {
        "psn_no": person.person_number,
        "trt_chk_type": "1",
        "fund_pay_type": f"{row['insurance_type']}100",
        "trt_enjymnt_flag": "0" if refusal else "1",
        "begndate": began_at[:10],
        "enddate": "",
        "trt_chk_rslt": refusal,
    }


def _visit_keys(visit: VisitRow) -> dict[str, Any]:
    return {"mdtrt_id": visit.visit_id, "psn_no": visit.person_number, "ipt_otp_no": visit.visit_number}


def _visit(person: PersonRow, visit: VisitRow) -> dict[str, Any]:
    kinds = [row["person_type"] for row in person.insurances if row["insurance_type"] == visit.insurance_type]
    return {
        **_identity(person),
        **_visit_keys(visit),
        "insutype": visit.insurance_type,
        "psn_type": kinds[0],
        "cvlserv_flag": "0",
        "begntime": visit.began_at,
        "endtime": visit.began_at,
        "med_type": visit.medical_type or _REGISTRATION_ONLY,
        "atddr_no": visit.doctor_code,
        "adm_dept_codg": visit.department_code,
    }


def _staff(row: StaffRow) -> dict[str, Any]:
    return {
        "psn_cert_type": row.id_type,
        "certno": row.id_number,
        "prac_psn_no": "",
        "prac_psn_code": row.code,
        "prac_psn_name": row.name,
        "prac_psn_type": row.type,
        "prac_psn_cert": "",
        "prac_cert_no": "",
        "hi_dr_flag": row.flag,
        "begntime": row.begins,
        "endtime": row.ends,
        "chg_rea": "",
    }
