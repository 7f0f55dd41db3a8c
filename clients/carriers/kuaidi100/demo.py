"""What the control desk is told of one demonstration parcel: handed in at 中通, and its whole way in four events."""

from __future__ import annotations

from typing import Any

COMPANY, PHONE = "zhongtong", "10000000007"
WAY = (("1", "快件已揽收"), ("0", "运输中"), ("5", "派送中"), ("3", "已签收"))


def handed_in(number: str) -> dict[str, Any]:
    """The parcel, before anything happened to it."""
    return {"parcels": [{"company": COMPANY, "number": number, "phone": PHONE}]}


def delivered(number: str) -> dict[str, Any]:
    """All events, a second apart, the last one now."""
    row = {"company": COMPANY, "number": number}
    last = len(WAY) - 1
    return {"moves": [row | {"code": c, "text": t, "ago": last - place} for place, (c, t) in enumerate(WAY)]}
