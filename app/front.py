"""The front of the graph: compiled reads are answered here, before routing; all else goes on to the ordinary road."""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import metrics
from app.events import Hub
from app.installation import Installations
from app.live import Ask, Live
from app.problems import Problem
from app.single_flight import SingleFlight
from app.streams import stream
from app.tokens import BadToken, Verifier, Viewer, token_of
from resolvers.compiled import Fallback, Plan, Plans, Reader
from resolvers.context import Context, language_of

log = structlog.get_logger()
LARGEST_BODY = 256 * 1024
COMPILED = metrics.READS.labels("compiled", "")
FIELDS = frozenset({"query", "variables", "operationName"})
START = {"type": "http.response.start", "status": 200}


class Front:
    """A middleware: the graph's POSTs are tried on the compiled road first."""

    def __init__(self, app: ASGIApp, path: str, road: CompiledRoad) -> None:
        self._app = app
        self._path = path
        self._road = road

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a compiled read; hand on whatever is none, unread or replayed."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body, whole = await _body(receive)
        headers = dict(scope["headers"])
        if b"text/event-stream" in headers.get(b"accept", b""):
            if not (whole and await self._road.stream(headers, body, receive, send)):
                await self._app(scope, _replay(body, whole, receive), send)
            return
        answer = await self._road.answer(headers, body) if whole else None
        if answer is None:
            await self._app(scope, _replay(body, whole, receive), send)
            return
        await send(
            START | {"headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]}
        )
        await send({"type": "http.response.body", "body": answer})


class CompiledRoad:
    """Plans and connections for compiled reads; `installations` and `hub` come when the server is up."""

    def __init__(self, plans: Plans, reader: Reader, verifier: Verifier) -> None:
        self.reader = reader
        self.installations: Installations | None = None
        self.hub: Any = None
        self.live: Live | None = None
        self._flights = SingleFlight()
        self._plans = plans
        self._verifier = verifier

    def open(self, installations: Installations, hub: Hub) -> Live:
        """The server is up: the same plans and connections also serve live reads."""
        self.installations, self.hub = installations, hub
        self.live = Live(self._plans, self.reader, hub)
        return self.live

    async def stream(self, headers: dict[bytes, bytes], body: bytes, receive: Receive, send: Send) -> bool:
        """Serve a subscription as Server-Sent Events. False: the ordinary road must."""
        assert self.live is not None  # noqa: S101  # set before the first request
        try:
            query, operation, variables = _request(headers, body)
            viewer = await self._verifier.viewer(_bearer(headers))
            ask = Ask(
                query=query,
                operation=operation,
                variables=variables,
                viewer=viewer,
                info=self._info(headers, viewer),
            )
            await stream(self.live, ask, receive, send)
        except (Fallback, BadToken):
            return False
        return True

    async def answer(self, headers: dict[bytes, bytes], body: bytes) -> bytes | None:
        """The answer, or None: the ordinary road answers."""
        try:
            request = _request(headers, body)
            viewer = await self._verifier.viewer(_bearer(headers))
            plan, variables = self._plans.plan(*request, viewer)
            records = await self._records(plan, plan.values(viewer, variables)) if plan.sql else []
            data = plan.data(records, viewer, self._info(headers, viewer))
        except (Fallback, BadToken, Problem) as reason:
            metrics.READS.labels("ordinary", str(reason)[:60]).inc()
            return None
        except Exception:
            # A read has no effect, so the ordinary road may answer; that it had to is an alarm.
            log.exception("compiled_read.failed")
            metrics.READS.labels("ordinary", "failed").inc()
            return None
        COMPILED.inc()
        return b'{"data":' + orjson.dumps(data) + b"}"

    async def _records(self, plan: Plan, values: list[Any]) -> list[Any]:
        """What the statement reads. A report may be shared: its hospital is among its values."""
        if not plan.shared:
            return await self.reader.records(plan, values)
        return await self._flights.ask((plan.sql, *values), lambda: self.reader.records(plan, values))

    def _info(self, headers: dict[bytes, bytes], viewer: Viewer) -> Info:
        """What a computed field's resolver asks of its `info`."""
        assert self.installations is not None  # noqa: S101  # set before the first request
        return Info(self.installations, self.hub, viewer, headers.get(b"accept-language", b""))


class Info:
    """Stands for the executor's `info` where a computed field's resolver is called; most requests never ask it."""

    __slots__ = ("_hub", "_installations", "_language", "_viewer")

    def __init__(self, installations: Installations, hub: Any, viewer: Viewer, language: bytes) -> None:
        self._installations = installations
        self._hub = hub
        self._viewer = viewer
        self._language = language

    @property
    def context(self) -> Context:
        """The request's context."""
        language = language_of(self._language.decode("latin-1"))
        return Context(
            installations=self._installations,
            hub=self._hub,
            viewer_or_none=self._viewer,
            language=language,
            request_id="",
        )


async def _body(receive: Receive) -> tuple[bytes, bool]:
    """What came of the body, and whether that is all of it."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
    return body, not message.get("more_body") and message["type"] == "http.request"


def _replay(body: bytes, whole: bool, receive: Receive) -> Receive:
    """The same body again for the next application."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": not whole}

    return again


def _request(headers: dict[bytes, bytes], body: bytes) -> tuple[str, str | None, dict[str, Any]]:
    """Query, operation and variables. Raises `Fallback` for anything but a plain JSON request."""
    if not headers.get(b"content-type", b"").startswith(b"application/json"):
        raise Fallback("content type")
    if b"multipart" in headers.get(b"accept", b""):
        raise Fallback("stream")
    try:
        told = orjson.loads(body)
    except ValueError:
        raise Fallback("syntax") from None
    if not isinstance(told, dict) or not told.keys() <= FIELDS:
        raise Fallback("request")
    query, variables, operation = told.get("query"), told.get("variables"), told.get("operationName")
    variables = {} if variables is None else variables
    named = operation is None or isinstance(operation, str)
    if not (named and isinstance(query, str) and isinstance(variables, dict)):
        raise Fallback("request")
    return query, operation, variables


def _bearer(headers: dict[bytes, bytes]) -> str:
    header = headers.get(b"authorization", b"").decode("latin-1")
    if not header:
        raise Fallback("unauthenticated")
    return token_of(header)
