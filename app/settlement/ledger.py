"""What a step writes: its intent before a call, its outcome after it.

Each function is one transaction, and none calls out. Every write is a compare-and-set on the lease, so a process that
was overtaken changes nothing; every write announces the change to subscribers in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import timedelta
from typing import Any

import orjson
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import clock, events, jobs
from app.models import Settlement, SettlementStep, StepState
from app.models.orders import Order, OrderState
from app.settlement.work import Work
from clients.http import digest


@dataclass(frozen=True, slots=True)
class Skipped:
    """The steps from `from_position` on, in these states, are not needed any more."""

    from_position: int
    states: tuple[StepState, ...] = (StepState.PENDING,)


class Overtaken(Exception):
    """Another process holds the settlement now; whatever we know, it will find out for itself."""


async def intend(work: Work, transaction: str, message_id: str, request: object) -> str:
    """Commit that `transaction` is about to be sent under `message_id`. Returns the message id.

    The first intent of a step is its start; each is one attempt.
    """
    began = work.step.started_at or clock.now()
    await write(
        work,
        step={
            "state": StepState.SENDING,
            "transaction": transaction,
            "message_id": message_id,
            "request_digest": request_digest(request),
            "attempts": work.step.attempts + 1,
            "started_at": began,
        },
    )
    work.intended = True
    return message_id


async def keep(work: Work, **changes: Any) -> None:
    """Commit what the platform told in the middle of a step, so that it survives us."""
    await write(work, settlement=changes)


async def write(
    work: Work,
    *,
    step: Mapping[str, Any] | None = None,
    settlement: Mapping[str, Any] | None = None,
    order_state: OrderState | None = None,
    run_after: timedelta | None = None,
    add: list[SettlementStep] | None = None,
    skip: Skipped | None = None,
) -> None:
    """One transaction: the step, the settlement, its order, further steps, and the job that follows.

    Raises `Overtaken` when the lease is lost.
    """
    changes = dict(settlement or {})
    if run_after is not None:
        changes["next_run_at"] = clock.now() + run_after
    async with in_transaction() as connection:
        held = await (
            Settlement.filter(id=work.settlement.id, leased_by=work.lease)
            .using_db(connection)
            .update(version=F("version") + 1, leased_until=clock.now() + work.installation.timing.lease, **changes)
        )
        if not held:
            raise Overtaken(work.settlement.number)
        if step:
            await SettlementStep.filter(id=work.step.id).using_db(connection).update(**step)
        if skip is not None:
            await (
                SettlementStep.filter(
                    settlement_id=work.settlement.id, position__gte=skip.from_position, state__in=skip.states
                )
                .using_db(connection)
                .update(state=StepState.SKIPPED)
            )
        if add:
            await SettlementStep.bulk_create(add, using_db=connection)
        if order_state is not None:
            await Order.filter(id=work.settlement.order_id).using_db(connection).update(state=order_state)
        if run_after is not None:
            await jobs.enqueue(connection, jobs.POLL_SETTLEMENT, work.settlement.id, run_after)
        await events.tell(connection, work.settlement.id)
    work.step.update_from_dict(dict(step or {}))
    work.settlement.update_from_dict(changes)


def request_digest(request: object) -> str:
    """SHA-256 of a request, by which an attempt is recognised without keeping what it said."""
    content = asdict(request) if is_dataclass(request) and not isinstance(request, type) else request
    return digest(orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
