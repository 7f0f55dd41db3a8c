"""Mixed payment in the sandbox: orders of insurance and cash, and the act that pays both. Source: mobile-payment.md 6.

The insurance part is settled by whoever stands behind `insurance`; without anybody it is taken at its word.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from clients.wechat_pay import wire
from clients.wechat_pay.sandbox_book import Book, Order, Refusal

Message = Mapping[str, Any]
PARTS = ("med_ins_gov_fee", "med_ins_self_fee", "med_ins_other_fee")
OF_INSURANCE = ("pay_order_id", "pay_auth_no", "geo_location", "med_ins_order_create_time")
REFUND_PARTS = ("med_refund_gov_fee", "med_refund_self_fee", "med_refund_other_fee")


class InsuranceSide(Protocol):
    """The insurance platform as WeChat knows it."""

    def check(self, order: Message, id_digest: str) -> str:
        """Why these insurance parts cannot be ordered; empty: they can."""
        ...

    def settle(self, pay_order_id: str) -> str:
        """Settle the insurance part now; why it cannot be, or empty."""
        ...

    def is_refunded(self, pay_order_id: str) -> bool:
        """Whether the insurance part went back."""
        ...


class NoInsurance:
    """Nobody stands behind: every part is taken at its word."""

    def check(self, order: Message, id_digest: str) -> str:
        """Nothing is known against it."""
        return ""

    def settle(self, pay_order_id: str) -> str:
        """Settled."""
        return ""

    def is_refunded(self, pay_order_id: str) -> bool:
        """As it is told."""
        return True


@dataclass(slots=True, kw_only=True)
class MixedOrder:
    """An order of both parts; `cash` is the JSAPI order that is paid with it."""

    number: str
    content: dict[str, Any]
    person: tuple[str, str] = field(repr=False)
    cash: Order | None
    paid_at: str = ""
    failed: str = ""
    refund_notice: dict[str, Any] | None = None

    @property
    def cash_state(self) -> str:
        """self_pay_status."""
        if self.cash is None:
            return "NO_SELF_PAY"
        if self.cash.state == "REFUND" and self.cash.refunded == self.cash.total:
            return "SELF_PAY_REFUND"
        return {"CLOSED": "SELF_PAY_FAIL"}.get(
            self.cash.state, "SELF_PAY_SUCCESS" if self.paid_at else "SELF_PAY_CREATED"
        )

    @property
    def insurance_state(self) -> str:
        """med_ins_pay_status."""
        if not any(self.content.get(name) for name in OF_INSURANCE):
            return "NO_MED_INS_PAY"
        if self.refund_notice is not None:
            return "MED_INS_PAY_REFUND"
        return "MED_INS_PAY_SUCCESS" if self.paid_at else f"MED_INS_PAY_{'FAIL' if self.failed else 'CREATED'}"

    @property
    def state(self) -> str:
        """mix_pay_status: refunded when every part that there is went back."""
        if not self.paid_at:
            return "MIX_PAY_FAIL" if self.failed or self.cash_state == "SELF_PAY_FAIL" else "MIX_PAY_CREATED"
        parts = {self.cash_state, self.insurance_state} - {"NO_SELF_PAY", "NO_MED_INS_PAY"}
        return "MIX_PAY_REFUND" if all(part.endswith("REFUND") for part in parts) else "MIX_PAY_SUCCESS"

    def to_wire(self) -> dict[str, Any]:
        """The answer of ordering and asking, and the resource of a notice."""
        told = {name: value for name, value in self.content.items() if name not in ("payer", "relative")}
        statuses = {
            "mix_trade_no": self.number,
            "mix_pay_status": self.state,
            "self_pay_status": self.cash_state,
            "med_ins_pay_status": self.insurance_state,
        }
        return told | statuses | ({"paid_time": self.paid_at} if self.paid_at else {})

    def row(self) -> dict[str, object]:
        """Its line in the books."""
        return {
            "mix_trade_number": self.number,
            "trade_number": self.content["out_trade_no"],
            "state": self.state,
            "total_fen": self.content["total_fee"],
            "cash_fen": self.content["wechat_pay_cash_fee"],
        }


class MixedOrders:
    """Orders by our number and by WeChat's."""

    def __init__(self, book: Book, key: RSAPrivateKey, clock: Callable[[], datetime]) -> None:
        self.insurance: InsuranceSide = NoInsurance()
        self.orders: dict[str, MixedOrder] = {}
        self._book = book
        self._key = key
        self._clock = clock

    def order(self, message: Message) -> dict[str, Any]:
        """医保自费混合收款下单: the same content finds the order again. Raises Refusal."""
        person = self._person(message["payer"])
        content = {name: value for name, value in message.items() if name != "payer"}
        known = self._of("out_trade_no", message["out_trade_no"])
        if known is not None:
            if (known.content, known.person) != (content, person):
                raise Refusal("OUT_TRADE_NO_USED", "商户订单号重复", "/out_trade_no")
            return known.to_wire()
        _check_amounts(message)
        _check_kind(message)
        cash = self._cash(message)
        if why := self.insurance.check(message, person[1]):
            raise Refusal("RULE_LIMIT", why, "/pay_order_id")
        number = f"mix{secrets.token_hex(12)}"
        self.orders[number] = MixedOrder(number=number, content=content, person=person, cash=cash)
        return self.orders[number].to_wire()

    def query(self, message: Message) -> dict[str, Any]:
        """使用混合订单号 / 商户订单号查看下单结果. Raises Refusal."""
        name = "mix_trade_no" if "mix_trade_no" in message else "out_trade_no"
        return self._found(name, message[name]).to_wire()

    def told_of_refund(self, message: Message) -> None:
        """医保退款通知: the insurance must have given back what is told. Raises Refusal."""
        order = self._found("mix_trade_no", message["mix_trade_no"])
        told = dict(message)
        if order.refund_notice is not None and order.refund_notice != told:
            raise Refusal("RULE_LIMIT", "医保退款已通知，且内容不一致", "/out_refund_no")
        if not order.paid_at:
            raise Refusal("RULE_LIMIT", "订单未支付", "/mix_trade_no")
        if message["med_refund_total_fee"] != sum(message[name] for name in REFUND_PARTS):
            raise Refusal("PARAM_ERROR", "med_refund_total_fee: 总金额不等于各项之和", "/med_refund_total_fee")
        for name, part in zip(REFUND_PARTS, PARTS, strict=True):
            if message[name] < 0:
                raise Refusal("PARAM_ERROR", f"{name}: 金额不能为负", f"/{name}")
            if message[name] > order.content.get(part, 0):
                raise Refusal("PARAM_ERROR", f"{name}: 退款金额大于支付金额", f"/{name}")
        if not self.insurance.is_refunded(order.content.get("pay_order_id", "")):
            raise Refusal("RULE_LIMIT", "医保部分尚未退款", "/mix_trade_no")
        order.refund_notice = told

    def of_page(self, number: str) -> MixedOrder | None:
        """The order that wx.requestMedicalInsurancePay opens."""
        return self.orders.get(number)

    def pay(self, order: MixedOrder) -> None:
        """The patient pays both parts, or neither. Raises Refusal."""
        if order.state != "MIX_PAY_CREATED":
            raise Refusal("RULE_LIMIT", "订单状态不允许支付")
        now = self._clock()
        if order.cash is not None and now >= order.cash.expires_at:
            raise Refusal("ORDER_EXPIRED", "订单已过支付结束时间")
        if order.content.get("pay_order_id") and (why := self.insurance.settle(order.content["pay_order_id"])):
            order.failed = why
            raise Refusal("RULE_LIMIT", why)
        if order.cash is not None:
            self._book.pay(order.cash, now)
        order.paid_at = wire.moment(now)

    def _of(self, name: str, value: str) -> MixedOrder | None:
        if name == "mix_trade_no":
            return self.orders.get(value)
        return next((order for order in self.orders.values() if order.content[name] == value), None)

    def _found(self, name: str, value: str) -> MixedOrder:
        order = self._of(name, value)
        if order is None:
            raise Refusal("ORDER_NOT_EXIST", "订单不存在", f"/{name}")
        return order

    def _person(self, payer: Message) -> tuple[str, str]:
        try:
            name, digest = (wire.decrypt_field(self._key, payer[part]) for part in ("name", "id_digest"))
        except ValueError:
            raise Refusal("PARAM_ERROR", "payer: 敏感信息解密失败", "/payer") from None
        if not re.fullmatch(r"[0-9a-f]{32}", digest):
            raise Refusal("PARAM_ERROR", "payer.id_digest: 应为MD5摘要", "/payer/id_digest")
        return name, digest

    def _cash(self, message: Message) -> Order | None:
        """The unpaid order of the cash part: of this user, over this amount. Raises Refusal."""
        if not message.get("prepay_id"):
            return None
        order = self._book.of_token(message["prepay_id"])
        payer = order.content.get("payer", {}) if order else {}
        if order is None or order.state != "NOTPAY" or payer.get("openid") != message["openid"]:
            raise Refusal("PARAM_ERROR", "prepay_id: 自费预下单无效", "/prepay_id")
        if order.total != message["wechat_pay_cash_fee"]:
            raise Refusal("RULE_LIMIT", "自费金额校验不通过", "/wechat_pay_cash_fee")
        return order


