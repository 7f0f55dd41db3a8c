"""The hospital's side of the face sign-in: a `DoctorFaceSignIn` over the wire of wire.py.

Raises `Refused` for a verified no and for HTTP 401 (who is not admitted shares no secret with the platform);
`Unanswered` for HTTP 5xx; `Garbled` for an answer whose signature, message id or form does not hold.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from clients.errors import Garbled, Refused, Unanswered
from clients.face_sign_in import refusals, wire
from clients.face_sign_in.messages import AskStatus, CreatePage, Page, Status
from clients.face_sign_in.wire import FaceSignInSettings
from clients.http import HTTP, Answer, Call, Journal, no_journal

__all__ = ["PLATFORM", "FaceSignInClient", "FaceSignInSettings"]

PLATFORM = "face_sign_in"

T = TypeVar("T")


class _Request(Protocol):
    def to_wire(self) -> dict[str, object]: ...


class FaceSignInClient:
    """Speaks for one hospital; safe to share between tasks."""

    def __init__(self, settings: FaceSignInSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def create_url(self, request: CreatePage, *, message_id: str) -> Page:
        """`create`."""
        return await self._ask("create", request, message_id, lambda data: Page.from_wire(data, request))

    async def status(self, request: AskStatus, *, message_id: str) -> Status:
        """`status`."""
        return await self._ask("status", request, message_id, lambda data: Status.from_wire(data, request))

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(self, op: str, request: _Request, message_id: str, read: Callable[[Any], T]) -> T:
        call = self._call(op, request, message_id)
        return await self._http.call(call, lambda answer: self._read(op, call, answer, read))

    def _call(self, op: str, request: _Request, message_id: str) -> Call:
        body = wire.encode(request.to_wire())
        headers = wire.headers(
            app_id=self._settings.app_id,
            secret=self._settings.secret,
            first="POST",
            op=op,
            body=body,
            timestamp=int(time.time()),
            nonce=secrets.token_hex(16),
            message_id=message_id,
        )
        return Call(transaction=op, message_id=message_id, path=wire.path(op), body=body, headers=headers)

    def _read(self, op: str, call: Call, answer: Answer, read: Callable[[Any], T]) -> T:
        if answer.status == 401:
            raise _refused(op, refusals.AUTHENTICATION, "not admitted")
        if answer.status != 200:
            raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=op)
        try:
            envelope = self._believed(op, call, answer)
            if envelope["code"] == wire.OK:
                return read(envelope.get("data"))
        except (ValueError, KeyError, TypeError) as error:
            why = str(error) if isinstance(error, ValueError) else type(error).__name__
            raise Garbled(why, platform=PLATFORM, transaction=op, raw=answer.body) from error
        raise _refused(op, envelope["code"], envelope["message"])

    def _believed(self, op: str, call: Call, answer: Answer) -> dict[str, Any]:
        if not wire.signed_by(self._settings.secret, str(answer.status), op, answer.headers, answer.body):
            raise ValueError("signature does not hold")
        for name in ("x-nonce", "x-message-id"):
            wire.same(name, answer.headers.get(name), call.headers[name])
        return wire.answered("envelope", wire.decode(answer.body), "envelope")


def _refused(op: str, code: str, message: str) -> Refused:
    reason = refusals.REASONS.get(code, refusals.Reason.OTHER)
    return Refused(message, platform=PLATFORM, transaction=op, code=code, reason=reason)
