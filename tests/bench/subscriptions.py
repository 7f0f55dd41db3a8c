"""Subscriptions: thousands of sockets on one server process, each watching a settlement, and real changes of rows."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from tests.bench.database import Database, run
from tests.bench.machine import OTHER_CORE, cpu_seconds, pin, resident_kb
from tests.bench.processes import Server, product

RATE = 500.0
BROADCASTS = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """One run: how many sockets, and what their program and the server's clocks told."""

    title: str
    sockets: int
    opening_seconds: float
    kb_a_socket: float
    server_us: float
    told: dict[str, float]


def measure(database: Database, orders: int, sizes: tuple[int, ...], seconds: float) -> list[Watched]:
    """Each size with a settlement a socket; then one change for the smallest number of sockets at once."""
    url = database.seeded(orders)
    pin(database.pid, OTHER_CORE)
    runs = []
    for sockets in sizes:
        ids = _settlements(url, sockets)
        changes = [ids[7 * number % len(ids)] for number in range(min(len(ids), int(RATE * seconds)))]
        runs.append(_watched(url, f"{RATE:.0f} changes/s", ids, changes, RATE))
    one = _settlements(url, 1) * sizes[0]
    runs.append(_watched(url, "one change to all", one, one[:BROADCASTS], 0))
    return runs


def _settlements(url: str, count: int) -> list[int]:
    statement = "SELECT id FROM settlement WHERE state = 'COMPLETED' ORDER BY id LIMIT $1"
    ids = [row["id"] for row in asyncio.run(run(url, lambda connection: connection.fetch(statement, count)))]
    return [ids[number % len(ids)] for number in range(count)]


def _watched(url: str, title: str, ids: list[int], changes: list[int], rate: float) -> Watched:
    with product(url) as server:
        server.ask("{ viewer { subject } }")
        watched = _run(server, url, title, ids, changes, rate)
    told = watched.told
    print(
        f"{len(ids)} sockets, {title}: p50 {told['p50_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms, "
        f"max {told['max_ms']:.0f} ms, {watched.kb_a_socket:.0f} KB a socket, lost {told['lost']:.0f}",
        flush=True,
    )
    return watched


def _run(server: Server, url: str, title: str, ids: list[int], changes: list[int], rate: float) -> Watched:
    empty, began = resident_kb(server.pid), time.monotonic()
    told = {"port": server.port, "token": server.token, "database": url, "ids": ids, "changes": changes, "rate": rate}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sockets"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pin(child.pid, OTHER_CORE)
    _say(child, told)
    assert _heard(child)["open"] == len(ids)
    opened, opening = resident_kb(server.pid), time.monotonic() - began
    clock = cpu_seconds(server.pid)
    _say(child, {})
    outcome = _heard(child)
    spent = cpu_seconds(server.pid) - clock
    child.communicate()
    return Watched(title, len(ids), opening, (opened - empty) / len(ids), spent / outcome["deliveries"] * 1e6, outcome)


def _say(child: subprocess.Popen[str], told: Any) -> None:
    assert child.stdin
    child.stdin.write(json.dumps(told) + "\n")
    child.stdin.flush()


def _heard(child: subprocess.Popen[str]) -> Any:
    assert child.stdout
    line = child.stdout.readline()
    if not line:
        raise RuntimeError(f"the sockets' program ended with {child.wait()}")
    return json.loads(line)
