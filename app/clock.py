"""Now, and what day it is where the hospital stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, with its zone (UTC)."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment on a clock in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI)


def day_of(moment: datetime) -> date:
    """The day in Asia/Shanghai."""
    return local(moment).date()


def moment(text: str) -> datetime:
    """A moment as the graph wrote it."""
    return datetime.fromisoformat(text)
