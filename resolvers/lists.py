"""The lists at the root of the graph on the ordinary road, as resolvers/connections.py declares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from tortoise.expressions import Subquery
from tortoise.queryset import QuerySet

from app import reports
from app.lists import Filter
from app.models.lists import ListSort
from app.tokens import Viewer
from resolvers import paging
from resolvers.connections import LISTS, DailyCount
from resolvers.context import Context
from resolvers.scopes import SCOPES, visible

LOOKUPS = {"=": "", ">=": "__gte", "<": "__lt", "<=": "__lte"}


async def listed(
    context: Context,
    name: str,
    *,
    first: int,
    after: str | None,
    sort: ListSort = ListSort.CREATED_DESC,
    **given: Any,
) -> paging.Page:
    """The viewer's rows of a list in this order; `given` are its filters, None is not given. Raises Problem."""
    root, viewer = LISTS[name], context.viewer
    told = {argument: value for argument, value in given.items() if value is not None}
    query = visible(root.model, viewer)
    for argument, value in told.items():
        declared = root.filters[argument]
        query = narrowed(query, declared, declared.convert(value))
    page = await paging.page(query, first=first, after=after, sorting=paging.Sorting(sort))
    daily = root.daily(told, [rule.path for rule in SCOPES[root.model].get(viewer.role, ())])
    return replace(page, counted=partial(_count, daily, viewer, told)) if daily else page


def narrowed(query: QuerySet[Any], declared: Filter, value: Any) -> QuerySet[Any]:
    """The query under one more filter; rows that point here are looked for once, however many there are."""
    first, _, rest = declared.path.partition("__")
    if first not in query.model._meta.backward_fk_fields:
        return query.filter(**{declared.path + LOOKUPS[declared.operator]: value})
    relation: Any = query.model._meta.fields_map[first]
    found = relation.related_model.filter(**{rest + LOOKUPS[declared.operator]: value})
    if declared.never is not None:
        found = found.exclude(**dict([declared.never]))
    return query.filter(id__in=Subquery(found.values(relation.relation_field)))


async def _count(daily: DailyCount, viewer: Viewer, told: Mapping[str, Any]) -> int:
    """How many rows the daily rows have counted."""
    filters = {name: daily.filters[name] for name in told}
    compared = tuple((each.path, each.operator) for each in filters.values())
    values = [each.convert(told[name]) for name, each in filters.items()]
    return await reports.count(daily.daily, daily.measure, viewer.hospital_id, compared, values)
