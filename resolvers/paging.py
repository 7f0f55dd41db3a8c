"""Keyset pages: newest first, `after` is the last row that was seen; never an offset."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tortoise.models import Model
from tortoise.queryset import QuerySet

from app.problems import Problem

LARGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, and the query behind them for whoever asks for the total."""

    rows: list[Any]
    has_next_page: bool
    query: QuerySet[Model]

    async def total_count(self) -> int:
        """How many rows there are in all."""
        return await self.query.count()


def cursor(row: Model) -> str:
    """Where a row stands in the list."""
    return base64.urlsafe_b64encode(f"k:{row.pk}".encode()).decode()


async def page(
    query: QuerySet[Any], *, first: int, after: str | None, filters: Mapping[str, Any] | None = None
) -> Page:
    """`first` rows after a cursor, newest first. Raises Problem for a page size or a cursor that is none."""
    if not 1 <= first <= LARGEST_PAGE:
        raise Problem("INVALID_INPUT", field="first", reason=f"1–{LARGEST_PAGE}")
    filtered = query.filter(**{name: value for name, value in (filters or {}).items() if value is not None})
    start = filtered.filter(id__lt=_position(after)) if after is not None else filtered
    rows = await start.order_by("-id").limit(first + 1)
    return Page(rows[:first], len(rows) > first, filtered)


def _position(after: str) -> int:
    try:
        kind, _, number = base64.urlsafe_b64decode(after.encode()).decode().partition(":")
        if kind == "k":
            return int(number)
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise Problem("INVALID_INPUT", field="after", reason="不是本列表的游标 (not a cursor of this list)")
