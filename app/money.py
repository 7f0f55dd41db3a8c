"""Money inside the house is integer fen; `Decimal` yuan exists only at the edges."""

from __future__ import annotations

import re
from decimal import Decimal

# Yuan as the graph writes and reads them.
YUAN_TEXT = re.compile(r"-?[0-9]{1,12}\.[0-9]{2}")
_CENTS = tuple(f".{fen:02d}" for fen in range(100))


def fen(yuan: Decimal) -> int:
    """`Decimal("12.30")` → 1230. Raises ValueError for a fraction of a fen: money is never rounded."""
    amount = yuan * 100
    if amount != amount.to_integral_value():
        raise ValueError(f"not a whole number of fen: {yuan}")
    return int(amount)


def yuan(amount_fen: int) -> Decimal:
    """1230 → `Decimal("12.30")`."""
    return Decimal(amount_fen).scaleb(-2)


def yuan_text(amount_fen: int) -> str:
    """1230 → `"12.30"`."""
    if amount_fen >= 0:
        return f"{amount_fen // 100}{_CENTS[amount_fen % 100]}"
    return "-" + yuan_text(-amount_fen)


def negative_yuan_text(amount_fen: int) -> str:
    """1230 → `"-12.30"`; 0 → `"0.00"`."""
    return yuan_text(-amount_fen)
