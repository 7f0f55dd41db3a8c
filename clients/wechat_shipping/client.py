"""A mini-program's line to 发货信息管理, with the access token that it needs.

The token is fetched by `stable_token`: unlike `token`, asking for it from a second process does not end the first
one's. It is kept in memory for its life, and is in no journal and no log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from clients.errors import Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal
from clients.wechat_shipping import wire
from clients.wechat_shipping.messages import AccessToken, Payment, QueryPayment, UploadShipping
from clients.wechat_shipping.refusals import BROKEN, UNCHANGED, Reason, reason_of
from clients.wechat_shipping.wire import WeChatShippingSettings, Wire

__all__ = ["PLATFORM", "WeChatShippingClient", "WeChatShippingSettings"]

PLATFORM = "wechat_shipping"
MARGIN_SECONDS = 300.0

T = TypeVar("T")


class WeChatShippingClient:
    """One mini-program; safe to share between tasks. `Unanswered` also for the platform's own "try again" codes."""

    def __init__(self, settings: WeChatShippingSettings, journal: Journal = no_journal) -> None:
        self.settings = settings
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)
        self._token, self._ends_at = "", 0.0
        self._fetching = asyncio.Lock()

    async def payment(self, request: QueryPayment, *, message_id: str) -> Payment:
        """查询订单发货状态. Unanswered: send again. Refused with NOT_FOUND for a payment that is not known (yet)."""
        body = request.to_wire(self.settings.merchant_id)
        return await self._ask(wire.ORDER, body, message_id, lambda told: Payment.from_wire(told, request))

    async def upload(self, request: UploadShipping, *, message_id: str) -> None:
        """发货信息录入. Unanswered: `payment` first, for a second upload uses up the only correction.

        What WeChat has word by word already is as asked. Raises ValueError before anything is sent, see `to_wire`.
        """
        try:
            await self._ask(wire.UPLOAD, request.to_wire(self.settings), message_id, lambda told: None)
        except Refused as refused:
            if refused.code != UNCHANGED:
                raise

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(self, transaction: str, body: Wire, message_id: str, read: Callable[[Wire], T]) -> T:
        """With a token of ours; once more with another where the platform says that it is over."""
        token = await self._valid(message_id)
        try:
            return await self._post(transaction, body, message_id, read, token)
        except Refused as refused:
            if refused.reason != Reason.EXPIRED:
                raise
        self._ends_at = 0.0
        return await self._post(transaction, body, message_id, read, await self._valid(message_id))

    async def _valid(self, message_id: str) -> str:
        async with self._fetching:
            if time.monotonic() >= self._ends_at:
                told = await self._fetch(message_id)
                self._token = told.token
                self._ends_at = time.monotonic() + max(told.seconds - MARGIN_SECONDS, told.seconds / 2)
            return self._token

    async def _fetch(self, message_id: str) -> AccessToken:
        body: Wire = {
            "grant_type": "client_credential",
            "appid": self.settings.app_id,
            "secret": self.settings.app_secret,
            "force_refresh": False,
        }
        return await self._post(wire.TOKEN, body, message_id, AccessToken.from_wire)

    async def _post(
        self, transaction: str, body: Wire, message_id: str, read: Callable[[Wire], T], token: str | None = None
    ) -> T:
        query = "" if token is None else "?" + urlencode({"access_token": token})
        call = Call(
            transaction=transaction,
            message_id=message_id,
            path=wire.PATHS[transaction] + query,
            body=wire.dump(body),
            headers={"content-type": "application/json; charset=utf-8"},
        )
        return await self._http.call(call, lambda answer: _read(transaction, answer, read))


def _read(transaction: str, answer: Answer, read: Callable[[Wire], T]) -> T:
    if answer.status != 200:
        raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
    try:
        told = wire.load(answer.body)
        code = told.get("errcode", wire.OK)
        if type(code) is not int:
            raise ValueError("errcode: not a number")
        if code == wire.OK:
            return read(told)
    except (ValueError, KeyError, TypeError) as error:
        # A token's answer is a secret even where it cannot be read.
        raw = b"" if transaction == wire.TOKEN else answer.body
        why = str(error) if type(error) is ValueError else type(error).__name__
        raise Garbled(why, platform=PLATFORM, transaction=transaction, raw=raw) from None
    text = str(told.get("errmsg") or code)
    if str(code) in BROKEN:
        raise Unanswered(f"{code} {text}", platform=PLATFORM, transaction=transaction)
    raise Refused(text, platform=PLATFORM, transaction=transaction, code=str(code), reason=reason_of(str(code)))
