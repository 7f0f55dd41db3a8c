"""Keyset pages: by one column and the id; `after` is the last row that was seen; never an offset."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from app.models.lists import ListSort
from app.problems import Problem

LARGEST_PAGE = 200
LARGEST = 2**63 - 1
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# What the cursors of a sort begin with, so that no sort takes another's for its own.
MARKS = {ListSort.CREATED_DESC: "", ListSort.CREATED_ASC: "c", ListSort.AMOUNT_DESC: "A", ListSort.AMOUNT_ASC: "a"}
ANOTHERS = "这是另一种排序的游标 (a cursor of another sort)"
NONE = "不是本列表的游标 (not a cursor of this list)"


@dataclass(frozen=True, slots=True)
class Sorting:
    """A sort with its cursors. A place in the list is the row's value in `column`, and its id."""

    sort: ListSort = ListSort.CREATED_DESC

    @property
    def column(self) -> str:
        """The column in front of the id."""
        return "total_fen" if self.sort.by_amount else "created_at"

    def cursor_of(self, value: Any, row_id: int) -> str:
        """A place as text."""
        number = value if self.sort.by_amount else (value - EPOCH) // MICROSECOND
        return base64.urlsafe_b64encode(f"{MARKS[self.sort]}{number}:{row_id}".encode()).decode()

    def cursor(self, row: Any) -> str:
        """Where a row stands in the list."""
        return self.cursor_of(getattr(row, self.column), row.pk)

    def position(self, after: str) -> tuple[Any, int]:
        """The place that a cursor names. Raises Problem for another sort's, and for what is none."""
        mark, number, row_id = _read(after)
        if mark != MARKS[self.sort]:
            raise Problem("INVALID_INPUT", field="after", reason=ANOTHERS if mark in MARKS.values() else NONE)
        try:
            return (number if self.sort.by_amount else EPOCH + number * MICROSECOND), row_id
        except OverflowError as error:
            raise Problem("INVALID_INPUT", field="after", reason=NONE) from error

    def rows(self, query: QuerySet[Any], after: str | None) -> QuerySet[Any]:
        """The rows after a cursor, in order. Raises Problem for a wrong one."""
        name, beyond, sign = self.column, *(("lt", "-") if self.sort.descending else ("gt", ""))
        if after is not None:
            value, row_id = self.position(after)
            # The first condition is where the index begins; the others leave out what was seen of that value.
            later: dict[str, Any] = {f"{name}__{beyond}": value, f"id__{beyond}": row_id}
            query = query.filter(Q(**later, join_type="OR"), **{f"{name}__{beyond}e": value})
        return query.order_by(f"{sign}{name}", f"{sign}id")


NEWEST = Sorting()
cursor_of = NEWEST.cursor_of


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one page, and the query behind them for whoever asks for the total."""

    rows: list[Any]
    has_next_page: bool
    query: QuerySet[Model]
    sorting: Sorting = NEWEST
    counted: Callable[[], Awaitable[int]] | None = None

    async def total_count(self) -> int:
        """How many rows there are in all; `counted` knows it without counting."""
        return await (self.counted() if self.counted else self.query.count())


def size(first: int) -> int:
    """A page size. Raises Problem."""
    if not 1 <= first <= LARGEST_PAGE:
        raise Problem("INVALID_INPUT", field="first", reason=f"1–{LARGEST_PAGE}")
    return first


def _read(after: str) -> tuple[str, int, int]:
    """A cursor's mark and numbers. Raises Problem."""
    try:
        text, _, row_id = base64.urlsafe_b64decode(after.encode()).decode().partition(":")
        bare = text.lstrip("".join(MARKS.values()))
        told = text.removesuffix(bare), int(bare), int(row_id)
    except (binascii.Error, UnicodeError, ValueError):
        told = "", 0, -1
    if not (0 <= told[2] <= LARGEST and abs(told[1]) <= LARGEST):
        raise Problem("INVALID_INPUT", field="after", reason=NONE)
    return told


async def page(query: QuerySet[Any], *, first: int, after: str | None, sorting: Sorting = NEWEST) -> Page:
    """`first` rows after a cursor. Raises Problem for a page size or a cursor that is none."""
    limit = size(first)
    rows = await sorting.rows(query, after).limit(limit + 1)
    return Page(rows[:limit], len(rows) > limit, query, sorting)
