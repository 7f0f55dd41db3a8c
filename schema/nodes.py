"""`node` and `nodes`: any object by its global id."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

import strawberry

from app.problems import Problem
from resolvers import ids
from resolvers.context import Context
from schema.fields import Node

MOST = 100


@strawberry.type
class NodeQuery:
    """The read side."""

    @strawberry.field(description="An object by its global id (按标识查询); null where there is none that you may see.")
    async def node(
        self,
        info: strawberry.Info[Context],
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id (全局标识).")],
    ) -> Node | None:
        """Absent, foreign and malformed look the same."""
        row = await ids.node(info.context.viewer, id)
        return cast("Node | None", row)

    @strawberry.field(description="Objects by their global ids, in the same order (按标识批量查询), at most 100.")
    async def nodes(
        self,
        info: strawberry.Info[Context],
        ids_: Annotated[list[strawberry.ID], strawberry.argument(name="ids", description="Global ids (全局标识).")],
    ) -> list[Node | None]:
        """Null for each that is not there."""
        if len(ids_) > MOST:
            raise Problem("INVALID_INPUT", field="ids", reason=f"≤ {MOST}")
        rows: Any = await asyncio.gather(*(ids.node(info.context.viewer, each) for each in ids_))
        return list(rows)
