"""Reports of the viewer's hospital, by the daily rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app import reports
from app.models.reports import ReportBucket, ReportDimension
from app.money import negative_yuan_text, yuan_text
from app.reports import Daily, Line, Question, Report
from resolvers import ids
from resolvers.context import Context
from resolvers.scopes import STAFF

ROWS: dict[ReportDimension, tuple[str, str]] = {
    ReportDimension.DEPARTMENT: ("Department", "departmentId"),
    ReportDimension.DOCTOR: ("Doctor", "doctorId"),
}


# The filters of both reports by their names in Python.
FILTERS = {
    "department_id": ReportDimension.DEPARTMENT,
    "doctor_id": ReportDimension.DOCTOR,
    "state": ReportDimension.STATE,
    "pay_kind": ReportDimension.PAY_KIND,
    "insurance_type": ReportDimension.INSURANCE_TYPE,
}


Measure = tuple[str, Callable[[int], Any]]


@dataclass(frozen=True, slots=True)
class ReportRoot:
    """A report at the root of the graph: its type, its daily rows, and which of their columns its fields are.

    A measure is a column and how its sum is shown; a group is called like its column.
    """

    type_name: str
    daily: Daily
    measures: Mapping[str, Measure]
    groups: tuple[str, ...]

    def measured(self, sums: Mapping[str, int]) -> dict[str, Any]:
        """The measures as the graph shows them."""
        return {name: shown(sums[column]) for name, (column, shown) in self.measures.items()}

    def grouped(self, line: Line) -> dict[str, Any]:
        """Bucket and group as the graph shows them; null for what it is not grouped by."""
        return {"from_": line.first_day} | {name: line.group.get(name) for name in self.groups}


PARTS = ("total", "fund", "account", "cash", "other")
REPORTS: Mapping[str, ReportRoot] = {
    "orderReport": ReportRoot(
        "OrderReport",
        reports.ORDERS,
        {"count": ("orders", int), "total_amount": ("total_fen", yuan_text)},
        ("state",),
    ),
    "settlementReport": ReportRoot(
        "SettlementReport",
        reports.SETTLEMENTS,
        {
            "count": ("settled", int),
            "begun_count": ("begun", int),
            **{f"{part}_amount": (f"{part}_fen", yuan_text) for part in PARTS},
            "refund_count": ("refunds", int),
            "refunded_amount": ("refunded_fen", negative_yuan_text),
        },
        ("pay_kind", "state", "insurance_type"),
    ),
}


async def report(
    context: Context,
    daily: Daily,
    days: tuple[date, date],
    bucket: ReportBucket,
    group_by: list[ReportDimension],
    filters: dict[ReportDimension, Any],
) -> Report:
    """A report of the viewer's hospital. Raises Problem."""
    context.allow(*STAFF)
    return await reports.report(question(daily, context.viewer.hospital_id, days, bucket, group_by, filters))


def question(
    daily: Daily,
    hospital_id: int,
    days: tuple[date, date],
    bucket: ReportBucket,
    group_by: list[ReportDimension],
    filters: Mapping[ReportDimension, Any],
) -> Question:
    """The question, in one form however it was put; None filters nothing. Raises Problem for an id that is none."""
    told = tuple((name, _stored(name, given)) for name, given in sorted(filters.items()) if given is not None)
    return Question(daily, hospital_id, *days, bucket, tuple(dict.fromkeys(group_by)), told)


def _stored(dimension: ReportDimension, given: Any) -> Any:
    """A filter's value as the daily rows have it; an object of another hospital is on none of them."""
    if dimension not in ROWS:
        return given
    type_name, field = ROWS[dimension]
    return ids.row_id(type_name, given, field)
