"""The mobile-payment centre simulated: a strict counterpart that remembers, with the patient's cashier page.

Source: mobile-payment.md 2, 3 and 3.8. Tables: `fields.json`, `codes.json`. Rules: `sandbox_centre.py`.

Faults beside those of the wire: any transaction `refused`, `unsigned_error` (both say `text`); 6202 `wrong_amounts`,
`numbers`; 6203 `refund_exp`, `refund_exp_undone`; 6301 `no_amounts`, `processing`, `unknown_state`; 6302
`callback_never`, `callback_twice`, `callback_forged`, `callback_early` (`seconds`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients.faults import Fault, Faults
from clients.fields import check_node, codes, table
from clients.insurance.book import InsuranceBook
from clients.insurance.envelope import Form, Literal, SmEnvelope, dumps
from clients.insurance.payment.sandbox_cashier import CALLBACK_FAULTS, TRIES, Cashier, post_notice
from clients.insurance.payment.sandbox_centre import Centre
from clients.insurance.payment.sandbox_orders import SAVED, Order, yuan
from clients.insurance.payment.wire import PATHS, timestamp
from clients.insurance.sandbox_envelope import Rejection, no, opened, parsed, refuse
from clients.insurance.sandbox_envelope import answer as answered
from clients.insurance.sm import DEFAULT_ID, PrivateKey, PublicKey

FIELDS = table(Path(__file__).with_name("fields.json"))
CODES = codes(Path(__file__).with_name("codes.json"))

_FORGER = "f0" * 32  # a private key that is nobody's
_AMOUNTS = ("feeSumamt", "ownPayAmt", "psnAcctPay", "fundPay")
_BEFORE_MONEY = (SAVED, "1", "2")
_REFUSED = ("refused", "unsigned_error")
_REFUNDED = ("refund_exp", "refund_exp_undone")
_ANSWERED = ("wrong_amounts", "numbers", "processing", "unknown_state", "no_amounts")


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSandboxSettings:
    """The centre's side of one channel. Keys are Base64 or hex; times are seconds.

    `channel_public_key` is the hospital's. Without `public_url` the cashier is addressed as the request was; without
    `callback_url` no 6302 is sent. `skew_seconds` is how far a timestamp may be off (None: the protocol names no
    window). `inside_fund` prices under the profile account_inside_fund.
    """

    app_id: str
    app_secret: str = field(repr=False)
    platform_private_key: str = field(repr=False)
    channel_public_key: str
    institution_code: str
    public_url: str = ""
    callback_url: str | None = None
    path_prefix: str = "/org/local/api/hos"
    sm2_id: str = field(default=DEFAULT_ID, repr=False)
    version: str = "2.0.1"
    form: Form = Form.STRINGS
    page_seconds: float = 900.0
    callback_pause: float = 1.0
    skew_seconds: float | None = None
    inside_fund: bool = False

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


class InsurancePaymentSandbox:
    """One centre with one channel. `settings` may be replaced while it runs (a new callback address)."""

    name = "insurance-payment"

    def __init__(self, book: InsuranceBook, *, settings: PaymentSandboxSettings) -> None:
        self.settings = settings
        self.faults = Faults(*CALLBACK_FAULTS, *_REFUSED, *_REFUNDED, *_ANSWERED)
        self.faults.serves(*PATHS, "6302")
        self.book = book
        self._envelope = settings.envelope(settings.platform_private_key)
        self._begin()
        book.open_fees = self._open_fees
        book.open_settlement = self._open_settlement
        self.app = Starlette(routes=self._routes())

    def books(self) -> dict[str, object]:
        """Everything that is open and done; amounts in fen."""
        orders = list(self._centre.orders.values())
        live = [order for order in orders if order.live]
        return {
            "orders": [order.row() for order in orders],
            "open_orders": sum(order.fee_details == "open" for order in orders),
            "live_settlements": len(live),
            "settled_fen": sum(order.total - order.refunded for order in live),
        }

    def load(self, data: dict[str, Any]) -> None:
        """Add demonstration data: the persons of the shared book."""
        self.book.load(deepcopy(data))

    def reset(self) -> None:
        """Forget orders and faults. Persons and visits are the book's and stay."""
        self.cashier.forget()
        self.faults.clear()
        self._begin()

    def _begin(self) -> None:
        self._centre = Centre(self.book, page_seconds=self.settings.page_seconds, inside_fund=self.settings.inside_fund)
        self.cashier = Cashier(self._centre, self.faults, self._notify)

    def _routes(self) -> list[Route]:
        prefix = self.settings.path_prefix
        wire = [Route(f"{prefix}/{op}", partial(self._serve, number), methods=["POST"]) for number, op in PATHS.items()]
        cashier = "/cashier/{pay_order_id}"
        return [*wire, Route(cashier, self._page, methods=["GET"]), Route(cashier, self._act, methods=["POST"])]

    async def _page(self, request: Request) -> Response:
        return await self.cashier.page(request)

    async def _act(self, request: Request) -> Response:
        return await self.cashier.act(request)

    async def _serve(self, transaction: str, request: Request) -> Response:
        body = await request.body()
        base = self.settings.public_url or str(request.base_url)

        async def effect() -> Response:
            return self._answer(transaction, body, base.rstrip("/"))

        return await self.faults.serve(transaction, request, effect)

    def _answer(self, transaction: str, body: bytes, base: str) -> Response:
        if fault := self.faults.take(transaction, *_REFUSED):
            return no(fault.text or "SIM-FAULT 系统繁忙")
        try:
            data = self._read(transaction, body)
            answer = self._do(transaction, data)
        except Rejection as refusal:
            return no(str(refusal))
        if transaction == "6201":
            order = self._centre.orders[answer["payOrdId"]]
            answer = answer | {"cashierUrl": f"{base}/cashier/{order.pay_order_id}?token={order.page_token}"}
        outer = {"code": "0", "message": "成功", "success": "true"}
        return answered(self._envelope.seal(answer, timestamp=timestamp(), outer=outer))

    def _read(self, transaction: str, body: bytes) -> dict[str, Any]:
        wire = parsed(body)
        refuse(check_node(FIELDS["envelope"]["in"], "envelope", wire, CODES))
        self._check_envelope(wire)
        typed = opened(self._envelope, wire)
        refuse(check_node(FIELDS[transaction]["in"], "data", typed, CODES))
        for name, node in FIELDS[transaction]["in"].items():
            if node["cardinality"] == "array" and not isinstance(typed[name], list):
                raise Rejection(f"SIM-FORM {name}: 应为数组")
        if typed.get("orgCodg", self.settings.institution_code) != self.settings.institution_code:
            raise Rejection("SIM-FORM orgCodg: 机构编码不存在")
        return typed

    def _check_envelope(self, wire: Mapping[str, Any]) -> None:
        if wire["appId"] != self.settings.app_id:
            raise Rejection("SIM-SIGN appId: 应用渠道编号不存在")
        if wire["version"] != self.settings.version:
            raise Rejection("SIM-FORM version: 版本代码不正确")
        sent = _sent_at(str(wire["timestamp"]))
        skew = self.settings.skew_seconds
        if skew is not None and abs((datetime.now(sent.tzinfo) - sent).total_seconds()) > skew:
            raise Rejection("SIM-FORM timestamp: 时间格式正确但已超出允许范围")

    def _do(self, transaction: str, data: dict[str, Any]) -> dict[str, Any]:
        deeds: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "6201": self._centre.upload,
            "6202": self._place,
            "6203": self._refund,
            "6301": self._query,
            "6401": self._centre.revoke,
        }
        return deeds[transaction](data)

    def _place(self, data: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._centre.place(data)
        fault = self.faults.take("6202", "wrong_amounts", "numbers")
        if fault is None:
            return answer
        if fault.kind == "numbers":
            return answer | {name: Literal(answer[name]) for name in _AMOUNTS}
        return answer | {"ownPayAmt": str(Decimal(answer["ownPayAmt"]) + Decimal("0.01"))}

    def _refund(self, data: Mapping[str, Any]) -> dict[str, Any]:
        fault = self.faults.take("6203", *_REFUNDED)
        if fault and fault.kind == "refund_exp_undone":
            return {"refdSn": "REFEXP", "refStatus": "EXP"}
        answer = self._centre.refund(data)
        return answer | {"refStatus": "EXP"} if fault else answer

    def _query(self, data: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._centre.query(data)
        fault = self.faults.take("6301", "processing", "unknown_state")
        if fault:
            state = "2" if fault.kind == "processing" else "18"
            answer = {"payOrdId": answer["payOrdId"], "ordStas": state}
        elif answer["ordStas"] in _BEFORE_MONEY and self.faults.take("6301", "no_amounts"):
            answer = {name: value for name, value in answer.items() if name not in _AMOUNTS}
        return answer

    async def _notify(self, order: Order, fault: Fault | None) -> None:
        url, kind = self.settings.callback_url, fault.kind if fault else ""
        if url is None or kind == "callback_never":
            return
        notice = {"payOrdId": order.pay_order_id, **order.amounts(), **order.settlement()}
        if kind == "callback_forged":
            forged = notice | {"feeSumamt": yuan(order.total + 100), "ownPayAmt": yuan(order.cash + 100)}
            await self._post(url, self.settings.envelope(_FORGER).seal(forged, timestamp=timestamp()), tries=1)
        for _ in range(2 if kind == "callback_twice" else 1):
            await self._post(url, self._envelope.seal(notice, timestamp=timestamp()))

    async def _post(self, url: str, wire: Mapping[str, str], tries: int = TRIES) -> None:
        await post_notice(url, dumps(wire).encode(), self.settings.callback_pause, tries)

    def _open_fees(self, visit_id: str) -> bool:
        return any(o.upload.get("mdtrtId") == visit_id and o.fee_details != "revoked" for o in self._all())

    def _open_settlement(self, visit_id: str) -> bool:
        return any(o.upload.get("mdtrtId") == visit_id and o.live for o in self._all())

    def _all(self) -> list[Order]:
        return list(self._centre.orders.values())


def _sent_at(text: str) -> datetime:
    zone = ZoneInfo("Asia/Shanghai")
    try:
        if re.fullmatch(r"\d{13}", text):
            return datetime.fromtimestamp(int(text) / 1000, zone)
        if not re.fullmatch(r"\d{14}", text):
            raise ValueError
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        raise Rejection("SIM-FORM timestamp: 时间格式不正确") from None
