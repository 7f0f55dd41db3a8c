"""A few connections of our own for compiled reads: statements stay prepared, and nothing is reset in between.

While every connection is busy, requests for single rows wait in a queue of their plan; whichever connection comes free
answers all that wait there in one statement.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from resolvers.compiled.plan import Plan

# How PostgreSQL writes days and moments where it writes text (text.py); what comes as records knows no zone.
TEXT = {"timezone": "Asia/Shanghai", "datestyle": "ISO"}
MOST_STATEMENTS = 500
MOST_TOGETHER = 64

Asked = tuple[list[Any], "asyncio.Future[list[Any]]"]


@dataclass(slots=True)
class Line:
    """A connection with its prepared statements."""

    connection: asyncpg.Connection
    prepared: dict[str, PreparedStatement] = field(default_factory=dict)
    named: int = 0

    async def fetch(self, sql: str, values: list[Any]) -> list[Any]:
        """The records of one statement; prepared again where a migration changed a column under it."""
        try:
            return await self._fetch(sql, values)
        except asyncpg.InvalidCachedStatementError:
            self.prepared.pop(sql, None)
            return await self._fetch(sql, values)

    async def _fetch(self, sql: str, values: list[Any]) -> list[Any]:
        statement = self.prepared.get(sql)
        if statement is None:
            if len(self.prepared) >= MOST_STATEMENTS:
                self.prepared.clear()
            # Without a name of its own (and without asyncpg's cache) it would be parsed and planned for every request.
            self.named += 1
            statement = self.prepared[sql] = await self.connection.prepare(sql, name=f"read_{self.named}")
        return cast("list[Any]", await statement.fetch(*values))


class Reader:
    """`size` connections, opened at `start`; one that breaks is opened again when it is next needed."""

    def __init__(self, credentials: Mapping[str, Any], size: int, timeout_seconds: float = 10.0) -> None:
        self._credentials = dict(credentials)
        self._size = size
        self._timeout = timeout_seconds
        self._free: list[Line] = []
        self._waiting: deque[asyncio.Future[Line]] = deque()
        self._queues: dict[str, list[Asked]] = {}

    async def start(self) -> None:
        """Open all connections."""
        self._free = [await self._connect() for _ in range(self._size)]

    async def stop(self) -> None:
        """Close all connections."""
        for line in self._free:
            await line.connection.close(timeout=2)
        self._free.clear()

    async def records(self, plan: Plan, values: list[Any]) -> list[Any]:
        """What a plan's statement reads for these values."""
        if not self._free and plan.together is not None:
            return await self._together(plan, values)
        return await self.fetch(plan.sql, values)

    async def fetch(self, sql: str, values: list[Any]) -> list[Any]:
        """The records of one statement, on a connection that has it prepared."""
        line = await self._line()
        try:
            if line.connection.is_closed():
                line = await self._connect()
            return await line.fetch(sql, values)
        finally:
            self._give_back(line)

    async def _together(self, plan: Plan, values: list[Any]) -> list[Any]:
        """Wait in the plan's queue; whoever comes first sees to it that the queue is answered."""
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(plan.sql, [])
        queue.append((values, answer))
        if len(queue) == 1:
            asyncio.get_running_loop().create_task(self._answer(plan, queue))
        return await answer

    async def _answer(self, plan: Plan, queue: list[Asked]) -> None:
        line = await self._line()
        asked, queue[:] = queue[:MOST_TOGETHER], queue[MOST_TOGETHER:]
        if queue:
            asyncio.get_running_loop().create_task(self._answer(plan, queue))
        else:
            self._queues.pop(plan.sql, None)
        try:
            if line.connection.is_closed():
                line = await self._connect()
            arrays = [list(column) for column in zip(*(values for values, _ in asked), strict=True)]
            records = await line.fetch(plan.together or "", arrays)
            for (_, answer), record in zip(asked, records, strict=True):
                if not answer.done():
                    answer.set_result([record])
        except Exception as error:
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            self._give_back(line)

    async def _line(self) -> Line:
        """A free one now, or the next that comes free."""
        return self._free.pop() if self._free else await self._wait()

    async def _wait(self) -> Line:
        turn: asyncio.Future[Line] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            raise

    def _give_back(self, line: Line) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(line)
                return
        self._free.append(line)

    async def _connect(self) -> Line:
        settings = TEXT | {"statement_timeout": str(int(self._timeout * 1000)), "jit": "off"}
        connection = await asyncpg.connect(**self._credentials, server_settings=settings, statement_cache_size=0)
        # asyncpg learns record[] when it is a column of its own, and only then reads one inside another record.
        await connection.fetch("select array[row(1)]")
        return Line(connection)
