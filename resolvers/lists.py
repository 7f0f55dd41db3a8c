"""The lists at the root of the graph, as resolvers/reads.py declares them."""

from __future__ import annotations

from typing import Any

from resolvers import paging
from resolvers.context import Context
from resolvers.reads import LISTS
from resolvers.scopes import visible


async def listed(context: Context, name: str, *, first: int, after: str | None, **given: Any) -> paging.Page:
    """The viewer's rows of a list, newest first; `given` are its arguments."""
    root = LISTS[name]
    rows = visible(root.model, context.viewer)
    return await paging.page(rows, first=first, after=after, filters=root.lookups(given))
