"""A few connections of our own for compiled reads: statements stay prepared, and nothing is reset in between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, cast

import asyncpg

MOST_STATEMENTS = 500


class Reader:
    """`size` connections, opened at `start`; one that breaks is opened again when it is next needed."""

    def __init__(self, credentials: Mapping[str, Any], size: int, timeout_seconds: float = 10.0) -> None:
        self._credentials = dict(credentials)
        self._size = size
        self._timeout = timeout_seconds
        self._free: list[asyncpg.Connection] = []
        self._waiting: deque[asyncio.Future[asyncpg.Connection]] = deque()

    async def start(self) -> None:
        """Open all connections."""
        self._free = [await self._connect() for _ in range(self._size)]

    async def stop(self) -> None:
        """Close all connections."""
        for connection in self._free:
            await connection.close(timeout=2)
        self._free.clear()

    async def fetch(self, sql: str, values: list[Any]) -> list[asyncpg.Record]:
        """The records of one statement, on a connection that has it prepared."""
        connection = self._free.pop() if self._free else await self._wait()
        try:
            if connection.is_closed():
                connection = await self._connect()
            return await connection.fetch(sql, *values)
        finally:
            self._give_back(connection)

    async def _wait(self) -> asyncpg.Connection:
        turn: asyncio.Future[asyncpg.Connection] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(turn.result())
            raise

    def _give_back(self, connection: asyncpg.Connection) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._free.append(connection)

    async def _connect(self) -> asyncpg.Connection:
        settings = {"timezone": "UTC", "statement_timeout": str(int(self._timeout * 1000)), "jit": "off"}
        connection = await asyncpg.connect(
            **self._credentials,
            server_settings=settings,
            statement_cache_size=MOST_STATEMENTS,
            max_cacheable_statement_size=0,
            max_cached_statement_lifetime=0,
        )
        # asyncpg learns record[] when it is a column of its own, and only then reads one inside another record.
        await connection.fetch("select array[row(1)]")
        return cast("asyncpg.Connection", connection)
