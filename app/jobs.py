"""Durable work: jobs are enqueued in the transaction of the state that they follow, and survive the process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries

ADVANCE_SETTLEMENT = "settlement.advance"
POLL_SETTLEMENT = "settlement.poll"
EXPIRE_ORDER = "order.expire"
EXPORT_REPORT = "report.export"
FOLLOW_SHIPMENT = "shipment.follow"
ADVANCE_PRESCRIPTION = "prescription.advance"
POLL_PRESCRIPTION = "prescription.poll"


async def enqueue(connection: Any, entrypoint: str, object_id: int, after: timedelta | None = None) -> None:
    """Enqueue a job in the open transaction of `connection` (a Tortoise one); a rollback leaves no job."""
    queries = Queries(AsyncpgDriver(connection._connection))
    await queries.enqueue(entrypoint, str(object_id).encode(), execute_after=after)


def object_id(payload: bytes | None) -> int:
    """The id that `enqueue` wrote."""
    return int((payload or b"").decode())
