"""The worker (`yiqiao work`): takes jobs from PgQueuer, drives settlements, writes exports. Any number may run.

A job of a killed worker is taken over by another after its heartbeat stops; a settlement that has no job left, whatever
the reason, is found by the sweep.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.models import Job, Schedule
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from app import clock, jobs
from app.database import credentials
from app.exports.work import Exports
from app.exports.work import sweep as sweep_files
from app.installation import Installations
from app.models import Settlement, SettlementState
from app.orders import expire
from app.settings import Settings
from app.settlement import plans
from app.settlement.engine import advance
from app.shipments import following

BUSY = timedelta(seconds=1)
BATCH = 10


@contextlib.asynccontextmanager
async def running(settings: Settings, installations: Installations) -> AsyncIterator[None]:
    """Work in the background of this process while the block runs; jobs under way are finished at its end."""
    pool = await asyncpg.create_pool(**credentials(settings.database_url), min_size=1, max_size=4)
    exports = Exports(settings.database_url, settings.timing)
    queue = queue_of(pool, installations, exports)
    task = asyncio.create_task(_run(queue, settings.timing.heartbeat))
    try:
        yield
    finally:
        queue.shutdown.set()
        await exports.stop()
        await task
        await pool.close()


def queue_of(pool: asyncpg.Pool, installations: Installations, exports: Exports) -> PgQueuer:
    """The queue with its entry points."""
    queue = PgQueuer.from_asyncpg_pool(pool)

    @queue.entrypoint(jobs.ADVANCE_SETTLEMENT)
    async def advance_settlement(job: Job) -> None:
        await drive(installations, jobs.object_id(job.payload))

    @queue.entrypoint(jobs.POLL_SETTLEMENT)
    async def poll_settlement(job: Job) -> None:
        settlement_id = jobs.object_id(job.payload)
        await Settlement.filter(id=settlement_id).update(next_run_at=None)
        await drive(installations, settlement_id)

    @queue.entrypoint(jobs.EXPIRE_ORDER)
    async def expire_order(job: Job) -> None:
        await expire(jobs.object_id(job.payload))

    @queue.entrypoint(jobs.EXPORT_REPORT)
    async def export_report(job: Job) -> None:
        await exports.run(jobs.object_id(job.payload))

    @queue.schedule("report.sweep", "* * * * *")
    async def sweep_exports(schedule: Schedule) -> None:
        await sweep_files()

    @queue.entrypoint(jobs.FOLLOW_SHIPMENT)
    async def follow_shipment(job: Job) -> None:
        await following.follow(installations, jobs.object_id(job.payload))

    @queue.schedule("shipment.sweep", "* * * * *")
    async def sweep_shipments(schedule: Schedule) -> None:
        await following.sweep(installations.first.timing)

    @queue.schedule("settlement.sweep", "* * * * *")
    async def sweep_settlements(schedule: Schedule) -> None:
        await sweep()

    return queue


async def drive(installations: Installations, settlement_id: int) -> None:
    """Advance a settlement; while another process does, look again a little later."""
    if not await advance(installations, settlement_id):
        async with in_transaction() as connection:
            await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, settlement_id, BUSY)


async def sweep() -> int:
    """Enqueue every living settlement that nobody is going to run. Returns how many there were."""
    late = clock.now() - timedelta(minutes=1)
    forgotten = await (
        Settlement.exclude(state__in=[*plans.FINAL, SettlementState.ATTENTION])
        .filter(Q(next_run_at__isnull=True) | Q(next_run_at__lt=late), created_at__lt=late)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=late))
        .values_list("id", flat=True)
    )
    for settlement_id in forgotten:
        async with in_transaction() as connection:
            await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, int(str(settlement_id)))
    return len(forgotten)


async def _run(queue: PgQueuer, heartbeat: timedelta) -> None:
    await queue.run(
        dequeue_timeout=timedelta(seconds=5), batch_size=BATCH, max_concurrent_tasks=100, heartbeat_timeout=heartbeat
    )
