"""Exports: a file of many rows while pages are read; how long it takes, and what the pages feel of it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from uuid import uuid4

from app.settings import Settings
from app.tokens import Role
from tests.bench import documents, load
from tests.bench.database import HOME, Database
from tests.bench.machine import OTHER_CORE, pin, quiet
from tests.bench.processes import Server, process, product, token
from tests.bench.reads import requests

PAGE = next(each for each in documents.QUESTIONS if each.name == "Q2")
CONNECTIONS = 1
KEYS = HOME / "keys" / "yiqiao.env"  # as `product` has written it
ROUND_SECONDS = 2.0
ASK = """mutation($input: ReportExportInput!) { reportExport(input: $input) {
    ... on ReportExportPayload { export { id } } ... on Problem { code message } } }"""
LOOK = "query($id: ID!) { node(id: $id) { ... on ReportExport { state rowsDone rowsTotal sizeBytes } } }"


@dataclass(slots=True)
class Exported:
    """One format: the pages' latency without and with it, round by round, and how it went."""

    format: str
    rows: int
    seconds: float = 0.0
    megabytes: float = 0.0
    steps: int = 0
    without: list[dict[str, float]] = field(default_factory=list)
    meanwhile: list[dict[str, float]] = field(default_factory=list)

    def ratio(self, figure: str) -> float:
        """How much longer a page takes meanwhile."""
        return median(each[figure] for each in self.meanwhile) / median(each[figure] for each in self.without)


def measure(database: Database, orders: int) -> list[Exported]:
    """Both formats, on a server and a worker of their own."""
    url = database.seeded(orders)
    pin(database.pid, OTHER_CORE)
    with product(url) as server:
        settings = Settings(_env_file=KEYS)  # type: ignore[call-arg]
        auditor = Server(server.name, server.port, server.pid, token(settings, Role.AUDITOR, "auditor-01"))
        environment = {"YIQIAO_ENV_FILE": str(KEYS), "YIQIAO_LOG_LEVEL": "WARNING"}
        with process(sys.executable, "-m", "app.cli", "work", environment=environment):
            return [_measured(database, server, auditor, Exported(each, orders)) for each in ("CSV", "XLSX")]


def _measured(database: Database, server: Server, auditor: Server, told: Exported) -> Exported:
    """Pages alone, pages while the file is written, pages alone."""
    asked = requests(server, PAGE, told.rows)

    def page() -> dict[str, float]:
        return load.measure(database, server, asked, CONNECTIONS, ROUND_SECONDS, alone=False)

    quiet([database.pid, server.pid])
    told.without += [page(), page()]
    input_ = {"kind": "ORDERS", "format": told.format, "idempotencyKey": uuid4().hex}
    export, began = auditor.ask(ASK, {"input": input_})["reportExport"]["export"], time.monotonic()
    seen: set[int] = set()
    while (state := _look(auditor, export, seen))["state"] in ("QUEUED", "RUNNING"):
        told.meanwhile.append(page())
    told.seconds, told.megabytes, told.steps = time.monotonic() - began, state["sizeBytes"] / 1e6, len(seen)
    assert (state["state"], state["rowsDone"]) == ("DONE", told.rows), state
    quiet([database.pid, server.pid])
    told.without += [page(), page()]
    print(line(told), flush=True)
    return told


def _look(auditor: Server, export: Any, seen: set[int]) -> Any:
    state = auditor.ask(LOOK, {"id": export["id"]})["node"]
    seen.add(state["rowsDone"])
    return state


def line(told: Exported) -> str:
    """What is printed of one format."""
    return (
        f"{told.format}: {told.rows:,} rows, {told.megabytes:.1f} MB in {told.seconds:.0f} s while a page of 50 was "
        f"read all the time, seen at {told.steps} places; the page takes {told.ratio('p50_ms'):.2f} times as long "
        f"(p50), {told.ratio('p99_ms'):.2f} times (p99)"
    )
