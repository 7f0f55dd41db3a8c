"""How numbers and files travel on either channel."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal


def figures(value: Decimal | int, places: int) -> str:
    """A number in fixed decimals: it is never rounded here. Raises ValueError."""
    if value != round(value, places):
        raise ValueError(f"more than {places} decimals: {value}")
    return f"{value:.{places}f}"


def packed(content: bytes) -> str:
    """A file as it travels."""
    return base64.b64encode(content).decode()


def unpacked(text: str) -> bytes:
    """The file that travelled. Raises ValueError."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not Base64") from None
