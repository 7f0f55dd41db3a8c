"""What the sandbox remembers: orders and refunds, and the rules of their states. Source: public v3 documentation."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from clients.wechat_pay import wire

SHORTEST, USUAL = timedelta(minutes=1), timedelta(days=7)
STATE_WORDS = {"SUCCESS": "支付成功", "REFUND": "转入退款", "NOTPAY": "订单未支付", "CLOSED": "订单已关闭"}


class Refusal(Exception):
    """A business no with the platform's code; `field` is the JSON pointer of the field that is wrong."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.field = field


@dataclass(slots=True, kw_only=True)
class Order:
    """An order; `token` opens its page, and is the prepay id of a mini-program order."""

    trade_number: str
    trade_type: str
    content: Mapping[str, Any]
    total: int
    token: str
    expires_at: datetime
    state: str = "NOTPAY"
    transaction_id: str = ""
    paid_at: str = ""
    refunds: list[RefundRow] = field(default_factory=list)

    @property
    def reserved(self) -> int:
        """Fen that refunds have taken, or still may."""
        return sum(row.amount for row in self.refunds if row.status != "CLOSED")

    @property
    def refunded(self) -> int:
        """Fen given back or on the way."""
        return sum(row.amount for row in self.refunds if row.status in {"SUCCESS", "PROCESSING"})

    def to_wire(self) -> dict[str, Any]:
        """商户订单号查询订单 answer, and the resource of a payment notice."""
        told = {
            "appid": self.content["appid"],
            "mchid": self.content["mchid"],
            "out_trade_no": self.trade_number,
            "trade_state": self.state,
            "trade_state_desc": STATE_WORDS[self.state],
        }
        if not self.transaction_id:
            return told
        amount = {"total": self.total, "payer_total": self.total, "currency": "CNY", "payer_currency": "CNY"}
        paid = {"transaction_id": self.transaction_id, "success_time": self.paid_at, "trade_type": self.trade_type}
        payer = {"payer": self.content["payer"]} if "payer" in self.content else {}
        return {**told, **paid, **payer, "bank_type": "OTHERS", "amount": amount}


@dataclass(slots=True, kw_only=True)
class RefundRow:
    """A refund; `waits` queries still find it PROCESSING, then it ends as `end`."""

    refund_number: str
    refund_id: str
    order: Order = field(repr=False)
    content: Mapping[str, Any]
    amount: int
    created_at: str
    status: str = "PROCESSING"
    ended_at: str = ""
    waits: int = 0
    end: str = "SUCCESS"

    def to_wire(self) -> dict[str, Any]:
        """申请退款 and 查询单笔退款 answer."""
        total, refund = self.order.total, self.amount
        return {
            "refund_id": self.refund_id,
            "out_refund_no": self.refund_number,
            "transaction_id": self.order.transaction_id,
            "out_trade_no": self.order.trade_number,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": self.created_at,
            **({"success_time": self.ended_at} if self.status == "SUCCESS" else {}),
            "status": self.status,
            "amount": {
                "total": total,
                "refund": refund,
                "payer_total": total,
                "payer_refund": refund,
                "settlement_total": total,
                "settlement_refund": refund,
                "discount_refund": 0,
                "currency": "CNY",
            },
        }

    def to_notice(self) -> dict[str, Any]:
        """The resource of 退款结果通知."""
        names = ("out_trade_no", "transaction_id", "out_refund_no", "refund_id", "user_received_account")
        told = self.to_wire()
        amount = {name: told["amount"][name] for name in ("total", "refund", "payer_total", "payer_refund")}
        ended = {"refund_status": self.status, "amount": amount}
        if self.status == "SUCCESS":
            ended["success_time"] = self.ended_at
        return {"mchid": self.order.content["mchid"], **{name: told[name] for name in names}, **ended}


