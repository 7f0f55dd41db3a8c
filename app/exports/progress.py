"""What an attempt says of itself: how far it is, the file, its end. One that was overtaken writes nothing."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import events

PIECE_BYTES = 256 * 1024
QUIET_SECONDS = 0.4


class Overtaken(Exception):
    """Another attempt writes this export now."""


@dataclass(slots=True)
class Progress:
    """One attempt on its own connection; each statement is a transaction, and each renews the lease (seconds)."""

    connection: Any
    export_id: int
    attempt: int
    lease: float
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _told_at: float = 0.0

    async def total(self, rows: int) -> None:
        """How many rows there will be."""
        await self._change("rows_total = $4", rows)

    async def done(self, rows: int) -> None:
        """So many are written; told only now and then."""
        if time.monotonic() - self._told_at >= QUIET_SECONDS:
            await self._change("rows_done = $4", rows)

    async def keep(self, file: Path) -> int:
        """Store the file in pieces. Returns its size in bytes."""
        position = size = 0
        with file.open("rb") as content:
            while piece := content.read(PIECE_BYTES):
                await self._piece(position, piece)
                position, size = position + 1, size + len(piece)
        return size

    async def finish(self, rows: int, size: int, keep_seconds: float) -> None:
        """The file is there."""
        ended = "state = 'DONE', rows_done = $4, size_bytes = $5, finished_at = now()"
        await self._change(f"{ended}, expires_at = now() + make_interval(secs => $6)", rows, size, keep_seconds)

    async def fail(self, code: str) -> None:
        """There will be no file, for this reason."""
        await self._change("state = 'FAILED', problem_code = $4, finished_at = now()", code)

    async def beat(self) -> None:
        """Renew the lease for as long as this runs."""
        while True:
            await asyncio.sleep(self.lease / 3)
            await self._change("attempt = attempt")

    async def _change(self, changes: str, *values: Any) -> None:
        """Raises `Overtaken`."""
        sql = f"""WITH held AS (UPDATE report_export SET {changes}, leased_until = now() + make_interval(secs => $3)
                    WHERE id = $1 AND attempt = $2 AND state = 'RUNNING' RETURNING id)
                  SELECT pg_notify('{events.EXPORTS}', held.id::text) FROM held"""  # noqa: S608  # our own words
        async with self._lock:
            told = await self.connection.fetch(sql, self.export_id, self.attempt, self.lease, *values)
        if not told:
            raise Overtaken
        self._told_at = time.monotonic()

    async def _piece(self, position: int, piece: bytes) -> None:
        sql = """INSERT INTO report_export_chunk (export_id, attempt, position, content)
                 SELECT id, attempt, $3, $4 FROM report_export WHERE id = $1 AND attempt = $2 AND state = 'RUNNING'"""
        async with self._lock:
            told = await self.connection.execute(sql, self.export_id, self.attempt, position, piece)
        if told != "INSERT 0 1":
            raise Overtaken
