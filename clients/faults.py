"""Misbehaviour on demand: what a sandbox does wrong, when, and how often.

A fault is asked for by `POST /control/faults`, by `Faults.add` in a test, or by the header `X-Sandbox-Fault: KIND` of a
single request. The kinds below are those of the wire and work for every transaction; a sandbox may know further kinds
of its own (a refund that ends in EXP, a notice that comes twice) and takes them by name with `Faults.take`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

LOST_REQUEST = "lost_request"  # nothing is done, the connection breaks
LOST_REPLY = "lost_reply"  # done, then the connection breaks
LATE_EFFECT = "late_effect"  # the connection breaks, and `seconds` later it is done after all
DELAY = "delay"  # done, answered after `seconds`
GATEWAY_ERROR = "gateway_error"  # nothing is done, a gateway answers HTTP 502 in its own words
GARBLED = "garbled"  # done, the reply is cut in half
WIRE_KINDS = frozenset({LOST_REQUEST, LOST_REPLY, LATE_EFFECT, DELAY, GATEWAY_ERROR, GARBLED})

Effect = Callable[[], Awaitable[Response]]


@dataclass(slots=True)
class Fault:
    """One misbehaviour that waits for its `transaction`; it happens `times` times."""

    transaction: str
    kind: str
    times: int = 1
    seconds: float = 0.0
    text: str = ""


class Faults:
    """The misbehaviours that one sandbox still owes; `own` are the kinds that it knows besides those of the wire."""

    def __init__(self, *own: str) -> None:
        self._kinds = WIRE_KINDS.union(own)
        self.transactions: set[str] = set()
        self._waiting: list[Fault] = []

    def serves(self, *transactions: str) -> None:
        """The platform speaks these; a fault for another would wait for ever."""
        self.transactions.update(transactions)

    def add(self, transaction: str, kind: str, *, times: int = 1, seconds: float = 0.0, text: str = "") -> None:
        """Ask for a fault at the next `times` calls of `transaction` (`*`: any). Raises ValueError for either name."""
        if transaction not in self.transactions | {"*"}:
            raise ValueError(f"transaction is one of {', '.join(sorted(self.transactions))}")
        if kind not in self._kinds:
            raise ValueError(f"kind is one of {', '.join(sorted(self._kinds))}")
        self._waiting.append(Fault(transaction, kind, times, seconds, text))

    def clear(self) -> None:
        """Behave well from now on."""
        self._waiting.clear()

    def take(self, transaction: str, *kinds: str) -> Fault | None:
        """Use up one fault of these kinds for this transaction, if one waits."""
        for fault in self._waiting:
            if fault.transaction in (transaction, "*") and fault.kind in kinds:
                fault.times -= 1
                if fault.times < 1:
                    self._waiting.remove(fault)
                return fault
        return None

    async def serve(self, transaction: str, request: Request, effect: Effect) -> Response:
        """Answer with `effect`, misbehaving on the wire if that was asked for."""
        fault = self._of(transaction, request)
        if fault is None:
            return await effect()
        return await _MISBEHAVE[fault.kind](fault, effect)

    def _of(self, transaction: str, request: Request) -> Fault | None:
        asked = request.headers.get("x-sandbox-fault", "")
        if asked in WIRE_KINDS:
            return Fault(transaction, asked)
        return self.take(transaction, *WIRE_KINDS)


class Broken(Response):
    """A connection that breaks in the middle of the reply."""

    def __init__(self, promised: int = 512, begun: bytes = b"", background: BackgroundTask | None = None) -> None:
        super().__init__(begun, background=background)
        self._promised = promised

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise more bytes than come; the server then closes the connection."""
        length = str(self._promised).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        if self.background is not None:
            asyncio.get_running_loop().create_task(self.background())


async def _lost_request(fault: Fault, effect: Effect) -> Response:
    return Broken()


async def _lost_reply(fault: Fault, effect: Effect) -> Response:
    await effect()
    return Broken()


async def _late_effect(fault: Fault, effect: Effect) -> Response:
    async def later() -> None:
        await asyncio.sleep(fault.seconds)
        await effect()

    return Broken(background=BackgroundTask(later))


async def _delay(fault: Fault, effect: Effect) -> Response:
    response = await effect()
    await asyncio.sleep(fault.seconds)
    return response


async def _gateway_error(fault: Fault, effect: Effect) -> Response:
    return PlainTextResponse('{"code":"999","msg":"gateway error"}', status_code=502)


async def _garbled(fault: Fault, effect: Effect) -> Response:
    response = await effect()
    body = bytes(response.body)
    return Response(body[: len(body) // 2], media_type=response.media_type)


_MISBEHAVE: dict[str, Callable[[Fault, Effect], Awaitable[Response]]] = {
    LOST_REQUEST: _lost_request,
    LOST_REPLY: _lost_reply,
    LATE_EFFECT: _late_effect,
    DELAY: _delay,
    GATEWAY_ERROR: _gateway_error,
    GARBLED: _garbled,
}
