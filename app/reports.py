# ruff: noqa: S608 -- identifiers come from the declarations below only, values are parameters
"""Reports by the daily rows that triggers keep (migrations/0004_daily_reports.py); raw rows are never read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import asyncpg
from tortoise import Tortoise

from app import database
from app.models.reports import ReportBucket, ReportDimension
from app.problems import Problem
from app.single_flight import SingleFlight

LONGEST_DAYS = 3653  # ten years
MOST_ROWS = 20_000
COLUMNS: Mapping[ReportDimension, str] = {
    ReportDimension.PAY_KIND: "pay_kind",
    ReportDimension.DEPARTMENT: "department_id",
    ReportDimension.DOCTOR: "doctor_id",
    ReportDimension.STATE: "state",
    ReportDimension.INSURANCE_TYPE: "insurance_type",
}
BUCKETS: Mapping[ReportBucket, str] = {
    ReportBucket.DAY: "day",
    ReportBucket.WEEK: "date_trunc('week', day::timestamp)::date",
    ReportBucket.MONTH: "date_trunc('month', day::timestamp)::date",
}


@dataclass(frozen=True, slots=True)
class Daily:
    """A daily table: what it can be grouped and filtered by, and what is summed.

    A `grained` one has every row three times: for the hospital, its departments, their doctors.
    """

    table: str
    dimensions: tuple[ReportDimension, ...]
    sums: tuple[str, ...]
    grained: bool = True


ORDERS = Daily(
    "daily_order", (ReportDimension.DEPARTMENT, ReportDimension.DOCTOR, ReportDimension.STATE), ("orders", "total_fen")
)
SETTLEMENTS = Daily(
    "daily_settlement",
    tuple(ReportDimension),
    (
        "settled",
        "begun",
        "total_fen",
        "fund_fen",
        "account_fen",
        "cash_fen",
        "other_fen",
        "refunds",
        "refunded_fen",
    ),
)
INVOICES = Daily("daily_invoice", (ReportDimension.STATE,), ("invoices", "total_fen"), grained=False)


@dataclass(frozen=True, slots=True)
class Question:
    """What a report is asked; equal questions have equal answers."""

    daily: Daily
    hospital_id: int
    first_day: date
    last_day: date
    bucket: ReportBucket
    group_by: tuple[ReportDimension, ...]
    filters: tuple[tuple[ReportDimension, Any], ...]

    def check(self) -> None:
        """Raises Problem for days in the wrong order, too many of them, or a dimension that the daily rows lack."""
        days = (self.last_day - self.first_day).days
        if not 0 <= days < LONGEST_DAYS:
            raise Problem("INVALID_INPUT", field="to", reason=f"0–{LONGEST_DAYS - 1} 天 (days after `from`)")
        for each in self.group_by:
            if each not in self.daily.dimensions:
                raise Problem("INVALID_INPUT", field="groupBy", reason=each.value)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a report: where its bucket begins, its group (None: not grouped by it), and the sums by column."""

    first_day: date
    group: Mapping[str, Any]
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """The rows, oldest first, and the sums over the whole range."""

    lines: tuple[Line, ...]
    totals: Mapping[str, int]


_flights = SingleFlight()


async def report(question: Question) -> Report:
    """Raises Problem for a question that has no answer, or one with too many rows."""
    question.check()
    return await _flights.ask(question, lambda: _read(question))


async def _read(question: Question) -> Report:
    sql = statement(
        question.daily, question.bucket, question.group_by, tuple(dimension for dimension, _ in question.filters)
    )
    values = [question.hospital_id, question.first_day, question.last_day, *(given for _, given in question.filters)]
    _, found = await Tortoise.get_connection("default").execute_query(sql, values)
    if len(found) > MOST_ROWS + 1:
        raise Problem("INVALID_INPUT", field="bucket", reason=f"超过 {MOST_ROWS} 行 (too many rows: ask for less)")
    columns = [COLUMNS[dimension] for dimension in question.group_by]
    sums = question.daily.sums
    total, *rows = found
    lines = tuple(
        Line(row["bucket"], {name: row[name] for name in columns}, {name: int(row[name]) for name in sums})
        for row in rows
    )
    return Report(lines, {name: int(total[name] or 0) for name in sums})


