"""A parcel is looked after: changes are told on, the carrier is asked and has us told, until it has ended."""

from __future__ import annotations

from datetime import datetime

import structlog
from tortoise.transactions import in_transaction

from app import clock
from app.installation import Installation, Installations
from app.models import Shipment
from app.problems import Problem
from app.settings import Timing
from app.shipments import running, tracking, uploads
from app.shipments.states import ENDED
from clients.errors import PlatformError

log = structlog.get_logger()


async def follow(installations: Installations, shipment_id: int) -> None:
    """One look after a parcel, and the plan of the next. What fails is in the rows, and is tried at the next look.

    A parcel of a hospital that this process cannot act for is left to the sweep.
    """
    if not await running.begin(shipment_id):
        return
    shipment = await Shipment.get(id=shipment_id)
    installation = await installations.of(shipment.hospital_id)
    if installation is None:
        return
    retry = await uploads.catch_up(installation, shipment)
    under_way = await _look(installation, shipment)
    moments = [clock.now() + retry] if retry is not None else []
    await _plan(shipment_id, min([*moments, *under_way], default=None))


async def sweep(timing: Timing) -> int:
    """Plan every parcel that nobody is going to look after. Returns how many there were."""
    found = await running.forgotten(timing.parcel_life, timing.send_tries)
    for shipment_id in found:
        await _plan(shipment_id, clock.now())
    return len(found)


async def _look(installation: Installation, shipment: Shipment) -> list[datetime]:
    """Ask the carrier; when to ask next, if ever."""
    old = clock.now() - shipment.created_at > installation.timing.parcel_life
    if shipment.state in ENDED or old or installation.platforms.carrier is None:
        return []
    try:
        await tracking.subscribe(installation, shipment)
        await tracking.refresh(installation, shipment)
    except (PlatformError, Problem) as failure:
        log.info("shipment.not_tracked", shipment=shipment.id, error=type(failure).__name__)
    return [clock.now() + installation.timing.parcel_poll]


async def _plan(shipment_id: int, at: datetime | None) -> None:
    if at is not None:
        async with in_transaction() as connection:
            await running.plan(connection, shipment_id, at)
