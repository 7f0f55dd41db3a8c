"""Now, and what day it is where the hospital stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
# Since then the clocks of Asia/Shanghai have never changed: eight hours before UTC, and a quick way to write it.
STEADY_SINCE, OFFSET = datetime(1992, 1, 1, tzinfo=UTC), timedelta(hours=8)
_TWO = tuple(f"{number:02d}" for number in range(60))
_MILLISECONDS = tuple(f".{number:03d}+08:00" for number in range(1000))
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)


def now() -> datetime:
    """The present moment, with its zone (UTC)."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment on a clock in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI)


def day_of(moment: datetime) -> date:
    """The day in Asia/Shanghai."""
    return local(moment).date()


def day(text: str) -> date:
    """A day as the graph is told it. Raises ValueError, also for a day too far off to have a midnight on both sides."""
    told = date.fromisoformat(text)
    if not FIRST_DAY <= told <= LAST_DAY:
        raise ValueError(f"not between {FIRST_DAY} and {LAST_DAY}: {text}")
    return told


def text(moment: datetime) -> str:
    """A moment as the graph writes it: Asia/Shanghai, milliseconds, with its offset. `isoformat` takes four times as
    long, and a page of orders has a hundred moments.
    """
    if moment < STEADY_SINCE or moment.tzinfo is not UTC:
        return local(moment).isoformat(timespec="milliseconds")
    at = moment + OFFSET
    day = f"{at.year}-{_TWO[at.month]}-{_TWO[at.day]}"
    return f"{day}T{_TWO[at.hour]}:{_TWO[at.minute]}:{_TWO[at.second]}{_MILLISECONDS[at.microsecond // 1000]}"


def moment(text: str) -> datetime:
    """A moment as the graph wrote it."""
    return datetime.fromisoformat(text)
