"""Reports of orders and settlements over days, weeks and months."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import strawberry

from app import models
from app.models.reports import ReportBucket as Bucket
from app.models.reports import ReportDimension as Dimension
from app.reports import Line, Report
from resolvers import reports as resolve
from resolvers.context import Context
from resolvers.reports import FILTERS
from schema.hospitals import Department, Doctor
from schema.problems import ForbiddenProblem, InputProblem, ProblemsAreAnswers
from schema.scalars import Money


@strawberry.input(description="Only these orders (订单统计筛选).")
class OrderReportFilterInput:
    """Of `OrderReportInput`."""

    department_id: strawberry.ID | None = strawberry.field(default=None, description="Of this department (科室标识).")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="Of this doctor (医师标识).")
    state: models.OrderState | None = strawberry.field(default=None, description="Now in this state (订单状态).")


@strawberry.input(description="Only these settlements (结算统计筛选).")
class SettlementReportFilterInput:
    """Of `SettlementReportInput`."""

    department_id: strawberry.ID | None = strawberry.field(default=None, description="Of this department (科室标识).")
    doctor_id: strawberry.ID | None = strawberry.field(default=None, description="Of this doctor (医师标识).")
    state: models.SettlementState | None = strawberry.field(default=None, description="Now in this state (结算状态).")
    pay_kind: models.PayKind | None = strawberry.field(default=None, description="Paid so (支付方式).")
    insurance_type: str | None = strawberry.field(
        default=None, description="Of this kind of insurance (险种类型), for instance 310; empty: of none."
    )


FROM = "The first day (起始日期)."
TO = "The last day, which is in it (截止日期); at most ten years."
BUCKET = "How long one row lasts (统计周期)."
GROUP_BY = "One row for each of these, too (统计维度)."


@strawberry.input(description="What to report of orders (订单统计参数). Tender 28.")
class OrderReportInput:
    """Of `orderReport`."""

    from_: date = strawberry.field(name="from", description=FROM)
    to: date = strawberry.field(description=TO)
    bucket: Bucket = strawberry.field(default=Bucket.DAY, description=BUCKET)
    group_by: list[Dimension] = strawberry.field(
        default_factory=list, description=f"{GROUP_BY[:-1]}: DEPARTMENT, DOCTOR, STATE."
    )
    filter: OrderReportFilterInput | None = strawberry.field(default=None, description="Only these (筛选).")


@strawberry.input(description="What to report of settlements (结算统计参数). Tender 29.")
class SettlementReportInput:
    """Of `settlementReport`."""

    from_: date = strawberry.field(name="from", description=FROM)
    to: date = strawberry.field(description=TO)
    bucket: Bucket = strawberry.field(default=Bucket.DAY, description=BUCKET)
    group_by: list[Dimension] = strawberry.field(default_factory=list, description=GROUP_BY)
    filter: SettlementReportFilterInput | None = strawberry.field(default=None, description="Only these (筛选).")


@strawberry.type(description="Orders over the whole range (订单合计). Tender 28.")
class OrderReportTotals:
    """Counts and sums."""

    count: int = strawberry.field(description="Orders made (订单数), by the day they were made.")
    total_amount: Money = strawberry.field(description="What they cost (总金额).")


@strawberry.type(description="Orders of one bucket and group (订单统计行). Tender 28.")
class OrderReportRow(OrderReportTotals):
    """One row."""

    from_: date = strawberry.field(name="from", description="Where the bucket begins (周期起始日).")
    state: models.OrderState | None = strawberry.field(description="State (订单状态); null when not grouped.")
    group: strawberry.Private[Mapping[str, Any]]

    @strawberry.field(description="Department (科室); null when not grouped.")
    async def department(self, info: strawberry.Info[Context]) -> Department | None:
        """Loaded with those of the other rows."""
        found: Department | None = await _loaded(info, models.Department, self.group.get("department_id"))
        return found

    @strawberry.field(description="Doctor (医师); null when not grouped.")
    async def doctor(self, info: strawberry.Info[Context]) -> Doctor | None:
        """Loaded with those of the other rows."""
        found: Doctor | None = await _loaded(info, models.Doctor, self.group.get("doctor_id"))
        return found


@strawberry.type(description="Settlements over the whole range (结算合计). Tender 29.")
class SettlementReportTotals:
    """Counts and sums."""

    count: int = strawberry.field(description="Settlements paid (结算笔数), by the day they were paid.")
    begun_count: int = strawberry.field(description="Settlements begun (发起笔数), by the day they were begun.")
    total_amount: Money = strawberry.field(description="Paid in all (费用总额), by the day of the payment.")
    fund_amount: Money = strawberry.field(description="Of it by the insurance fund (基金支付).")
    account_amount: Money = strawberry.field(description="Of it by personal accounts (个人账户支付).")
    cash_amount: Money = strawberry.field(description="Of it by patients in cash (现金支付).")
    other_amount: Money = strawberry.field(description="Of it by others (其他支付).")
    refund_count: int = strawberry.field(description="Refunds (退费笔数), by the day of the refund.")
    refunded_amount: Money = strawberry.field(
        description="Given back (退费金额), as a negative amount, by the day of the refund."
    )


@strawberry.type(description="Settlements of one bucket and group (结算统计行). Tender 29.")
class SettlementReportRow(SettlementReportTotals):
    """One row."""

    from_: date = strawberry.field(name="from", description="Where the bucket begins (周期起始日).")
    pay_kind: models.PayKind | None = strawberry.field(description="Who pays (支付方式); null when not grouped.")
    state: models.SettlementState | None = strawberry.field(description="State (结算状态); null when not grouped.")
    insurance_type: str | None = strawberry.field(
        description="Kind of insurance (险种类型); empty for none, null when not grouped."
    )
    group: strawberry.Private[Mapping[str, Any]]

    @strawberry.field(description="Department (科室); null when not grouped.")
    async def department(self, info: strawberry.Info[Context]) -> Department | None:
        """Loaded with those of the other rows."""
        found: Department | None = await _loaded(info, models.Department, self.group.get("department_id"))
        return found

    @strawberry.field(description="Doctor (医师); null when not grouped.")
    async def doctor(self, info: strawberry.Info[Context]) -> Doctor | None:
        """Loaded with those of the other rows."""
        found: Doctor | None = await _loaded(info, models.Doctor, self.group.get("doctor_id"))
        return found


@strawberry.type(description="What became of orders, over time (订单统计). Tender 28.")
class OrderReport:
    """The yes of `orderReport`."""

    rows: list[OrderReportRow] = strawberry.field(
        description="Oldest first (统计行); the first and the last bucket have only the days that were asked for."
    )
    totals: OrderReportTotals = strawberry.field(description="Over the whole range (合计).")


@strawberry.type(description="What was paid and given back, over time (结算统计). Tender 29.")
class SettlementReport:
    """The yes of `settlementReport`."""

    rows: list[SettlementReportRow] = strawberry.field(
        description="Oldest first (统计行); the first and the last bucket have only the days that were asked for."
    )
    totals: SettlementReportTotals = strawberry.field(description="Over the whole range (合计).")


OrderReportResult = Annotated[
    OrderReport | InputProblem | ForbiddenProblem,
    strawberry.union("OrderReportResult", description="The report, or why there is none (订单统计结果)."),
]
SettlementReportResult = Annotated[
    SettlementReport | InputProblem | ForbiddenProblem,
    strawberry.union("SettlementReportResult", description="The report, or why there is none (结算统计结果)."),
]


@strawberry.type
class ReportQuery:
    """The read side."""

    @strawberry.field(
        description="Orders of your hospital by day, week or month (订单统计). Tender 28.",
        extensions=[ProblemsAreAnswers()],
    )
    async def order_report(
        self,
        info: strawberry.Info[Context],
        input: Annotated[OrderReportInput, strawberry.argument(description="What to report (统计参数).")],
    ) -> OrderReportResult:
        """Tender 28."""
        root = resolve.REPORTS["orderReport"]
        told = await _report(info, root, input)
        rows = [OrderReportRow(**_row(root, line)) for line in told.lines]
        return OrderReport(rows=rows, totals=OrderReportTotals(**root.measured(told.totals)))

    @strawberry.field(
        description="Payments and refunds of your hospital by day, week or month (支付结算统计). Tender 29.",
        extensions=[ProblemsAreAnswers()],
    )
    async def settlement_report(
        self,
        info: strawberry.Info[Context],
        input: Annotated[SettlementReportInput, strawberry.argument(description="What to report (统计参数).")],
    ) -> SettlementReportResult:
        """Tender 29."""
        root = resolve.REPORTS["settlementReport"]
        told = await _report(info, root, input)
        rows = [SettlementReportRow(**_row(root, line)) for line in told.lines]
        return SettlementReport(rows=rows, totals=SettlementReportTotals(**root.measured(told.totals)))


async def _report(info: strawberry.Info[Context], root: resolve.ReportRoot, asked: Any) -> Report:
    filters = {FILTERS[name]: value for name, value in vars(asked.filter).items()} if asked.filter else {}
    days = (asked.from_, asked.to)
    return await resolve.report(info.context, root.daily, days, asked.bucket, asked.group_by, filters)


def _row(root: resolve.ReportRoot, line: Line) -> dict[str, Any]:
    return root.measured(line.sums) | root.grouped(line) | {"group": line.group}


async def _loaded(info: strawberry.Info[Context], model: Any, row_id: int | None) -> Any:
    return await info.context.loaders.row(info.context.viewer, model, row_id)
