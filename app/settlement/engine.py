"""`advance` drives a settlement: it runs the first step that is not done, until one must wait or a person must look.

It is idempotent, and anything may ask for it: the mutation, a callback, a poll, a person. A step whose intent was
committed and whose outcome is not known is never sent again before its platform was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from app import clock, journal, metrics
from app.installation import Installation
from app.models import (
    Direction,
    OrderState,
    PayKind,
    Settlement,
    SettlementState,
    SettlementStep,
    StepKind,
    StepState,
)
from app.problems import sentence
from app.settlement import leases, ledger, plans
from app.settlement.steps import STEPS
from app.settlement.work import Done, NotExecuted, Outcome, PaidAfterAll, Release, Skip, Stop, Wait, Work
from clients.errors import Contradictory, Garbled, PlatformError, Refused, Unanswered

log = structlog.get_logger()
SETTLED_STEP = (StepState.DONE, StepState.SKIPPED)


async def advance(installation: Installation, settlement_id: int) -> bool:
    """Drive the settlement as far as it goes now. False: another process is driving it; ask again later."""
    lease = await leases.take(settlement_id, installation.timing.lease.total_seconds())
    if lease is None:
        return False
    try:
        while await _drive(installation, settlement_id, lease):
            pass
    except ledger.Overtaken:
        log.warning("settlement.overtaken", settlement=settlement_id)
    finally:
        await leases.give_back(settlement_id, lease)
    return True


async def _drive(installation: Installation, settlement_id: int, lease: str) -> bool:
    """Run step after step while the plan stays the same. True: the plan changed, look at it anew.

    Under the lease nobody else writes, so the rows are read once.
    """
    settlement = await Settlement.get(id=settlement_id).select_related(
        "order__doctor", "order__department", "order__consultation", "patient", "hospital"
    )
    if settlement.state in plans.FINAL or settlement.state is SettlementState.ATTENTION:
        return False
    steps = await SettlementStep.filter(settlement_id=settlement_id).order_by("position")
    direction = settlement.direction
    while settlement.direction is direction:
        ahead = [step for step in steps if step.state not in SETTLED_STEP and step.direction is direction]
        work = _work(installation, lease, settlement, ahead or steps[-1:])
        if not ahead:
            return await _conclude(work)
        with journal.about(settlement.id, work.step.id):
            if not await _run(work):
                return False
    return True


def _work(installation: Installation, lease: str, settlement: Settlement, ahead: list[SettlementStep]) -> Work:
    return Work(
        installation=installation,
        lease=lease,
        settlement=settlement,
        step=ahead[0],
        following=ahead[1].kind if len(ahead) > 1 else None,
        order=settlement.order,
        patient=settlement.patient,
        hospital=settlement.hospital,
    )


async def _conclude(work: Work) -> bool:
    direction = work.settlement.direction
    state = plans.STATE_AT_END[direction]
    reversed_at = {"reversed_at": clock.now()} if direction is Direction.REVERSE else {}
    await ledger.write(work, settlement={"state": state} | reversed_at, order_state=_order_state(work, direction))
    metrics.SETTLEMENTS.labels(work.settlement.pay_kind.value, state.value).inc()
    log.info("settlement.concluded", settlement=work.settlement.number, state=state.value)
    return False


def _order_state(work: Work, direction: Direction) -> OrderState:
    """An order whose time ran out while it was being settled is not open again."""
    state = plans.ORDER_AT_END[direction]
    return OrderState.EXPIRED if state is OrderState.OPEN and work.order.expires_at <= clock.now() else state


async def _run(work: Work) -> bool:
    before = plans.STATE_BEFORE[work.step.kind]
    if work.settlement.state is not before:
        await ledger.write(work, settlement={"state": before})
    asking = work.step.state in (StepState.SENDING, StepState.UNKNOWN)
    step = STEPS[work.settlement.pay_kind, work.step.kind]
    try:
        outcome = await (step.inquire if asking else step.send)(work)
    except Stop as stop:
        return await _attention(work, work.step.state, stop.code, None, **stop.words)
    except PlatformError as error:
        return await _failed(work, error, asking)
    return await _AFTER[type(outcome)](work, outcome)


async def _failed(work: Work, error: PlatformError, asking: bool) -> bool:
    """The four errors and their four acts. An inquiry that fails leaves the outcome as unknown as it was."""
    if isinstance(error, Contradictory):
        return await _attention(work, StepState.UNKNOWN, "AMOUNTS_DIFFER", error, reason=error.message)
    if asking or (work.intended and isinstance(error, Unanswered)):
        return await _unknown(work, error)
    if isinstance(error, Refused):
        return await _refused(work, error)
    return await _again(work, error)


async def _refused(work: Work, refused: Refused) -> bool:
    problem = _problem("PLATFORM_REFUSED", refused, text=refused.message)
    if work.step.kind in plans.RELEASED_ON_REFUSAL and work.settlement.direction is Direction.SETTLE:
        return await _release(work, problem)
    return await _attention(work, StepState.REFUSED, "PLATFORM_REFUSED", refused, text=refused.message)


async def _unknown(work: Work, error: PlatformError) -> bool:
    """Ask the platform later; after the declared tries a person must look."""
    code = "ANSWER_GARBLED" if isinstance(error, Garbled) else "OUTCOME_UNKNOWN"
    if isinstance(error, Garbled):
        metrics.GARBLED.labels(error.platform, error.transaction).inc()
        log.error("platform.garbled", platform=error.platform, transaction=error.transaction, why=error.message)
    if _failures(work) >= work.installation.timing.inquiry_tries:
        return await _attention(work, StepState.UNKNOWN, code, error)
    return await _later(work, StepState.UNKNOWN, _problem(code, error))


async def _again(work: Work, error: PlatformError) -> bool:
    """Nothing left the house: the same step later."""
    if _failures(work) >= work.installation.timing.send_tries:
        return await _attention(work, StepState.PENDING, "PLATFORM_UNAVAILABLE", error)
    return await _later(work, StepState.PENDING, _problem("PLATFORM_UNAVAILABLE", error))


def _failures(work: Work) -> int:
    """How often in a row this step failed; waiting for a payment or a receipt is no failure."""
    return work.step.tries if work.step.problem_code else 0


async def _later(work: Work, state: StepState, problem: dict[str, Any]) -> bool:
    failures = _failures(work)
    after = work.installation.timing.distance(failures)
    await ledger.write(work, step={"state": state, "tries": failures + 1} | problem, run_after=after)
    return False


async def _attention(work: Work, state: StepState, code: str, error: PlatformError | None, **words: str) -> bool:
    metrics.ATTENTION.labels(work.step.kind.value).inc()
    log.error("settlement.attention", settlement=work.settlement.number, step=work.step.kind.value, code=code)
    await ledger.write(
        work,
        step={"state": state} | _problem(code, error, **words),
        settlement={"state": SettlementState.ATTENTION, "next_run_at": None},
    )
    return False


async def _done(work: Work, outcome: Done) -> bool:
    moment = clock.now()
    await ledger.write(
        work,
        step={
            "state": StepState.DONE,
            "started_at": work.step.started_at or moment,
            "finished_at": moment,
            "platform_serial": outcome.serial or work.step.platform_serial,
            "transaction": work.step.transaction or outcome.transaction,
            "attempts": work.step.attempts or work.step.tries + 1,
            "tries": 0,
        }
        | _NO_PROBLEM,
        settlement=dict(outcome.changes) | _state_before(work.following),
    )
    return True


def _state_before(kind: StepKind | None) -> dict[str, Any]:
    """What the settlement is called while this step is next; the last step changes nothing."""
    return {} if kind is None else {"state": plans.STATE_BEFORE[kind]}


async def _wait(work: Work, outcome: Wait) -> bool:
    """Come back later, unless a run is scheduled already: hastened runs must not multiply the polls."""
    if work.settlement.next_run_at is None:
        tries = 1 if work.step.problem_code else work.step.tries + 1
        await ledger.write(work, step={"tries": tries} | _NO_PROBLEM, run_after=outcome.after)
    return False


async def _not_executed(work: Work, outcome: NotExecuted) -> bool:
    """The platform knows nothing of it: send again, within the declared tries."""
    if work.step.tries >= work.installation.timing.send_tries:
        return await _attention(
            work, StepState.UNKNOWN, "OUTCOME_UNKNOWN", None, platform=work.step.problem_platform or ""
        )
    await ledger.write(work, step={"state": StepState.PENDING, "tries": work.step.tries + 1})
    return True


async def _skip(work: Work, outcome: Skip) -> bool:
    log.info("step.skipped", settlement=work.settlement.number, step=work.step.kind.value, why=outcome.reason)
    await ledger.write(
        work,
        step={"state": StepState.SKIPPED, "finished_at": clock.now()} | _NO_PROBLEM,
        settlement=_state_before(work.following),
    )
    return True


async def _give_up(work: Work, outcome: Release) -> bool:
    return await _release(work, _problem(outcome.code, None))


async def _release(work: Work, problem: dict[str, Any]) -> bool:
    """Take back what an unpaid settlement left on the platforms; when that is done, it has FAILED."""
    await ledger.write(
        work,
        step={"state": StepState.REFUSED, "finished_at": clock.now()} | problem,
        settlement={"direction": Direction.RELEASE},
        skip=ledger.Skipped(work.step.position),
        add=await release_steps(work.settlement),
    )
    return True


async def _paid_after_all(work: Work, outcome: PaidAfterAll) -> bool:
    """The payment was quicker than the release: settle after all."""
    plan = plans.SETTLE[work.settlement.pay_kind]
    rest = plan[plan.index(StepKind.RESULT) :]
    await ledger.write(
        work,
        step={"state": StepState.SKIPPED, "finished_at": clock.now()} | _NO_PROBLEM,
        settlement={"direction": Direction.SETTLE},
        skip=ledger.Skipped(1, (StepState.PENDING, StepState.REFUSED)),
        add=await further_steps(work.settlement, Direction.SETTLE, rest),
    )
    return True


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
    kinds = tuple(undo for kind, undo in plans.RELEASE[PayKind(settlement.pay_kind)] if kind in attempted)
    return await further_steps(settlement, Direction.RELEASE, kinds)


_NO_PROBLEM: dict[str, Any] = dict.fromkeys(
    ("problem_code", "problem_message", "problem_platform", "problem_platform_code")
)


def _problem(code: str, error: PlatformError | None, **words: str) -> dict[str, Any]:
    """The step's problem columns; the sentence is kept in Chinese and told again in English from its code."""
    told = ({"platform": error.platform} if error else {}) | words
    return {
        "problem_code": code,
        "problem_message": sentence(code, told)[:500],
        "problem_platform": error.platform if error else None,
        "problem_platform_code": getattr(error, "code", None),
    }


After = Callable[[Work, Any], Awaitable[bool]]
_AFTER: dict[type[Outcome], After] = {
    Done: _done,
    Wait: _wait,
    NotExecuted: _not_executed,
    Skip: _skip,
    Release: _give_up,
    PaidAfterAll: _paid_after_all,
}
