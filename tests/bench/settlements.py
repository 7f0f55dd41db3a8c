"""Settlements a second: real journeys through the graph, sandboxes without delay, one worker process and then two."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from app.demo import hospital
from app.demo.run import free_port, load_sandboxes, prepare, traveller
from app.journey import Journey
from app.models import ReversalProfile
from app.settings import Settings
from app.traveller import Traveller
from tests.bench.database import HOME, Database
from tests.bench.machine import cpu_seconds, family_cpu_seconds, pin
from tests.bench.processes import answering, configured, process

AT_ONCE = 32
PATIENTS = hospital.PATIENTS - 2


@dataclass(slots=True)
class Settled:
    """One run with so many workers."""

    workers: int
    settlements: int
    seconds: float = 0.0
    priced: list[float] = field(default_factory=list)
    completed: list[float] = field(default_factory=list)
    cpu_ms: dict[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Completed settlements a second."""
        return self.settlements / self.seconds


def measure(database: Database, settlements: int, workers: tuple[int, ...]) -> list[Settled]:
    """A fresh hospital for each number of workers."""
    pin(database.pid, None)
    return [_measured(database, settlements, count) for count in workers]


def _measured(database: Database, settlements: int, workers: int) -> Settled:
    port, sandbox_port = free_port(0), free_port(0)
    settings, environment = configured(database.empty(f"settlements_{workers}"), port, sandbox_port)
    asyncio.run(prepare(settings, ReversalProfile.TENDER))
    with _running(settings, environment, sandbox_port, workers) as pids:
        settled = Settled(workers, settlements)
        asyncio.run(_drive(settled, settings, {"postgres": database.pid, "driver": os.getpid()} | pids))
    times = sorted(settled.priced)
    print(
        f"{workers} worker(s): {settled.per_second:.1f} settlements/s, to AWAITING_PAYMENT p50 "
        f"{times[len(times) // 2] * 1000:.0f} ms, p99 {times[int(len(times) * 0.99)] * 1000:.0f} ms; CPU a settlement "
        + ", ".join(f"{name} {spent:.0f} ms" for name, spent in settled.cpu_ms.items()),
        flush=True,
    )
    return settled


@contextlib.contextmanager
def _running(
    settings: Settings, environment: Mapping[str, str], sandbox_port: int, workers: int
) -> Iterator[dict[str, int]]:
    """Sandboxes, server and workers, each a process of its own; yields their pids."""

    def yiqiao(*arguments: str) -> Any:
        return process(sys.executable, "-m", "app.cli", *arguments, environment=environment)

    with contextlib.ExitStack() as stack:
        keys = str(HOME / "keys" / "sandbox.json")
        sandbox = stack.enter_context(yiqiao("sandbox", "--keys", keys, "--port", str(sandbox_port)))
        server = stack.enter_context(yiqiao("serve"))
        drivers = [stack.enter_context(yiqiao("work")) for _ in range(workers)]
        answering(f"{settings.sandbox_url}/control/books", sandbox)
        asyncio.run(load_sandboxes(str(settings.sandbox_url)))
        answering(f"http://{settings.host}:{settings.port}/readyz", server)
        named = {f"worker {number}": child.pid for number, child in enumerate(drivers, start=1)}
        yield {"sandboxes": sandbox.pid, "server": server.pid, **named}


async def _drive(settled: Settled, settings: Settings, pids: Mapping[str, int]) -> None:
    """Make the orders, warm up with a few, then settle all the others, so many at once."""
    people = [_person(settings, number) for number in range(1, PATIENTS + 1)]
    warming = min(AT_ONCE, settled.settlements // 4)
    orders = [await _order(people[number % PATIENTS]) for number in range(settled.settlements + warming)]
    await _settle(Settled(settled.workers, warming), orders[:warming])
    clocks = {name: _clock(name, pid) for name, pid in pids.items()}
    began = time.perf_counter()
    await _settle(settled, orders[warming:])
    settled.seconds = time.perf_counter() - began
    spent = {name: _clock(name, pid) - clocks[name] for name, pid in pids.items()}
    settled.cpu_ms = {name: seconds / settled.settlements * 1000 for name, seconds in spent.items()}
    for person in people:
        await person.http.aclose()


def _clock(name: str, pid: int) -> float:
    return family_cpu_seconds(pid) if name == "postgres" else cpu_seconds(pid)


def _person(settings: Settings, number: int) -> Traveller:
    server = f"http://{settings.host}:{settings.port}"
    return traveller(settings, server, str(settings.sandbox_url), f"patient-{number:02d}")


async def _order(person: Traveller) -> tuple[Traveller, Any]:
    journey = Journey(traveller=person)
    return person, await journey.order(await journey.visit())


async def _settle(settled: Settled, orders: list[tuple[Traveller, Any]]) -> None:
    """All of them, `AT_ONCE` at a time."""
    waiting = list(reversed(orders))

    async def one_after_another() -> None:
        while waiting:
            await _one(settled, *waiting.pop())

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_another())


async def _one(settled: Settled, person: Traveller, order: Any) -> None:
    """Start, wait for the page, pay, wait for the end."""
    journey, began = Journey(traveller=person), time.perf_counter()
    started = await person.do(
        "settlementStart",
        {"orderId": order["id"], "payKind": "INSURANCE", "idempotencyKey": uuid4().hex},
        "... on SettlementPayload { settlement { id number } }",
    )
    async with person.watching(started["settlement"]["id"]) as events:
        settlement = await journey.until(events, "AWAITING_PAYMENT")
        settled.priced.append(time.perf_counter() - began)
        await person.press(settlement["checkoutUrl"])
        await journey.until(events, "COMPLETED")
        settled.completed.append(time.perf_counter() - began)
