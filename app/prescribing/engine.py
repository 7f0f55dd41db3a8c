"""`advance` drives an upload or its cancellation: the first step that is not done, until somebody else must act.

It is idempotent, and anything may ask for it: a mutation, a poll, a person. A step whose intent was committed and whose
outcome is not known is never sent again before its platform was asked, or the protocol says that it may be repeated.
"""

from __future__ import annotations

from typing import Any

import structlog
from tortoise.exceptions import IntegrityError

from app import clock, metrics
from app.failures import NO_PROBLEM
from app.installation import Installations
from app.models import Prescription, PrescriptionState, PrescriptionStep, PrescriptionStepKind, StepState
from app.prescribing import ledger, plans
from app.prescribing.ledger import Work
from app.prescribing.steps import STEPS, Again, Done, Outcome, Rejected, Rest
from app.problems import Problem, sentence
from clients.circulation.refusals import Reason
from clients.errors import Garbled, PlatformError, Refused, Unanswered

log = structlog.get_logger()


async def advance(installations: Installations, prescription_id: int) -> bool:
    """Drive the prescription as far as it goes now. False: another process is driving it; ask again later."""
    lease = await ledger.take(prescription_id, installations.first.timing.lease)
    if lease is None:
        return False
    try:
        while await _drive(installations, prescription_id, lease):
            pass
    except ledger.Overtaken:
        log.warning("prescription.overtaken", prescription=prescription_id)
    finally:
        await ledger.give_back(prescription_id, lease)
    return True


async def _drive(installations: Installations, prescription_id: int, lease: str) -> bool:
    """Run the first step that is not done. True: there may be more to do at once."""
    prescription = await Prescription.get(id=prescription_id).select_related(
        "consultation__patient", "consultation__doctor", "consultation__department", "hospital"
    )
    if prescription.state not in plans.MOVING:
        return False
    installation = await installations.of(prescription.hospital_id)
    if installation is None:
        log.error("prescription.hospital_not_set_up", prescription=prescription.number)
        return False
    steps = await PrescriptionStep.filter(prescription_id=prescription_id).order_by("position")
    ahead = [step for step in steps if step.state not in plans.SETTLED]
    if not ahead:
        return False
    work = Work(installation=installation, lease=lease, prescription=prescription, step=ahead[0], last=len(ahead) == 1)
    await _enter(work)
    return await _run(work)


async def _enter(work: Work) -> None:
    before = plans.STATE_BEFORE[work.step.kind]
    if work.prescription.state is not before:
        await ledger.write(work, prescription={"state": before})


async def _run(work: Work) -> bool:
    asking = work.step.state in (StepState.SENDING, StepState.UNKNOWN)
    acts = STEPS[work.step.kind]
    try:
        outcome = await (acts.inquire if asking else acts.send)(work)
    except Problem as problem:
        return await _stopped(work, _told(problem.code, None, **problem.words))
    except ValueError:
        log.warning("prescription.unspeakable", prescription=work.prescription.number, step=work.step.kind.value)
        return await _stopped(work, _told("PRESCRIPTION_UNSPEAKABLE", None))
    except PlatformError as error:
        return await _failed(work, error, asking)
    return await _after(work, outcome)


async def _after(work: Work, outcome: Outcome) -> bool:
    match outcome:
        case Done(changes):
            return await _done_unless_taken(work, dict(changes))
        case Again():
            return await _again(work)
        case Rejected():
            refused = {"state": StepState.REFUSED, "finished_at": clock.now()}
            await ledger.write(work, step=refused, prescription={"state": PrescriptionState.REJECTED})
        case Rest():
            pass
    return False


async def _done_unless_taken(work: Work, changes: dict[str, Any]) -> bool:
    """A number that another prescription has cannot be this one's: no answer that holds."""
    try:
        return await _done(work, changes)
    except IntegrityError:
        words = "the number is another prescription's"
        garbled = Garbled(words, platform="circulation", transaction=work.step.transaction or "")
    return await _unknown(work, garbled)


