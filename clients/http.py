"""The one door to the outside: HTTP with a journal of every exchange. The only module that imports aiohttp."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote

import aiohttp
from yarl import URL

from clients.errors import NotSent, PlatformError, Unanswered

T = TypeVar("T")

# No connection, so nothing was written on one. A connection that breaks later may have carried the whole request.
_NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
LONGEST_CONNECT = 5.0
MOST_CONNECTIONS = 64
_ELSEWHERE = re.compile(r"https?://")  # a platform may name another address, as that of a file
_AS_IT_IS = "%/:=&?~#+!$,;'@()*[]"


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
    """A connection pool to one platform; `timeout` in seconds, for the whole answer
    once there is a connection."""

    def __init__(self, *, platform: str, base_url: str, timeout: float = 15.0, journal: Journal = no_journal) -> None:
        self.platform = platform
        self._journal = journal
        self._base = base_url.rstrip("/")
        connect = min(timeout, LONGEST_CONNECT)
        self._timeout = aiohttp.ClientTimeout(total=connect + timeout, connect=connect, sock_read=timeout)
        self._session: aiohttp.ClientSession | None = None

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
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        """A session belongs to the loop that runs when it is made: it is made at the first call."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeout,
                skip_auto_headers=("Content-Type",),
            )
        return self._session

    async def _send(self, call: Call) -> Answer:
        told = {"platform": self.platform, "transaction": call.transaction}
        whole = call.path if _ELSEWHERE.match(call.path) else f"{self._base}/{call.path.lstrip('/')}"
        url = URL(quote(whole, safe=_AS_IT_IS), encoded=True)  # signed as it stands
        try:
            async with self._open().request(
                call.method, url, data=call.body or None, headers=call.headers, allow_redirects=False
            ) as response:
                body = await response.read()
        except _NEVER_LEFT as error:
            raise NotSent(f"{type(error).__name__}", **told) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unanswered(f"{type(error).__name__}", **told) from error
        return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, body)

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
