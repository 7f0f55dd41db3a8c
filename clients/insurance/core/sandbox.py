"""The core platform simulated, strictly: gateway, envelope, field tables, sequence rules, memory, and faults on demand.

Field tables come from fields.json, codes.json and envelope.json; what a visit allows is in sandbox_rules.py. A visit
lives in the `InsuranceBook` that the payment sandbox shares. Source: protocols/insurance.md 2.2, 3.1–3.3, 4.5.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clients import fields
from clients.faults import Fault, Faults
from clients.insurance.book import InsuranceBook
from clients.insurance.core import wire
from clients.insurance.core.sandbox_gateway import Gateway, GatewayRules
from clients.insurance.core.sandbox_prescriptions import Prescriptions
from clients.insurance.core.sandbox_rules import CANCELLED, RefusalError, Rules

TABLES = fields.table(wire.FIELDS)
ENVELOPE = fields.table(Path(__file__).with_name("envelope.json"))["envelope"]
CODES = fields.codes(wire.CODES)

REFUSED = "refused"  # nothing is done, `text` is the platform's word
STRING_OUTPUT = "string_output"  # output as JSON text
STRING_INFCODE = "string_infcode"  # the result code as text, with blanks
EXTRA_FIELDS = "extra_fields"  # members that no table knows
NULL_AMOUNTS = "null_amounts"  # amounts not given
NUMBER_AMOUNTS = "number_amounts"  # amounts as JSON numbers

_ACCEPTED, _REFUSED = 0, -1
_AMOUNT = re.compile(rb'"balc":"(-?\d+\.\d\d)"')
_SIGN_IN = "9001"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSandboxSettings:
    """The switches of a region. `area` stands in the platform's own message ids.

    `repeated_message` says what a second use of a message id gets; no source tells what the real platform does.
    `delivery_transaction` is the number under which 7205 is served.
    """

    gateway: GatewayRules = field(default_factory=GatewayRules)
    path: str = "/fsi/{infno}"
    area: str = "350200"
    sign_in_required: bool = False
    repeated_message: Literal["refused", "first_reply"] = "refused"
    delivery_transaction: str = "7205"


class InsuranceCoreSandbox:
    """One platform with its own faults over a shared book; `clock` gives seconds since 1970."""

    name = "insurance-core"

    def __init__(
        self,
        book: InsuranceBook,
        settings: CoreSandboxSettings | None = None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.book = book
        self.faults = Faults(REFUSED, *_SHAPES)
        self._settings = settings or CoreSandboxSettings()
        self._clock = clock
        self._gateway = Gateway(self._settings.gateway, clock)
        self._rules = Rules(book, self._now)
        self._rules.transactions[self._settings.delivery_transaction] = self._rules.transactions.pop("7205")
        self._tables = {**TABLES, self._settings.delivery_transaction: TABLES["7205"]}
        self._prescriptions = Prescriptions(book, self._now)
        self._transactions = self._rules.transactions | self._prescriptions.transactions
        self.faults.serves(*self._tables)
        self._replies: dict[str, dict[str, Any]] = {}
        self._serials = count(1)
        self.app = Starlette(routes=[Route(self._settings.path, self._receive, methods=["POST"])])

    def books(self) -> dict[str, object]:
        """Everything remembered, for a person to look at."""
        rows = [
            {"visit_id": v.visit_id, "visit_number": v.visit_number, "state": v.state}
            for v in self.book.visits.values()
        ]
        return {
            "persons": len(self.book.persons),
            "registrations": rows,
            "open_registrations": sum(row["state"] != CANCELLED for row in rows),
            "deliveries": [asdict(row) for row in self.book.deliveries.values()],
            "records": [_record(serial, told) for serial, told in self.book.records.items()],
            "prescriptions": self._prescriptions.told(),
        }

    def load(self, data: dict[str, Any]) -> None:
        """Add demonstration persons and staff (see `InsuranceBook.load`), and `advice_rules` (see `AdviceRule`)."""
        self._rules.advisor.load(data.get("advice_rules", []))
        self.book.load(data)

    def reset(self) -> None:
        """Forget persons, visits, message ids, nonces, sign-ins, rules and faults."""
        self.book.reset()
        self._rules.advisor.reset()
        self.faults.clear()
        self._gateway.reset()
        self.forget_sign_ins()
        self._prescriptions.rows.clear()
        self._replies.clear()

    def forget_sign_ins(self) -> None:
        """As after a restart of the platform: everybody must sign in (9001) again."""
        self._rules.sign_numbers.clear()

    async def _receive(self, request: Request) -> Response:
        turned_away = self._gateway.turned_away(request)
        if turned_away:
            return JSONResponse({"code": "401", "msg": turned_away}, status_code=401)
        try:
            asked = wire.parse(await request.body(), numbers=_number)
        except (ValueError, ArithmeticError):
            asked = None
        if not isinstance(asked, dict):
            return self._sent({}, self._reply(_REFUSED, "报文格式不正确 (a JSON object is expected)"))
        transaction = str(request.path_params.get("infno", asked.get("infno")))

        async def effect() -> Response:
            return self._sent(self._shapes(transaction), self._answer(transaction, asked))

        return await self.faults.serve(transaction, request, effect)

    def _answer(self, transaction: str, asked: dict[str, Any]) -> dict[str, Any]:
        refused = self.faults.take(transaction, REFUSED)
        if refused is not None:
            return self._reply(_REFUSED, refused.text)
        try:
            self._check_envelope(transaction, asked)
            first = self._replies.get(asked["msgid"])
            if first is not None:
                return self._repeated(first)
        except RefusalError as no:
            return self._reply(_REFUSED, str(no))
        reply = self._replies[asked["msgid"]] = self._done(transaction, asked)
        return reply

    def _done(self, transaction: str, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            self._check_sign_in(transaction, asked)
            _refuse(fields.check(self._tables[transaction]["in"], asked["input"], CODES))
            return self._reply(_ACCEPTED, "", self._transactions[transaction](asked["input"]))
        except RefusalError as no:
            return self._reply(_REFUSED, str(no))

    def _check_envelope(self, transaction: str, asked: dict[str, Any]) -> None:
        _refuse(fields.check_node(ENVELOPE["in"], "request", asked, CODES))
        if asked["infno"] != transaction or transaction not in self._transactions:
            raise RefusalError("infno: 交易编号代码不正确 (not served, or not the one of the path)")
        if not _well_numbered(asked["msgid"], asked["fixmedins_code"]):
            raise RefusalError("msgid: 发送方报文ID格式不正确 (institution code + yyyyMMddHHmmss + 4 digits)")
        if self._with_person_number(transaction) and not asked.get("insuplc_admdvs"):
            raise RefusalError("insuplc_admdvs: 参保地医保区划不能为空 (required)")

    def _with_person_number(self, transaction: str) -> bool:
        nodes = self._tables[transaction]["in"].values()
        return any(spec["name"] == "psn_no" for node in nodes for spec in node["fields"])

    def _check_sign_in(self, transaction: str, asked: dict[str, Any]) -> None:
        needed = self._settings.sign_in_required and transaction != _SIGN_IN
        if needed and asked.get("sign_no") not in self._rules.sign_numbers:
            raise RefusalError("sign_no: 未签到或签到已失效")

    def _repeated(self, first: dict[str, Any]) -> dict[str, Any]:
        if self._settings.repeated_message == "first_reply":
            return first
        raise RefusalError("msgid: 报文ID重复")

    def _reply(self, code: int, text: str, output: dict[str, Any] | None = None) -> dict[str, Any]:
        now = self._now()
        stamp = f"{now:%Y%m%d%H%M%S}{now.microsecond // 1000:03d}"
        told: dict[str, Any] = {
            "infcode": code,
            "inf_refmsgid": f"{self._settings.area}{now:%Y%m%d%H%M%S}{next(self._serials):010d}",
            "refmsg_time": stamp,
            "respond_time": stamp,
            "err_msg": text[:200],
        }
        return told if output is None else {**told, "output": output}

    def _shapes(self, transaction: str) -> dict[str, Fault]:
        taken = {kind: self.faults.take(transaction, kind) for kind in _SHAPES}
        return {kind: fault for kind, fault in taken.items() if fault is not None}

    def _sent(self, shapes: Mapping[str, Fault], reply: dict[str, Any]) -> Response:
        body = wire.dump(reply)
        for kind in shapes:
            body = _SHAPES[kind](body)
        return Response(body, media_type="application/json;charset=UTF-8")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), wire.SHANGHAI)


def _record(serial: str, told: Mapping[str, Any]) -> dict[str, object]:
    """A record without what the patient said."""
    drugs = [row["rx_detl_id"] for row in told.get("rxinfo") or []]
    return {"serial": serial, "visit_id": told["rgstinfo"]["mdtrt_id"], "drugs": drugs}


def _refuse(violations: list[fields.Violation]) -> None:
    if violations:
        raise RefusalError("；".join(map(str, violations)))


def _well_numbered(message_id: str, institution_code: str) -> bool:
    tail = message_id.removeprefix(institution_code)
    if not message_id.startswith(institution_code) or not re.fullmatch(r"[0-9]{18}", tail):
        return False
    try:
        datetime.strptime(tail[:14], "%Y%m%d%H%M%S").replace(tzinfo=wire.SHANGHAI)
    except ValueError:
        return False
    return True


def _number(text: str) -> int | Decimal:
    return int(text) if re.fullmatch(r"-?\d{1,18}", text) else Decimal(text)


def _as_text(body: bytes) -> bytes:
    told = json.loads(body)
    return wire.dump({**told, "output": wire.dump(told["output"]).decode()}) if "output" in told else body


def _result_as_text(body: bytes) -> bytes:
    told = json.loads(body)
    return wire.dump({**told, "infcode": f" {told['infcode']} "})


def _extra(body: bytes) -> bytes:
    told = json.loads(body)
    output = told.get("output")
    more = {name: {**n, "local_note": "X"} if isinstance(n, dict) else n for name, n in (output or {}).items()}
    return wire.dump({**told, "warn_msg": "", "enctype": "", "local_note": 1, "output": {**more, "local_node": {}}})


_SHAPES: dict[str, Callable[[bytes], bytes]] = {
    NULL_AMOUNTS: lambda body: _AMOUNT.sub(rb'"balc":null', body),
    NUMBER_AMOUNTS: lambda body: _AMOUNT.sub(rb'"balc":\1', body),
    EXTRA_FIELDS: _extra,
    STRING_OUTPUT: _as_text,
    STRING_INFCODE: _result_as_text,
}
