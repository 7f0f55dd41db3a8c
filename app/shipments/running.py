"""When a parcel is looked after next: one plan a parcel, in its row, and a job for each plan.

A job whose plan was taken by another, or moved forward, does nothing; so however many pushes and sweeps enqueue, there
is one chain of jobs for each parcel, and a lost job is found by `forgotten`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q

from app import clock, jobs
from app.models import Shipment, StepState
from app.shipments.states import ENDED

LATE = timedelta(minutes=1)
SKEW = timedelta(seconds=1)
UNFINISHED = (StepState.PENDING, StepState.SENDING, StepState.UNKNOWN)


async def plan(connection: Any, shipment_id: int, at: datetime | None = None) -> None:
    """Look after a parcel at a moment (None: now), unless that is planned for earlier; in the open transaction."""
    moment = clock.now()
    wanted = moment if at is None else max(at, moment)
    later = Q(next_run_at__isnull=True) | Q(next_run_at__gt=wanted) | Q(next_run_at__lt=moment - LATE)
    planned = await Shipment.filter(later, id=shipment_id).using_db(connection).update(next_run_at=wanted)
    if planned:
        await jobs.enqueue(connection, jobs.FOLLOW_SHIPMENT, shipment_id, wanted - moment)


async def hasten(connection: Any, shipment: Shipment, apart: timedelta) -> None:
    """Look after a parcel as soon as its carrier may be asked again, and surely not before."""
    asked_at = shipment.asked_at
    await plan(connection, shipment.id, None if asked_at is None else asked_at + apart + SKEW)


async def begin(shipment_id: int) -> bool:
    """Take the plan whose time has come. False: another has it, or it was moved."""
    due = clock.now() + SKEW
    return bool(await Shipment.filter(id=shipment_id, next_run_at__lte=due).update(next_run_at=None))


async def forgotten(life: timedelta, tries: int) -> list[int]:
    """Parcels that nobody is going to look after: a plan that nobody took, one under way and not older than `life`
    without a plan, one with an upload under way that was tried less than `tries` times; and one whose upload was
    under way in a process that is gone."""
    late = clock.now() - LATE
    under_way = ~Q(state__in=list(ENDED)) & Q(created_at__lt=late, created_at__gt=clock.now() - life)
    unfinished = Q(uploads__state__in=UNFINISHED, uploads__tries__lt=tries)
    unplanned = Q(next_run_at__isnull=True) & (under_way | unfinished)
    stranded = Q(uploads__state=StepState.SENDING, uploads__leased_until__lt=clock.now())
    known = Q(next_run_at__lt=late) | unplanned | stranded
    found = await Shipment.filter(known).distinct().values_list("id", flat=True)
    return [int(str(each)) for each in found]
