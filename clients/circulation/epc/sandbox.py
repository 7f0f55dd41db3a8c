"""The prescription centre simulated, strictly: envelope, field tables, state rules, memory, faults, and its desk.

Source: mobile-payment.md 2 and 4.1. `GET /desk` shows what was uploaded; `POST /desk` with a form (`number`, `action`
of approve, reject or take, `opinion`, `codes` joined by commas) does what the centre's pharmacist or a pharmacy does.

Faults beside those of the wire: `refused` and `unsigned_error` (nothing is done, `text` is the word), `numbers` (D001
and later answers carry JSON numbers), `unknown_state` (a state that no table lists), `another` (another's number),
`forged` (done, the answer is signed by nobody), `not_reviewed_code` (D006 answers 待审核 instead of refusing).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients import fields
from clients.circulation.epc import sandbox_page, wire
from clients.circulation.epc.sandbox_book import CHECKED
from clients.circulation.epc.sandbox_centre import PHARMACIST, Centre
from clients.circulation.prescription import PLATFORM_TIME
from clients.faults import Faults
from clients.insurance.book import InsuranceBook
from clients.insurance.envelope import Form, Literal, SmEnvelope
from clients.insurance.sandbox_envelope import Rejection, no, opened, parsed, refuse
from clients.insurance.sandbox_envelope import answer as answered
from clients.insurance.sm import DEFAULT_ID, PrivateKey, PublicKey

TABLES = fields.table(wire.FIELDS)
CODES = fields.codes(wire.CODES)

_NUMBER = re.compile(r"0|[1-9]\d*")
_FORGER = "f0" * 32  # a private key that is nobody's
_REFUSED = ("refused", "unsigned_error")
_SHAPES: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "numbers": lambda answer: {k: Literal(v) if _NUMBER.fullmatch(str(v)) else v for k, v in answer.items()},
    "unknown_state": lambda answer: answer | {"rxStasCodg": "9"},
    "another": lambda answer: answer | {"hiRxno": "ANOTHER"},
}
_FORGED, _WAITING = "forged", "not_reviewed_code"
_NOBODY_YET = {
    "pharName": PHARMACIST[1],
    "pharCode": PHARMACIST[0],
    "rxChkStasCodg": "0",
    "rxChkStasName": "待审核",
    "rxChkOpnn": "待审核",
    "rxChkTime": "2026-01-01 00:00:00",
    "rxStasCodg": "1",
    "rxStasName": "有效",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EPCSandboxSettings:
    """The centre's side of one channel. Keys are Base64 or hex; `channel_public_key` is the hospital's."""

    app_id: str
    app_secret: str = field(repr=False)
    platform_private_key: str = field(repr=False)
    channel_public_key: str
    institution_code: str
    path_prefix: str = "/epc/api"
    sm2_id: str = field(default=DEFAULT_ID, repr=False)
    version: str = "1.0.0"
    form: Form = Form.STRINGS

    def envelope(self, private_key: str) -> SmEnvelope:
        """The centre's end of the channel."""
        return SmEnvelope(
            app_id=self.app_id,
            app_secret=self.app_secret,
            signer=PrivateKey.read(private_key, self.sm2_id),
            verifier=PublicKey.read(self.channel_public_key, self.sm2_id),
            version=self.version,
            form=self.form,
        )


