"""Watchers and the changes that they wait for. A program of its own: `python -m tests.bench.sockets`.

It reads a JSON line, opens the sockets, writes a line when all of them have seen the present state, waits for a line,
changes settlements in the database, and writes what arrived and when. A change carries the moment at which it was sent.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import asyncpg
import uvloop

from app import database, events
from tests.bench.documents import global_id
from tests.bench.frames import Socket

QUERY = "subscription($id: ID!) { settlementChanged(settlementId: $id) { id state platformSerial settledAt } }"
MARK = re.compile(rb'"platformSerial":\s*"t(\d+)"')
OPENING = 200
PUBLISHERS = 4
PATIENCE = 60.0


class Watchers:
    """All sockets: socket number `n` watches settlement `ids[n]`."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.ids: list[int] = told["ids"]
        self.present: set[int] = set()
        self.latencies: list[int] = []
        self.newest: dict[int, int] = {}
        self.sockets: list[Socket] = []

    async def open(self) -> None:
        """Open them all, a few hundred at a time, until each has seen the present state."""
        loop = asyncio.get_running_loop()
        for number, settlement in enumerate(self.ids):
            variables = {"id": global_id("Settlement", settlement)}
            socket = Socket(self.told["token"], QUERY, variables, partial(self.heard, number))
            self.sockets.append(socket)
            await loop.create_connection(partial(_itself, socket), "127.0.0.1", self.told["port"])
            await self.until(self._most_of(number), "opening")
        await self.until(self._most_of(len(self.ids) + OPENING - 1), "opening")

    def _most_of(self, number: int) -> Callable[[], bool]:
        """Whether all but the last few of so many sockets have seen the present state."""
        return lambda: len(self.present) > number - OPENING

    async def until(self, done: Any, what: str) -> None:
        """Wait; a socket that failed ends it."""
        began = time.monotonic()
        while not done():
            failed = next((socket.failure for socket in self.sockets if socket.failure), None)
            if failed or time.monotonic() - began > PATIENCE:
                raise SystemExit(f"{what}: {failed or 'too slow'}; {len(self.present)} sockets are open")
            await asyncio.sleep(0.005)

    def heard(self, number: int, payload: bytes) -> None:
        """An event of one socket."""
        now = time.perf_counter_ns()
        self.present.add(number)
        mark = MARK.search(payload)
        if mark and int(mark.group(1)) > self.told["since"]:
            self.newest[number] = int(mark.group(1))
            self.latencies.append(now - self.newest[number])


def _itself(socket: Socket) -> Socket:
    return socket


class Connection:
    """asyncpg with the one method that `events.tell` needs of Tortoise."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def execute_query(self, statement: str, values: list[Any]) -> Any:
        """Run it."""
        return await self._connection.fetch(statement, *values)


async def change(pool: Any, settlement: int) -> int:
    """Change a settlement and tell of it, in one transaction; returns the mark, which is the moment."""
    async with pool.acquire() as connection, connection.transaction():
        mark = time.perf_counter_ns()
        statement = "UPDATE settlement SET platform_serial = $2, version = version + 1 WHERE id = $1"
        await connection.execute(statement, settlement, f"t{mark}")
        await events.tell(Connection(connection), settlement)
    return mark


async def publish(pool: Any, settlements: list[int], rate: float) -> dict[int, int]:
    """Change these settlements at this rate; returns the newest mark of each."""
    marks: dict[int, int] = {}
    running: set[asyncio.Task[None]] = set()
    began = time.perf_counter()

    async def one(settlement: int) -> None:
        marks[settlement] = await change(pool, settlement)

    for number, settlement in enumerate(settlements):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        task = asyncio.create_task(one(settlement))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)
    return marks


async def broadcast(pool: Any, settlements: list[int], watchers: Watchers) -> dict[int, int]:
    """Change one after another, each when everybody has seen the one before."""
    marks: dict[int, int] = {}
    for settlement in settlements:
        marks[settlement] = await change(pool, settlement)
        watching = [number for number, watched in enumerate(watchers.ids) if watched == settlement]
        newest = marks[settlement]
        await watchers.until(lambda w=watching, m=newest: all(watchers.newest.get(n) == m for n in w), "broadcast")
    return marks


async def main() -> None:
    """Open, say so, wait for the word, publish, wait for everything, tell."""
    told = json.loads(sys.stdin.readline())
    told["since"] = time.perf_counter_ns()
    watchers = Watchers(told)
    await watchers.open()
    print(json.dumps({"open": len(watchers.present)}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    settings = {"synchronous_commit": "off"}
    async with asyncpg.create_pool(
        **database.credentials(told["database"]), min_size=PUBLISHERS, max_size=PUBLISHERS, server_settings=settings
    ) as pool:
        began = time.perf_counter()
        act = (
            publish(pool, told["changes"], told["rate"]) if told["rate"] else broadcast(pool, told["changes"], watchers)
        )
        marks = await act
        seconds = time.perf_counter() - began
    print(json.dumps(await _outcome(watchers, marks, seconds)), flush=True)


async def _outcome(watchers: Watchers, marks: dict[int, int], seconds: float) -> dict[str, Any]:
    """Wait until every watcher has the newest state of its settlement; whoever never gets it has lost it."""
    waiting = {n: marks[settlement] for n, settlement in enumerate(watchers.ids) if settlement in marks}

    def lost() -> list[int]:
        return [number for number, mark in waiting.items() if watchers.newest.get(number) != mark]

    deadline = time.monotonic() + 15
    while lost() and time.monotonic() < deadline:  # noqa: ASYNC110  # sockets' callbacks set no event
        await asyncio.sleep(0.05)
    times = sorted(each / 1e6 for each in watchers.latencies)
    return {
        "changes": len(watchers.told["changes"]),
        "deliveries": len(times),
        "lost": len(lost()),
        "per_second": len(watchers.told["changes"]) / seconds,
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[int(len(times) * 0.99)],
        "max_ms": times[-1],
    }


if __name__ == "__main__":
    uvloop.run(main())
