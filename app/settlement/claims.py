"""What every deed of a person on a settlement does: claim it as it was looked at, and drive it on."""

from __future__ import annotations

from typing import Any

from tortoise.expressions import F, Q

from app import audit, clock, events, jobs
from app.models import Direction, Settlement, SettlementStep, StepState
from app.problems import Problem

UNFINISHED = (StepState.PENDING, StepState.SENDING, StepState.REFUSED, StepState.UNKNOWN)


async def claim(connection: Any, settlement: Settlement, **changes: Any) -> None:
    """Compare-and-set on the version that was looked at. Raises Problem CHANGED_MEANWHILE."""
    held = await (
        Settlement.filter(id=settlement.id, version=settlement.version)
        .using_db(connection)
        .update(version=F("version") + 1, **changes)
    )
    if not held:
        raise Problem("CHANGED_MEANWHILE")


async def replan(connection: Any, settlement: Settlement, steps: list[SettlementStep]) -> None:
    """From now on these steps: what was never begun, or is left of a refund that was abandoned, is not needed."""
    abandoned = Q(direction=Direction.REFUND, state__in=UNFINISHED)
    await (
        SettlementStep.filter(Q(state=StepState.PENDING) | abandoned, settlement_id=settlement.id)
        .using_db(connection)
        .update(state=StepState.SKIPPED)
    )
    await SettlementStep.bulk_create(steps, using_db=connection)


async def go_on(connection: Any, settlement: Settlement, actor: audit.Actor, action: str, detail: str) -> None:
    """Tell the audit, the worker and whoever watches."""
    await audit.write(connection, actor, action, settlement, {"detail": detail, "at": clock.now().isoformat()})
    await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, settlement.id)
    await events.tell(connection, settlement.id)
