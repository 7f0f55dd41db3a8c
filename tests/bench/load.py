"""The load: keep-alive connections on raw sockets, each asking again as soon as it is answered. A program of its own.

`python -m tests.bench.load` reads a JSON object from stdin and writes one to stdout. It reads the processes' CPU clocks
itself, at the very ends of the measured window.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvloop

from tests.bench.machine import cpu_seconds, family_cpu_seconds

END_OF_HEAD = b"\r\n\r\n"
HEAD = re.compile(rb"HTTP/1\.1 200 (?:[^\r]*\r\n)+?(?i:content-length): *(\d+)\r\n(?:[^\r]+\r\n)*\r\n")
LONGEST = 45.0


@dataclass(slots=True)
class Window:
    """What is counted between two moments."""

    began: float = 0.0
    seconds: float = 0.0
    server: float = 0.0
    postgres: float = 0.0
    latencies: list[float] = field(default_factory=list)
    bytes: int = 0


class Load:
    """All connections together: first everybody warms up, then everything is counted."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.requests = [each.encode() for each in told["requests"]]
        self.window = Window()
        self.counting = False
        self.warm: set[int] = set()
        self.failure: str | None = None

    def answered(self, connection: int, began: float, body: bytes) -> None:
        """An answer came."""
        # Errors stand at either end; looking for them all over a page would cost more than the rest.
        if b'"errors":' in body[:600] or (body.endswith(b"]}") and b'"errors":' in body):
            self.failure = body[:500].decode(errors="replace")
        self.warm.add(connection)
        if self.counting:
            self.window.latencies.append(time.perf_counter() - began)
            self.window.bytes += len(body)

    async def run(self) -> dict[str, Any]:
        """Open, warm up, count, close."""
        loop, count = asyncio.get_running_loop(), self.told["connections"]
        for number in range(count):
            await loop.create_connection(partial(Connection, self, number), "127.0.0.1", self.told["port"])
        await self._until(self.told["warm"], lambda: len(self.warm) == count)
        self._clocks(-1)
        self.window.began, self.counting = time.perf_counter(), True
        await self._until(self.told["seconds"], lambda: len(self.window.latencies) >= count)
        self.counting, self.window.seconds = False, time.perf_counter() - self.window.began
        self._clocks(1)
        return self._told()

    def _clocks(self, sign: int) -> None:
        self.window.server += sign * cpu_seconds(self.told["server"])
        self.window.postgres += sign * family_cpu_seconds(self.told["postgres"])

    async def _until(self, seconds: float, enough: Any) -> None:
        """At least this long, and until everybody was answered once; slow servers have a limit."""
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < LONGEST and (passed < seconds or not enough()):
            await asyncio.sleep(0.02)
            if self.failure:
                raise SystemExit(f"an answer had errors: {self.failure}")

    def _told(self) -> dict[str, Any]:
        window, latencies = self.window, sorted(self.window.latencies)
        if not latencies:
            raise SystemExit("nothing was answered in the window")
        return {
            "requests": len(latencies),
            "per_second": len(latencies) / window.seconds,
            "p50_ms": latencies[len(latencies) // 2] * 1000,
            "p99_ms": latencies[min(len(latencies) - 1, int(len(latencies) * 0.99))] * 1000,
            "server_us": window.server / len(latencies) * 1e6,
            "postgres_us": window.postgres / len(latencies) * 1e6,
            "bytes": window.bytes // len(latencies),
        }


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, load: Load, number: int) -> None:
        self.load, self.number = load, number
        self.next = number * 7
        self.buffer = bytearray()
        self.needed = 0
        self.began = 0.0

    def connection_made(self, transport: Any) -> None:
        """Ask at once."""
        self.transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Wait for the whole answer, then ask again. Most come in one piece, and are not copied."""
        if self.buffer:
            self.buffer += data
        elif self._length(data) == len(data):
            self._answered(data)
            return
        else:
            self.buffer += data
        if not self.needed:
            self.needed = self._length(self.buffer)
        if self.needed and len(self.buffer) >= self.needed:
            told = bytes(self.buffer)
            self.buffer.clear()
            self.needed = 0
            self._answered(told)

    def _answered(self, told: bytes) -> None:
        self.load.answered(self.number, self.began, told)
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        """Servers must keep connections open."""
        self.load.failure = self.load.failure or f"a connection was closed: {error}"

    def _ask(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.load.requests[self.next % len(self.load.requests)])
        self.next += 1

    def _length(self, told: bytes | bytearray) -> int:
        """Of head and body; 0 while the head is not complete."""
        if head := HEAD.match(told):
            return head.end() + int(head.group(1))
        if END_OF_HEAD in told:
            raise SystemExit(f"an unexpected answer: {bytes(told[:500]).decode(errors='replace')}")
        return 0


def main() -> None:
    """Read, run, write."""
    print(json.dumps(uvloop.run(Load(json.load(sys.stdin)).run())), flush=True)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
