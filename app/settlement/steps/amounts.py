"""The platform's amounts against the order's: checked by their identities, never repaired (insurance.md 4.3)."""

from __future__ import annotations

from typing import Any

from app.money import fen, yuan_text
from app.settlement.work import Stop, Work
from clients.insurance.payment.answers import Amounts


def amounts(work: Work, told: Amounts) -> dict[str, Any]:
    """The platform's parts as columns. Stops the flow when they contradict the order or an earlier answer."""
    parts = {
        "fund_fen": fen(told.fund),
        "account_fen": fen(told.account),
        "cash_fen": fen(told.cash),
        "other_fen": fen(told.other),
    }
    settlement = work.settlement
    if fen(told.total) != settlement.total_fen or sum(parts.values()) != settlement.total_fen:
        raise Stop("AMOUNTS_DIFFER", reason=f"{told.total} ≠ {yuan_text(settlement.total_fen)}")
    if settlement.fund_fen is not None and any(getattr(settlement, name) != part for name, part in parts.items()):
        raise Stop("AMOUNTS_DIFFER", reason="6202 / 6301")
    return parts
