"""An export whose worker dies, or is asked to end, is begun again by another; its process ends with its worker."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app import database
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.graph.exported import ask, done, fetch, of_csv
from tests.processes.ground import Command, Ground

WAITING = """SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
             AND query LIKE '%department%'"""
ORDERS = "SELECT count(*)::int AS n FROM orders o JOIN hospital h ON h.id = o.hospital_id WHERE h.code = $1"
ROW = "SELECT state, attempt, rows_done FROM report_export ORDER BY id DESC LIMIT 1"
PIECES = "SELECT DISTINCT attempt FROM report_export_chunk c WHERE export_id = (SELECT max(id) FROM report_export)"


@contextlib.contextmanager
def halted(hospital: RunningHospital) -> Iterator[None]:
    """Nobody reads departments while the block runs: an export stands still in the middle."""
    with asyncio.Runner() as runner:
        connection: Any = runner.run(asyncpg.connect(**database.credentials(hospital.settings.database_url)))
        runner.run(connection.execute("BEGIN; LOCK TABLE department IN ACCESS EXCLUSIVE MODE"))
        try:
            yield
        finally:
            runner.run(connection.close())


def children(command: Command) -> list[int]:
    """The processes that a worker has started."""
    tasks = Path(f"/proc/{command.process.pid}/task").glob("*/children")
    return [int(pid) for each in tasks for pid in each.read_text(encoding="utf-8").split()]


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_another_worker_begins_again(ground: Ground, end: str) -> None:
    ground.serve()
    hospital = ground.hospital
    auditor = Someone(hospital, Role.AUDITOR, "auditor-01")
    first = ground.begin("work")
    with halted(hospital):
        export = ask(auditor, "ORDERS", "CSV")["export"]
        until(lambda: hospital.sql(WAITING), "an export that stands still", 60)
        assert hospital.sql(ROW) == [{"state": "RUNNING", "attempt": 1, "rows_done": 0}]
        (child,) = until(lambda: children(first), "the export's own process")
        getattr(first, end)()
        until(lambda: not alive(child), "the end of the process with its worker")
    ground.begin("work")
    ended = done(auditor, export)
    (row,) = hospital.sql(ROW)
    assert row["attempt"] > 1
    assert hospital.sql(PIECES) == [{"attempt": row["attempt"]}]
    rows = of_csv(fetch(hospital, ended)).rows
    assert len(rows) == ended["rowsTotal"] == hospital.sql(ORDERS, hospital.code)[0]["n"]
    ground.quiet()
