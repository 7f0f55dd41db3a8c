"""The worker (`yiqiao work`): jobs of PgQueuer drive settlements and uploads, and write exports. Any number may run.

A job of a killed worker is taken over by another after its heartbeat stops; a settlement that has no job left, whatever
the reason, is found by the sweep.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.models import Job, Schedule
from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.transactions import in_transaction

from app import clock, jobs
from app.database import credentials, keep_session
from app.exports.work import Exports
from app.exports.work import sweep as sweep_files
from app.installation import Installations
from app.models import Prescription, PrescriptionState, Settlement, SettlementState
from app.orders import expire
from app.prescribing import engine as prescribing
from app.prescribing.plans import MOVING
from app.settings import Settings
from app.settlement import plans
from app.settlement.engine import advance
from app.shipments import following

Act = Callable[[int], Awaitable[Any]]
EACH_MINUTE = "* * * * *"
BUSY = timedelta(seconds=1)
BATCH = 10


@contextlib.asynccontextmanager
async def running(settings: Settings, installations: Installations) -> AsyncIterator[None]:
    """Work in the background of this process while the block runs; jobs under way are finished at its end."""
    pool = await asyncpg.create_pool(**credentials(settings.database_url), min_size=1, max_size=4, reset=keep_session)
    exports = Exports(settings.database_url, settings.timing)
    queue = queue_of(pool, installations, exports)
    task = asyncio.create_task(_run(queue, settings.timing.heartbeat))
    try:
        yield
    finally:
        queue.shutdown.set()
        await exports.stop()
        try:
            await task
        finally:
            await pool.close()


def queue_of(pool: asyncpg.Pool, installations: Installations, exports: Exports) -> PgQueuer:
    """The queue with its entry points."""
    queue = PgQueuer.from_asyncpg_pool(pool)
    acts: Mapping[str, Act] = {
        jobs.ADVANCE_SETTLEMENT: partial(drive, installations),
        jobs.POLL_SETTLEMENT: partial(poll, Settlement, partial(drive, installations)),
        jobs.ADVANCE_PRESCRIPTION: partial(drive_prescription, installations),
        jobs.POLL_PRESCRIPTION: partial(poll, Prescription, partial(drive_prescription, installations)),
        jobs.EXPIRE_ORDER: expire,
        jobs.EXPORT_REPORT: exports.run,
        jobs.FOLLOW_SHIPMENT: partial(following.follow, installations),
    }
    sweeps: Mapping[str, Callable[[], Awaitable[Any]]] = {
        "settlement.sweep": partial(sweep, SETTLEMENTS),
        "prescription.sweep": partial(sweep, UPLOADS),
        "shipment.sweep": partial(following.sweep, installations.first.timing),
        "report.sweep": sweep_files,
    }
    for name, act in acts.items():
        queue.entrypoint(name)(_job(act))
    for name, sweeping in sweeps.items():
        queue.schedule(name, EACH_MINUTE)(_scheduled(sweeping))
    return queue


def _job(act: Act) -> Callable[[Job], Awaitable[None]]:
    async def run(job: Job) -> None:
        await act(jobs.object_id(job.payload))

    return run


def _scheduled(act: Callable[[], Awaitable[Any]]) -> Callable[[Schedule], Awaitable[None]]:
    async def run(schedule: Schedule) -> None:
        await act()

    return run


async def drive(installations: Installations, settlement_id: int) -> None:
    """Advance a settlement; while another process does, look again a little later."""
    if not await advance(installations, settlement_id):
        await _again(jobs.ADVANCE_SETTLEMENT, settlement_id)


async def drive_prescription(installations: Installations, prescription_id: int) -> None:
    """Advance an upload; while another process does, look again a little later."""
    if not await prescribing.advance(installations, prescription_id):
        await _again(jobs.ADVANCE_PRESCRIPTION, prescription_id)


async def poll(model: type[Model], act: Act, object_id: int) -> None:
    """The run that a row waited for has come."""
    await model.filter(id=object_id).update(next_run_at=None)
    await act(object_id)


async def _again(job: str, object_id: int) -> None:
    async with in_transaction() as connection:
        await jobs.enqueue(connection, job, object_id, BUSY)


@dataclass(frozen=True, slots=True)
class Driven:
    """Rows that jobs drive under a lease: by which job, and which of them still live."""

    model: type[Model]
    job: str
    living: Q


SETTLEMENTS = Driven(Settlement, jobs.ADVANCE_SETTLEMENT, ~Q(state__in=[*plans.FINAL, SettlementState.ATTENTION]))
# An upload that waits for the pharmacist waits in peace.
UPLOADS = Driven(
    Prescription,
    jobs.ADVANCE_PRESCRIPTION,
    Q(state__in=[state for state in MOVING if state is not PrescriptionState.IN_REVIEW]),
)


async def sweep(driven: Driven) -> int:
    """Enqueue every living row that nobody is going to run. Returns how many there were."""
    late = clock.now() - timedelta(minutes=1)
    forgotten = await (
        driven.model.filter(driven.living, created_at__lt=late)
        .filter(Q(next_run_at__isnull=True) | Q(next_run_at__lt=late))
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=late))
        .values_list("id", flat=True)
    )
    for object_id in forgotten:
        async with in_transaction() as connection:
            await jobs.enqueue(connection, driven.job, int(str(object_id)))
    return len(forgotten)


async def _run(queue: PgQueuer, heartbeat: timedelta) -> None:
    await queue.run(
        dequeue_timeout=timedelta(seconds=5), batch_size=BATCH, max_concurrent_tasks=100, heartbeat_timeout=heartbeat
    )
