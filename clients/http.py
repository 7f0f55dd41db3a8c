"""The one door to the outside: HTTP with a journal of every exchange. The only module that imports httpx."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

import httpx

from clients.errors import NotSent, PlatformError, Unanswered

T = TypeVar("T")

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
    httpx.LocalProtocolError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to a platform; `message_id` is the number under which the caller has stored its intent."""

    transaction: str
    message_id: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Answer:
    """A platform's reply before anybody has believed it. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What one call did, without its content: `outcome` is `Answered` or the name of a `PlatformError`.

    `raw` is filled only for `Garbled`: it is evidence, and the journal seals it.
    """

    platform: str
    transaction: str
    message_id: str
    started_at: datetime
    duration_ms: int
    outcome: str
    http_status: int | None
    request_digest: str
    answer_digest: str | None
    raw: bytes = b""


Journal = Callable[[Exchange], Awaitable[None]]


async def no_journal(exchange: Exchange) -> None:
    """The journal of tests and scripts that keep no books."""


def digest(body: bytes) -> str:
    """SHA-256 of a body, in hex: enough to recognise a request, too little to read it."""
    return hashlib.sha256(body).hexdigest()


class HTTP:
    """A connection pool to one platform; `timeout` in seconds, for the whole answer."""

    def __init__(self, *, platform: str, base_url: str, timeout: float = 15.0, journal: Journal = no_journal) -> None:
        self.platform = platform
        self._journal = journal
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(timeout, connect=min(timeout, 5.0)),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
            trust_env=False,
        )

    async def call(self, call: Call, read: Callable[[Answer], T]) -> T:
        """Send one request, let `read` verify and decode the answer, and keep the exchange in the journal.

        Raises `NotSent` or `Unanswered`, and whatever `PlatformError` `read` finds.
        """
        started, clock = datetime.now(UTC), time.perf_counter()
        answer: Answer | None = None
        failure: PlatformError | None = None
        try:
            answer = await self._send(call)
            return read(answer)
        except PlatformError as error:
            failure = error
            raise
        finally:
            await self._journal(self._exchange(call, answer, failure, started, clock))

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.aclose()

    async def _send(self, call: Call) -> Answer:
        told = {"platform": self.platform, "transaction": call.transaction}
        try:
            response = await self._client.request(call.method, call.path, content=call.body, headers=dict(call.headers))
        except _NEVER_LEFT as error:
            raise NotSent(f"{type(error).__name__}", **told) from error
        except httpx.HTTPError as error:
            raise Unanswered(f"{type(error).__name__}", **told) from error
        return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, response.content)

    def _exchange(
        self, call: Call, answer: Answer | None, failure: PlatformError | None, started: datetime, clock: float
    ) -> Exchange:
        return Exchange(
            platform=self.platform,
            transaction=call.transaction,
            message_id=call.message_id,
            started_at=started,
            duration_ms=round((time.perf_counter() - clock) * 1000),
            outcome="Answered" if failure is None else type(failure).__name__,
            http_status=answer.status if answer else None,
            request_digest=digest(call.body),
            answer_digest=digest(answer.body) if answer else None,
            raw=getattr(failure, "raw", b""),
        )
