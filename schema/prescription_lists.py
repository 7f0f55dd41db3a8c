"""Prescriptions as a list, and live."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated

import strawberry

from app import models
from resolvers import watching
from resolvers.context import Context
from resolvers.lists import listed
from schema.paging import Connection
from schema.prescriptions import Prescription


@strawberry.type
class PrescriptionQuery:
    """The read side."""

    @strawberry.field(description="Prescriptions you may see, newest first (处方列表): the pharmacist's work.")
    async def prescriptions(
        self,
        info: strawberry.Info[Context],
        first: Annotated[int, strawberry.argument(description="Rows on the page, 1–200 (每页条数).")] = 20,
        after: Annotated[str | None, strawberry.argument(description="`endCursor` of the page before (游标).")] = None,
        state: Annotated[
            models.PrescriptionState | None, strawberry.argument(description="Only in this state (状态).")
        ] = None,
        since: Annotated[
            date | None, strawberry.argument(description="Written on this day or later (起始日期).")
        ] = None,
        until: Annotated[
            date | None, strawberry.argument(description="Written on this day or before (截止日期).")
        ] = None,
    ) -> Connection[Prescription]:
        """Those of the HIS have no state."""
        name, context = "prescriptions", info.context
        page = await listed(context, name, first=first, after=after, state=state, since=since, until=until)
        return Connection(page=page)


@strawberry.type
class PrescriptionSubscription:
    """The live side."""

    @strawberry.subscription(description="A prescription, now and after every change (处方变更).")
    async def prescription_changed(
        self,
        info: strawberry.Info[Context],
        prescription_id: Annotated[strawberry.ID, strawberry.argument(description="The prescription (处方标识).")],
    ) -> AsyncIterator[Prescription]:
        """The first event is the present state."""
        async for row in watching.changes(info.context, "prescriptionChanged", prescription_id):
            yield row
