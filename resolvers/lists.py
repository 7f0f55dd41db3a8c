# ruff: noqa: S608 -- identifiers come from the declaration only, values are parameters
"""The lists at the root of the graph, as resolvers/reads.py declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from tortoise import Tortoise

from app.tokens import Viewer
from resolvers import paging
from resolvers.context import Context
from resolvers.reads import LISTS, DailyCount
from resolvers.scopes import SCOPES, visible


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
