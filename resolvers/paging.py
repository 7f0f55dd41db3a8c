"""Keyset pages: newest first by (created_at, id); `after` is the last row that was seen; never an offset."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from app.problems import Problem

LARGEST_PAGE = 200
LARGEST = 2**63 - 1
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, and the query behind them for whoever asks for the total."""

    rows: list[Any]
    has_next_page: bool
    query: QuerySet[Model]
    counted: Callable[[], Awaitable[int]] | None = None

    async def total_count(self) -> int:
        """How many rows there are in all; `counted` knows it without counting."""
        return await (self.counted() if self.counted else self.query.count())


def cursor_of(created_at: datetime, row_id: int) -> str:
    """A place in the list."""
    return base64.urlsafe_b64encode(f"{(created_at - EPOCH) // MICROSECOND}:{row_id}".encode()).decode()


def cursor(row: Any) -> str:
    """Where a row stands in the list."""
    return cursor_of(row.created_at, row.pk)


def size(first: int) -> int:
    """A page size. Raises Problem."""
    if not 1 <= first <= LARGEST_PAGE:
        raise Problem("INVALID_INPUT", field="first", reason=f"1–{LARGEST_PAGE}")
    return first


def position(after: str) -> tuple[datetime, int]:
    """The place that a cursor names. Raises Problem."""
    try:
        moment, _, number = base64.urlsafe_b64decode(after.encode()).decode().partition(":")
        place = EPOCH + int(moment) * MICROSECOND, int(number)
    except (binascii.Error, UnicodeError, ValueError, OverflowError):
        place = EPOCH, -1
    if not 0 <= place[1] <= LARGEST:
        raise Problem("INVALID_INPUT", field="after", reason="不是本列表的游标 (not a cursor of this list)")
    return place


async def page(query: QuerySet[Any], *, first: int, after: str | None, filters: Mapping[str, Any]) -> Page:
    """`first` rows after a cursor. Raises Problem for a page size or a cursor that is none."""
    limit = size(first)
    filtered = query.filter(**filters)
    start = filtered
    if after is not None:
        moment, row_id = position(after)
        start = filtered.filter(Q(created_at__lt=moment) | Q(created_at=moment, id__lt=row_id))
    rows = await start.order_by("-created_at", "-id").limit(limit + 1)
    return Page(rows[:limit], len(rows) > limit, filtered)
