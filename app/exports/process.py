"""`python -m app.exports.process`: writes one export and ends. A worker tells it on stdin which, and keeps stdin open.

When the worker dies, stdin ends, and so does this process: another worker begins again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import structlog
from tortoise import Tortoise

from app import clock, logging
from app.database import APP_LABEL, credentials
from app.exports import reading, words
from app.exports.progress import Overtaken, Progress
from app.exports.writing import WRITERS, About, Sheet, Writer
from app.models.exports import ExportFormat, ExportKind
from app.models.lists import ListSort
from app.money import yuan

log = structlog.get_logger()
BATCH = 500
REST = 2  # after each batch, database and processor are this many times as long there for others
MOST_ROWS = 1_000_000  # a sheet ends at 1,048,576


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Which export, which attempt at it, and how long its lease and its file last (seconds)."""

    database_url: str
    export_id: int
    attempt: int
    lease: float
    keep: float


async def write(task: Task) -> None:
    """Write the export. Raises `Overtaken`, or asyncpg's errors."""
    told = credentials(task.database_url)
    with tempfile.TemporaryDirectory(prefix="yiqiao-export-") as folder:
        async with _connected(told) as telling, _connected(told) as source:
            progress = Progress(telling, task.export_id, task.attempt, task.lease)
            beating = asyncio.create_task(progress.beat())
            try:
                await _write(source, progress, Path(folder) / "file", task)
            finally:
                beating.cancel()


@contextlib.asynccontextmanager
async def _connected(told: dict[str, Any]) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(**told, server_settings={"timezone": "UTC", "jit": "off"})
    try:
        yield connection
    finally:
        await connection.close(timeout=2)


async def _write(source: Any, progress: Progress, path: Path, task: Task) -> None:
    export = await source.fetchrow("SELECT * FROM report_export WHERE id = $1", task.export_id)
    filter_ = orjson.loads(export["filters"])
    asked = reading.Statements(ExportKind(export["kind"]), ListSort(export["sort"]), export["hospital_id"], filter_)
    sheet = Sheet(asked.table.columns, export["language"])
    async with source.transaction(isolation="repeatable_read", readonly=True):
        totals = await source.fetchrow(asked.totals, *asked.values)
        if totals[1] > MOST_ROWS:
            await progress.fail("EXPORT_TOO_LARGE")
            return
        await progress.total(totals[1])
        writer: Writer = WRITERS[ExportFormat(export["format"])](path, sheet)
        await _rows(source, progress, asked, writer)
        about = _about(export, asked, sheet, totals, await reading.named(source, export["hospital_id"], filter_))
    await asyncio.to_thread(writer.close, about)
    await progress.finish(totals[1], await progress.keep(path), task.keep)


async def _rows(source: Any, progress: Progress, asked: reading.Statements, writer: Writer) -> None:
    """Every row, a batch at a time; the next one is fetched only when the last is on the disk, and after a rest."""
    cursor = await source.cursor(asked.rows, *asked.values)
    done, began = 0, time.monotonic()
    while records := await cursor.fetch(BATCH):
        for record in records:
            writer.row(record)
        done += len(records)
        await progress.done(done)
        await asyncio.sleep(REST * (time.monotonic() - began))
        began = time.monotonic()


def _about(export: Any, asked: reading.Statements, sheet: Sheet, totals: Any, filter_: dict[str, Any]) -> About:
    """The second sheet: what was asked, as of when, by whom, how many rows, and the sums."""
    language = sheet.language
    moment, count, *sums = totals
    summed = [column for column in asked.table.columns if column.summed]
    return [
        (words.CONTENT[language], sheet.word(asked.kind.value)),
        *(_filters(sheet, filter_) or [(words.NO_FILTER[language], words.EVERYTHING[language])]),
        (words.SORT[language], sheet.word(asked.sort.value)),
        (words.AT[language], clock.text(moment)),
        (words.BY[language], f"{export['subject']} ({export['role']})"),
        (words.COUNT[language], count),
        *(
            (words.SUM[language] + column.headings[language], yuan(amount))
            for column, amount in zip(summed, sums, strict=True)
        ),
    ]


def _filters(sheet: Sheet, filter_: dict[str, Any]) -> list[tuple[str, Any]]:
    """Each filter by its name; amounts in yuan."""
    return [
        (words.FILTERS[name][sheet.language], yuan(value) if name.endswith("_amount") else sheet.word(str(value)))
        for name, value in filter_.items()
    ]


def _end_with_the_worker() -> None:
    """Wait for stdin's end, which is the worker's."""
    while os.read(sys.stdin.fileno(), 1):  # not the buffered one: it must not be held when Python ends
        pass
    os._exit(1)


def main() -> None:
    """Read the task, write it. Exit code 1: it was not written, and may be tried again."""
    logging.configure(os.environ.get("YIQIAO_LOG_LEVEL", "INFO"))
    Tortoise.init_models(["app.models"], APP_LABEL)  # the filters' paths go through relations
    task = Task(**orjson.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    try:
        asyncio.run(write(task))
    except Overtaken:
        log.info("export.overtaken", export=task.export_id, attempt=task.attempt)
    except Exception as error:
        log.exception("export.failed", export=task.export_id, attempt=task.attempt, error=type(error).__name__)
        sys.exit(1)


if __name__ == "__main__":
    main()
