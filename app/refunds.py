"""Asking for a refund: which lines, how much of each, and never more than is left of what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tortoise.expressions import F
from tortoise.transactions import in_transaction

from app import audit, clock, events, idempotency, numbers
from app.models import FeeDetail, PayKind, Refund, RefundLine, Settlement
from app.money import fen
from app.problems import Problem
from app.settlement import lines
from app.settlement.refunding import require_refundable

MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A line by its serial: so much of it, or so much of its money, or (neither) all that is left of it."""

    serial: str
    quantity: Decimal | None = None
    amount_fen: int | None = None


async def request(
    settlement: Settlement, asked: Sequence[Asked], reason: str, actor: audit.Actor, once: idempotency.Once
) -> Refund:
    """Store a refund that waits for another person's decision, and hold back what it asks for.

    Raises Problem: the settlement does not stand; a line is not its, or asked for twice, or more of it than is left.
    """
    number = await numbers.business_number(numbers.REFUND)
    async with in_transaction() as connection:
        locked = await Settlement.filter(id=settlement.id).using_db(connection).select_for_update().get()
        require_refundable(locked)
        left = {line.serial: line for line in await lines.refundable(connection, locked.order_id)}
        wanted = [_line(each, left, locked) for each in _each_once(asked)]
        refund = await _store(connection, locked, number, wanted, reason, actor)
        await _hold_back(connection, locked, refund.amount_fen)
        await once.keep(connection, refund.id)
        await audit.write(connection, actor, "refund.request", refund, {"detail": reason})
        await events.tell(connection, locked.id)
    return refund


def _each_once(asked: Sequence[Asked]) -> Sequence[Asked]:
    if not 1 <= len(asked) <= MOST_LINES:
        raise _wrong(f"1–{MOST_LINES}")
    if len({each.serial for each in asked}) < len(asked):
        raise _wrong("明细重复 (a line is named twice)")
    return asked


def _line(asked: Asked, left: dict[str, FeeDetail], settlement: Settlement) -> RefundLine:
    """What one line gives back."""
    line = left.get(asked.serial)
    if line is None:
        raise _wrong(f"{asked.serial[:30]} 不在该结算中或已全部退费 (no such line, or nothing left of it)")
    if asked.quantity is not None and asked.amount_fen is not None:
        raise _wrong("数量与金额只能选一 (either quantity or amount)")
    if asked.amount_fen is not None and settlement.pay_kind is PayKind.INSURANCE:
        raise _wrong("医保结算只能按数量退费 (insurance: by quantity only)")
    quantity, amount_fen = _so_much(line, asked)
    if quantity > line.quantity or not 0 < amount_fen <= line.amount_fen:
        raise _wrong(f"{asked.serial} 超过可退 (more than is left of the line, or nothing)", "REFUND_TOO_MUCH")
    return RefundLine(fee_detail_id=line.id, quantity=quantity, amount_fen=amount_fen)


def _so_much(line: FeeDetail, asked: Asked) -> tuple[Decimal, int]:
    """Quantity and fen; all of the one is all of the other, so that no line is left that costs nothing."""
    if asked.amount_fen is not None and asked.amount_fen != line.amount_fen:
        return Decimal(0), asked.amount_fen
    if asked.quantity is not None and asked.quantity != line.quantity:
        return asked.quantity, _price(line, asked.quantity)
    return line.quantity, line.amount_fen


def _price(line: FeeDetail, quantity: Decimal) -> int:
    """What so much of a line costs. Raises Problem for a part of a fen: money is never rounded."""
    try:
        return fen(line.price * quantity)
    except ValueError as error:
        raise _wrong(f"{line.serial} 数量对应的金额不足一分 (a part of a fen)") from error


async def _store(
    connection: Any, settlement: Settlement, number: str, wanted: list[RefundLine], reason: str, actor: audit.Actor
) -> Refund:
    refund = await Refund.create(
        using_db=connection,
        number=number,
        hospital_id=settlement.hospital_id,
        patient_id=settlement.patient_id,
        settlement_id=settlement.id,
        amount_fen=sum(line.amount_fen for line in wanted),
        reason=reason,
        by_patient=actor.role == "patient",
        requested_by=actor.subject,
        created_at=clock.now(),
    )
    for line in wanted:
        line.refund_id = refund.id
    await RefundLine.bulk_create(wanted, using_db=connection)
    return refund


async def _hold_back(connection: Any, settlement: Settlement, amount_fen: int) -> None:
    """Under the row's lock; the database's own constraint says the same."""
    if settlement.refunded_fen + settlement.asked_fen + amount_fen > settlement.paid_fen:
        raise _wrong("超过已付金额 (more than was paid)", "REFUND_TOO_MUCH")
    more = {"asked_fen": F("asked_fen") + amount_fen, "version": F("version") + 1}
    await Settlement.filter(id=settlement.id).using_db(connection).update(**more)


def _wrong(reason: str, code: str = "INVALID_INPUT") -> Problem:
    return Problem(code, field="lines", reason=reason)
