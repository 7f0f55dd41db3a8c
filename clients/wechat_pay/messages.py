"""The messages of WeChat Pay API v3. Source: its public documentation; amounts are fen on the wire, yuan here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from clients.wechat_pay import wire

Wire = dict[str, Any]

TRADE_NUMBER = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
REFUND_NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")
TRADE_STATES = frozenset({"SUCCESS", "REFUND", "NOTPAY", "CLOSED", "USERPAYING", "PAYERROR"})
REFUND_STATES = frozenset({"SUCCESS", "PROCESSING", "CLOSED", "ABNORMAL"})
NOT_FOUND = "NOT_FOUND"


def _number(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"not a number of the form {pattern.pattern}: {value!r}")
    return value


def _short(value: str, most: int, size: int) -> str:
    if not value or size > most:
        raise ValueError(f"a text of 1 to {most} is expected, not of {size}")
    return value


def _state(value: object, known: frozenset[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"an unknown state: {value!r}")
    return value


def _amount(amount: Mapping[str, Any], name: str) -> Decimal:
    if amount.get("currency") != wire.CURRENCY:
        raise ValueError(f"not in {wire.CURRENCY}: {amount.get('currency')!r}")
    return wire.yuan(amount[name])


def _order(trade_number: str, description: str, amount: Decimal, expires_at: datetime) -> Wire:
    return {
        "description": _short(description, 127, len(description)),
        "out_trade_no": _number(TRADE_NUMBER, trade_number),
        "time_expire": wire.moment(expires_at),
        "amount": {"total": wire.fen(amount), "currency": wire.CURRENCY},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """H5 order (H5下单, POST /v3/pay/transactions/h5).

    `trade_number` has 6–32 of `0-9A-Za-z_-|*`, `description` at most 127 characters; `expires_at` has an offset and is
    at least a minute ahead (the platform moves an earlier one there).
    """

    trade_number: str
    description: str
    amount: Decimal
    client_ip: str
    expires_at: datetime

    def to_wire(self) -> Wire:
        """The order's own part of the body. Raises ValueError."""
        scene = {"payer_client_ip": self.client_ip, "h5_info": {"type": "Wap"}}
        return {**_order(self.trade_number, self.description, self.amount, self.expires_at), "scene_info": scene}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutPage:
    """H5下单 answer: the page where the patient pays, good for five minutes (order again for a fresh one)."""

    url: str

    @classmethod
    def from_wire(cls, body: Wire) -> CheckoutPage:
        """Raises ValueError, KeyError."""
        url = wire.text(body["h5_url"])
        if not url.startswith(("https://", "http://")):
            raise ValueError("h5_url is not a web address")
        return cls(url=url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepay:
    """Mini-program order (JSAPI下单, POST /v3/pay/transactions/jsapi); `open_id` is the payer's in our app."""

    trade_number: str
    description: str
    amount: Decimal
    open_id: str
    expires_at: datetime

    def to_wire(self) -> Wire:
        """The order's own part of the body. Raises ValueError."""
        payer = {"openid": _short(self.open_id, 128, len(self.open_id))}
        return {**_order(self.trade_number, self.description, self.amount, self.expires_at), "payer": payer}


def prepay_id_from_wire(body: Wire) -> str:
    """JSAPI下单 answer. Raises ValueError, KeyError."""
    return wire.text(body["prepay_id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """What the mini-program hands to wx.requestPayment (小程序调起支付), signed by us; good for two hours.

    `number` is the order's prepay id.
    """

    app_id: str
    number: str
    timestamp: str
    nonce: str
    signature: str = field(repr=False)

    @property
    def sign_type(self) -> str:
        """How `signature` is made; v3 knows only RSA."""
        return "RSA"

    @property
    def package(self) -> str:
        """The prepay id as wx.requestPayment takes it."""
        return f"prepay_id={self.number}"

    def to_wire(self) -> dict[str, str]:
        """The five parameters by the names that wx.requestPayment knows."""
        return {
            "timeStamp": self.timestamp,
            "nonceStr": self.nonce,
            "package": self.package,
            "signType": self.sign_type,
            "paySign": self.signature,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPayment:
    """Query or close by our number (商户订单号查询订单, 关闭订单)."""

    trade_number: str

    def to_wire(self) -> str:
        """The order's path. Raises ValueError."""
        number = _number(TRADE_NUMBER, self.trade_number)
        return f"/v3/pay/transactions/out-trade-no/{quote(number, safe='')}"

    def check_answer(self, body: Wire) -> None:
        """Raises ValueError, KeyError for the answer to another question."""
        wire.check_same(body, {"out_trade_no": self.trade_number})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStatus:
    """商户订单号查询订单 answer. Unpaid, it has no amount here; `REFUND`: paid, some of it given back."""

    trade_number: str
    state: str
    transaction_id: str | None = None
    amount: Decimal | None = None
    paid_at: datetime | None = None

    @classmethod
    def from_wire(cls, body: Wire) -> PaymentStatus:
        """Raises ValueError, KeyError; a paid order must tell its amount, time and transaction id."""
        state = _state(body["trade_state"], TRADE_STATES)
        trade_number = wire.text(body["out_trade_no"])
        if state not in {"SUCCESS", "REFUND"}:
            return cls(trade_number=trade_number, state=state)
        return cls(
            trade_number=trade_number,
            state=state,
            transaction_id=wire.text(body["transaction_id"]),
            amount=_amount(body["amount"], "total"),
            paid_at=wire.read_moment(body["success_time"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """申请退款 (POST /v3/refund/domestic/refunds): `amount` of a payment of `total`; `reason` at most 80 bytes."""

    trade_number: str
    refund_number: str
    amount: Decimal
    total: Decimal
    reason: str

    def to_wire(self) -> Wire:
        """The refund's own part of the body. Raises ValueError."""
        if self.amount > self.total:
            raise ValueError("a refund of more than was paid")
        amount = {"refund": wire.fen(self.amount), "total": wire.fen(self.total), "currency": wire.CURRENCY}
        return {
            "out_trade_no": _number(TRADE_NUMBER, self.trade_number),
            "out_refund_no": _number(REFUND_NUMBER, self.refund_number),
            "reason": _short(self.reason, 80, len(self.reason.encode())),
            "amount": amount,
        }

    def check_answer(self, body: Wire) -> None:
        """Raises ValueError, KeyError for the answer to another request."""
        asked = self.to_wire()
        wire.check_same(body, {name: asked[name] for name in ("out_trade_no", "out_refund_no")})
        wire.check_same(body["amount"], asked["amount"])


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRefund:
    """查询单笔退款 by our refund number (GET /v3/refund/domestic/refunds/{out_refund_no})."""

    refund_number: str

    def to_wire(self) -> str:
        """The refund's path. Raises ValueError."""
        number = _number(REFUND_NUMBER, self.refund_number)
        return f"/v3/refund/domestic/refunds/{quote(number, safe='')}"

    def check_answer(self, body: Wire) -> None:
        """Raises ValueError, KeyError for the answer to another question."""
        wire.check_same(body, {"out_refund_no": self.refund_number})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundStatus:
    """申请退款 and 查询单笔退款 answer. `ABNORMAL`: the account is gone, the merchant must act; `CLOSED`: no refund."""

    refund_number: str
    status: str
    refund_id: str

    @classmethod
    def from_wire(cls, body: Wire) -> RefundStatus:
        """Raises ValueError, KeyError."""
        return cls(
            refund_number=wire.text(body["out_refund_no"]),
            status=_state(body["status"], REFUND_STATES),
            refund_id=wire.text(body["refund_id"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNotice:
    """支付成功回调通知 (TRANSACTION.SUCCESS). The same notice may come more than once, with the same `notice_id`."""

    notice_id: str
    trade_number: str
    transaction_id: str
    amount: Decimal
    paid_at: datetime

    @classmethod
    def from_wire(cls, notice_id: str, resource: Wire) -> PaymentNotice:
        """From the decrypted resource. Raises ValueError, KeyError."""
        _state(resource["trade_state"], frozenset({"SUCCESS"}))
        return cls(
            notice_id=notice_id,
            trade_number=wire.text(resource["out_trade_no"]),
            transaction_id=wire.text(resource["transaction_id"]),
            amount=_amount(resource["amount"], "total"),
            paid_at=wire.read_moment(resource["success_time"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNotice:
    """退款结果通知 (REFUND.SUCCESS, REFUND.ABNORMAL, REFUND.CLOSED)."""

    notice_id: str
    trade_number: str
    refund_number: str
    status: str
    amount: Decimal

    @classmethod
    def from_wire(cls, notice_id: str, resource: Wire) -> RefundNotice:
        """From the decrypted resource, whose amounts have no currency. Raises ValueError, KeyError."""
        return cls(
            notice_id=notice_id,
            trade_number=wire.text(resource["out_trade_no"]),
            refund_number=wire.text(resource["out_refund_no"]),
            status=_state(resource["refund_status"], REFUND_STATES - {"PROCESSING"}),
            amount=wire.yuan(resource["amount"]["refund"]),
        )
