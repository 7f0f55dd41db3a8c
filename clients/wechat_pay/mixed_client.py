"""The client of mixed payment: the same merchant, the same line, another product. Source: mobile-payment.md 6."""

from __future__ import annotations

from typing import Protocol

from clients.wechat_pay import wire
from clients.wechat_pay.line import Line
from clients.wechat_pay.messages import Wire
from clients.wechat_pay.mixed import (
    InsuranceRefunded,
    MixedOrder,
    MixedPaymentSettings,
    MixedStatus,
    QueryMixed,
)

__all__ = ["MixedPaymentClient", "MixedPaymentGateway", "MixedPaymentSettings"]


class MixedPaymentGateway(Protocol):
    """Who takes the insurance parts and the cash of one order in one act; errors are those of `clients.errors`."""

    async def order(self, request: MixedOrder, *, message_id: str) -> MixedStatus:
        """Open the order that the patient pays in the mini-program. After `Unanswered`, `query` first."""
        ...

    async def query(self, request: QueryMixed, *, message_id: str) -> MixedStatus | None:
        """How it stands; None: there is no such order."""
        ...

    async def insurance_refunded(self, request: InsuranceRefunded, *, message_id: str) -> None:
        """Tell that the insurance parts were given back; the same number again changes nothing."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


class MixedPaymentClient:
    """A `MixedPaymentGateway` on the line of the self-pay client. A malformed request raises ValueError."""

    def __init__(self, settings: MixedPaymentSettings, line: Line) -> None:
        self._line = line
        self._app = {"appid": line.settings.app_id}
        callback_url = settings.callback_url or line.settings.notify_url
        self._always = {**self._app, **settings.to_wire(), "callback_url": callback_url}

    async def order(self, request: MixedOrder, *, message_id: str) -> MixedStatus:
        """医保自费混合收款下单."""

        def read(body: Wire) -> MixedStatus:
            wire.check_same(body, self._app)
            request.check_answer(body)
            return MixedStatus.from_wire(body)

        body = {**self._always, **request.to_wire(self._encrypt)}
        return await self._line.post("med_ins_order", "/v3/med-ins/orders", body, message_id, read)

    async def query(self, request: QueryMixed, *, message_id: str) -> MixedStatus | None:
        """使用商户订单号查看下单结果."""

        def read(body: Wire) -> MixedStatus | None:
            wire.check_same(body, self._app)
            request.check_answer(body)
            return MixedStatus.from_wire(body)

        return await self._line.get("med_ins_query", request.to_wire(), message_id, read, None)

    async def insurance_refunded(self, request: InsuranceRefunded, *, message_id: str) -> None:
        """医保退款通知."""
        await self._line.tell("med_ins_refund", request.path(), request.to_wire(), message_id)

    async def close(self) -> None:
        """The line is the self-pay client's, who closes it."""

    def _encrypt(self, text: str) -> str:
        return wire.encrypt_field(self._line.platform_key, text)
