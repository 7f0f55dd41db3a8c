"""The Bosi e-receipt platform, simulated: strict about what it is sent, and with a memory.

It shares with the client only the envelope (`wire`) and refuses by the tables in `fields.json` and `codes.json`.
Beyond the kinds of `clients.faults` it misbehaves, by method name, as:

refused        the method answers no in the fault's text and does nothing
plain_text     done; the success message is 成功 instead of JSON
bad_signature  done; the answer is signed with another key
pending        (issue) taken, but neither the issue nor the next `times` look-ups tell a number: result S0000 with an
               empty billNo. Bosi itself is synchronous, so this shape is our design choice.
http_500       done, then HTTP 500
no_public_url  done; the answer has no pictureNetUrl
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from clients import fields
from clients.faults import Faults
from clients.receipts import wire
from clients.receipts.sandbox_ledger import Issued, Ledger, Refusal, moment_now

OWN_FAULTS = ("refused", "pending", "http_500", "bad_signature", "plain_text", "no_public_url")
_HERE = Path(__file__).parent
_INNER = "http://ebill.hospital.internal/h5"
# One grey pixel: a PNG, so that a client may show it, but no real code.
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>医疗收费电子票据</title>
<h1>医疗收费电子票据</h1>
<dl><dt>票据代码</dt><dd>{batch}</dd><dt>票据号码</dt><dd>{number}</dd><dt>校验码</dt><dd>{check}</dd>
<dt>金额(元)</dt><dd>{total}</dd><dt>状态</dt><dd>{state}</dd></dl>
</html>
"""
_STATES: Mapping[str, str] = {"NORMAL": "正常", "RED": "已冲红", "RED_RECEIPT": "红票"}

Told = dict[str, object]


