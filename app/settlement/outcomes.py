"""What follows from a step: a function for each outcome and each error. True: there may be more to do at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from app import clock, metrics
from app.models import Direction, OrderState, RefundState, SettlementState, StepKind, StepState
from app.problems import sentence
from app.settlement import ledger, plans
from app.settlement.undoing import further_steps, release_steps
from app.settlement.work import By, Done, NotExecuted, Outcome, PaidAfterAll, Release, Skip, Wait, Work
from clients.errors import Contradictory, Garbled, PlatformError, Refused, Unanswered
from clients.insurance.core.refusals import Reason

log = structlog.get_logger()


async def failed(work: Work, error: PlatformError, asking: bool) -> bool:
    """The four errors and their four acts. An inquiry that fails leaves the outcome as unknown as it was."""
    if isinstance(error, Contradictory):
        return await attention(work, StepState.UNKNOWN, "AMOUNTS_DIFFER", error, reason=error.message)
    if isinstance(error, Refused) and error.reason == Reason.SIGN_IN_REQUIRED:
        return await _signed_out(work, error, asking)
    if asking or (work.intended and isinstance(error, Unanswered)):
        return await _unknown(work, error)
    if isinstance(error, Refused):
        return await _refused(work, error)
    return await _again(work, error)


async def _signed_out(work: Work, refused: Refused, asking: bool) -> bool:
    """The insurance forgot our 9001, and did nothing: the same again at once, under a new sign-in."""
    work.installation.sign_in.forget()
    state, failures = work.step.state if asking else StepState.PENDING, _failures(work)
    if failures >= work.installation.timing.send_tries:
        return await attention(work, state, "PLATFORM_REFUSED", refused, text=refused.message)
    problem = _problem("PLATFORM_REFUSED", refused, text=refused.message)
    await ledger.write(work, step={"state": state, "tries": failures + 1} | problem)
    return True


async def _refused(work: Work, refused: Refused) -> bool:
    problem = _problem("PLATFORM_REFUSED", refused, text=refused.message)
    if work.step.kind in plans.RELEASED_ON_REFUSAL and work.settlement.direction is Direction.SETTLE:
        return await _release(work, problem)
    if work.part and work.step.kind is plans.ABANDONED_ON_REFUSAL:
        return await _abandon(work, work.part.amount_fen, problem)
    return await attention(work, StepState.REFUSED, "PLATFORM_REFUSED", refused, text=refused.message)


async def _unknown(work: Work, error: PlatformError) -> bool:
    """Ask the platform later; after the declared tries a person must look."""
    code = "ANSWER_GARBLED" if isinstance(error, Garbled) else "OUTCOME_UNKNOWN"
    if isinstance(error, Garbled):
        metrics.GARBLED.labels(error.platform, error.transaction).inc()
        log.error("platform.garbled", platform=error.platform, transaction=error.transaction, why=error.message)
    if _failures(work) >= work.installation.timing.inquiry_tries:
        return await attention(work, StepState.UNKNOWN, code, error)
    return await _later(work, StepState.UNKNOWN, _problem(code, error))


async def _again(work: Work, error: PlatformError) -> bool:
    """Nothing left the house: the same step later."""
    if _failures(work) >= work.installation.timing.send_tries:
        return await attention(work, StepState.PENDING, "PLATFORM_UNAVAILABLE", error)
    return await _later(work, StepState.PENDING, _problem("PLATFORM_UNAVAILABLE", error))


def _failures(work: Work) -> int:
    """How often in a row this step failed; waiting for a payment or a receipt is no failure."""
    return work.step.tries if work.step.problem_code else 0


async def _later(work: Work, state: StepState, problem: dict[str, Any]) -> bool:
    failures = _failures(work)
    after = work.installation.timing.distance(failures)
    await ledger.write(work, step={"state": state, "tries": failures + 1} | problem, run_after=after)
    return False


async def attention(work: Work, state: StepState, code: str, error: PlatformError | None, **words: str) -> bool:
    """A person must look; the step says why."""
    metrics.ATTENTION.labels(work.step.kind.value).inc()
    log.error("settlement.attention", settlement=work.settlement.number, step=work.step.kind.value, code=code)
    await ledger.write(
        work,
        step={"state": state} | _problem(code, error, **words),
        settlement={"state": SettlementState.ATTENTION, "next_run_at": None},
        refund={"state": RefundState.ATTENTION},
    )
    return False


async def _abandon(work: Work, asked_fen: int, problem: dict[str, Any]) -> bool:
    """The refund was refused before anything was moved: it has failed, and the settlement stands as before."""
    log.info("refund.abandoned", settlement=work.settlement.number)
    await ledger.write(
        work,
        step={"state": StepState.REFUSED, "finished_at": clock.now()} | problem,
        settlement={"state": SettlementState.COMPLETED, "direction": Direction.SETTLE, "asked_fen": By(-asked_fen)},
        refund={"state": RefundState.FAILED, "finished_at": clock.now()} | problem,
        skip=ledger.Skipped(work.step.position),
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
        settlement=dict(outcome.changes) | _state_ahead(work),
        **({"refund": outcome.refund} if outcome.refund else {}),
    )
    return True


def _state_ahead(work: Work) -> dict[str, Any]:
    """What the settlement is called while the following step is next; the last step changes nothing."""
    kind = work.following
    return {} if kind is None else {"state": plans.state_before(work.settlement.direction, kind)}


async def _wait(work: Work, outcome: Wait) -> bool:
    """Come back later, unless a run is scheduled already: hastened runs must not multiply the polls."""
    if work.settlement.next_run_at is None:
        tries = 1 if work.step.problem_code else work.step.tries + 1
        await ledger.write(work, step={"tries": tries} | _NO_PROBLEM, run_after=outcome.after)
    return False


async def _not_executed(work: Work, outcome: NotExecuted) -> bool:
    """The platform knows nothing of it: send again, within the declared tries."""
    if work.step.tries >= work.installation.timing.send_tries:
        return await attention(
            work, StepState.UNKNOWN, "OUTCOME_UNKNOWN", None, platform=work.step.problem_platform or ""
        )
    await ledger.write(work, step={"state": StepState.PENDING, "tries": work.step.tries + 1})
    return True


async def _skip(work: Work, outcome: Skip) -> bool:
    log.info("step.skipped", settlement=work.settlement.number, step=work.step.kind.value, why=outcome.reason)
    await ledger.write(
        work,
        step={"state": StepState.SKIPPED, "finished_at": clock.now()} | _NO_PROBLEM,
        settlement=_state_ahead(work),
    )
    return True


async def _give_up(work: Work, outcome: Release) -> bool:
    return await _release(work, _problem(outcome.code, None), outcome.order_state)


async def _release(work: Work, problem: dict[str, Any], order_state: OrderState | None = None) -> bool:
    """Take back what an unpaid settlement left on the platforms; when that is done, it has FAILED."""
    await ledger.write(
        work,
        step={"state": StepState.REFUSED, "finished_at": clock.now()} | problem,
        settlement={"direction": Direction.RELEASE},
        skip=ledger.Skipped(work.step.position),
        add=await release_steps(work.settlement),
        order={"state": order_state} if order_state else None,
    )
    return True


async def _paid_after_all(work: Work, outcome: PaidAfterAll) -> bool:
    """The payment was quicker than the release: settle after all."""
    plan = plans.SETTLE[work.settlement.way]
    rest = plan[plan.index(StepKind.RESULT) :]
    await ledger.write(
        work,
        step={"state": StepState.SKIPPED, "finished_at": clock.now()} | _NO_PROBLEM,
        settlement={"direction": Direction.SETTLE},
        skip=ledger.Skipped(1, (StepState.PENDING, StepState.REFUSED)),
        add=await further_steps(work.settlement, Direction.SETTLE, rest),
    )
    return True


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
AFTER: dict[type[Outcome], After] = {
    Done: _done,
    Wait: _wait,
    NotExecuted: _not_executed,
    Skip: _skip,
    Release: _give_up,
    PaidAfterAll: _paid_after_all,
}
