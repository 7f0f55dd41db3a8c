"""What people ask of a settlement that exists: reverse it, drive it on, issue its missing receipt, look again now."""

from __future__ import annotations

from tortoise.transactions import in_transaction

from app import audit, idempotency, jobs
from app.models import (
    Direction,
    Hospital,
    Invoice,
    InvoiceState,
    Settlement,
    SettlementState,
    SettlementStep,
    StepKind,
    StepState,
)
from app.problems import Problem
from app.settlement import plans, refunding
from app.settlement.claims import UNFINISHED, claim, go_on, replan
from app.settlement.undoing import further_steps, release_steps

S = SettlementState
REVERSIBLE = (S.COMPLETED, S.ATTENTION)
STANDING = (Direction.SETTLE, Direction.REFUND)
# 6201 cannot be asked for: a person who resumes has asked operations, and the number dedupes (insurance.md 4.1).
SENT_AGAIN_ON_RESUME = frozenset({StepKind.FEE_DETAILS})


async def reverse(settlement: Settlement, reason: str, actor: audit.Actor, once: idempotency.Once) -> None:
    """Append the plan that undoes it. What was never paid is released, which ends in FAILED, not in REVERSED.

    Raises Problem NOT_REVERSIBLE for any state but COMPLETED, or ATTENTION on the way to being settled.
    """
    if settlement.state not in REVERSIBLE or settlement.direction is not Direction.SETTLE:
        raise Problem("NOT_REVERSIBLE", state=settlement.state.value)
    direction, steps = await _undoing(settlement)
    async with in_transaction() as connection:
        await claim(
            connection, settlement, state=S.REVERSING, direction=direction, reversal_reason=reason, next_run_at=None
        )
        await refunding.void(connection, settlement)
        await replan(connection, settlement, steps)
        await once.keep(connection, settlement.id)
        await go_on(connection, settlement, actor, "settlement.reverse", reason)


async def _undoing(settlement: Settlement) -> tuple[Direction, list[SettlementStep]]:
    if not settlement.paid_fen:
        return Direction.RELEASE, await release_steps(settlement)
    profile = (await Hospital.get(id=settlement.hospital_id)).reversal_profile
    plan = plans.REVERSE[settlement.way, profile]
    return Direction.REVERSE, await further_steps(settlement, Direction.REVERSE, plan)


async def resume(settlement: Settlement, actor: audit.Actor) -> None:
    """Drive a settlement in ATTENTION on: a refused step is sent again, an unknown one is asked for again.

    Raises Problem NOT_RESUMABLE for any other state.
    """
    if settlement.state is not S.ATTENTION:
        raise Problem("NOT_RESUMABLE", state=settlement.state.value)
    step = await _blocking(settlement)
    again = step.state is StepState.REFUSED or step.kind in SENT_AGAIN_ON_RESUME
    async with in_transaction() as connection:
        await claim(connection, settlement, state=plans.state_before(settlement.direction, step.kind), next_run_at=None)
        await refunding.go_on_with(connection, settlement)
        state = StepState.PENDING if again else step.state
        await SettlementStep.filter(id=step.id).using_db(connection).update(state=state, tries=0)
        await go_on(connection, settlement, actor, "settlement.resume", step.kind.value)


async def issue_invoice(settlement: Settlement, actor: audit.Actor, once: idempotency.Once) -> None:
    """Run the INVOICE step again where a paid settlement has no receipt.

    Raises Problem NOT_INVOICEABLE where there is nothing paid, a receipt already, or other steps come first.
    """
    steps = SettlementStep.filter(
        settlement_id=settlement.id, kind=StepKind.INVOICE, direction=settlement.direction
    ).order_by("-position")
    step = await steps.first()
    missing = not await Invoice.filter(settlement_id=settlement.id, state=InvoiceState.ISSUED).exists()
    standing = settlement.state in REVERSIBLE and settlement.direction in STANDING
    if step is None or not standing or not missing or await _waits_before(settlement, step):
        raise Problem("NOT_INVOICEABLE", state=settlement.state.value)
    async with in_transaction() as connection:
        ahead = plans.state_before(settlement.direction, step.kind)
        await claim(connection, settlement, state=ahead, next_run_at=None)
        await refunding.go_on_with(connection, settlement)
        state = StepState.UNKNOWN if step.state is StepState.UNKNOWN else StepState.PENDING
        await SettlementStep.filter(id=step.id).using_db(connection).update(state=state, tries=0)
        await once.keep(connection, settlement.id)
        await go_on(connection, settlement, actor, "invoice.issue", "")


async def refresh(settlement: Settlement) -> None:
    """Ask the platform now instead of at the next poll; a settlement at rest stays as it is."""
    if settlement.state in (*plans.FINAL, S.ATTENTION):
        return
    async with in_transaction() as connection:
        await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, settlement.id)


async def _blocking(settlement: Settlement) -> SettlementStep:
    steps = SettlementStep.filter(
        settlement_id=settlement.id, direction=settlement.direction, state__in=UNFINISHED
    ).order_by("position")
    return (await steps.limit(1))[0]


async def _waits_before(settlement: Settlement, step: SettlementStep) -> bool:
    return await SettlementStep.filter(
        settlement_id=settlement.id,
        position__lt=step.position,
        direction=settlement.direction,
        state__in=UNFINISHED,
    ).exists()
