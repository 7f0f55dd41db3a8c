# ruff: noqa: S608 -- identifiers come from the declaration only, values are parameters
"""The lists at the root of the graph: declared once, for the ordinary road here and for compiled reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from tortoise import Tortoise
from tortoise.models import Model

from app import clock, models
from app.tokens import Viewer
from resolvers import paging
from resolvers.context import Context
from resolvers.reads import Convert
from resolvers.scopes import SCOPES, visible


@dataclass(frozen=True, slots=True)
class Filter:
    """An argument of a list: rows whose `column` compares so with the argument, `convert`ed."""

    column: str
    operator: str = "="
    convert: Convert = lambda given: given

    @property
    def lookup(self) -> str:
        """The same for an ordinary query."""
        return self.column + _SUFFIXES[self.operator]


_SUFFIXES = {"=": "", ">=": "__gte", "<": "__lt"}


@dataclass(frozen=True, slots=True)
class DailyCount:
    """Where a hospital's rows are counted already: the sum of `measure` in `table`, under the same arguments."""

    table: str
    measure: str
    filters: Mapping[str, Filter]
    where: str = "true"


@dataclass(frozen=True, slots=True)
class ListRoot:
    """A connection at the root of the graph: newest first, by keyset."""

    model: type[Model]
    filters: Mapping[str, Filter]
    counted_by: DailyCount | None = None

    def lookups(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given arguments as the conditions of an ordinary query; None is not given."""
        told = {name: value for name, value in given.items() if value is not None}
        return {self.filters[name].lookup: self.filters[name].convert(value) for name, value in told.items()}

    def daily(self, given: Collection[str], scope: Collection[str]) -> DailyCount | None:
        """Where the list is counted, if that knows all given arguments, and the viewer's scope is a whole hospital."""
        whole = all(path == "hospital_id" for path in scope)
        known = self.counted_by is not None and self.counted_by.filters.keys() >= set(given)
        return self.counted_by if whole and scope and known else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), clock.SHANGHAI)


def _next_midnight(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))


DAYS = {
    "since": Filter("created_at", ">=", _midnight),
    "until": Filter("created_at", "<", _next_midnight),
}

STATE = {"state": Filter("state")}
PAY_KIND = {"pay_kind": Filter("pay_kind")}
DAILY = {"since": Filter("day", ">="), "until": Filter("day", "<=")}
OF_HOSPITAL = "grain = 0"

LISTS: Mapping[str, ListRoot] = {
    "orders": ListRoot(
        models.Order, STATE | DAYS, counted_by=DailyCount("daily_order", "orders", STATE | DAILY, OF_HOSPITAL)
    ),
    "settlements": ListRoot(
        models.Settlement,
        STATE | PAY_KIND | DAYS,
        counted_by=DailyCount("daily_settlement", "begun", STATE | PAY_KIND | DAILY, OF_HOSPITAL),
    ),
    "invoices": ListRoot(models.Invoice, STATE, counted_by=DailyCount("daily_invoice", "invoices", STATE)),
    "invoicesMissing": ListRoot(models.MissingInvoice, {}),
    "refunds": ListRoot(models.Refund, STATE | DAYS),
}


async def listed(context: Context, name: str, *, first: int, after: str | None, **given: Any) -> paging.Page:
    """The viewer's rows of a list, newest first; `given` are its arguments."""
    root, viewer = LISTS[name], context.viewer
    told = {argument: value for argument, value in given.items() if value is not None}
    page = await paging.page(visible(root.model, viewer), first=first, after=after, filters=root.lookups(told))
    daily = root.daily(told, [rule.path for rule in SCOPES[root.model].get(viewer.role, ())])
    return replace(page, counted=partial(_sum, daily, viewer, told)) if daily else page


async def _sum(daily: DailyCount, viewer: Viewer, told: Mapping[str, Any]) -> int:
    """How many rows the daily rows have counted."""
    compared = [daily.filters[name] for name in told]
    conditions = "".join(f" AND {each.column} {each.operator} ${place}" for place, each in enumerate(compared, start=2))
    sql = (
        f"SELECT coalesce(sum({daily.measure}), 0)::bigint AS n FROM {daily.table} "
        f"WHERE hospital_id = $1 AND {daily.where}{conditions}"
    )
    _, rows = await Tortoise.get_connection("default").execute_query(sql, [viewer.hospital_id, *told.values()])
    return int(rows[0]["n"])
