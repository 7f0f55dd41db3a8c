"""The lines of an order as they stand: what refunds have given back is no longer part of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tortoise.expressions import Q

from app.models import FeeDetail, Prescription, Refund, RefundLine, RefundState
from app.money import yuan
from clients.his.prescriptions import digest_of

# Refunds that hold on to what they ask for, until somebody or something ends them without giving it back.
LIVING = (RefundState.REQUESTED, RefundState.DOING, RefundState.ATTENTION, RefundState.DONE)


@dataclass(slots=True)
class Back:
    """How much of a line is given back; money alone leaves the quantity as it is."""

    quantity: Decimal = Decimal(0)
    amount_fen: int = 0


class Lines:
    """The lines and prescriptions of one order, read once: while a settlement is driven, nobody else changes them."""

    def __init__(self, order_id: int) -> None:
        self._order_id = order_id
        self._standing: dict[int | None, list[FeeDetail]] = {}
        self._prescribed: list[Prescription] | None = None

    async def standing(self, refund: Refund | None = None) -> list[FeeDetail]:
        """The lines after all refunds that are done, and after `refund`; a line given back wholly is left out."""
        key = refund.id if refund else None
        if key not in self._standing:
            done = Q(refund__state=RefundState.DONE)
            self._standing[key] = await _less(self._order_id, done | Q(refund_id=key) if refund else done)
        return self._standing[key]

    async def prescribed(self) -> list[Prescription]:
        """The order's prescriptions, in the order of their making."""
        if self._prescribed is None:
            self._prescribed = await Prescription.filter(order_id=self._order_id).order_by("id")
        return self._prescribed

    async def prescriptions(self, refund: Refund | None = None) -> list[Prescription]:
        """Those of which something stands."""
        left = {line.prescription_number for line in await self.standing(refund)}
        return [each for each in await self.prescribed() if each.number in left]

    async def fee_digests(self, refund: Refund | None = None) -> dict[str, str]:
        """The same by number, each with the digest that was listed, or with that of the lines that are left of it."""
        left: dict[str, list[FeeDetail]] = defaultdict(list)
        for line in await self.standing(refund):
            left[line.prescription_number].append(line)
        return {each.number: _fee_digest(each, left[each.number]) for each in await self.prescriptions(refund)}


async def refundable(connection: Any, order_id: int) -> list[FeeDetail]:
    """The order's lines after everything that anybody has asked for, in the open transaction of `connection`."""
    return await _less(order_id, Q(refund__state__in=LIVING), connection)


def _fee_digest(prescription: Prescription, left: list[FeeDetail]) -> str:
    if total_fen(left) == prescription.total_fen:
        return prescription.fee_digest
    return digest_of((line.serial, line.quantity, yuan(line.amount_fen)) for line in left)


def total_fen(lines: Collection[FeeDetail]) -> int:
    """What the lines cost together."""
    return sum(line.amount_fen for line in lines)


async def _less(order_id: int, refunds: Q, connection: Any = None) -> list[FeeDetail]:
    lines = FeeDetail.filter(order_id=order_id).order_by("line_number")
    back = await _given_back(order_id, refunds, connection)
    found = await (lines.using_db(connection) if connection else lines)
    return [line for line in found if _reduce(line, back.get(line.id))]


def _reduce(line: FeeDetail, back: Back | None) -> bool:
    """Whether something of the line is left. The row in memory is made smaller; nobody saves it."""
    if back is None:
        return True
    line.quantity -= back.quantity
    left: int = line.amount_fen - back.amount_fen
    line.amount_fen = left
    return left > 0


async def _given_back(order_id: int, refunds: Q, connection: Any = None) -> dict[int, Back]:
    query = RefundLine.filter(refunds, fee_detail__order_id=order_id)
    back: dict[int, Back] = {}
    for line in await (query.using_db(connection) if connection else query):
        each = back.setdefault(line.fee_detail_id, Back())
        each.quantity += line.quantity
        each.amount_fen += line.amount_fen
    return back
