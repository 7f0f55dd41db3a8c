"""The client of WeChat Pay API v3. Source: its public documentation, direct merchant (普通商户)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import uuid4

from clients.errors import Garbled, Refused
from clients.http import Journal, no_journal
from clients.wechat_pay import notices, wire
from clients.wechat_pay.bills import AskBill, BillFile, DayBill
from clients.wechat_pay.line import PLATFORM, Line, why
from clients.wechat_pay.messages import (
    NOT_FOUND,
    Checkout,
    CheckoutPage,
    PaymentRequest,
    PaymentStatus,
    Prepay,
    QueryPayment,
    QueryRefund,
    Refund,
    RefundStatus,
    Wire,
    prepay_id_from_wire,
)
from clients.wechat_pay.refusals import Reason
from clients.wechat_pay.settings import WeChatPaySettings

__all__ = ["WeChatPayClient", "WeChatPaySettings"]


class WeChatPayClient:
    """One merchant's line to WeChat Pay; a `SelfPayGateway`. Errors are those of `Line`."""

    def __init__(self, settings: WeChatPaySettings, journal: Journal = no_journal) -> None:
        self.settings = settings
        self.line = Line(settings, journal)
        self._merchant = {"mchid": settings.merchant_id}
        self._notify = {"notify_url": settings.notify_url}

    async def checkout(self, request: Checkout, *, message_id: str) -> CheckoutPage:
        """H5下单: order a payment in the browser. Safe to send again with the same content."""
        body = self._order(request.to_wire())
        return await self.line.post("h5", "/v3/pay/transactions/h5", body, message_id, CheckoutPage.from_wire)

    async def prepay(self, request: Prepay, *, message_id: str) -> PaymentRequest:
        """JSAPI下单: order a payment in the mini-program, and sign what wx.requestPayment is given."""
        body = self._order(request.to_wire())
        return await self.line.post("jsapi", "/v3/pay/transactions/jsapi", body, message_id, self._payment_request)

    async def query(self, request: QueryPayment, *, message_id: str) -> PaymentStatus:
        """商户订单号查询订单; a number that the platform does not know is `NOT_FOUND`."""
        path = f"{request.to_wire()}?{urlencode(self._merchant)}"
        absent = PaymentStatus(trade_number=request.trade_number, state=NOT_FOUND)

        def read(body: Wire) -> PaymentStatus:
            wire.check_same(body, self.line.parties)
            request.check_answer(body)
            return PaymentStatus.from_wire(body)

        return await self.line.get("query", path, message_id, read, absent)

    async def close_payment(self, request: QueryPayment, *, message_id: str) -> None:
        """关闭订单; one that is closed already is as asked. Refused with `ORDER_PAID` when it was paid."""
        try:
            await self.line.tell("close", f"{request.to_wire()}/close", self._merchant, message_id)
        except Refused as refusal:
            if refusal.reason != Reason.ORDER_CLOSED:
                raise

    async def refund(self, request: Refund, *, message_id: str) -> RefundStatus:
        """申请退款. Safe to send again with the same content: one refund number pays once."""

        def read(answer: Wire) -> RefundStatus:
            request.check_answer(answer)
            return RefundStatus.from_wire(answer)

        body = {**request.to_wire(), **self._notify}
        return await self.line.post("refund", "/v3/refund/domestic/refunds", body, message_id, read)

    async def query_refund(self, request: QueryRefund, *, message_id: str) -> RefundStatus | None:
        """查询单笔退款; None: the platform has no such refund."""

        def read(body: Wire) -> RefundStatus | None:
            request.check_answer(body)
            return RefundStatus.from_wire(body)

        return await self.line.get("query_refund", request.to_wire(), message_id, read, None)

    async def day_bill(self, request: AskBill, *, message_id: str) -> DayBill:
        """申请交易账单, and the file behind it, whose hash must be as told; a day without trade is empty."""
        file = await self.line.get(
            "tradebill", request.to_wire(), message_id, BillFile.from_wire, None, gone=Reason.NO_BILL
        )
        if file is None:
            return DayBill(day=request.day, rows=())
        return await self.line.download("billdownload", file.url, uuid4().hex, lambda body: file.read(request, body))

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> notices.Notice:
        """Verify (key, ±300 s), decrypt and read a notice. Raises `Garbled`. Once only is the caller's to see to."""
        try:
            return notices.read(self.settings, self.line.platform_key, headers, body, datetime.now(UTC))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Garbled(why(error), platform=PLATFORM, transaction="notice", raw=body) from error

    async def close(self) -> None:
        """Give the connections back."""
        await self.line.close()

    def _order(self, order: Wire) -> Wire:
        return {**self.line.parties, **self._notify, **order}

    def _payment_request(self, body: Wire) -> PaymentRequest:
        prepay_id, timestamp, nonce = prepay_id_from_wire(body), str(int(time.time())), secrets.token_hex(16)
        text = wire.payment_text(self.settings.app_id, timestamp, nonce, f"prepay_id={prepay_id}")
        signature = wire.sign(self.line.private_key, text)
        return PaymentRequest(
            app_id=self.settings.app_id, number=prepay_id, timestamp=timestamp, nonce=nonce, signature=signature
        )
