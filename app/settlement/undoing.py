"""Steps that are added to a settlement while it lives: what follows the steps there are, and what takes them back."""

from __future__ import annotations

from app.models import Direction, Settlement, SettlementStep, StepKind
from app.settlement import plans


async def further_steps(
    settlement: Settlement, direction: Direction, kinds: tuple[StepKind, ...]
) -> list[SettlementStep]:
    """Unsaved steps that follow the ones there are."""
    last = await SettlementStep.filter(settlement_id=settlement.id).order_by("-position").first()
    start = last.position + 1 if last else 1
    return [
        SettlementStep(settlement_id=settlement.id, position=start + n, kind=kind, direction=direction)
        for n, kind in enumerate(kinds)
    ]


async def release_steps(settlement: Settlement) -> list[SettlementStep]:
    """Unsaved steps that take back whatever was ever attempted; one that finds nothing is skipped."""
    steps = await SettlementStep.filter(settlement_id=settlement.id, direction=Direction.SETTLE, attempts__gt=0)
    attempted = {step.kind for step in steps}
    kinds = tuple(undo for kind, undo in plans.RELEASE[settlement.way] if kind in attempted)
    return await further_steps(settlement, Direction.RELEASE, kinds)
