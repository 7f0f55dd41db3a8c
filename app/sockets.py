"""graphql-transport-ws: the protocol of the graph's WebSocket.

Subscriptions that compile are live reads (app/live.py); every other operation is executed the ordinary way. Each socket
has one writer, which sends the newest state of each subscription: a slow reader skips states, and no queue grows.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import orjson
import structlog
from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from strawberry.schema.base import BaseSchema
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from app.begun import Begun
from app.live import Ask, Live
from app.problems import UNEXPECTED
from app.tokens import BadToken
from resolvers.compiled import Fallback
from resolvers.context import Context

log = structlog.get_logger()
PROTOCOL = "graphql-transport-ws"
INIT_SECONDS, HEARTBEAT_SECONDS = 10.0, 25.0
MOST_OPERATIONS = 100
ACKNOWLEDGED, PING, PONG = '{"type":"connection_ack"}', '{"type":"ping"}', '{"type":"pong"}'
MakeContext = Callable[[dict[bytes, bytes], str | None], Any]


class Closed(Exception):
    """The socket must be closed with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Sockets:
    """The ASGI application behind the graph's WebSocket; `make_context` verifies the token. It raises `BadToken`."""

    def __init__(self, schema: BaseSchema, live: Live, make_context: MakeContext) -> None:
        self.schema = schema
        self.live = live
        self.make_context = make_context
        self.open: set[Socket] = set()
        self._heart: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, from its opening to its end."""
        await receive()
        if PROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.close", "code": 4406, "reason": "Subprotocol not acceptable"})
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        socket = Socket(self, dict(scope["headers"]), receive, send)
        self.open.add(socket)
        if self._heart is None:
            self._heart = asyncio.get_running_loop().create_task(self._beat())
        try:
            await socket.run()
        finally:
            self.open.discard(socket)

    async def _beat(self) -> None:
        """One heartbeat for all: a proxy must not take a quiet socket for a dead one."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for socket in tuple(self.open):
                socket.put("", PING)


