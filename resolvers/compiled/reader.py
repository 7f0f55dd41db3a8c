"""A few connections of our own for compiled reads: statements stay prepared, and nothing is reset in between.

Two statements for single rows of one plan run at a time. Whoever asks meanwhile waits, and the next statement answers
all that wait: a row more costs PostgreSQL half of what a statement of its own would.
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

SETTINGS = {
    # How days and moments are written as text (text.py); what comes as records knows no zone.
    "timezone": "Asia/Shanghai",
    "datestyle": "ISO",
    "jit": "off",
}
# A statement is planned once: lists are read along an index in their own order, whatever is asked for. In another order
# the best index depends on the values.
PLANNED = {False: "force_generic_plan", True: "force_custom_plan"}
MOST_STATEMENTS = 500
MOST_TOGETHER = 64
AT_ONCE = 2  # one is under way while the answers of the other are written

Asked = tuple[list[Any], "asyncio.Future[list[Any]]"]


@dataclass(slots=True)
class Line:
    """A connection with its prepared statements."""

    connection: asyncpg.Connection
    prepared: dict[str, PreparedStatement] = field(default_factory=dict)
    named: int = 0
    replanned: bool | None = None

    async def fetch(self, sql: str, values: list[Any], *, replanned: bool) -> list[Any]:
        """The records of one statement; prepared again where a migration changed a column under it."""
        if replanned is not self.replanned:
            await self.connection.execute(f"SET plan_cache_mode = {PLANNED[replanned]}")
            self.replanned = replanned
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


@dataclass(slots=True)
class Crowd:
    """Who asks for single rows of one plan: how many statements are under way, and who waits for the next."""

    running: int = 0
    waiting: list[Asked] = field(default_factory=list)


class Reader:
    """`size` connections, opened at `start`; one that breaks is opened again when it is next needed."""

    def __init__(self, credentials: Mapping[str, Any], size: int, timeout_seconds: float = 10.0) -> None:
        self._credentials = dict(credentials)
        self._size = size
        self._timeout = timeout_seconds
        self._free: list[Line] = []
        self._waiting: deque[asyncio.Future[Line]] = deque()
        self._crowds: dict[str, Crowd] = {}

    async def start(self) -> None:
        """Open all connections. The loop is kept: to ask for the running one takes a system call."""
        self._loop = asyncio.get_running_loop()
        self._free = [await self._connect() for _ in range(self._size)]

    async def stop(self) -> None:
        """Close all connections."""
        for line in self._free:
            await line.connection.close(timeout=2)
        self._free.clear()

    async def records(self, plan: Plan, values: list[Any]) -> list[Any]:
        """What a plan's statement reads for these values."""
        if plan.together is None:
            return await self.fetch(plan.sql, values, replanned=plan.replanned)
        crowd = self._crowds.setdefault(plan.sql, Crowd())
        if crowd.running < AT_ONCE:
            crowd.running += 1
            try:
                return await self.fetch(plan.sql, values)
            finally:
                self._next(plan, crowd)
        answer: asyncio.Future[list[Any]] = self._loop.create_future()
        crowd.waiting.append((values, answer))
        return await answer

    async def fetch(self, sql: str, values: list[Any], *, replanned: bool = False) -> list[Any]:
        """The records of one statement, on a connection that has it prepared; `replanned` for these very values."""
        line = await self._line()
        try:
            if line.connection.is_closed():
                line = await self._connect()
            return await line.fetch(sql, values, replanned=replanned)
        finally:
            self._give_back(line)

    def _next(self, plan: Plan, crowd: Crowd) -> None:
        """A statement of the plan has ended: begin another one for those who wait."""
        if crowd.waiting:
            asked, crowd.waiting = crowd.waiting[:MOST_TOGETHER], crowd.waiting[MOST_TOGETHER:]
            self._loop.create_task(self._answer(plan, crowd, asked))
            return
        crowd.running -= 1
        if not crowd.running:
            self._crowds.pop(plan.sql, None)

    async def _answer(self, plan: Plan, crowd: Crowd, asked: list[Asked]) -> None:
        try:
            arrays = [list(column) for column in zip(*(values for values, _ in asked), strict=True)]
            records = await self.fetch(plan.together or "", arrays)
            for (_, answer), record in zip(asked, records, strict=True):
                if not answer.done():
                    answer.set_result([record])
        except Exception as error:
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
        finally:
            self._next(plan, crowd)

    async def _line(self) -> Line:
        """A free one now, or the next that comes free."""
        return self._free.pop() if self._free else await self._wait()

    async def _wait(self) -> Line:
        turn: asyncio.Future[Line] = self._loop.create_future()
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
        settings = SETTINGS | {"statement_timeout": str(int(self._timeout * 1000))}
        connection = await asyncpg.connect(**self._credentials, server_settings=settings, statement_cache_size=0)
        # asyncpg learns record[] when it is a column of its own, and only then reads one inside another record.
        await connection.fetch("select array[row(1)]")
        return Line(connection)