class BosiSandbox:
    """One installation, known to one hospital by `app_id` and `key`.

    `place_codes` are the places of issue that it knows. `public_url` is where patients reach `app`; it may be set
    after the server has its port. The result codes E0001–E0008 are invented: the platform publishes none.
    """

    name = "receipts"

    def __init__(
        self, *, app_id: str, key: str, place_codes: Collection[str], public_url: str, service: str = "medical-web"
    ) -> None:
        self.faults = Faults(*OWN_FAULTS)
        self.public_url = public_url
        self._seal = wire.Seal(app_id, key)
        self._seen: set[str] = set()
        self._ledger = Ledger(place_codes)
        self._acts: Mapping[str, Callable[[str, dict[str, Any]], Told]] = {
            "invoiceEBillOutpatient": self._issue,
            "invEBillRegistration": self._issue,
            "getEBillByBusNo": self._find,
            "getEBillStatesByBillInfo": self._status,
            "writeOffEBill": self._write_off,
        }
        self.faults.serves(*self._acts)
        at = f"/{service}/api/medical"
        doors = [Route(f"{at}/{method}", self._door(method), methods=["POST"]) for method in self._acts]
        self.app = Starlette(routes=[*doors, Route("/h5/{batch}/{number}", self._page)])

    def books(self) -> dict[str, object]:
        """Every receipt, and the number and sum in fen of those that stand; red receipts themselves are not listed."""
        return self._ledger.books()

    def load(self, data: Mapping[str, Any]) -> None:
        """Add receipts in the form of `books()`; `batch_code`, `number` and `state` may be left out."""
        for row in data.get("receipts", ()):
            self._ledger.load(row)

    def reset(self) -> None:
        """Forget everything, and behave well."""
        self._ledger.reset()
        self._seen.clear()
        self.faults.clear()

    def _door(self, method: str) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            body = await request.body()

            async def effect() -> Response:
                return self._answer(method, body)

            return await self.faults.serve(method, request, effect)

        return handle

    def _answer(self, method: str, body: bytes) -> Response:
        envelope: Mapping[str, Any] = {}
        try:
            envelope = _object(body.decode(errors="replace"), "请求")
            told = self._acts[method](method, self._admitted(method, envelope))
            result, message = wire.SUCCESS, self._spoken(method, told)
        except Refusal as refusal:
            result, message = refusal.code, refusal.text
        if self.faults.take(method, "http_500"):
            return PlainTextResponse("Internal Server Error", status_code=500)
        sealed = wire.answer(result, message, secrets.token_hex(16), self._sealing(method, envelope))
        return Response(sealed, media_type="application/json")

    def _admitted(self, method: str, envelope: Mapping[str, Any]) -> dict[str, Any]:
        """The business object, once envelope, signature, noise and fields have been found good."""
        _check("envelope", "request", envelope)
        self._check_seal(envelope)
        refused = self.faults.take(method, "refused")
        if refused:
            raise Refusal("E9999", refused.text or "系统拒绝")
        data = _object(_text(envelope["data"]), "data")
        _check(method, "data", data)
        return data

    def _check_seal(self, envelope: Mapping[str, Any]) -> None:
        if envelope["appid"] != self._seal.app_id:
            raise Refusal("E0002", "appid: 应用账号不存在")
        if not self._seal.holds(envelope["data"], envelope["noise"], envelope["sign"]):
            raise Refusal("E0002", "sign: 签名验证失败")
        if envelope["noise"] in self._seen:
            raise Refusal("E0003", "noise: 随机标识已使用")
        self._seen.add(envelope["noise"])

    def _sealing(self, method: str, envelope: Mapping[str, Any]) -> wire.Seal:
        """The answer names no account of its own: it is signed for the one that asked."""
        if self.faults.take(method, "bad_signature"):
            return replace(self._seal, key="another key")
        asked = envelope.get("appid")
        return replace(self._seal, app_id=asked) if isinstance(asked, str) else self._seal

    def _spoken(self, method: str, told: Told) -> str:
        if self.faults.take(method, "plain_text"):
            return "成功"
        if "pictureNetUrl" in told and self.faults.take(method, "no_public_url"):
            del told["pictureNetUrl"]
        return wire.compact(told)

    def _issue(self, method: str, data: dict[str, Any]) -> Told:
        issued = self._ledger.issue(data)
        while self.faults.take(method, "pending"):
            issued.silent_finds += 1
        if issued.silent_finds:
            return {"billBatchCode": "", "billNo": "", "random": ""}
        return _identity(issued) | self._places(issued)

    def _find(self, method: str, data: dict[str, Any]) -> Told:
        issued = self._ledger.found(data["busNo"])
        if issued.silent_finds:
            issued.silent_finds -= 1
            return {"billBatchCode": "", "billNo": "", "random": ""}
        return _identity(issued)

    def _status(self, method: str, data: dict[str, Any]) -> Told:
        issued = self._ledger.numbered(data["billBatchCode"], data["billNo"])
        return {"state": "1", "isScarlet": "1" if issued.state == "RED" else "0"}

    def _write_off(self, method: str, data: dict[str, Any]) -> Told:
        red = self._ledger.write_off(data)
        told = {"eScarletBillBatchCode": red.batch, "eScarletBillNo": red.number, "eScarletRandom": red.check}
        return told | self._places(red)

    def _places(self, issued: Issued) -> Told:
        path = f"{issued.batch}/{issued.number}?random={issued.check}"
        return {
            "createTime": issued.created,
            "billQRCode": _PIXEL,
            "pictureUrl": f"{_INNER}/{path}",
            "pictureNetUrl": f"{self.public_url.rstrip('/')}/h5/{path}",
            "billBusDate": moment_now(),
        }

    async def _page(self, request: Request) -> Response:
        issued = self._ledger.shown(request.path_params["batch"], request.path_params["number"])
        if issued is None or request.query_params.get("random") != issued.check:
            return HTMLResponse("<!doctype html><meta charset='utf-8'><p>票据不存在</p>", status_code=404)
        face = {"batch": issued.batch, "number": issued.number, "check": issued.check, "total": f"{issued.total:.2f}"}
        shown = {name: escape(text) for name, text in face.items()}
        return HTMLResponse(_PAGE.format(**shown, state=_STATES[issued.state]))


def _identity(issued: Issued) -> Told:
    return {"billBatchCode": issued.batch, "billNo": issued.number, "random": issued.check}


def _text(data: str) -> str:
    try:
        return wire.decoded(data)
    except ValueError:
        raise Refusal("E0004", "data: 格式不正确 (Base64 of UTF-8 text is expected)") from None


def _object(text: str, at: str) -> dict[str, Any]:
    """Numbers stay numbers here: the tables tell them from text."""
    try:
        value = json.loads(text, parse_float=Decimal)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refusal("E0004", f"{at}: 格式不正确 (a JSON object is expected)")
    return value


def _check(transaction: str, node: str, value: object) -> None:
    message = fields.table(_HERE / "fields.json")[transaction]["in"]
    violations = fields.check_node(message, node, value, fields.codes(_HERE / "codes.json"))
    if violations:
        raise Refusal("E0004", "; ".join(map(str, violations)))
