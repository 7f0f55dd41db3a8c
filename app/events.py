"""Changes of rows that can be watched, told to every process by PostgreSQL, in the transaction of the change itself.

`NOTIFY` carries the row's id and nothing else, on a channel for each type; whoever hears it reads the row for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import asyncpg
import structlog

from app.database import credentials

CHANNEL, EXPORTS, PRESCRIPTIONS = "yiqiao_settlement", "yiqiao_report_export", "yiqiao_prescription"
SHIPMENTS = "yiqiao_shipment"  # told by triggers (migrations/0012_shipments_live.py)
CHANNELS = {"Settlement": CHANNEL, "ReportExport": EXPORTS, "Prescription": PRESCRIPTIONS, "Shipment": SHIPMENTS}
Topic = tuple[str, int]  # a type of the graph, and a row's id
log = structlog.get_logger()


async def tell(connection: Any, row_id: int, channel: str = CHANNEL) -> None:
    """Announce a change in the open transaction of `connection`."""
    await connection.execute_query("SELECT pg_notify($1, $2)", [channel, str(row_id)])


class Hub:
    """One LISTEN connection a process, fanned out to its subscribers; a slow one sees the newest state, not a queue."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[Topic, set[Callable[[], None]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    async def start(self) -> None:
        """Begin to listen; returns when the first LISTEN is in force."""
        self._task = asyncio.create_task(self._listen())
        await self.listening.wait()

    async def stop(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def watch(self, topic: Topic, changed: Callable[[], None]) -> None:
        """Call `changed` after every change of the row, until `forget`."""
        self._waiting[topic].add(changed)

    def forget(self, topic: Topic, changed: Callable[[], None]) -> None:
        """End what `watch` began."""
        self._waiting[topic].discard(changed)
        if not self._waiting[topic]:
            del self._waiting[topic]

    async def changes(self, topic: Topic) -> AsyncIterator[None]:
        """Yields at once, and again after every change; several changes while nobody looks are one."""
        event = asyncio.Event()
        changed = event.set
        self.watch(topic, changed)
        try:
            yield
            while True:
                await event.wait()
                event.clear()
                yield
        finally:
            self.forget(topic, changed)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self.listening.clear()
                log.warning("hub.reconnecting", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def _listen_once(self) -> None:
        connection = await asyncpg.connect(**credentials(self._url))
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            for type_name, channel in CHANNELS.items():
                await connection.add_listener(channel, partial(self._heard, type_name))
            self._wake_all()
            self.listening.set()
            await lost.wait()
            raise asyncpg.InterfaceError("the listening connection was lost")
        finally:
            await connection.close(timeout=2)

    def _heard(self, type_name: str, connection: Any, pid: int, channel: str, payload: object) -> None:
        for changed in tuple(self._waiting.get((type_name, int(str(payload))), ())):
            changed()

    def _wake_all(self) -> None:
        """After a gap nobody knows what was missed: everybody looks again."""
        for changed in [each for watching in self._waiting.values() for each in watching]:
            changed()
