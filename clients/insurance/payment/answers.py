"""What the mobile-payment centre answers and announces; `from_wire` raises ValueError for nonsense.

Source: mobile-payment.md 3. Amounts are `Decimal` yuan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, cast, get_args

from clients.insurance.payment.states import WITH_AMOUNTS, OrderState
from clients.insurance.payment.wire import BrokenSum, demanded, plain
from clients.money import yuan, yuan_or_none

RefundStatus = Literal["SUCC", "FAIL", "EXP"]

_PARTS = ("feeSumamt", "ownPayAmt", "psnAcctPay", "fundPay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """Who pays what (3.2). `other` is part of the sum; what the hospital bears and the mutual account are not."""

    total: Decimal
    cash: Decimal
    account: Decimal
    fund: Decimal
    other: Decimal = Decimal("0.00")
    hospital_part: Decimal | None = None
    account_mutual: Decimal | None = None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Amounts:
        """All four parts must be told and add up. Hainan spells the cash part of 6302 `ownpayAmt`."""
        told = {"ownPayAmt": data.get("ownpayAmt")} | dict(data)
        total, cash, account, fund = (yuan(demanded(told, name)) for name in _PARTS)
        amounts = cls(
            total=total,
            cash=cash,
            account=account,
            fund=fund,
            other=yuan_or_none(told.get("othFeeAmt")) or Decimal("0.00"),
            hospital_part=yuan_or_none(told.get("hospPartAmt")),
            account_mutual=yuan_or_none(told.get("acctMulaidPay")),
        )
        amounts.check()
        return amounts

    def check(self) -> None:
        """Raises `BrokenSum` unless total = cash + account + fund + other, and none is negative."""
        parts = (self.cash, self.account, self.fund, self.other)
        if self.total != sum(parts) or min(self.total, *parts) < 0:
            raise BrokenSum("feeSumamt is not ownPayAmt + psnAcctPay + fundPay + othFeeAmt")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeOrder:
    """Answer to 6201 费用明细上传. `cashier_url` is the page where the patient pays; it may hold a token."""

    pay_order_id: str
    pay_token: str = field(repr=False)
    cashier_url: str | None = field(default=None, repr=False)
    visit_id: str | None = None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> FeeOrder:
        """The page and the visit are told beside the order or in its extData."""
        local = _object(data.get("extData"))
        return cls(
            pay_order_id=demanded(data, "payOrdId"),
            pay_token=demanded(data, "payToken"),
            cashier_url=plain(data.get("cashierUrl")) or plain(local.get("cashierUrl")),
            visit_id=plain(data.get("mdtrtId")) or plain(local.get("mdtrtId")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """Answer to 6202 支付下单. `presettlement` is extData.preSetl, the 2206 pre-settlement as it came."""

    pay_order_id: str
    state: OrderState
    amounts: Amounts
    presettlement: Mapping[str, Any] | None = field(default=None, repr=False)

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> PlacedOrder:
        """Raises ValueError when the amounts do not add up."""
        return cls(
            pay_order_id=demanded(data, "payOrdId"),
            state=OrderState(demanded(data, "ordStas")),
            amounts=Amounts.from_wire(data),
            presettlement=_object(_object(data.get("extData")).get("preSetl")) or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatus:
    """Answer to 6301 结算结果查询. `platform_serial` is hiDocSn 医保交易流水号; `settle_type` ALL, CASH or HI."""

    pay_order_id: str
    state: OrderState
    order_number: str | None = None
    amounts: Amounts | None = None
    platform_serial: str | None = None
    settle_type: str | None = None
    reverse_token: str | None = field(default=None, repr=False)
    traced_at: str | None = None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> OrderStatus:
        """Amounts may be missing in states without money only (3.3)."""
        state = OrderState(demanded(data, "ordStas"))
        told = state.value in WITH_AMOUNTS or any(plain(data.get(name)) for name in _PARTS)
        return cls(
            pay_order_id=demanded(data, "payOrdId"),
            state=state,
            order_number=plain(data.get("medOrgOrd")),
            amounts=Amounts.from_wire(data) if told else None,
            platform_serial=plain(data.get("hiDocSn")),
            settle_type=plain(data.get("setlType")),
            reverse_token=plain(data.get("revsToken")),
            traced_at=plain(data.get("traceTime")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundReceipt:
    """Answer to 6203 医保退费. EXP is unknown: query the order, never ask again under another number."""

    status: RefundStatus
    refund_serial: str | None = None
    insurance_refund_serial: str | None = None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> RefundReceipt:
        """Raises ValueError for a status that is none of the three."""
        status = demanded(data, "refStatus")
        if status not in get_args(RefundStatus):
            raise ValueError("refStatus is none of SUCC, FAIL, EXP")
        return cls(
            status=cast(RefundStatus, status),
            refund_serial=plain(data.get("refdSn")),
            insurance_refund_serial=plain(data.get("hiFefdSn")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """6302 结算结果通知, verified: it hastens a query and decides nothing. `call_type` 02 is 支付成功."""

    pay_order_id: str
    order_number: str
    call_type: str
    amounts: Amounts
    settle_type: str
    reverse_token: str = field(repr=False)
    traced_at: str
    platform_serial: str | None = None
    state: OrderState | None = None

    @classmethod
    def from_wire(cls, data: Mapping[str, Any]) -> Notice:
        """Everything that 3.4 demands must be there, and the amounts must add up."""
        state = plain(data.get("ordStas"))
        return cls(
            pay_order_id=demanded(data, "payOrdId"),
            order_number=demanded(data, "medOrgOrd"),
            call_type=demanded(data, "callType"),
            amounts=Amounts.from_wire(data),
            settle_type=demanded(data, "setlType"),
            reverse_token=demanded(data, "revsToken"),
            traced_at=demanded(data, "traceTime"),
            platform_serial=plain(data.get("hiDocSn")),
            state=OrderState(state) if state else None,
        )


def said_no(*objects: Mapping[str, Any]) -> bool:
    """Whether an answer with code 0 denies its own success (6401)."""
    return any(plain(told.get("success")) in ("false", "False", "0") for told in objects)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