async def _done(work: Work, changes: dict[str, Any]) -> bool:
    moment = clock.now()
    if work.last:
        changes["state"] = plans.STATE_AT_END[work.step.kind]
        log.info("prescription.concluded", prescription=work.prescription.number, state=changes["state"].value)
    began = work.step.started_at or moment
    step = {"state": StepState.DONE, "started_at": began, "finished_at": moment, "tries": 0}
    await ledger.write(work, step=step | NO_PROBLEM, prescription=changes)
    return True


async def _again(work: Work) -> bool:
    """Send it (again), within the declared tries."""
    if work.step.tries >= work.installation.timing.send_tries:
        return await _attention(work, StepState.UNKNOWN, _told("OUTCOME_UNKNOWN", None, platform="circulation"))
    await ledger.write(work, step={"state": StepState.PENDING, "tries": work.step.tries + 1})
    return True


async def _failed(work: Work, error: PlatformError, asking: bool) -> bool:
    """The four errors and their four acts. An inquiry that fails leaves the outcome as unknown as it was."""
    if asking or (work.intended and isinstance(error, Unanswered)):
        return await _unknown(work, error)
    if isinstance(error, Refused):
        return await _refused(work, error)
    timing = work.installation.timing
    return await _later(work, StepState.PENDING, _told("PLATFORM_UNAVAILABLE", error), timing.send_tries)


async def _unknown(work: Work, error: PlatformError) -> bool:
    code = "ANSWER_GARBLED" if isinstance(error, Garbled) else "OUTCOME_UNKNOWN"
    if isinstance(error, Garbled):
        metrics.GARBLED.labels(error.platform, error.transaction).inc()
        log.error("platform.garbled", platform=error.platform, transaction=error.transaction, why=error.message)
    return await _later(work, StepState.UNKNOWN, _told(code, error), work.installation.timing.inquiry_tries)


async def _later(work: Work, state: StepState, problem: dict[str, Any], most: int) -> bool:
    if work.step.tries >= most:
        return await _attention(work, state, problem)
    after = work.installation.timing.distance(work.step.tries)
    await ledger.write(work, step={"state": state, "tries": work.step.tries + 1} | problem, run_after=after)
    return False


async def _refused(work: Work, refused: Refused) -> bool:
    """The platform said no. A number that it has already can only be told by its staff."""
    problem = _told("PLATFORM_REFUSED", refused, text=refused.message)
    if work.step.kind is PrescriptionStepKind.UPLOAD and refused.reason == Reason.DUPLICATE:
        return await _attention(work, StepState.UNKNOWN, problem)
    return await _stopped(work, problem)


async def _stopped(work: Work, problem: dict[str, Any]) -> bool:
    step = {"state": StepState.REFUSED, "finished_at": clock.now()} | problem
    await ledger.write(work, step=step, prescription={"state": plans.STATE_REFUSED[work.step.kind]})
    return False


async def _attention(work: Work, state: StepState, problem: dict[str, Any]) -> bool:
    """A person must look; the step says why."""
    metrics.ATTENTION.labels(work.step.kind.value).inc()
    log.error("prescription.attention", prescription=work.prescription.number, step=work.step.kind.value)
    attention = {"state": PrescriptionState.ATTENTION, "next_run_at": None}
    await ledger.write(work, step={"state": state} | problem, prescription=attention)
    return False


def _told(code: str, error: PlatformError | None, **words: str) -> dict[str, Any]:
    """The step's problem columns; the sentence is kept in Chinese and told again in English from its code."""
    told = ({"platform": error.platform} if error else {}) | words
    return {
        "problem_code": code,
        "problem_message": sentence(code, told)[:500],
        "problem_platform": error.platform if error else None,
        "problem_platform_code": getattr(error, "code", None),
    }
