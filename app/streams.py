"""Server-Sent Events: the same live reads for whoever has no WebSocket (GraphQL over SSE, distinct connections)."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import Receive, Send

from app.live import Ask, Live

HEARTBEAT_SECONDS = 15.0
HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]
PING, COMPLETE = b": ping\r\n\r\n", b"event: complete\r\ndata: \r\n\r\n"


class Newest:
    """The newest state that was not sent yet; a slow reader skips the ones before it."""

    def __init__(self) -> None:
        self._state: str | None = None
        self._told = asyncio.Event()
        self.gone = False

    def deliver(self, state: str | None) -> None:
        """A new state, or None: there is nothing to see any more."""
        self._state, self.gone = state, state is None
        self._told.set()

    async def next(self) -> bytes:
        """The next event, or a heartbeat when there was none for a while."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                await self._told.wait()
        except TimeoutError:
            return PING
        self._told.clear()
        return COMPLETE if self._state is None else event(self._state)


def event(state: str) -> bytes:
    """One state as a `next` event."""
    return f'event: next\r\ndata: {{"data":{state}}}\r\n\r\n'.encode()


async def stream(live: Live, ask: Ask, receive: Receive, send: Send) -> None:
    """Answer a subscription with its events, until the client leaves. Raises `Fallback` before anything is sent."""
    newest = Newest()
    state, end = await live.watch(ask, newest.deliver)
    leaving = asyncio.get_running_loop().create_task(_left(receive))
    try:
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await _body(send, event(state))
        while not leaving.done() and not newest.gone:
            following = asyncio.get_running_loop().create_task(newest.next())
            await asyncio.wait((leaving, following), return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                break
            await _body(send, following.result())
        with contextlib.suppress(OSError):
            await send({"type": "http.response.body", "body": b""})
    finally:
        end()
        leaving.cancel()


async def _body(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
