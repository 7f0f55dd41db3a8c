# ruff: noqa: S608 -- the columns are the models' own, every value is a parameter
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
from tortoise import Tortoise
from tortoise.models import Model
from tortoise.transactions import in_transaction

from app import clock, events, jobs
from app.models import Order, Refund, Settlement, SettlementStep, StepState
from app.settlement.work import By, Work
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
    **more: Any,
) -> None:
    """The step and the settlement in one statement; with `more` (see `_more`) in one transaction.

    Raises `Overtaken` when the lease is lost.
    """
    changes = dict(settlement or {})
    if "run_after" in more:
        changes["next_run_at"] = clock.now() + more["run_after"]
    statement, values = _statement(work, dict(step or {}), changes)
    if more:
        async with in_transaction() as connection:
            await _held(connection, work, statement, values)
            await _more(connection, work, **more)
    else:
        await _held(Tortoise.get_connection("default"), work, statement, values)
    work.step.update_from_dict(dict(step or {}))
    work.settlement.update_from_dict({name: _now(work, name, value) for name, value in changes.items()})


def _now(work: Work, name: str, value: Any) -> Any:
    return getattr(work.settlement, name) + value.fen if isinstance(value, By) else value


async def _held(connection: Any, work: Work, statement: str, values: list[Any]) -> None:
    told = await connection.execute_query_dict(statement, values)
    if not told:
        raise Overtaken(work.settlement.number)


def _statement(work: Work, step: dict[str, Any], settlement: dict[str, Any]) -> tuple[str, list[Any]]:
    """Compare-and-set on the lease, the step's columns, and the announcement: one statement, one round trip."""
    values: list[Any] = [work.settlement.id, work.lease, events.CHANNEL]
    settlement["leased_until"] = clock.now() + work.installation.timing.lease
    told = _assignments(Settlement, settlement, values)
    held = f"UPDATE settlement SET version = version + 1, {told} WHERE id = $1 AND leased_by = $2 RETURNING id"
    parts = [f"held AS ({held})"]
    if step:
        values.append(work.step.id)
        told = f"WHERE id = ${len(values)} AND EXISTS (SELECT FROM held)"
        parts.append(f"step AS (UPDATE settlement_step SET {_assignments(SettlementStep, step, values)} {told})")
    return f"WITH {', '.join(parts)} SELECT pg_notify($3, held.id::text) FROM held", values


def _assignments(model: type[Model], changes: Mapping[str, Any], values: list[Any]) -> str:
    """`"column" = $n, …`; the columns are the model's, the values become parameters."""
    told = []
    for name, value in changes.items():
        changed = isinstance(value, By)
        values.append(value.fen if changed else model._meta.fields_map[name].to_db_value(value, model))
        told.append(f'"{name}" = "{name}" + ${len(values)}' if changed else f'"{name}" = ${len(values)}')
    return ", ".join(told)


async def _more(
    connection: Any,
    work: Work,
    *,
    order: Mapping[str, Any] | None = None,
    refund: Mapping[str, Any] | None = None,
    run_after: timedelta | None = None,
    add: list[SettlementStep] | None = None,
    skip: Skipped | None = None,
) -> None:
    """What else belongs to the same transaction: steps, the order, the refund, and the job that follows."""
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
    if order:
        await Order.filter(id=work.settlement.order_id).using_db(connection).update(**order)
    if order and "expires_at" in order:
        left = order["expires_at"] - clock.now() + timedelta(seconds=1)
        await jobs.enqueue(connection, jobs.EXPIRE_ORDER, work.settlement.order_id, left)
    if refund and work.refund:
        await Refund.filter(id=work.refund.id).using_db(connection).update(**refund)
    if run_after is not None:
        await jobs.enqueue(connection, jobs.POLL_SETTLEMENT, work.settlement.id, run_after)


def request_digest(request: object) -> str:
    """SHA-256 of a request, by which an attempt is recognised without keeping what it said."""
    content = asdict(request) if is_dataclass(request) and not isinstance(request, type) else request
    return digest(orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS))
