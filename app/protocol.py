"""HTTP of the server: uvicorn's own, but an answer leaves in one piece.

uvicorn hands its transport an answer's head and body one after the other, and the loop sends each at once: two system
calls, two packets, and a reader who wakes twice. They took half of the server's time for one order. What stands between
the two is a transport, by asyncio's public interface; nothing of uvicorn is changed.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD = b"HTTP/1.1 "


class OnePiece:
    """A transport that keeps a head back until what follows it, or until the loop's next turn."""

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send a head with what follows it; anything else at once."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data[: len(HEAD)] == HEAD:
            self._head = bytes(data)
            self._loop.call_soon(self._send_head)
            return
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's, and comes after what was written."""
        self._send_head()
        return getattr(self._transport, name)

    def _send_head(self) -> None:
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)


class Protocol(HttpToolsProtocol):
    """What uvicorn is told to speak."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # asyncio says BaseTransport
        """Stand between uvicorn and the connection."""
        super().connection_made(cast("asyncio.Transport", OnePiece(transport, asyncio.get_running_loop())))
