"""Refunds: asked for by the patient or a cashier, decided by another person of the staff."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from app import models, refunds
from app.idempotency import LONGEST_KEY, Once
from app.money import fen
from app.problems import Problem, checked
from app.refunds import Asked
from app.settlement import refunding
from app.tokens import Role
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

LONGEST_REASON = 200
DECIDERS = (Role.CASHIER, Role.FINANCE, Role.ADMIN)
# An e-receipt shows two decimals of a quantity.
QUANTITY = re.compile(r"\d{1,12}(\.\d{1,2})?")

Line = tuple[str, str | None, str | None]


async def request(context: Context, settlement_id: str, lines: Sequence[Line], reason: str, key: str) -> models.Refund:
    """Ask for some lines back: serial, quantity and amount of each."""
    context.allow(Role.PATIENT, Role.CASHIER)
    why = _words(key, reason)
    settlement = await ids.find(context.viewer, models.Settlement, settlement_id, "settlementId")
    asked = [_asked(*line) for line in lines]

    async def act(once: Once) -> int:
        return int((await refunds.request(settlement, asked, why, context.actor, once)).id)

    input_ = [settlement_id, list(lines), reason]
    return await answer_once(context, models.Refund, "refundRequest", key, input_, act)


async def approve(context: Context, refund_id: str, key: str) -> models.Refund:
    """Say yes; the settlement's steps give the money back by themselves."""
    _words(key)
    refund = await _find(context, refund_id)

    async def act(once: Once) -> int:
        await refunding.approve(refund, context.actor, once)
        return int(refund.id)

    return await answer_once(context, models.Refund, "refundApprove", key, [refund_id], act)


async def reject(context: Context, refund_id: str, reason: str, key: str) -> models.Refund:
    """Say no, and why."""
    why = _words(key, reason)
    refund = await _find(context, refund_id)

    async def act(once: Once) -> int:
        await refunding.reject(refund, why, context.actor, once)
        return int(refund.id)

    return await answer_once(context, models.Refund, "refundReject", key, [refund_id, reason], act)


def _words(key: str, reason: str = "-") -> str:
    """The reason without outer blanks. Raises Problem for a text that cannot be used, before anything is looked for."""
    checked(key, field="idempotencyKey", longest=LONGEST_KEY)
    return checked(reason, field="reason", longest=LONGEST_REASON)


async def _find(context: Context, refund_id: str) -> models.Refund:
    context.allow(*DECIDERS)
    return await ids.find(context.viewer, models.Refund, refund_id, "refundId")


def _asked(serial: str, quantity: str | None, amount: str | None) -> Asked:
    """Raises Problem for a quantity or an amount that is none."""
    if quantity is not None and not QUANTITY.fullmatch(quantity):
        raise Problem("INVALID_INPUT", field="lines", reason=f"数量 {quantity[:20]} (a quantity, two decimals at most)")
    return Asked(
        serial,
        None if quantity is None else Decimal(quantity),
        None if amount is None else fen(Decimal(amount)),
    )
