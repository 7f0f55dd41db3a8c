"""The arguments that lists share: a page, its order, and by what it can be narrowed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from app import models
from app.models.lists import ListSort
from schema.scalars import Money

First = Annotated[int, strawberry.argument(description="Rows on the page, 1–200 (每页条数).")]
After = Annotated[
    str | None, strawberry.argument(description="`endCursor` of the page before, in the same order (游标).")
]
Sorted = Annotated[ListSort, strawberry.argument(description="In which order (排序).")]
Since = Annotated[date | None, strawberry.argument(description="Made on this day or later (起始日期).")]
Until = Annotated[date | None, strawberry.argument(description="Made on this day or before (截止日期).")]
OfDepartment = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this department (科室标识).")]
OfDoctor = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this doctor (医师标识).")]
OfPatient = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this patient (患者标识).")]
MinAmount = Annotated[Money | None, strawberry.argument(description="Costing so much or more (最低金额).")]
MaxAmount = Annotated[Money | None, strawberry.argument(description="Costing so much or less (最高金额).")]
Number = Annotated[str | None, strawberry.argument(description="Only the one with this number (编号).")]
PaidBy = Annotated[models.PayKind | None, strawberry.argument(description="Only paid this way (支付方式).")]
