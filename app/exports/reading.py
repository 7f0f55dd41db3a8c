# ruff: noqa: S608 -- identifiers come from the declarations only, values are parameters
"""The statements of an export: count and sums, the rows in order, and what its filter is called."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.exports.columns import TABLES, Table
from app.lists import midnight, next_midnight
from app.models.exports import ExportKind
from app.models.lists import ListSort

DAYS = {"since": (">=", midnight), "until": ("<", next_midnight)}
NAMED = {
    "department_id": ("department", "name"),
    "doctor_id": ("doctor", "name"),
    "patient_id": ("patient", "name_masked"),
}


@dataclass(slots=True)
class Statements:
    """What is asked of one snapshot; `values` are the parameters of both statements."""

    kind: ExportKind
    sort: ListSort
    hospital_id: int
    filter: Mapping[str, Any]
    values: list[Any] = field(default_factory=list)
    where: str = ""

    def __post_init__(self) -> None:
        aliases = map("t{}".format, itertools.count(1))
        self.values = [self.hospital_id]
        conditions = [self._condition(name, given, aliases) for name, given in self.filter.items()]
        self.where = " AND ".join(["x.hospital_id = $1", *conditions])

    @property
    def table(self) -> Table:
        """The kind's."""
        return TABLES[self.kind]

    def _condition(self, name: str, given: Any, aliases: Any) -> str:
        if name in DAYS:
            operator, convert = DAYS[name]
            self.values.append(convert(date.fromisoformat(given)))
            return f"x.{self.table.moment} {operator} ${len(self.values)}"
        self.values.append(given)
        return self.table.filters[name].condition(self.table.model, "x", f"${len(self.values)}", lambda: next(aliases))

    @property
    def totals(self) -> str:
        """One record: the moment, the count, and a sum for each column of money."""
        sums = [f"coalesce(sum({column.sql}), 0)::bigint" for column in self.table.columns if column.summed]
        return f"SELECT {', '.join(['now()', 'count(*)', *sums])} FROM {self.table.source} WHERE {self.where}"

    @property
    def rows(self) -> str:
        """The rows in order."""
        columns = ", ".join(column.sql for column in self.table.columns)
        name = "total_fen" if self.sort.by_amount else self.table.moment
        direction = "DESC" if self.sort.descending else "ASC"
        order = ", ".join(f"x.{each} {direction}" for each in dict.fromkeys((name, "id", self.table.tie)))
        return f"SELECT {columns} FROM {self.table.source} WHERE {self.where} ORDER BY {order}"


async def named(connection: Any, hospital_id: int, filter_: Mapping[str, Any]) -> dict[str, Any]:
    """The filter with the names of what it points to; a patient's masked, and what is elsewhere stays a number."""
    told = dict(filter_)
    for name, (table, column) in NAMED.items():
        if name in told:
            sql = f"SELECT {column} FROM {table} WHERE id = $1 AND hospital_id = $2"
            told[name] = await connection.fetchval(sql, told[name], hospital_id) or str(told[name])
    return told