class Book:
    """Orders and refunds by the merchant's numbers."""

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.refunds: dict[str, RefundRow] = {}
        self._pages: dict[str, Order] = {}

    def clear(self) -> None:
        """Forget everything."""
        self.orders.clear()
        self.refunds.clear()
        self._pages.clear()

    def order(self, trade_type: str, content: Mapping[str, Any], now: datetime) -> Order:
        """下单: the same content finds the order again. Raises Refusal."""
        known = self.orders.get(content["out_trade_no"])
        if known is None:
            return self._open(trade_type, content, now)
        if (known.trade_type, known.content) != (trade_type, content):
            raise Refusal("OUT_TRADE_NO_USED", "商户订单号重复", "/out_trade_no")
        _must_be_open(known)
        return known

    def of_number(self, trade_number: str) -> Order:
        """Raises Refusal."""
        if trade_number not in self.orders:
            raise Refusal("ORDER_NOT_EXIST", "订单不存在", "/out_trade_no")
        return self.orders[trade_number]

    def of_token(self, token: str) -> Order | None:
        """The order whose page this is."""
        return self._pages.get(token)

    def pay(self, order: Order, now: datetime) -> None:
        """The patient pays. Raises Refusal when the order is closed, paid or past its time."""
        _must_be_open(order)
        if now >= order.expires_at:
            raise Refusal("ORDER_EXPIRED", "订单已过支付结束时间")
        order.state, order.paid_at = "SUCCESS", wire.moment(now)
        order.transaction_id = _running("42", now)

    def close(self, trade_number: str) -> None:
        """关闭订单. Raises Refusal."""
        order = self.of_number(trade_number)
        _must_be_open(order)
        order.state = "CLOSED"

    def refund(self, content: Mapping[str, Any], now: datetime) -> tuple[RefundRow, bool]:
        """申请退款: the row, and whether it is new. Raises Refusal."""
        known = self.refunds.get(content["out_refund_no"])
        if known is not None:
            if known.content != content:
                raise Refusal("INVALID_REQUEST", "订单金额或退款金额与之前请求不一致,请核实后再试", "/out_refund_no")
            return known, False
        order = self._refundable(content)
        row = RefundRow(
            refund_number=content["out_refund_no"],
            refund_id=_running("50", now),
            order=order,
            content=content,
            amount=content["amount"]["refund"],
            created_at=wire.moment(now),
        )
        order.state = "REFUND"
        order.refunds.append(row)
        self.refunds[row.refund_number] = row
        return row, True

    def end_refund(self, row: RefundRow, now: datetime) -> None:
        """What was in process comes to its end."""
        row.status, row.ended_at = row.end, wire.moment(now)

    def of_refund(self, refund_number: str) -> RefundRow:
        """Raises Refusal."""
        if refund_number not in self.refunds:
            raise Refusal("RESOURCE_NOT_EXISTS", "退款单不存在", "/out_refund_no")
        return self.refunds[refund_number]

    def _open(self, trade_type: str, content: Mapping[str, Any], now: datetime) -> Order:
        order = Order(
            trade_number=content["out_trade_no"],
            trade_type=trade_type,
            content=content,
            total=content["amount"]["total"],
            token=f"wx{now.astimezone(wire.CHINA):%d%H%M%S}{secrets.token_hex(12)}",
            expires_at=_expiry(content.get("time_expire"), now),
        )
        self.orders[order.trade_number] = self._pages[order.token] = order
        return order

    def _refundable(self, content: Mapping[str, Any]) -> Order:
        order = self.orders.get(content["out_trade_no"])
        if order is None or not order.transaction_id:
            raise Refusal("RESOURCE_NOT_EXISTS", "订单不存在或未支付", "/out_trade_no")
        if content["amount"]["total"] != order.total:
            raise Refusal("INVALID_REQUEST", "原订单金额与支付金额不符", "/amount/total")
        if order.reserved >= order.total:
            raise Refusal("INVALID_REQUEST", "订单已全额退款", "/amount/refund")
        if order.reserved + content["amount"]["refund"] > order.total:
            raise Refusal("INVALID_REQUEST", "累计退款金额大于支付金额", "/amount/refund")
        return order


def _must_be_open(order: Order) -> None:
    if order.transaction_id:
        raise Refusal("ORDERPAID", "该订单已支付", "/out_trade_no")
    if order.state == "CLOSED":
        raise Refusal("ORDER_CLOSED", "订单已关闭", "/out_trade_no")


def _expiry(time_expire: str | None, now: datetime) -> datetime:
    if not time_expire:
        return now + USUAL
    return max(datetime.fromisoformat(time_expire), now + SHORTEST)


def _running(prefix: str, now: datetime) -> str:
    return f"{prefix}{now.astimezone(wire.CHINA):%Y%m%d%H%M%S}{secrets.randbelow(10**12):012d}"
