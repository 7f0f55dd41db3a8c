"""Exports: a list or the payments of some days as a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from app import models
from app.models import ExportFormat, ExportKind, ExportState, ListSort
from resolvers import exports as resolve
from resolvers import watching
from resolvers.context import Context
from resolvers.lists import listed
from schema.fields import Node, row_of, stored
from schema.filters import After, First
from schema.paging import Connection
from schema.problems import (
    ExportProblem,
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    Problem,
    ProblemsAreAnswers,
)
from schema.scalars import Money


@strawberry.type(description="Where the file is (文件下载).")
class ExportDownload:
    """A link of our own."""

    name: str = strawberry.field(description="What the file is called (文件名).")
    url: str = strawberry.field(description="The address (地址), for you alone and for a short while: ask again later.")
    expires_at: datetime = strawberry.field(description="Until when the address works (链接失效时间).")


@row_of(models.ReportExport, "A file of orders or settlements that you asked for (导出). Tender 28, 29.")
class ReportExport(Node):
    """A row of `report_export`."""

    kind: ExportKind = stored("What is in it (内容).")
    format: ExportFormat = stored("Its format (格式).")
    sort: ListSort = stored("In which order (排序).")
    state: ExportState = stored("What became of it (状态).")
    rows_done: int = stored("How many rows are written (已写行数).")
    rows_total: int | None = stored("How many there will be (总行数), once it is known.")
    size_bytes: int | None = stored("How large the file is (文件大小，字节).")
    created_at: datetime = stored("When it was asked for (申请时间).")
    finished_at: datetime | None = stored("When it ended (完成时间).")
    expires_at: datetime | None = stored("When the file is deleted (文件删除时间).")

    @strawberry.field(description="How much of it is written (进度), from 0 to 1; null while the rows are not counted.")
    def progress(self, info: strawberry.Info[Context]) -> float | None:
        """`self` is the row."""
        return resolve.progress(self)

    @strawberry.field(description="Why there is no file (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        told = resolve.problem(self, info.context.language)
        return ExportProblem(code=told.code, message=told.message) if told else None

    @strawberry.field(description="Where the file is (下载); null while there is none, or none any more.")
    def download(self, info: strawberry.Info[Context]) -> ExportDownload | None:
        """`self` is the row."""
        told = resolve.file(info.context, self)
        if told is None:
            return None
        name, link = told
        return ExportDownload(name=name, url=link.url, expires_at=link.expires_at)


@strawberry.input(description="Only these rows (导出筛选); what does not fit the kind is refused.")
class ReportExportFilterInput:
    """Of `ReportExportInput`."""

    since: date | None = strawberry.field(
        default=None,
        description="Of this day or later (起始日期): when it was made; of payments and refunds, when they happened.",
    )
    until: date | None = strawberry.field(default=None, description="Of this day or before (截止日期).")
    order_state: models.OrderState | None = strawberry.field(
        default=None, description="Orders now in this state (订单状态)."
    )
    settlement_state: models.SettlementState | None = strawberry.field(
        default=None, description="Settlements now in this state (结算状态)."
    )
    pay_kind: models.PayKind | None = strawberry.field(default=None, description="Paid this way (支付方式).")
    department_id: strawberry.ID | None = strawberry.field(default=None, description="Of this department (科室标识).")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="Of this doctor (医师标识).")
    patient_id: strawberry.ID | None = strawberry.field(default=None, description="Of this patient (患者标识).")
    min_amount: Money | None = strawberry.field(default=None, description="Costing so much or more (最低金额).")
    max_amount: Money | None = strawberry.field(default=None, description="Costing so much or less (最高金额).")
    number: str | None = strawberry.field(default=None, description="Only the one with this number (编号).")


@strawberry.input(description="What to export (导出参数). Tender 28, 29.")
class ReportExportInput:
    """Of `reportExport`."""

    kind: ExportKind = strawberry.field(description="What (内容).")
    format: ExportFormat = strawberry.field(description="As which file (格式).")
    filter: ReportExportFilterInput | None = strawberry.field(default=None, description="Only these (筛选).")
    sort: ListSort = strawberry.field(default=ListSort.CREATED_DESC, description="In which order (排序).")
    idempotency_key: str = strawberry.field(description="The same key and input give the same export (幂等键).")


@strawberry.type(description="The export (导出结果).")
class ReportExportPayload:
    """The yes of `reportExport`."""

    export: ReportExport = strawberry.field(description="Watch it with reportExportChanged (导出).")


ReportExportResult = Annotated[
    ReportExportPayload | InputProblem | ForbiddenProblem | IdempotencyProblem,
    strawberry.union("ReportExportResult", description="The export, or why there is none (导出结果)."),
]


@strawberry.type
class ExportQuery:
    """The read side."""

    @strawberry.field(description="Exports that you asked for, newest first (导出列表). Tender 28, 29.")
    async def report_exports(
        self,
        info: strawberry.Info[Context],
        first: First = 20,
        after: After = None,
        state: Annotated[ExportState | None, strawberry.argument(description="Only in this state (状态).")] = None,
    ) -> Connection[ReportExport]:
        """Nobody sees another's."""
        return Connection(page=await listed(info.context, "reportExports", first=first, after=after, state=state))


@strawberry.type
class ExportMutation:
    """The write side."""

    @strawberry.mutation(
        description="Have a file written of orders, settlements or payments (导出). For finance, auditors and"
        " administrators. Tender 28, 29.",
        extensions=[ProblemsAreAnswers()],
    )
    async def report_export(
        self,
        info: strawberry.Info[Context],
        input: Annotated[ReportExportInput, strawberry.argument(description="What to export (导出参数).")],
    ) -> ReportExportResult:
        """Tender 28, 29."""
        given = vars(input.filter) if input.filter else {}
        row: Any = await resolve.ask(info.context, input.kind, input.format, given, input.sort, input.idempotency_key)
        return ReportExportPayload(export=row)


@strawberry.type
class ExportSubscription:
    """The live side."""

    @strawberry.subscription(description="An export of yours, now and as it goes on (导出变更).")
    async def report_export_changed(
        self,
        info: strawberry.Info[Context],
        export_id: Annotated[strawberry.ID, strawberry.argument(description="The export (导出标识).")],
    ) -> AsyncIterator[ReportExport]:
        """The first event is the present state."""
        async for row in watching.changes(info.context, "reportExportChanged", export_id):
            yield row
