"""The client of WeChat Pay API v3. Source: its public documentation, direct merchant (普通商户)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlencode, urlsplit

from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal
from clients.wechat_pay import notices, wire
from clients.wechat_pay.messages import (
    NOT_FOUND,
    Checkout,
    CheckoutPage,
    PaymentNotice,
    PaymentRequest,
    PaymentStatus,
    Prepay,
    QueryPayment,
    QueryRefund,
    Refund,
    RefundNotice,
    RefundStatus,
    Wire,
    prepay_id_from_wire,
)
from clients.wechat_pay.refusals import NOT_SENT, UNANSWERED, Reason, reason
from clients.wechat_pay.settings import WeChatPaySettings

__all__ = ["WeChatPayClient", "WeChatPaySettings"]

T = TypeVar("T")

PLATFORM = "wechat_pay"
# A request whose signature fails is answered without one, and the gate that limits rates stands before the signer.
_MAY_BE_UNSIGNED = NOT_SENT | {"SIGN_ERROR"}


class WeChatPayClient:
    """One merchant's line to WeChat Pay; a `SelfPayGateway`.

    Every answer but SIGN_ERROR and FREQUENCY_LIMITED must carry a signature that holds, or it is `Garbled`; HTTP 5xx is
    `Unanswered`; FREQUENCY_LIMITED is `NotSent`; another code is `Refused`. A malformed request raises ValueError.
    """

    def __init__(self, settings: WeChatPaySettings, journal: Journal = no_journal) -> None:
        self.settings = settings
        self._private_key = wire.private_key(settings.merchant_private_key)
        self._platform_key = wire.public_key(settings.platform_public_key)
        self._parties = wire.parties(app_id=settings.app_id, merchant_id=settings.merchant_id)
        self._merchant = {"mchid": settings.merchant_id}
        self._notify = {"notify_url": settings.notify_url}
        self._prefix = urlsplit(settings.base_url).path.rstrip("/")
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def checkout(self, request: Checkout, *, message_id: str) -> CheckoutPage:
        """H5下单: order a payment in the browser. Safe to send again with the same content."""
        body = self._order(request.to_wire())
        return await self._post("h5", "/v3/pay/transactions/h5", body, message_id, CheckoutPage.from_wire)

    async def prepay(self, request: Prepay, *, message_id: str) -> PaymentRequest:
        """JSAPI下单: order a payment in the mini-program, and sign what wx.requestPayment is given."""
        body = self._order(request.to_wire())
        return await self._post("jsapi", "/v3/pay/transactions/jsapi", body, message_id, self._payment_request)

    async def query(self, request: QueryPayment, *, message_id: str) -> PaymentStatus:
        """商户订单号查询订单; a number that the platform does not know is `NOT_FOUND`."""
        path = f"{request.to_wire()}?{urlencode(self._merchant)}"
        absent = PaymentStatus(trade_number=request.trade_number, state=NOT_FOUND)

        def read(body: Wire) -> PaymentStatus:
            wire.check_same(body, self._parties)
            request.check_answer(body)
            return PaymentStatus.from_wire(body)

        return await self._get("query", path, message_id, read, absent)

    async def close_payment(self, request: QueryPayment, *, message_id: str) -> None:
        """关闭订单; one that is closed already is as asked. Refused with `ORDER_PAID` when it was paid."""
        path = f"{request.to_wire()}/close"

        def read(answer: Answer) -> None:
            try:
                self._believe("close", answer)
            except Refused as refusal:
                if refusal.reason != Reason.ORDER_CLOSED:
                    raise

        body = wire.dump(self._merchant)
        await self._http.call(self._call("close", "POST", path, body, message_id), read)

    async def refund(self, request: Refund, *, message_id: str) -> RefundStatus:
        """申请退款. Safe to send again with the same content: one refund number pays once."""

        def read(answer: Wire) -> RefundStatus:
            request.check_answer(answer)
            return RefundStatus.from_wire(answer)

        body = {**request.to_wire(), **self._notify}
        return await self._post("refund", "/v3/refund/domestic/refunds", body, message_id, read)

    async def query_refund(self, request: QueryRefund, *, message_id: str) -> RefundStatus | None:
        """查询单笔退款; None: the platform has no such refund."""

        def read(body: Wire) -> RefundStatus | None:
            request.check_answer(body)
            return RefundStatus.from_wire(body)

        return await self._get("query_refund", request.to_wire(), message_id, read, None)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | RefundNotice:
        """Verify (key, ±300 s), decrypt and read a notice. Raises `Garbled`. Once only is the caller's to see to."""
        try:
            return notices.read(self.settings, self._platform_key, headers, body, datetime.now(UTC))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Garbled(_why(error), platform=PLATFORM, transaction="notice", raw=body) from error

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    def _order(self, order: Wire) -> Wire:
        return {**self._parties, **self._notify, **order}

    def _payment_request(self, body: Wire) -> PaymentRequest:
        prepay_id, timestamp, nonce = prepay_id_from_wire(body), str(int(time.time())), secrets.token_hex(16)
        text = wire.payment_text(self.settings.app_id, timestamp, nonce, f"prepay_id={prepay_id}")
        signature = wire.sign(self._private_key, text)
        return PaymentRequest(prepay_id=prepay_id, timestamp=timestamp, nonce=nonce, signature=signature)

    async def _post(self, transaction: str, path: str, message: Wire, message_id: str, read: Callable[[Wire], T]) -> T:
        call = self._call(transaction, "POST", path, wire.dump(message), message_id)
        return await self._http.call(call, lambda answer: self._read(transaction, answer, read))

    async def _get(self, transaction: str, path: str, message_id: str, read: Callable[[Wire], T], absent: T) -> T:
        def read_or_absent(answer: Answer) -> T:
            try:
                return self._read(transaction, answer, read)
            except Refused as refusal:
                if refusal.reason == Reason.NOT_FOUND:
                    return absent
                raise

        return await self._http.call(self._call(transaction, "GET", path, b"", message_id), read_or_absent)

    def _call(self, transaction: str, method: str, path: str, body: bytes, message_id: str) -> Call:
        headers = {
            "Authorization": self._authorization(method, self._prefix + path, body),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Wechatpay-Serial": self.settings.platform_serial,
        }
        return Call(
            transaction=transaction, message_id=message_id, path=path, body=body, headers=headers, method=method
        )

    def _authorization(self, method: str, target: str, body: bytes) -> str:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16).upper()
        return wire.authorization(
            merchant_id=self.settings.merchant_id,
            serial=self.settings.merchant_serial,
            nonce=nonce,
            timestamp=timestamp,
            signature=wire.sign(self._private_key, wire.request_text(method, target, timestamp, nonce, body)),
        )

    def _read(self, transaction: str, answer: Answer, read: Callable[[Wire], T]) -> T:
        self._believe(transaction, answer)
        try:
            return read(wire.load(answer.body))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Garbled(_why(error), platform=PLATFORM, transaction=transaction, raw=answer.body) from error

    def _believe(self, transaction: str, answer: Answer) -> None:
        if answer.status >= 500 or answer.status // 100 not in (2, 4):
            raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
        try:
            refusal = wire.load(answer.body) if answer.status >= 400 else None
            code = "" if refusal is None else wire.text(refusal["code"])
            if wire.is_signed(answer.headers) or code not in _MAY_BE_UNSIGNED:
                self._check_signature(answer)
        except (ValueError, KeyError) as error:
            raise Garbled(_why(error), platform=PLATFORM, transaction=transaction, raw=answer.body) from error
        if refusal is not None:
            _refuse(transaction, code, refusal)

    def _check_signature(self, answer: Answer) -> None:
        now, serial = datetime.now(UTC), self.settings.platform_serial
        wire.check_answer(answer.headers, answer.body, serial=serial, key=self._platform_key, now=now)


def _refuse(transaction: str, code: str, refusal: Wire) -> NoReturn:
    message = str(refusal.get("message", ""))
    told: dict[str, Any] = {"platform": PLATFORM, "transaction": transaction}
    if code in NOT_SENT:
        raise NotSent(f"{code} {message}", **told)
    if code in UNANSWERED:
        raise Unanswered(f"{code} {message}", **told)
    detail = refusal.get("detail")
    data = detail if isinstance(detail, dict) else {}
    raise Refused(message, code=code, reason=reason(code, message), data=data, **told)


def _why(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
