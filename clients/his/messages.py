"""What we ask the HIS and what it answers. Amounts are `Decimal` yuan. Source: protocols/his.md B.3.

Prescriptions, locks and the day list have modules of their own and can be had from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from clients import money
from clients.his import wire
from clients.his.locks import Lock, Locked, Unlock
from clients.his.prescriptions import Diagnosis, GetPrescription, Item, ListUnpaid, Prescription, fee_digest
from clients.his.reconciliation import DayList, DayRow, ListDay

__all__ = [
    "Cancel",
    "Cancellation",
    "Confirm",
    "Confirmation",
    "DayList",
    "DayRow",
    "Diagnosis",
    "GetPrescription",
    "InsuranceFacts",
    "Item",
    "ListDay",
    "ListUnpaid",
    "Lock",
    "Locked",
    "Payment",
    "Prescription",
    "QuerySettlement",
    "SettlementStatus",
    "Unlock",
    "fee_digest",
    "refusal_facts",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One part of the money (支付明细).

    `kind` is INSURANCE_FUND, INSURANCE_ACCOUNT, WECHAT, ALIPAY, CASH or OTHER.
    """

    kind: str
    amount: Decimal
    trade_number: str | None = None
    channel_trade_number: str | None = None

    def to_wire(self) -> dict[str, object]:
        """One row of `payments`. Raises ValueError for a part of a fen."""
        return wire.present(
            {
                "type": self.kind,
                "amount": money.text(self.amount),
                "tradeNo": self.trade_number,
                "channelTradeNo": self.channel_trade_number,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceFacts:
    """What the medical insurance decided (医保结算信息); `fund`, `account`, `cash` in yuan."""

    visit_id: str
    settlement_id: str | None = None
    pay_order_id: str | None = None
    medical_type: str | None = None
    fund: Decimal
    account: Decimal
    cash: Decimal
    insured_area: str | None = None

    def to_wire(self) -> dict[str, object]:
        """The node `insurance`. Raises ValueError for a part of a fen."""
        return wire.present(
            {
                "mdtrtId": self.visit_id,
                "setlId": self.settlement_id,
                "payOrdId": self.pay_order_id,
                "medType": self.medical_type,
                "fundPay": money.text(self.fund),
                "acctPay": money.text(self.account),
                "cashPay": money.text(self.cash),
                "insuredArea": self.insured_area,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """`confirm` 缴费结算确认: these prescriptions, as they were listed (`fee_digests` by number), are paid.

    The payments must add up to `total`. After any doubt `query` decides before this may be sent again, unchanged.
    """

    settlement_number: str
    prescription_numbers: tuple[str, ...]
    total: Decimal
    fee_digests: Mapping[str, str]
    payments: tuple[Payment, ...]
    insurance: InsuranceFacts | None = None
    settled_at: datetime
    lock_number: str | None = None
    operator_id: str | None = None
    channel: str | None = None

    @property
    def idempotency_key(self) -> str:
        """The Idempotency-Key: our settlement number."""
        return self.settlement_number

    def to_wire(self) -> dict[str, object]:
        """The members of the request. Raises ValueError for a part of a fen or a time without a zone."""
        return wire.present(
            {
                "settlementNo": self.settlement_number,
                "prescriptionNos": list(self.prescription_numbers),
                "totalAmount": money.text(self.total),
                "feeDigests": dict(self.fee_digests),
                "payments": [payment.to_wire() for payment in self.payments],
                "insurance": self.insurance.to_wire() if self.insurance else None,
                "settledAt": wire.time_text(self.settled_at),
                "lockNo": self.lock_number,
                "operatorId": self.operator_id,
                "channel": self.channel,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The answer of `confirm`; `replayed` when the HIS had done it before."""

    settlement_number: str
    his_settlement_number: str
    replayed: bool
    pharmacy_window: str | None = None
    invoice_number: str | None = None

    @classmethod
    def from_wire(cls, data: object, request: Confirm) -> Self:
        """Read the answer. Raises ValueError."""
        row = wire.answered("confirm", data)
        wire.same("settlementNo", row["settlementNo"], request.settlement_number)
        return cls(
            settlement_number=row["settlementNo"],
            his_settlement_number=row["hisSettlementNo"],
            replayed=row["replayed"],
            pharmacy_window=row.get("pharmacyWindow") or None,
            invoice_number=row.get("invoiceNo") or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySettlement:
    """`query` 结算状态查询: what became of our settlement."""

    settlement_number: str

    def to_wire(self) -> dict[str, object]:
        """The members of the request."""
        return {"settlementNo": self.settlement_number}


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementStatus:
    """The answer of `query`; `status` is CONFIRMED, CANCELLED or NOT_FOUND, `total` in yuan where it is told."""

    settlement_number: str
    status: str
    his_settlement_number: str | None = None
    total: Decimal | None = None

    @classmethod
    def from_wire(cls, data: object, request: QuerySettlement) -> Self:
        """Read the answer; only NOT_FOUND may leave out both numbers. Raises ValueError."""
        row = wire.answered("query", data)
        unknown = row["status"] == "NOT_FOUND"
        if row.get("settlementNo") or not unknown:
            wire.same("settlementNo", row.get("settlementNo"), request.settlement_number)
        if not unknown and not row.get("hisSettlementNo"):
            raise ValueError("hisSettlementNo: missing")
        return cls(
            settlement_number=request.settlement_number,
            status=row["status"],
            his_settlement_number=row.get("hisSettlementNo") or None,
            total=money.yuan_or_none(row.get("totalAmount")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """`cancel` 结算撤销: undo a whole settlement; `amount` is its total in yuan (v1 knows no partial refund)."""

    settlement_number: str
    refund_number: str
    amount: Decimal
    reason: str

    @property
    def idempotency_key(self) -> str:
        """The Idempotency-Key: our refund number."""
        return self.refund_number

    def to_wire(self) -> dict[str, object]:
        """The members of the request. Raises ValueError for a part of a fen."""
        return {
            "settlementNo": self.settlement_number,
            "refundNo": self.refund_number,
            "amount": money.text(self.amount),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """The answer of `cancel`; `status` is CANCELLED, `replayed` when the HIS had done it before."""

    status: str
    replayed: bool

    @classmethod
    def from_wire(cls, data: object) -> Self:
        """Read the answer. Raises ValueError."""
        row = wire.answered("cancel", data)
        return cls(status=row["status"], replayed=row["replayed"])


def refusal_facts(data: object) -> dict[str, object]:
    """What a refusal adds: `his_amount` in yuan (HIS-3006), `settlement_number` (HIS-3007). Raises ValueError."""
    told = data if isinstance(data, dict) else {}
    facts = {"his_amount": money.yuan_or_none(told.get("hisAmount")), "settlement_number": told.get("settlementNo")}
    return wire.present(facts)
