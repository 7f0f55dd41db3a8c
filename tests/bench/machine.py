"""The machine under the benchmark: which core who runs on, what CPU time was spent by whom, and what to call it."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

PROC = Path("/proc")
QUIET = 0.3
TICK = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
# The server under test has a core to itself; PostgreSQL and the load share another one.
SERVER_CORE, OTHER_CORE = CORES[0], CORES[-1]


def cpu_seconds(pid: int, *, with_ended: bool = False) -> float:
    """User and system time of a process (and of its children that have ended); 0 for one that is gone."""
    try:
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(each) for each in fields[11 : 15 if with_ended else 13]) / TICK


def family(pid: int) -> Iterator[int]:
    """A process and its children (PostgreSQL's back ends are its postmaster's)."""
    yield pid
    for thread in (PROC / str(pid) / "task").glob("*/children"):
        for child in thread.read_text(encoding="utf-8").split():
            yield int(child)


def family_cpu_seconds(pid: int) -> float:
    """The time of a process and of its children, living and ended."""
    return sum(cpu_seconds(member, with_ended=True) for member in family(pid))


def quiet(pids: Iterable[int], seconds: float = 60.0) -> None:
    """Wait until these processes do nothing: what a client gave up on may still be running."""
    deadline, busy = time.monotonic() + seconds, True
    while busy and time.monotonic() < deadline:
        before = sum(family_cpu_seconds(pid) for pid in pids)
        time.sleep(QUIET)
        busy = sum(family_cpu_seconds(pid) for pid in pids) - before > QUIET / 10


def resident_kb(pid: int) -> int:
    """What a process holds in memory."""
    lines = (PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def pin(pid: int, core: int | None) -> None:
    """Bind a process, its children and theirs to a core; None sets them free. Servers are bound when they start."""
    for member in family(pid):
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(member, CORES if core is None else {core})


def described() -> str:
    """Processor, cores, memory, and how busy the machine is without us."""
    info = (PROC / "cpuinfo").read_text(encoding="utf-8")
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    return f"{model}, {len(CORES)} cores, {gigabytes:.0f} GB, {platform.system()}; load average {load}"