@lru_cache(maxsize=500)
def statement(
    daily: Daily,
    bucket: ReportBucket,
    group_by: tuple[ReportDimension, ...],
    filters: tuple[ReportDimension, ...],
    places: tuple[str, ...] | None = None,
    *,
    sums: tuple[str, ...] | None = None,
    totals: bool = True,
) -> str:
    """One statement: first the totals (their bucket is null) if they are asked for, then the rows.

    `places` are the parameters for hospital, first day, last day and the filters; $1 … unless given. `sums` are the
    sums that it makes, all unless given; a sum is numeric, as PostgreSQL makes it (back to bigint takes as long again).
    """
    hospital, first, last, *filtered = places or [f"${place}" for place in range(1, 4 + len(filters))]
    columns = ["bucket", *(COLUMNS[dimension] for dimension in group_by)]
    grain = _grain({*columns, *(COLUMNS[dimension] for dimension in filters)})
    pairs = zip(filters, filtered, strict=True)
    conditions = "".join(f" AND {COLUMNS[each]} = {place}" for each, place in pairs)
    key = ", ".join(columns)
    made = "".join(f", sum({name}) AS {name}" for name in (daily.sums if sums is None else sums))
    # No measure is negative, so a group of rows that are not all zero is not zero either.
    nothing = " AND ".join(f"{name} = 0" for name in daily.sums)
    return f"""SELECT {key}{made} FROM (
          SELECT {BUCKETS[bucket]} AS bucket, * FROM {daily.table}
          WHERE hospital_id = {hospital} AND grain = {grain} AND day BETWEEN {first} AND {last}{conditions}
          AND NOT ({nothing})) each
        GROUP BY {f"GROUPING SETS (({key}), ())" if totals else key}
        ORDER BY {"grouping(bucket) DESC, " if totals else ""}{key} LIMIT {MOST_ROWS + 2}"""


def _grain(columns: set[str]) -> int:
    """The coarsest rows that tell what is asked: the hospital's, its departments', their doctors'."""
    return 2 if "doctor_id" in columns else int("department_id" in columns)


Compared = tuple[tuple[str, str], ...]  # columns of the daily rows, each with its operator


def count_statement(daily: Daily, measure: str, hospital: str, compared: Compared, places: Sequence[str]) -> str:
    """How many rows the daily rows have counted, as one statement; `hospital` and `places` are parameters."""
    grain = [f"grain = {_grain({column for column, _ in compared})}"] if daily.grained else []
    asked = [f"{column} {operator} {place}" for (column, operator), place in zip(compared, places, strict=True)]
    conditions = " AND ".join([f"hospital_id = {hospital}", *grain, *asked])
    return f"SELECT coalesce(sum({measure}), 0)::bigint AS counted FROM {daily.table} WHERE {conditions}"


async def count(daily: Daily, measure: str, hospital_id: int, compared: Compared, values: Sequence[Any]) -> int:
    """How many rows the daily rows of a hospital have counted under these conditions."""
    sql = count_statement(daily, measure, "$1", compared, [f"${place}" for place in range(2, 2 + len(values))])
    _, rows = await Tortoise.get_connection("default").execute_query(sql, [hospital_id, *values])
    return int(rows[0]["counted"])


async def rebuild(url: str) -> int:
    """Set every daily row right by the raw rows, while everything runs. Returns how many were wrong."""
    connection = await asyncpg.connect(**database.credentials(url))
    try:
        return int(await connection.fetchval("SELECT daily_rebuild()"))
    finally:
        await connection.close()
