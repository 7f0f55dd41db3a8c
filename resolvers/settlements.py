"""Settlements: begin, look again, reverse, drive on, and watch."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from app import models
from app.idempotency import Once
from app.models import PayKind, SettlementState
from app.problems import checked
from app.settlement import opening, reversal
from app.settlement.checkouts import Checkout
from app.tokens import Role
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

LONGEST_REASON = 200


async def start(context: Context, order_id: str, pay_kind: PayKind, checkout: Checkout, key: str) -> models.Settlement:
    """Store a settlement of the order; its steps go on by themselves."""
    context.allow(Role.PATIENT, Role.CASHIER)
    order = await ids.find(context.viewer, models.Order, order_id, "orderId")

    async def act(once: Once) -> int:
        return int((await opening.start(context.installation, order, pay_kind, checkout, once)).id)

    given = [order_id, pay_kind, asdict(checkout)]
    return await answer_once(context, models.Settlement, "settlementStart", key, given, act)


async def refresh(context: Context, settlement_id: str) -> models.Settlement:
    """Ask the platform now; the answer comes as an event, or by asking again."""
    settlement = await _find(context, settlement_id)
    await reversal.refresh(settlement)
    return settlement


async def reverse(context: Context, settlement_id: str, reason: str, key: str) -> models.Settlement:
    """Undo a settlement in the hospital's order."""
    context.allow(Role.CASHIER, Role.FINANCE)
    settlement = await _find(context, settlement_id)
    why = checked(reason, field="reason", longest=LONGEST_REASON)

    async def act(once: Once) -> int:
        await reversal.reverse(settlement, why, context.actor, once)
        return int(settlement.id)

    return await answer_once(context, models.Settlement, "settlementReverse", key, [settlement_id, reason], act)


async def resume(context: Context, settlement_id: str) -> models.Settlement:
    """Drive a settlement in ATTENTION on."""
    context.allow(Role.CASHIER, Role.FINANCE)
    settlement = await _find(context, settlement_id)
    await reversal.resume(settlement, context.actor)
    return await _find(context, settlement_id)


def checkout_parameters(context: Context, row: Any) -> dict[str, str] | None:
    """What the patient's own client pays with; nobody else sees it, nor anybody before or after."""
    sealed, open_ = row.checkout_parameters_sealed, row.state == SettlementState.AWAITING_PAYMENT
    if sealed is None or not open_ or context.viewer.role is not Role.PATIENT:
        return None
    told: dict[str, str] = orjson.loads(
        context.installation.sealer.open(sealed, f"settlement.checkout_parameters:{row.number}")
    )
    return told


async def _find(context: Context, settlement_id: str) -> models.Settlement:
    return await ids.find(context.viewer, models.Settlement, settlement_id, "settlementId")
