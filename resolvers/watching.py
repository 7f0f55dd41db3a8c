"""Live rows on the ordinary road; what can be watched is declared in resolvers/reads.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from resolvers import ids, reads
from resolvers.context import Context


async def changes(context: Context, subscription: str, row_id: str) -> AsyncIterator[Any]:
    """The row now, and again after every change; whether the viewer may see it is asked every time. Raises Problem."""
    field, type_name = reads.WATCHED[subscription]
    model = reads.BY_NAME[type_name].model
    row = await ids.find(context.viewer, model, row_id, field)
    async for _ in context.hub.changes((type_name, row.pk)):
        context.loaders.forget()
        yield await ids.find(context.viewer, model, row_id, field)
