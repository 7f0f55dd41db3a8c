"""What the hospital asks of whoever takes the patient's own money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from clients.wechat_pay.bills import AskBill, DayBill
from clients.wechat_pay.messages import (
    Checkout,
    CheckoutPage,
    PaymentRequest,
    PaymentStatus,
    Prepay,
    QueryPayment,
    QueryRefund,
    Refund,
    RefundStatus,
)
from clients.wechat_pay.notices import Notice


class SelfPayGateway(Protocol):
    """A provider of self-payment; another one is another folder with this class in it.

    Every method raises a `PlatformError`; a ValueError means that the request itself is not one (nothing was sent).
    """

    async def checkout(self, request: Checkout, *, message_id: str) -> CheckoutPage:
        """Order a payment; the same order again gives the same page."""
        ...

    async def prepay(self, request: Prepay, *, message_id: str) -> PaymentRequest:
        """Order a payment in the mini-program; the same order again gives the same prepay id."""
        ...

    async def query(self, request: QueryPayment, *, message_id: str) -> PaymentStatus:
        """How a payment stands; an unknown number is an answer (`NOT_FOUND`)."""
        ...

    async def close_payment(self, request: QueryPayment, *, message_id: str) -> None:
        """See to it that an unpaid order can no longer be paid. Refused with `ORDER_PAID` when it was paid."""
        ...

    async def refund(self, request: Refund, *, message_id: str) -> RefundStatus:
        """Give money back; the same refund number again never pays twice."""
        ...

    async def query_refund(self, request: QueryRefund, *, message_id: str) -> RefundStatus | None:
        """How a refund stands; None: there is no such refund."""
        ...

    async def day_bill(self, request: AskBill, *, message_id: str) -> DayBill:
        """Everything that was paid and given back on a day; a day without trade is an answer."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify, decrypt and read what the platform posted to us. Raises `Garbled`."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
