"""The worker (`yiqiao work`): jobs of PgQueuer drive settlements and uploads, and write exports. Any number may run.

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
from app.models import Prescription, PrescriptionState, Settlement, SettlementState
from app.orders import expire
from app.prescribing import engine as prescribing
from app.prescribing.plans import MOVING
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

    @queue.entrypoint(jobs.ADVANCE_PRESCRIPTION)
    async def advance_prescription(job: Job) -> None:
        await drive_prescription(installations, jobs.object_id(job.payload))

    @queue.entrypoint(jobs.POLL_PRESCRIPTION)
    async def poll_prescription(job: Job) -> None:
        prescription_id = jobs.object_id(job.payload)
        await Prescription.filter(id=prescription_id).update(next_run_at=None)
        await drive_prescription(installations, prescription_id)

    @queue.schedule("settlement.sweep", "* * * * *")
    async def sweep_settlements(schedule: Schedule) -> None:
        await sweep()
        await sweep_prescriptions()

    return queue


async def drive(installations: Installations, settlement_id: int) -> None:
    """Advance a settlement; while another process does, look again a little later."""
    if not await advance(installations, settlement_id):
        async with in_transaction() as connection:
            await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, settlement_id, BUSY)


async def drive_prescription(installations: Installations, prescription_id: int) -> None:
    """Advance an upload; while another process does, look again a little later."""
    if not await prescribing.advance(installations, prescription_id):
        async with in_transaction() as connection:
            await jobs.enqueue(connection, jobs.ADVANCE_PRESCRIPTION, prescription_id, BUSY)


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


async def sweep_prescriptions() -> int:
    """Enqueue every upload under way that nobody is going to run. One that waits for the pharmacist waits in peace."""
    late = clock.now() - timedelta(minutes=1)
    forgotten = await (
        Prescription.filter(state__in=[state for state in MOVING if state is not PrescriptionState.IN_REVIEW])
        .filter(Q(next_run_at__isnull=True) | Q(next_run_at__lt=late), created_at__lt=late)
        .filter(Q(leased_until__isnull=True) | Q(leased_until__lt=late))
        .values_list("id", flat=True)
    )
    for prescription_id in forgotten:
        async with in_transaction() as connection:
            await jobs.enqueue(connection, jobs.ADVANCE_PRESCRIPTION, int(str(prescription_id)))
    return len(forgotten)


async def _run(queue: PgQueuer, heartbeat: timedelta) -> None:
    await queue.run(
        dequeue_timeout=timedelta(seconds=5), batch_size=BATCH, max_concurrent_tasks=100, heartbeat_timeout=heartbeat
    )