class Socket:
    """One connection. `_waiting` holds the newest message of each operation that the writer has yet to send."""

    def __init__(self, sockets: Sockets, headers: dict[bytes, bytes], receive: Receive, send: Send) -> None:
        self._sockets = sockets
        self._headers = headers
        self._receive = receive
        self._send = send
        self._context: Context | None = None
        self._operations: dict[str, Callable[[], Any]] = {}
        self._waiting: dict[str, list[str]] = {}
        self._writing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Read messages until the client leaves or breaks the protocol."""
        try:
            await self._initialise()
            while (message := await self._next()) is not None:
                await self._handle(message)
        except Closed as closed:
            with contextlib.suppress(RuntimeError):
                await self._send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
        finally:
            for end in tuple(self._operations.values()):
                end()
            self._operations.clear()
            if self._writing is not None:
                self._writing.cancel()

    def put(self, operation: str, text: str, *, newest: bool = False) -> None:
        """Have a message sent; with `newest` it takes the place of one that is still waiting."""
        if self._writing is None:
            self._begin(text)
            return
        waiting = self._waiting.setdefault(operation, [])
        if newest:
            waiting.clear()
        waiting.append(text)

    def _begin(self, text: str) -> None:
        """Send at once; only what a slow reader holds up becomes a task, for a task costs as much as the sending."""
        begun = Begun(self._send({"type": "websocket.send", "text": text}))
        try:
            if not begun.ended():
                self._writing = asyncio.get_running_loop().create_task(self._write(begun))
        except Exception as error:
            log.info("socket.gone", error=type(error).__name__)

    async def _write(self, begun: Begun) -> None:
        try:
            await begun
            while self._waiting:
                operation = next(iter(self._waiting))
                for text in self._waiting.pop(operation):
                    await self._send({"type": "websocket.send", "text": text})
        except Exception as error:
            log.info("socket.gone", error=type(error).__name__)
        finally:
            self._writing = None

    async def _initialise(self) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                message = await self._next()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        if message is None or message.get("type") != "connection_init":
            raise Closed(4401, "Unauthorized")
        payload = message.get("payload")
        told = {str(name).lower(): value for name, value in payload.items()} if isinstance(payload, dict) else {}
        header = told.get("authorization")
        try:
            self._context = await self._sockets.make_context(self._headers, header if isinstance(header, str) else None)
        except BadToken:
            raise Closed(4403, "Forbidden") from None
        self.put("", ACKNOWLEDGED)

    async def _next(self) -> dict[str, Any] | None:
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return None
        try:
            told = orjson.loads(message.get("text") or message.get("bytes") or b"")
        except ValueError:
            raise Closed(4400, "Invalid message") from None
        if not isinstance(told, dict):
            raise Closed(4400, "Invalid message")
        return told

    async def _handle(self, message: dict[str, Any]) -> None:
        kind, operation = message.get("type"), message.get("id")
        if kind == "ping":
            self.put("", PONG)
        elif kind == "complete" and isinstance(operation, str):
            self._end(operation)
        elif kind == "subscribe" and isinstance(operation, str):
            self._subscribe(operation, message.get("payload"))
        elif kind == "connection_init":
            raise Closed(4429, "Too many initialisation requests")
        elif kind != "pong":
            raise Closed(4400, "Invalid message")

    def _subscribe(self, operation: str, payload: Any) -> None:
        if operation in self._operations:
            raise Closed(4409, f"Subscriber for {operation} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            raise Closed(4429, "Too many operations")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise Closed(4400, "Invalid message")
        task = asyncio.get_running_loop().create_task(self._operate(operation, payload))
        self._operations[operation] = task.cancel

    async def _operate(self, operation: str, payload: dict[str, Any]) -> None:
        """One operation: live where it compiles, else the ordinary way."""
        try:
            await self._watch(operation, payload)
        except Fallback:
            await self._execute(operation, payload)
        except asyncio.CancelledError:
            raise
        except Exception:
            request_id = uuid4().hex
            log.exception("socket.operation_failed", request_id=request_id)
            masked = {"code": "INTERNAL", "requestId": request_id}
            self._error(operation, [{"message": UNEXPECTED, "extensions": masked}])

    async def _watch(self, operation: str, payload: dict[str, Any]) -> None:
        context = self._known()
        if context.viewer_or_none is None:
            raise Fallback("unauthenticated")
        head = f'{{"id":{orjson.dumps(operation).decode()},"type":"next","payload":{{"data":'

        def deliver(state: str | None) -> None:
            if state is None:
                gone = {"message": "没有找到 (not found)", "extensions": {"code": "NOT_FOUND"}}
                self._error(operation, [gone])
            else:
                self.put(operation, f"{head}{state}}}}}", newest=True)

        ask = Ask(
            query=payload["query"],
            operation=payload.get("operationName"),
            variables=payload.get("variables") or {},
            viewer=context.viewer_or_none,
            info=_Info(context),
        )
        state, end = await self._sockets.live.watch(ask, deliver)
        self._operations[operation] = end
        self.put(operation, f"{head}{state}}}}}", newest=True)

    async def _execute(self, operation: str, payload: dict[str, Any]) -> None:
        async for result in self._results(payload):
            if isinstance(result, list):
                self._error(operation, result)
                return
            self.put(operation, orjson.dumps({"id": operation, "type": "next", "payload": result}).decode())
        self._operations.pop(operation, None)
        self.put(operation, orjson.dumps({"id": operation, "type": "complete"}).decode())

    async def _results(self, payload: dict[str, Any]) -> AsyncIterator[Any]:
        """Each result of an operation; a list of errors where it was never begun."""
        schema: Any = self._sockets.schema
        stream = await schema.stream(
            payload["query"],
            variable_values=payload.get("variables"),
            context_value=self._known(),
            operation_name=payload.get("operationName"),
        )
        async with contextlib.aclosing(stream) as results:
            async for result in results:
                begun = not isinstance(result, PreExecutionError)
                yield _told(result) if begun else _errors(result.errors or [])

    def _error(self, operation: str, errors: list[dict[str, Any]]) -> None:
        self._end(operation)
        self.put(operation, orjson.dumps({"id": operation, "type": "error", "payload": errors}).decode())

    def _end(self, operation: str) -> None:
        end = self._operations.pop(operation, None)
        if end is not None:
            end()

    def _known(self) -> Context:
        assert self._context is not None  # noqa: S101  # set by connection_init, before any operation
        return self._context


class _Info:
    """What a computed field's resolver asks of its `info`."""

    def __init__(self, context: Context) -> None:
        self.context = context


def _told(result: ExecutionResult) -> dict[str, Any]:
    return {"data": result.data} | ({"errors": _errors(result.errors)} if result.errors else {})


def _errors(errors: list[GraphQLError]) -> list[dict[str, Any]]:
    return [dict(error.formatted) for error in errors]
