"""What the simulated prescription centre does for each transaction, and when it says no. Source: mobile-payment.md 4.1.

Decided here, since the protocol is silent: D001 of the same number and content gives the same codes until it is
uploaded, of other content is refused; what is only verified is not found by D005; signing again gives a new signature;
a prescription that the centre's pharmacist rejects is voided; only an approved one is dispensed, and then D004 comes
too late; the centre approves by itself after `review_seconds`, if that is set.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from clients import fields
from clients.circulation.epc import wire
from clients.circulation.epc.sandbox_book import (
    APPROVED,
    CHECKED,
    REJECTED,
    REVOKED,
    STATE_NAMES,
    UNUSED,
    VALID,
    VOIDED,
    Prescription,
    Review,
)
from clients.circulation.epc.sandbox_checks import (
    check_doctor,
    check_prescription,
    check_review,
    insurance_of,
    unless,
)
from clients.circulation.wire import packed, unpacked
from clients.insurance.book import InsuranceBook
from clients.insurance.sandbox_envelope import Rejection
from clients.insurance.sm import PrivateKey, sm3

Data = Mapping[str, Any]

PHARMACIST = ("Y350200999999", "流转平台药师")
CERTIFICATE = {"signCertSn": "SIM000000000001", "signCertDn": "CN=处方流转平台(沙箱),C=CN"}
_PDF = b"%PDF-"


class Centre:
    """One centre's prescriptions; `now` gives the platform's time, `key` signs."""

    def __init__(self, book: InsuranceBook, key: PrivateKey, now: Callable[[], datetime]) -> None:
        self._book, self._key, self._now = book, key, now
        self._serials = count(1)
        self._by_hospital: dict[str, Prescription] = {}
        self.prescriptions: dict[str, Prescription] = {}
        self.review_seconds: float | None = None
        self.deeds: Mapping[str, Callable[[Data], dict[str, Any]]] = {
            "D001": self._verify,
            "D002": self._sign,
            "D003": self._upload,
            "D004": self._revoke,
            "D005": lambda data: self._asked(data).whole(),
            "D006": lambda data: self._asked(data).judged(*PHARMACIST),
            "D007": lambda data: self._asked(data).taking(),
        }

    def decide(self, number: str, approved: bool, opinion: str = "") -> None:
        """The centre's pharmacist reviews an uploaded prescription, once. Raises `Rejection`."""
        found = self._usable(number)
        unless(found.review is None, "SIM-STATE 处方已审核")
        verdict = APPROVED if approved else REJECTED
        found.review = Review(verdict, opinion or ("同意" if approved else "不同意"), wire.moment(self._now()))
        if not approved:
            found.state = VOIDED

    def take(self, number: str, codes: set[str] | None = None) -> None:
        """A pharmacy hands out these drugs (None: all) of an approved prescription. Raises `Rejection`."""
        found = self._usable(number)
        approved = found.review is not None and found.review.verdict == APPROVED
        unless(approved, "SIM-STATE 处方尚未审核通过")
        known = {drug["medListCodg"] for drug in found.drugs}
        unless((codes or known) <= known, "SIM-FORM medListCodg: 处方无此药品")
        found.taken |= codes or known
        found.settled_at = wire.moment(self._now())

    def settle_time(self) -> None:
        """What has come about by itself since the last call: lapsed prescriptions, automatic reviews."""
        now = self._now()
        for each in self.prescriptions.values():
            each.lapse(now)
            waited = each.uploaded_at is not None and self.review_seconds is not None
            if waited and each.state == VALID and each.review is None and self._is_due(each, now):
                self.decide(each.number, approved=True)

    def _is_due(self, found: Prescription, now: datetime) -> bool:
        seconds = timedelta(seconds=self.review_seconds or 0)
        return found.uploaded_at is not None and now >= found.uploaded_at + seconds

    def _verify(self, data: Data) -> dict[str, Any]:
        check_prescription(data, self._book, self._now())
        before = self._by_hospital.get(data["hospRxno"])
        if before is None:
            before = self._new({**data, "insutype": insurance_of(data, self._book)})
        same = {name: value for name, value in before.data.items() if name != "insutype"} == dict(data)
        unless(same and before.state == CHECKED, "SIM-DUP hospRxno: 处方编号重复")
        return {"rxTraceCode": before.trace_code, "hiRxno": before.number}

    def _new(self, data: Data) -> Prescription:
        serial = next(self._serials)
        moment = self._now()  # to the second: a centre that was started anew gives no number again
        number, trace_code = f"350200{moment:%Y%m%d%H%M%S}{serial:08d}", f"{moment:%y%m%d%H%M%S}{serial:08d}"
        made = Prescription(number=number, trace_code=trace_code, data=data)
        self._by_hospital[data["hospRxno"]] = self.prescriptions[made.number] = made
        return made

    def _sign(self, data: Data) -> dict[str, Any]:
        told = _signing_fields(data["originalValue"])
        found = self._found(told["hiRxno"])
        check_review(found, told, self._book, self._now())
        unless(found.state == CHECKED, "SIM-STATE rxTraceCode: 处方追溯码已使用")
        document = _file("originalRxFile", data["originalRxFile"])
        unless(document.startswith(_PDF), "SIM-FORM originalRxFile: 格式应为PDF")
        digest = packed(self._key.sign(data["originalValue"].encode() + document))
        found.signed_fields, found.digest = told, digest
        found.signed_file = packed(document + f"\n%SIM-SIGNED {sm3(document).hex()}\n".encode())
        return {"rxFile": found.signed_file, "signDigest": digest, **CERTIFICATE}

    def _upload(self, data: Data) -> dict[str, Any]:
        found = self._found(data["hiRxno"])
        unless(found.state == CHECKED, "SIM-STATE rxTraceCode: 处方追溯码已使用")
        told = {name: value for name, value in data.items() if name not in {"rxFile", "signDigest", "extras"}}
        unless(bool(found.digest) and told == found.signed_fields, "SIM-FORM signDigest: 处方信息应为签名时的内容")
        unless(data["signDigest"] == found.digest, "SIM-FORM signDigest: 应为电子签名返回的内容")
        unless(data["rxFile"] == found.signed_file, "SIM-FORM rxFile: 应为电子签名返回的内容")
        found.state, found.uploaded_at = VALID, self._now()
        return found.standing()

    def _revoke(self, data: Data) -> dict[str, Any]:
        check_doctor(self._book, data["drCode"], data["undoDrName"], self._now())
        found = self._usable(data["hiRxno"])
        unless(found.use == UNUSED, "SIM-STATE 处方已取药,不能撤销")
        found.state, found.revoked_because = REVOKED, data["undoRea"]
        return found.standing()

    def _asked(self, data: Data) -> Prescription:
        found = self._uploaded(data["hiRxno"])
        visit = found.visit
        own = (visit["mdtrtId"], visit["patnName"], visit["psnCertType"], visit["certno"])
        told = (data["mdtrtId"], data["psnName"], data["psnCertType"], data["certno"])
        unless(own == told, "SIM-STATE hiRxno: 处方不存在")
        return found

    def _found(self, number: str) -> Prescription:
        if number not in self.prescriptions:
            raise Rejection("SIM-STATE hiRxno: 处方不存在")
        return self.prescriptions[number]

    def _uploaded(self, number: str) -> Prescription:
        found = self._found(number)
        unless(found.state != CHECKED, "SIM-STATE hiRxno: 处方不存在")
        return found

    def _usable(self, number: str) -> Prescription:
        found = self._uploaded(number)
        unless(found.state == VALID, f"SIM-STATE 处方{STATE_NAMES.get(found.state, '')}")
        return found


def _signing_fields(text: str) -> dict[str, Any]:
    try:
        told = json.loads(unpacked(text))
    except ValueError:
        raise Rejection("SIM-FORM originalValue: 格式不正确") from None
    message = fields.table(wire.FIELDS)["signing"]["in"]
    wrong = fields.check_node(message, "data", told, fields.codes(wire.CODES)) if isinstance(told, dict) else ["格式"]
    unless(not wrong, f"SIM-FORM originalValue.{wrong[0] if wrong else ''}")
    unless(list(told) == sorted(told), "SIM-FORM originalValue: 应为按键排序")
    return dict(told)


def _file(name: str, text: str) -> bytes:
    try:
        return unpacked(text)
    except ValueError:
        raise Rejection(f"SIM-FORM {name}: 格式应为Base64") from None
