"""One settlement is driven by one process at a time: a lease in its row, which runs out when its holder dies."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from tortoise.expressions import Q

from app import clock
from app.models import Settlement


async def take(settlement_id: int, seconds: float) -> str | None:
    """The lease, or None while another process holds it. `seconds` must be longer than any one call to a platform."""
    lease, moment = str(uuid4()), clock.now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=moment)
    taken = await Settlement.filter(free, id=settlement_id).update(
        leased_by=lease, leased_until=moment + timedelta(seconds=seconds)
    )
    return lease if taken else None


async def give_back(settlement_id: int, lease: str) -> None:
    """Free the settlement, if the lease is still ours."""
    await Settlement.filter(id=settlement_id, leased_by=lease).update(leased_by=None, leased_until=None)
