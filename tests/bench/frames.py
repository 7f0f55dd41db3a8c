"""Just enough of RFC 6455 and of graphql-transport-ws to hold ten thousand sockets in one process."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable
from typing import Any

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
MASKED = 0x80
SHORT, MEDIUM = 126, 127
HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: eWlxaWFvLWJlbmNoLWtleQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A client's frame; the mask is zero, which changes nothing."""
    size = len(payload)
    head = bytes([0x80 | opcode])
    if size < SHORT:
        return head + bytes([MASKED | size]) + bytes(4) + payload
    return head + bytes([MASKED | SHORT]) + struct.pack("!H", size) + bytes(4) + payload


def message(kind: str, **more: Any) -> bytes:
    """A message of graphql-transport-ws in its frame."""
    return frame(json.dumps({"type": kind, **more}).encode())


class Socket(asyncio.Protocol):
    """One subscription on one socket; `heard` gets the bytes of every `next`."""

    def __init__(self, token: str, query: str, variables: dict[str, Any], heard: Callable[[bytes], None]) -> None:
        self._init = message("connection_init", payload={"authorization": f"Bearer {token}"})
        self._subscribe = message("subscribe", id="1", payload={"query": query, "variables": variables})
        self._heard = heard
        self._buffer = bytearray()
        self._upgraded = False
        self.failure: str | None = None

    def connection_made(self, transport: Any) -> None:
        """Ask for the upgrade."""
        self.transport = transport
        transport.write(HANDSHAKE.encode())

    def data_received(self, data: bytes) -> None:
        """Whole frames, one after another."""
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        while (taken := self._frame()) is not None:
            self._take(*taken)

    def connection_lost(self, error: Exception | None) -> None:
        """The server must not close."""
        self.failure = self.failure or f"closed: {error}"

    def _upgrade(self) -> bool:
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self.failure = bytes(self._buffer[:200]).decode(errors="replace")
            return False
        del self._buffer[: head + 4]
        self._upgraded = True
        self.transport.write(self._init)
        return True

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame, or None."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size >= SHORT:
            start = 4 if size == SHORT else 10
            if len(buffer) < start:
                return None
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return None
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        return opcode, payload

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self.transport.write(frame(payload, PONG))
        elif opcode == CLOSE:
            self.failure = f"closed by the server: {payload!r}"
        elif b'"platformSerial"' in payload:
            self._heard(payload)
        elif b"connection_ack" in payload:
            self.transport.write(self._subscribe)
        elif b'"ping"' in payload:
            self.transport.write(message("pong"))
        elif b'"pong"' not in payload:
            self.failure = payload[:500].decode(errors="replace")
