"""Who may speak to the sandbox: app, signature, time and nonce, in this order. Source: protocols/his.md B.3."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping

from clients.his import wire
from clients.his.sandbox_refusal import Refuse


class Admission:
    """The door of one HIS; it remembers the nonces for as long as their timestamps would still be let in."""

    def __init__(self, app_id: str, secret: str, clock: Callable[[], float]) -> None:
        self._app_id = app_id
        self._secret = secret
        self._clock = clock
        self._used: dict[str, float] = {}

    def knows(self, headers: Mapping[str, str]) -> bool:
        """Whether this is our app, with which we share a secret."""
        return hmac.compare_digest(headers.get("x-app-id", "").encode(), self._app_id.encode())

    def admit(self, op: str, headers: Mapping[str, str], body: bytes) -> None:
        """Let a request in, once. Raises Refuse HIS-1001 … 1004."""
        nonce = headers.get("x-nonce", "")
        if not self.knows(headers):
            raise Refuse("HIS-1004", "X-App-Id: unknown app")
        if not wire.signed_by(self._secret, "POST", op, nonce, headers, body):
            raise Refuse("HIS-1001", "X-Signature: does not hold")
        self._in_time(headers.get("x-timestamp", ""))
        self._first_use(nonce)

    def _in_time(self, told: str) -> None:
        if not re.fullmatch(r"[0-9]{1,12}", told) or abs(self._clock() - int(told)) > wire.WINDOW_SECONDS:
            raise Refuse("HIS-1002", "X-Timestamp: too far from the HIS's clock")

    def _first_use(self, nonce: str) -> None:
        self._forget()
        if not re.fullmatch(r"[0-9a-fA-F]{32}", nonce) or nonce in self._used:
            raise Refuse("HIS-1003", "X-Nonce: malformed or used before")
        self._used[nonce] = self._clock()

    def _forget(self) -> None:
        oldest = self._clock() - 2 * wire.WINDOW_SECONDS - 1
        while self._used and (first := next(iter(self._used))) and self._used[first] < oldest:
            del self._used[first]
