"""Money on the wires: `Decimal` yuan with exactly two places, as text."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

CENT = Decimal("0.01")


def text(yuan: Decimal) -> str:
    """`Decimal("12.3")` → `"12.30"`. Raises ValueError for more than two decimals: money is never rounded here."""
    if yuan != yuan.quantize(CENT):
        raise ValueError(f"not a whole number of fen: {yuan}")
    return f"{yuan:.2f}"


def yuan(value: object) -> Decimal:
    """The amount that a platform wrote as text or as a JSON number read as text. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"not an amount: {value!r}")
    try:
        amount = Decimal(value)
        whole = amount.quantize(CENT)
    except InvalidOperation:
        raise ValueError(f"not an amount: {value!r}") from None
    if amount != whole:
        raise ValueError(f"not a whole number of fen: {value!r}")
    return whole


def yuan_or_none(value: object) -> Decimal | None:
    """As `yuan`, but absent, null and empty mean "not told", never zero."""
    return None if value is None or value == "" else yuan(value)
