"""Where two sandboxes meet: WeChat's mixed order settles the insurance's payment order (mobile-payment.md 6)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from clients.insurance.book import InsuranceBook
from clients.insurance.payment.sandbox import InsurancePaymentSandbox
from clients.insurance.payment.sandbox_orders import PRICED, Order
from clients.insurance.sandbox_envelope import Rejection


class InsuranceBehindWeChat:
    """The `InsuranceSide` of WeChat's sandbox: the payment centre's orders and the insured persons."""

    def __init__(self, payment: InsurancePaymentSandbox, book: InsuranceBook) -> None:
        self._payment = payment
        self._book = book

    def check(self, order: Mapping[str, Any], digest: str) -> str:
        """Priced, of this person, with this authorisation, number and amounts."""
        ours = self._payment.cashier.order_of(order.get("pay_order_id") or "")
        if ours is None or ours.state != PRICED:
            return "医保支付订单不存在或未预结算"
        person = self._book.persons[str(ours.upload["psnNo"])]
        complaints = {
            "serial_no: 与医保订单不一致": order["serial_no"] != ours.upload["medOrgOrd"],
            "pay_auth_no: 支付授权无效": order["pay_auth_no"] not in person.tokens,
            "payer: 与参保人不是同一人": digest != _md5(person.id_number),
            "医保金额与预结算不一致": _parts(order) != (ours.fund, ours.account, ours.cash),
        }
        return next((words for words, wrong in complaints.items() if wrong), "")

    def settle(self, pay_order_id: str) -> str:
        """As its own cashier would, but the page."""
        ours = self._payment.cashier.order_of(pay_order_id)
        if ours is None:
            return "医保支付订单不存在"
        return self._settled(ours)

    def is_refunded(self, pay_order_id: str) -> bool:
        """Both insurance parts are back."""
        ours = self._payment.cashier.order_of(pay_order_id)
        return ours is not None and ours.insurance_refunded

    def _settled(self, order: Order) -> str:
        try:
            self._payment.cashier.settle(order)
        except Rejection as no:
            return str(no)
        return ""


def _md5(id_number: str) -> str:
    return hashlib.md5(id_number.upper().encode()).hexdigest()  # noqa: S324  # the protocol's


def _parts(order: Mapping[str, Any]) -> tuple[int, int, int]:
    return order["med_ins_gov_fee"], order["med_ins_self_fee"], order["med_ins_cash_fee"]
