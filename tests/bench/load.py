"""The load: wrk, keep-alive connections that ask again as soon as they are answered.

A load in Python took three quarters of what PostgreSQL needs for one order, on the core that they share; wrk takes
little. It warms up first, with a look into every answer for errors, and then only counts.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from tests.bench.database import Database
from tests.bench.machine import OTHER_CORE, cpu_seconds, family_cpu_seconds, quiet
from tests.bench.processes import Server

SCRIPT = Path(__file__).with_suffix(".lua")
LONGEST = 60  # seconds until an answer counts as lost
WARM = 1.0
UNLIKE = 0.1


def measure(
    database: Database,
    server: Server,
    requests: list[str],
    connections: int,
    seconds: float,
    *,
    warm: float = WARM,
    alone: bool = True,
) -> dict[str, float]:
    """Warm up, then count for so many seconds. Raises RuntimeError for errors, or answers that are not alike.

    wrk leaves a request of each connection behind; it is waited for, and its CPU time counts as that of the others
    (not where somebody else is at work too, and nobody is ever `alone`).
    """
    with tempfile.NamedTemporaryFile("w", suffix=".requests", encoding="utf-8") as file:
        file.writelines(f"{len(each.encode())} {each}" for each in requests)
        file.flush()
        looked = _wrk(server.port, file.name, connections, warm, "check")
        before = _clocks(database, server, alone=alone)
        told = _wrk(server.port, file.name, connections, seconds)
        spent = [after - then for after, then in zip(_clocks(database, server, alone=alone), before, strict=True)]
    sizes = [each["bytes"] / each["requests"] for each in (looked, told)]
    if abs(sizes[1] / sizes[0] - 1) > UNLIKE:
        raise RuntimeError(f"answers had {sizes[0]:.0f} bytes while looked at, and then {sizes[1]:.0f}")
    server_us, postgres_us = (each / (told["requests"] + connections) * 1e6 for each in spent)
    return told | {
        "per_second": told["requests"] / told["seconds"],
        "server_us": server_us,
        "postgres_us": postgres_us,
    }


def _clocks(database: Database, server: Server, *, alone: bool) -> tuple[float, float]:
    """CPU seconds of the server and of PostgreSQL, when nothing is under way."""
    if alone:
        quiet([server.pid, database.pid])
    return cpu_seconds(server.pid), family_cpu_seconds(database.pid)


def _wrk(port: int, requests: str, connections: int, seconds: float, *how: str) -> dict[str, float]:
    command = ["taskset", "--cpu-list", str(OTHER_CORE), "wrk", "--threads", "1", "--connections", str(connections)]
    command += ["--duration", f"{round(seconds)}s", "--timeout", f"{LONGEST}s", "--script", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}/graphql", "--", requests, *how]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    told: dict[str, float] = json.loads(ended.stdout.splitlines()[-1]) if not ended.returncode else {}
    if not told.get("requests") or told["failed"]:
        raise RuntimeError(f"the load: {told or ended.stderr}")
    return told