def _check_amounts(message: Message) -> None:
    amounts = {name: message.get(name) or 0 for name in (*PARTS, "med_ins_cash_fee", "wechat_pay_cash_fee")}
    for name, amount in amounts.items():
        if amount < 0:
            raise Refusal("PARAM_ERROR", f"{name}: 金额不能为负", f"/{name}")
    insured = sum(amounts[name] for name in PARTS)
    added = sum(row["cash_add_fee"] for row in message.get("cash_add_detail") or ())
    reduced = sum(row["cash_reduce_fee"] for row in message.get("cash_reduce_detail") or ())
    total = message["total_fee"]
    if total != insured + amounts["wechat_pay_cash_fee"] + reduced or total < 1:
        raise Refusal("RULE_LIMIT", "订单金额校验不通过", "/total_fee")
    if total != insured + amounts["med_ins_cash_fee"] + added:
        raise Refusal("RULE_LIMIT", "自费金额校验不通过", "/med_ins_cash_fee")


def _check_kind(message: Message) -> None:
    """Which fields each kind must have and must not have (mobile-payment.md 6, the official table)."""
    kind, cash = message["mix_pay_type"], message.get("wechat_pay_cash_fee") or 0
    needed = {"CASH_ONLY": (), "INSURANCE_ONLY": OF_INSURANCE, "CASH_AND_INSURANCE": OF_INSURANCE}[kind]
    for name in needed:
        if not message.get(name):
            raise Refusal("PARAM_ERROR", f"{name}: 不能为空", f"/{name}")
    forbidden = {"CASH_ONLY": (*OF_INSURANCE, *PARTS), "INSURANCE_ONLY": ("prepay_id",), "CASH_AND_INSURANCE": ()}
    for name in forbidden[kind]:
        if message.get(name):
            raise Refusal("PARAM_ERROR", f"{name}: {kind} 不应填写", f"/{name}")
    if (kind != "INSURANCE_ONLY") != (cash > 0):
        raise Refusal("RULE_LIMIT", "自费金额与混合支付类型不符", "/wechat_pay_cash_fee")
    if kind != "INSURANCE_ONLY" and not message.get("prepay_id"):
        raise Refusal("PARAM_ERROR", "prepay_id: 不能为空", "/prepay_id")
    position = message.get("geo_location")
    if position and not re.fullmatch(r"-?\d{1,3}(\.\d+)?,-?\d{1,3}(\.\d+)?", position):
        raise Refusal("PARAM_ERROR", "geo_location: 应为经度,纬度", "/geo_location")
