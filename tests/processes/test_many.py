"""Many processes on one database: two servers, two workers."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from app.demo.run import traveller
from app.journey import Journey
from app.traveller import Traveller
from tests.fixtures.hospital import RunningHospital, free_port, until
from tests.processes.ground import Command, Ground
from tests.settlement.books import INSURANCE_ONCE, made, standing

JOURNEYS = 10
# The platform's slow answer (below) must not be given up.
UNHURRIED = {"YIQIAO_INSURANCE_CORE__TIMEOUT": "2.8"}
PICKED = "SELECT count(*) AS jobs, count(DISTINCT queue_manager_id) AS workers FROM pgqueuer WHERE status = 'picked'"


@dataclass
class Fleet:
    """What runs."""

    hospital: RunningHospital
    ground: Ground
    servers: list[Command]
    workers: list[Command]

    @asynccontextmanager
    async def travellers(self, patient: int) -> AsyncIterator[tuple[Traveller, Traveller]]:
        """The same patient at one server and at the other."""
        async with AsyncExitStack() as stack:
            both = [self._traveller(self.servers[(patient + place) % 2], patient) for place in range(2)]
            for each in both:
                await stack.enter_async_context(each.http)
            yield both[0], both[1]

    def _traveller(self, server: Command, patient: int) -> Traveller:
        return traveller(self.hospital.settings, server.url, self.hospital.sandbox_url, f"patient-{patient:02d}")

    async def started(self, through: Traveller) -> Any:
        """A settlement that one server has just stored."""
        journey = Journey(traveller=through)
        order = await journey.order(await journey.visit())
        answer = await through.do(
            "settlementStart",
            {"orderId": order["id"], "payKind": "INSURANCE", "idempotencyKey": uuid4().hex},
            "... on SettlementPayload { settlement { id number } }",
        )
        return answer["settlement"]

    async def across(self, patient: int) -> Any:
        """A whole journey: everything is done through one server and seen through the other."""
        async with self.travellers(patient) as (acting, seeing):
            settlement = await self.started(acting)
            async with seeing.watching(settlement["id"]) as events:
                journey = Journey(traveller=seeing)
                await acting.press((await journey.until(events, "AWAITING_PAYMENT"))["checkoutUrl"])
                return await journey.until(events, "COMPLETED")

    async def together(self) -> list[Any]:
        return await asyncio.gather(*(self.across(patient) for patient in range(1, JOURNEYS + 1)))

    def settled_once(self, settlements: list[Any]) -> None:
        assert len({settlement["number"] for settlement in settlements}) == JOURNEYS
        for settlement in settlements:
            assert made(self.hospital, settlement) == standing(self.hospital, settlement) == INSURANCE_ONCE
            row = self.hospital.row(settlement)
            assert (row["paid_fen"], row["refunded_fen"]) == (2000, 0)
            assert {step["attempts"] for step in settlement["steps"][1:3]} == {1}


@pytest.fixture(scope="module")
def fleet(ground: Ground) -> Iterator[Fleet]:
    other = f"http://127.0.0.1:{free_port()}"
    workers = [ground.begin("work", **UNHURRIED) for _ in range(2)]
    servers = [ground.serve(), ground.serve(url=other)]
    yield Fleet(ground.hospital, ground, servers, workers)
    for command in (*servers, *workers):
        if command.process.poll() is None:
            command.stop()


def test_subscriber_at_one_server_sees_what_happens_through_the_other(fleet: Fleet) -> None:
    seen: list[str] = []

    async def watch() -> None:
        async with fleet.travellers(11) as (acting, seeing):
            settlement = await fleet.started(acting)
            async with seeing.watching(settlement["id"]) as events, asyncio.timeout(30):
                async for event in events:
                    if event["state"] == "AWAITING_PAYMENT" and "AWAITING_PAYMENT" not in seen:
                        await acting.press(event["checkoutUrl"])
                    seen.append(event["state"])
                    if event["state"] == "COMPLETED":
                        return

    asyncio.run(watch())
    order = ["OPENING", "AWAITING_PAYMENT", "COMPLETING", "COMPLETED"]
    assert sorted(seen, key=order.index) == seen
    assert {"AWAITING_PAYMENT", "COMPLETED"} <= set(seen)


def test_ten_journeys_at_once_are_each_settled_once(fleet: Fleet) -> None:
    fleet.settled_once(asyncio.run(fleet.together()))


def test_journeys_of_a_killed_worker_are_finished_by_another(fleet: Fleet) -> None:
    killed, living = fleet.workers

    def kill_in_the_middle() -> None:
        until(lambda: fleet.hospital.sql(PICKED)[0]["jobs"] >= JOURNEYS // 2, "jobs in the hands of one worker")
        assert fleet.hospital.sql(PICKED)[0]["workers"] == 1
        killed.kill()
        living.process.send_signal(signal.SIGCONT)

    def frozen_idle() -> bool:
        living.process.send_signal(signal.SIGSTOP)
        if fleet.hospital.sql(PICKED)[0]["jobs"] == 0:
            return True
        living.process.send_signal(signal.SIGCONT)
        return False

    async def cut() -> list[Any]:
        settlements = asyncio.create_task(fleet.together())
        await asyncio.to_thread(kill_in_the_middle)
        return await settlements

    fleet.hospital.fault("insurance-core", "2201", "delay", times=JOURNEYS, seconds=2)
    until(frozen_idle, "a moment without jobs")  # so that all jobs are the other one's
    try:
        fleet.settled_once(asyncio.run(cut()))
    finally:
        living.process.send_signal(signal.SIGCONT)
