"""Reports of the viewer's hospital, by the daily rows."""

from __future__ import annotations

from datetime import date
from typing import Any

from tortoise.models import Model

from app import models, reports
from app.models.reports import ReportBucket, ReportDimension
from app.problems import Problem
from app.reports import Daily, Question, Report
from resolvers import ids
from resolvers.context import Context
from resolvers.reads import BY_NAME
from resolvers.scopes import STAFF

ROWS: dict[ReportDimension, tuple[type[Model], str]] = {
    ReportDimension.DEPARTMENT: (models.Department, "departmentId"),
    ReportDimension.DOCTOR: (models.Doctor, "doctorId"),
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
    told = tuple((name, _stored(name, given)) for name, given in sorted(filters.items()) if given is not None)
    question = Question(daily, context.viewer.hospital_id, *days, bucket, tuple(dict.fromkeys(group_by)), told)
    return await reports.report(question)


def _stored(dimension: ReportDimension, given: Any) -> Any:
    """A filter's value as the daily rows have it; an object of another hospital is on none of them."""
    if dimension not in ROWS:
        return given
    model, field = ROWS[dimension]
    parsed = ids.parse(given)
    if parsed is None or BY_NAME[parsed[0]].model is not model:
        raise Problem(
            "INVALID_INPUT", field=field, reason=f"不是 {model.__name__} 的标识 (not the id of such an object)"
        )
    return parsed[1]
