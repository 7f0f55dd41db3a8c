"""Changes of settlements, told to every process by PostgreSQL: sent in the transaction of the change itself.

`NOTIFY` carries the settlement's id and nothing else; whoever hears it reads the row for itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import asyncpg
import structlog

from app.database import credentials

CHANNEL = "yiqiao_settlement"
log = structlog.get_logger()


async def tell(connection: Any, settlement_id: int) -> None:
    """Announce a change in the open transaction of `connection`."""
    await connection.execute_query("SELECT pg_notify($1, $2)", [CHANNEL, str(settlement_id)])


class Hub:
    """One LISTEN connection a process, fanned out to its subscribers; a slow one sees the newest state, not a queue."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: dict[int, set[Callable[[], None]]] = defaultdict(set)
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

    def watch(self, settlement_id: int, changed: Callable[[], None]) -> None:
        """Call `changed` after every change of the settlement, until `forget`."""
        self._waiting[settlement_id].add(changed)

    def forget(self, settlement_id: int, changed: Callable[[], None]) -> None:
        """End what `watch` began."""
        self._waiting[settlement_id].discard(changed)
        if not self._waiting[settlement_id]:
            del self._waiting[settlement_id]

    async def changes(self, settlement_id: int) -> AsyncIterator[None]:
        """Yields at once, and again after every change; several changes while nobody looks are one."""
        event = asyncio.Event()
        changed = event.set
        self.watch(settlement_id, changed)
        try:
            yield
            while True:
                await event.wait()
                event.clear()
                yield
        finally:
            self.forget(settlement_id, changed)

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
            await connection.add_listener(CHANNEL, self._heard)
            self._wake_all()
            self.listening.set()
            await lost.wait()
            raise asyncpg.InterfaceError("the listening connection was lost")
        finally:
            await connection.close(timeout=2)

    def _heard(self, connection: Any, pid: int, channel: str, payload: object) -> None:
        for changed in tuple(self._waiting.get(int(str(payload)), ())):
            changed()

    def _wake_all(self) -> None:
        """After a gap nobody knows what was missed: everybody looks again."""
        for changed in [each for watching in self._waiting.values() for each in watching]:
            changed()
