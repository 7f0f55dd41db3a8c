"""`advance` drives a settlement: it runs the first step that is not done, until one must wait or a person must look.

It is idempotent, and anything may ask for it: the mutation, a callback, a poll, a person. A step whose intent was
committed and whose outcome is not known is never sent again before its platform was asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog

from app import clock, journal, metrics
from app.installation import Installation, Installations
from app.models import (
    Direction,
    OrderState,
    Refund,
    RefundState,
    Settlement,
    SettlementState,
    SettlementStep,
    StepState,
)
from app.settlement import charges, leases, ledger, outcomes, plans
from app.settlement.lines import Lines
from app.settlement.refunding import under_way
from app.settlement.steps import STEPS
from app.settlement.work import Stop, Work
from clients.errors import PlatformError

log = structlog.get_logger()
SETTLED_STEP = (StepState.DONE, StepState.SKIPPED)


async def advance(installations: Installations, settlement_id: int) -> bool:
    """Drive the settlement as far as it goes now. False: another process is driving it; ask again later."""
    lease = await leases.take(settlement_id, installations.first.timing.lease.total_seconds())
    if lease is None:
        return False
    try:
        while await _drive(installations, settlement_id, lease):
            pass
    except ledger.Overtaken:
        log.warning("settlement.overtaken", settlement=settlement_id)
    finally:
        await leases.give_back(settlement_id, lease)
    return True


async def _drive(installations: Installations, settlement_id: int, lease: str) -> bool:
    """Run step after step while the plan stays the same. True: the plan changed, look at it anew.

    Under the lease nobody else writes, so the rows are read once.
    """
    settlement = await Settlement.get(id=settlement_id).select_related(
        "order__doctor", "order__department", "order__consultation", "patient", "hospital"
    )
    if settlement.state in plans.FINAL or settlement.state is SettlementState.ATTENTION:
        return False
    installation = await installations.of(settlement.hospital_id)
    if installation is None:
        log.error("settlement.hospital_not_set_up", settlement=settlement.number, hospital=settlement.hospital.code)
        return False
    refund = await under_way(settlement)
    steps = await SettlementStep.filter(settlement_id=settlement_id).order_by("position")
    direction, lines = settlement.direction, Lines(settlement.order_id)
    while settlement.direction is direction:
        ahead = [step for step in steps if step.state not in SETTLED_STEP and step.direction is direction]
        work = _work(installation, lease, settlement, lines, refund, ahead or steps[-1:])
        if not ahead:
            return await _conclude(work)
        with journal.about(settlement.id, work.step.id):
            if not await _run(work):
                return False
    return True


def _work(
    installation: Installation,
    lease: str,
    settlement: Settlement,
    lines: Lines,
    refund: Refund | None,
    ahead: list[SettlementStep],
) -> Work:
    return Work(
        installation=installation,
        lease=lease,
        settlement=settlement,
        step=ahead[0],
        following=ahead[1].kind if len(ahead) > 1 else None,
        order=settlement.order,
        lines=lines,
        patient=settlement.patient,
        hospital=settlement.hospital,
        refund=refund,
    )


async def _conclude(work: Work) -> bool:
    direction = work.settlement.direction
    if direction not in (Direction.SETTLE, Direction.REFUND):
        with journal.about(work.settlement.id, work.step.id):
            await charges.let_go(work)
    state, moment = plans.STATE_AT_END[direction], clock.now()
    await ledger.write(
        work,
        settlement={"state": state} | _also_at_end(direction, moment),
        order=await _order(work, direction, moment),
        refund={"state": RefundState.DONE, "finished_at": moment},
    )
    metrics.SETTLEMENTS.labels(work.settlement.pay_kind.value, state.value).inc()
    log.info("settlement.concluded", settlement=work.settlement.number, state=state.value)
    return False


def _also_at_end(direction: Direction, moment: datetime) -> dict[str, Any]:
    if direction is Direction.REVERSE:
        return {"reversed_at": moment}
    return {"direction": Direction.SETTLE} if direction is Direction.REFUND else {}


async def _order(work: Work, direction: Direction, moment: datetime) -> dict[str, Any]:
    """An order whose time ran out, or whose charges changed, while it was being settled is not open again; what a
    refund left of one is.
    """
    if direction in (Direction.REVERSE, Direction.REFUND):
        return await _order_given_back(work, direction, moment)
    if direction is Direction.RELEASE and work.order.state is OrderState.STALE:
        return {"state": OrderState.STALE}
    state = plans.ORDER_AT_END[direction]
    late = state is OrderState.OPEN and work.order.expires_at <= moment
    return {"state": OrderState.EXPIRED if late else state}


async def _order_given_back(work: Work, direction: Direction, moment: datetime) -> dict[str, Any]:
    state, refund = plans.ORDER_AT_END[direction], work.refund
    if refund is None or not await work.lines.standing(refund):
        return {"state": state, "refunded_fen": work.order.total_fen}
    given_back = {"refunded_fen": work.order.refunded_fen + refund.amount_fen}
    if direction is Direction.REFUND:
        return {"state": state} | given_back
    return {"state": OrderState.OPEN, "expires_at": moment + work.installation.timing.order} | given_back


async def _run(work: Work) -> bool:
    before = plans.state_before(work.settlement.direction, work.step.kind)
    if work.settlement.state is not before:
        await ledger.write(work, settlement={"state": before})
    asking = work.step.state in (StepState.SENDING, StepState.UNKNOWN)
    step = STEPS[work.settlement.way, work.step.kind]
    try:
        outcome = await (step.inquire if asking else step.send)(work)
    except Stop as stop:
        return await outcomes.attention(work, work.step.state, stop.code, None, **stop.words)
    except PlatformError as error:
        return await outcomes.failed(work, error, asking)
    return await outcomes.AFTER[type(outcome)](work, outcome)
