"""Where an order stands: ordStas 订单状态 (mobile-payment.md 3.7), the only truth about money."""

from __future__ import annotations

from enum import StrEnum


class OrderState(StrEnum):
    """A code of 3.7. A code outside the table is a state too: its `kind` is UNKNOWN, its value the raw code."""

    SAVED = "0"  # 已保存
    PRICED = "1"  # 预结算完成
    PAYING = "2"  # 待支付
    CASH_DONE = "3"  # 自费完成
    INSURANCE_DONE = "4"  # 医保支付完成
    HOSPITAL_DONE = "5"  # 院内结算完成
    SETTLED = "6"  # 结算完成
    REFUNDED = "7"  # 已退款
    INSURANCE_REFUNDED = "8"  # 已医保全部退款
    CASH_REFUNDED = "9"  # 仅自费全部退款
    CASH_PARTLY_REFUNDED = "10"  # 仅自费部分退款
    INSURANCE_AND_SOME_CASH_REFUNDED = "11"  # 医保全部退自费部分退款
    REVOKED = "12"  # 已撤销
    INSURANCE_REVOKED = "13"  # 医保已撤销
    ABNORMAL = "14"  # 异常
    FAILED = "15"  # 结算失败
    FAILED_UNREVERSED = "16"  # 医保结算失败自费冲正失败
    REFUNDING = "17"  # 退款中

    @classmethod
    def _missing_(cls, value: object) -> OrderState | None:
        if not isinstance(value, str) or not value:
            return None
        stranger = str.__new__(cls, value)
        stranger._name_, stranger._value_ = "UNKNOWN", value
        return stranger

    @property
    def kind(self) -> str:
        """PROCESSING, PAID, CANCELLED, REFUNDED, PARTLY_REFUNDED, FAILED, MANUAL or UNKNOWN."""
        return _KINDS.get(str(self.value), "UNKNOWN")


_CODES = {
    "PROCESSING": ("0", "1", "2", "3", "4", "5", "17"),
    "PAID": ("6",),
    "CANCELLED": ("12", "13"),
    "REFUNDED": ("7",),
    "PARTLY_REFUNDED": ("8", "9", "10", "11"),
    "FAILED": ("15",),
    "MANUAL": ("14", "16"),
}
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes}
# From the first money on, 6301 tells amounts (3.3); before it may not.
WITH_AMOUNTS = frozenset({"3", "4", "5", "6"})
