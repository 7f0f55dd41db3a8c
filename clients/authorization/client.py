"""The national e-voucher authorisation (医保电子凭证授权) as an `AuthorizationGateway`."""

from __future__ import annotations

import time

from clients.authorization import wire
from clients.authorization.messages import Authorization, RedeemCode, read_answer
from clients.authorization.refusals import Reason, reason_of
from clients.authorization.wire import AuthorizationSettings
from clients.errors import Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal

__all__ = ["PLATFORM", "AuthorizationClient", "AuthorizationSettings"]

PLATFORM = "authorization"
USER_QUERY = "userQuery"


class AuthorizationClient:
    """Speaks for one partner. `message_id` goes out as the request id: 32 hex characters.

    Raises `Refused` for a no and for HTTP 401 and 403; `Unanswered` for any other status but 200; `Garbled` for an
    answer that cannot be read, without its raw text: it may hold an authorisation number, which no journal may keep.
    """

    def __init__(self, settings: AuthorizationSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    def page(self) -> str:
        """The page, or the mini-program's path."""
        return wire.page(self._settings)

    async def redeem(self, request: RedeemCode, *, message_id: str) -> Authorization:
        """userQuery 授权查询. Unanswered: send again; a code that was used up meanwhile is refused."""
        call = Call(
            transaction=USER_QUERY,
            message_id=message_id,
            path=wire.path(self._settings),
            body=wire.dump(request.to_wire()),
            headers=wire.headers(self._settings, milliseconds=int(time.time() * 1000), message_id=message_id),
        )
        return await self._http.call(call, _read)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()


def _read(answer: Answer) -> Authorization:
    _believe_status(answer.status)
    try:
        code, text, content = read_answer(answer.body)
        if code == wire.OK:
            return Authorization.from_wire(content)
    except ValueError as error:
        raise Garbled(f"the answer cannot be read: {error}", platform=PLATFORM, transaction=USER_QUERY) from None
    raise _refused(text or f"授权查询失败 ({code})", code, reason_of(text))


def _believe_status(status: int) -> None:
    if status in (401, 403):
        raise _refused("授权平台未接受签名 (our signature was refused)", str(status), Reason.SIGNATURE)
    if status != 200:
        raise Unanswered(f"HTTP {status}", platform=PLATFORM, transaction=USER_QUERY)


def _refused(text: str, code: str, reason: Reason) -> Refused:
    return Refused(text, platform=PLATFORM, transaction=USER_QUERY, code=code, reason=reason)
