"""How the prescription centre writes paths and times, and what it signs. Source: mobile-payment.md 2 and 4.1.

The envelope itself is `clients/insurance/envelope.py`; every scalar travels as a string, nothing empty is sent (0.3).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from clients.circulation.prescription import PLATFORM_TIME
from clients.circulation.wire import packed

PATHS = {
    "D001": "fixmedins/uploadChk",
    "D002": "fixmedins/rxFixmedinsSign",
    "D003": "fixmedins/rxFileUpld",
    "D004": "fixmedins/rxUndo",
    "D005": "fixmedins/hospRxDetlQuery",
    "D006": "fixmedins/rxChkInfoQuery",
    "D007": "fixmedins/rxSetlInfoQuery",
}
JSON_HEADERS = {"content-type": "application/json; charset=utf-8"}
FIELDS = Path(__file__).with_name("fields.json")
CODES = Path(__file__).with_name("codes.json")

_SECONDS = "%Y-%m-%d %H:%M:%S"


def timestamp(at: datetime | None = None) -> str:
    """`yyyyMMddHHmmss` of an aware time (now, if none), as the platform's wall clock shows it. Raises ValueError."""
    return _wall(at or datetime.now(PLATFORM_TIME)).strftime("%Y%m%d%H%M%S")


def moment(at: datetime) -> str:
    """`yyyy-MM-dd HH:mm:ss` of an aware time, on the platform's wall clock. Raises ValueError."""
    return _wall(at).strftime(_SECONDS)


def moment_of(value: object) -> datetime:
    """The aware time of a `yyyy-MM-dd HH:mm:ss`. Raises ValueError or TypeError."""
    if not isinstance(value, str):
        raise TypeError("a time is a text")
    return datetime.strptime(value, _SECONDS).replace(tzinfo=PLATFORM_TIME)


def moment_or_none(value: object) -> datetime | None:
    """As `moment_of`; absent, null and empty are not told."""
    return None if value is None or value == "" else moment_of(value)


def number(value: object) -> Decimal:
    """A number that the platform wrote as text or as a JSON number. Raises ValueError."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not found.is_finite():
        raise ValueError("not a number")
    return found


def plain(value: object) -> str | None:
    """A scalar as text; absent, null and empty are not told. Raises ValueError for an object or a list."""
    if isinstance(value, Mapping | list):
        raise ValueError("a scalar is expected")
    return None if value is None or value == "" else str(value)


def demanded(data: Mapping[str, Any], name: str) -> str:
    """A scalar that must be told. Raises ValueError naming the field."""
    told = plain(data.get(name))
    if told is None:
        raise ValueError(f"{name} is missing")
    return told


def told(members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that say something."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def signing_text(fields: Mapping[str, str]) -> str:
    """What D002 signs: the fields as JSON with sorted keys, in Base64."""
    return packed(json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def _wall(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(PLATFORM_TIME)
