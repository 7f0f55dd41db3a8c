"""A decision about a refund: rejected, or approved and driven by the settlement's own engine.

Self-pay gives back a part, and the settlement stands with the rest. Insurance knows no part: the whole settlement is
reversed, and the order can be paid again with the lines that are left (insurance.md 4.2).
"""

from __future__ import annotations

from typing import Any

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import audit, clock, events, idempotency
from app.models import (
    Direction,
    Hospital,
    PayKind,
    Refund,
    RefundState,
    Settlement,
    SettlementState,
    SettlementStep,
    StepKind,
)
from app.problems import Problem, sentence
from app.settlement import plans
from app.settlement.claims import claim, go_on, replan
from app.settlement.lines import Lines
from app.settlement.undoing import further_steps

UNDER_WAY = (RefundState.DOING, RefundState.ATTENTION)


def require_refundable(settlement: Settlement) -> None:
    """Raises Problem NOT_REFUNDABLE for a settlement that does not stand."""
    if settlement.state is not SettlementState.COMPLETED or settlement.direction is not Direction.SETTLE:
        raise Problem("NOT_REFUNDABLE", state=settlement.state.value)


async def approve(refund: Refund, actor: audit.Actor, once: idempotency.Once) -> None:
    """Append the plan that gives the money back.

    Raises Problem: the same person asked; it is decided already; the settlement does not stand.
    """
    _decidable(refund, actor)
    settlement = await Settlement.get(id=refund.settlement_id)
    require_refundable(settlement)
    direction, steps = await _plan(settlement, refund)
    async with in_transaction() as connection:
        await claim(
            connection,
            settlement,
            state=SettlementState.REVERSING,
            direction=direction,
            reversal_reason=refund.reason,
            next_run_at=None,
        )
        await _decide(connection, refund, actor, RefundState.DOING)
        if direction is Direction.REVERSE:
            await void(connection, settlement, keep=refund)
        await replan(connection, settlement, steps)
        await once.keep(connection, refund.id)
        await go_on(connection, settlement, actor, "refund.approve", refund.number)


async def reject(refund: Refund, reason: str, actor: audit.Actor, once: idempotency.Once) -> None:
    """Say no, whatever the settlement's state; what was asked for is free again. Raises Problem as `approve`."""
    _decidable(refund, actor)
    async with in_transaction() as connection:
        row = Settlement.filter(id=refund.settlement_id).using_db(connection)
        await row.select_for_update().get()  # before the refund's row, as everywhere
        await _decide(connection, refund, actor, RefundState.REJECTED, rejection_reason=reason, finished_at=clock.now())
        await row.update(asked_fen=F("asked_fen") - refund.amount_fen)
        await once.keep(connection, refund.id)
        await audit.write(connection, actor, "refund.reject", refund, {"detail": reason})
        await events.tell(connection, refund.settlement_id)


async def void(connection: Any, settlement: Settlement, keep: Refund | None = None) -> None:
    """The settlement is being undone as a whole: requests for parts of it, all but `keep`, have come to nothing."""
    overtaken = {"problem_code": "REFUND_OVERTAKEN", "problem_message": sentence("REFUND_OVERTAKEN", {})}
    await (
        Refund.filter(settlement_id=settlement.id, state=RefundState.REQUESTED)
        .using_db(connection)
        .update(state=RefundState.FAILED, finished_at=clock.now(), **overtaken)
    )
    asked = keep.amount_fen if keep else 0
    await Settlement.filter(id=settlement.id).using_db(connection).update(asked_fen=asked)


async def go_on_with(connection: Any, settlement: Settlement) -> None:
    """A person has removed what stopped the settlement: its refund, if there is one, is under way again."""
    await (
        Refund.filter(settlement_id=settlement.id, state=RefundState.ATTENTION)
        .using_db(connection)
        .update(state=RefundState.DOING)
    )


async def under_way(settlement: Settlement) -> Refund | None:
    """The refund that the settlement's steps are giving back, where they give something back."""
    if settlement.direction not in (Direction.REVERSE, Direction.REFUND):
        return None
    return await Refund.filter(settlement_id=settlement.id, state__in=UNDER_WAY).first()


async def _plan(settlement: Settlement, refund: Refund) -> tuple[Direction, list[SettlementStep]]:
    """A part where a part can be given back and something is left; else the whole."""
    direction, kinds = Direction.REFUND, plans.REFUND
    if settlement.pay_kind is PayKind.INSURANCE or not await Lines(settlement.order_id).standing(refund):
        direction, kinds = Direction.REVERSE, await _whole(settlement)
    return direction, await further_steps(settlement, direction, kinds)


async def _whole(settlement: Settlement) -> tuple[StepKind, ...]:
    profile = (await Hospital.get(id=settlement.hospital_id)).reversal_profile
    return plans.REVERSE[settlement.way, profile]


def _decidable(refund: Refund, actor: audit.Actor) -> None:
    if refund.requested_by == actor.subject:
        raise Problem("REFUND_BY_SAME_PERSON")
    if refund.state is not RefundState.REQUESTED:
        raise Problem("NOT_DECIDABLE", state=refund.state.value)


async def _decide(connection: Any, refund: Refund, actor: audit.Actor, state: RefundState, **more: Any) -> None:
    """Compare-and-set: of two people who decide at once, one does."""
    held = await (
        Refund.filter(id=refund.id, state=RefundState.REQUESTED)
        .using_db(connection)
        .update(state=state, decided_by=actor.subject, decided_at=clock.now(), **more)
    )
    if not held:
        raise Problem("NOT_DECIDABLE", state="-")
