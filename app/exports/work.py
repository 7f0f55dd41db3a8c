"""A worker's part in exports: it starts a process for each, one at a time, and sees to what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass, field
from datetime import timedelta

import orjson
import structlog
from tortoise import Tortoise
from tortoise.transactions import in_transaction

from app import events, jobs
from app.settings import Timing

log = structlog.get_logger()
MOST_ATTEMPTS = 5
BUSY, AGAIN = timedelta(seconds=1), timedelta(seconds=5)
BEGIN = """UPDATE report_export SET state = 'RUNNING', attempt = attempt + 1, rows_done = 0, rows_total = NULL,
             leased_until = now() + make_interval(secs => $2)
           WHERE id = $1 AND state IN ('QUEUED', 'RUNNING') AND coalesce(leased_until < now(), true)
           RETURNING attempt"""
# What an attempt that ended without an end leaves: it is queued again, or it was the last.
LEFT = f"""UPDATE report_export SET leased_until = NULL, state = CASE WHEN $3 AND attempt >= {MOST_ATTEMPTS}
             THEN 'FAILED' ELSE 'QUEUED' END,
             problem_code = CASE WHEN $3 AND attempt >= {MOST_ATTEMPTS} THEN 'EXPORT_FAILED' END
           WHERE id = $1 AND attempt = $2 AND state = 'RUNNING' RETURNING state"""  # noqa: S608  # our own number
EXPIRED = """DELETE FROM report_export_chunk c USING report_export e WHERE e.id = c.export_id
             AND (e.expires_at < now() OR e.state = 'FAILED')"""
FORGOTTEN = """SELECT id FROM report_export e WHERE state IN ('QUEUED', 'RUNNING') AND NOT EXISTS (
                 SELECT FROM pgqueuer WHERE entrypoint = $1 AND payload = convert_to(e.id::text, 'UTF8'))"""


@dataclass(slots=True)
class Exports:
    """The exports of one worker; `stop` gives the one under way back to whoever comes next."""

    database_url: str
    timing: Timing
    _one: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    _child: asyncio.subprocess.Process | None = None
    _stopping: bool = False

    async def run(self, export_id: int) -> None:
        """Write an export; while another worker does, look again a little later."""
        async with self._one:
            attempt = None if self._stopping else await _begin(export_id, self.timing.lease)
            if attempt is None:
                await _again(export_id)
                return
            await self._write(export_id, attempt)
            await _end(export_id, attempt, failed=not self._stopping)

    async def stop(self) -> None:
        """End the process; its export is queued again, and costs no attempt more than a crash would."""
        self._stopping = True
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()

    async def _write(self, export_id: int, attempt: int) -> None:
        """To the end of the process, however it ends."""
        task = {
            "database_url": self.database_url,
            "export_id": export_id,
            "attempt": attempt,
            "lease": self.timing.lease.total_seconds(),
            "keep": self.timing.export.total_seconds(),
        }
        command = ("nice", "-n", "19", sys.executable, "-m", "app.exports.process")  # people who wait go first
        pipe = asyncio.subprocess.PIPE
        child = self._child = await asyncio.create_subprocess_exec(*command, stdin=pipe, start_new_session=True)
        try:
            await _tell(child, orjson.dumps(task) + b"\n")
            code = None if self._stopping else await child.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            self._child = None
        log.info("export.process_ended", export=export_id, attempt=attempt, code=code)


async def _tell(child: asyncio.subprocess.Process, line: bytes) -> None:
    """Stdin stays open: its end would be ours."""
    assert child.stdin is not None  # noqa: S101  # it is a pipe
    child.stdin.write(line)
    with contextlib.suppress(ConnectionError):
        await child.stdin.drain()


async def _begin(export_id: int, lease: timedelta) -> int | None:
    """A new attempt's number, or None: nothing to do, or another worker is at it. Older pieces go."""
    async with in_transaction() as connection:
        told = await connection.execute_query_dict(BEGIN, [export_id, lease.total_seconds()])
        if not told:
            return None
        await connection.execute_query("DELETE FROM report_export_chunk WHERE export_id = $1", [export_id])
        await events.tell(connection, export_id, events.EXPORTS)
    return int(told[0]["attempt"])


async def _again(export_id: int) -> None:
    """One job for an export that is not at its end yet."""
    async with in_transaction() as connection:
        sql = "SELECT id FROM report_export WHERE id = $1 AND state IN ('QUEUED', 'RUNNING')"
        if await connection.execute_query_dict(sql, [export_id]):
            await jobs.enqueue(connection, jobs.EXPORT_REPORT, export_id, BUSY)


async def _end(export_id: int, attempt: int, *, failed: bool) -> None:
    """An attempt that has not ended by itself is queued again, up to `MOST_ATTEMPTS` failures."""
    async with in_transaction() as connection:
        told = await connection.execute_query_dict(LEFT, [export_id, attempt, failed])
        if told:
            await events.tell(connection, export_id, events.EXPORTS)
            if told[0]["state"] == "QUEUED":
                await jobs.enqueue(connection, jobs.EXPORT_REPORT, export_id, AGAIN if failed else None)


async def sweep() -> int:
    """Delete the files whose time is over, and queue whatever nobody is going to write. Returns how many those were."""
    connection = Tortoise.get_connection("default")
    await connection.execute_query(EXPIRED)
    forgotten = await connection.execute_query_dict(FORGOTTEN, [jobs.EXPORT_REPORT])
    for row in forgotten:
        async with in_transaction() as transaction:
            await jobs.enqueue(transaction, jobs.EXPORT_REPORT, row["id"])
    return len(forgotten)