class EPCSandbox:
    """One centre with one channel over the insurance's book; `clock` gives seconds since 1970."""

    name = "circulation"

    def __init__(
        self, book: InsuranceBook, *, settings: EPCSandboxSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self.settings, self.book = settings, book
        self.faults = Faults(*_REFUSED, *_SHAPES, _FORGED, _WAITING)
        self.faults.serves(*wire.PATHS)
        self._clock = clock
        self._envelope = settings.envelope(settings.platform_private_key)
        self._forger = settings.envelope(_FORGER)
        self._key = PrivateKey.read(settings.platform_private_key)
        self.centre = self._new_centre()
        paths = [(number, f"{settings.path_prefix}/{path}") for number, path in wire.PATHS.items()]
        platform = [Route(path, partial(self._serve, number), methods=["POST"]) for number, path in paths]
        self.app = Starlette(routes=[*platform, Route("/desk", self._desk, methods=["GET", "POST"])])

    def books(self) -> dict[str, object]:
        """Everything that was uploaded; amounts in fen."""
        self.centre.settle_time()
        rows = [each.row() for each in self.centre.prescriptions.values() if each.state != CHECKED]
        return {"prescriptions": rows, "uploaded": len(rows)}

    def load(self, data: dict[str, Any]) -> None:
        """`{"review_seconds": 1.5}`: from now on the centre approves by itself after that time; null: it does not."""
        self.centre.review_seconds = data["review_seconds"]

    def reset(self) -> None:
        """Forget prescriptions, settings and faults. Persons, visits and staff are the book's and stay."""
        self.faults.clear()
        self.centre = self._new_centre()

    def _new_centre(self) -> Centre:
        return Centre(self.book, self._key, self._now)

    async def _serve(self, transaction: str, request: Request) -> Response:
        body = await request.body()

        async def effect() -> Response:
            return self._answer(transaction, body)

        return await self.faults.serve(transaction, request, effect)

    async def _desk(self, request: Request) -> Response:
        self.centre.settle_time()
        if request.method == "GET":
            return sandbox_page.desk(p for p in self.centre.prescriptions.values() if p.state != CHECKED)
        told = sandbox_page.form(await request.body())
        number, action = told.get("number", ""), told.get("action", "")
        codes = {code for code in told.get("codes", "").split(",") if code}
        deeds: dict[str, Callable[[], None]] = {
            "approve": lambda: self.centre.decide(number, True, told.get("opinion", "")),
            "reject": lambda: self.centre.decide(number, False, told.get("opinion", "")),
            "take": lambda: self.centre.take(number, codes or None),
        }
        try:
            deeds[action]()
        except KeyError:
            return sandbox_page.told("action: approve, reject, take", status=400)
        except Rejection as refusal:
            return sandbox_page.told(str(refusal), status=409)
        return sandbox_page.told("已完成")

    def _answer(self, transaction: str, body: bytes) -> Response:
        if fault := self.faults.take(transaction, *_REFUSED):
            return no(fault.text or "SIM-FAULT 系统繁忙")
        self.centre.settle_time()
        try:
            answer = self._done(transaction, self._read(transaction, body))
        except Rejection as refusal:
            return no(str(refusal))
        if shape := self.faults.take(transaction, *_SHAPES):
            answer = _SHAPES[shape.kind](answer)
        end = self._forger if self.faults.take(transaction, _FORGED) else self._envelope
        outer = {"code": "0", "message": "成功", "success": "true"}
        return answered(end.seal(answer, timestamp=wire.timestamp(), outer=outer))

    def _done(self, transaction: str, data: dict[str, Any]) -> dict[str, Any]:
        if self.faults.take(transaction, _WAITING):
            return {"hiRxno": data["hiRxno"], **_NOBODY_YET}
        return self.centre.deeds[transaction](data)

    def _read(self, transaction: str, body: bytes) -> dict[str, Any]:
        sent = parsed(body)
        refuse(fields.check_node(TABLES["envelope"]["in"], "envelope", sent, CODES))
        if sent["appId"] != self.settings.app_id:
            raise Rejection("SIM-SIGN appId: 应用渠道编号不存在")
        if sent.get("version", "") not in ("", self.settings.version):
            raise Rejection("SIM-FORM version: 版本代码不正确")
        data = opened(self._envelope, sent)
        refuse(fields.check_node(TABLES[transaction]["in"], "data", data, CODES))
        told = data.get("fixmedinsCode") or data["mdtrtinfo"]["fixmedinsCode"]
        if told != self.settings.institution_code:
            raise Rejection("SIM-FORM fixmedinsCode: 定点医疗机构编号代码不正确")
        return data

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), PLATFORM_TIME)
