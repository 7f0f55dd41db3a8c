"""What is asked of a provider and what it tells, in words of no provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class ParcelState(StrEnum):
    """Where a parcel is, the same for all carriers (logistics.md C.4)."""

    CREATED = "CREATED"
    PICKED_UP = "PICKED_UP"
    PICKUP_FAILED = "PICKUP_FAILED"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    SIGNED = "SIGNED"
    EXCEPTION = "EXCEPTION"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"


# Our codes of carriers, and what they are called.
COMPANIES: Mapping[str, str] = MappingProxyType(
    {
        "SF": "顺丰速运",
        "EMS": "EMS",
        "JD": "京东物流",
        "ZTO": "中通快递",
        "YTO": "圆通速递",
        "STO": "申通快递",
        "YUNDA": "韵达快递",
        "DEPPON": "德邦快递",
        "JT": "极兔速递",
        "ZJS": "宅急送",
        "BEST": "百世快递",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Which parcel; `phone_tail` is the last four digits of a telephone, where the carrier wants them."""

    company: str
    waybill_number: str
    phone_tail: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One event. `state` is None for a code that nobody knows; `text` may name a courier, and stays out of the repr."""

    at: datetime
    raw_code: str
    state: ParcelState | None
    text: str = field(repr=False)
    location: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """All events of a parcel, oldest first, and where the provider says that it is now (None: nobody knows)."""

    company: str
    waybill_number: str
    state: ParcelState | None
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A verified push: which parcel it is about, and whether the provider has given up following it."""

    company: str | None
    waybill_number: str
    given_up: bool
