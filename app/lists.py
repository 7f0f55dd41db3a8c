# ruff: noqa: S608 -- identifiers come from the models only, values are parameters
"""By what the hospital's lists can be narrowed: columns and paths to them, for whoever writes a statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from tortoise.models import Model

from app import clock
from app.models import SettlementState

Convert = Callable[[Any], Any]
Test = Callable[[type[Model], str], str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows whose column at the end of `path` compares so with a value, `convert`ed.

    A path goes through relations, joined by two underscores, as the ORM writes it. `never` names a column over there
    and the value with which a row does not count.
    """

    path: str
    operator: str = "="
    convert: Convert = lambda given: given
    never: tuple[str, str] | None = None

    def condition(self, model: type[Model], alias: str, place: str, new_alias: Callable[[], str]) -> str:
        """The filter as SQL on the rows of `alias`; `place` is the value's parameter."""

        def test(of: type[Model], inner: str) -> str:
            told = f"{inner}.{column(of, self.name)} {self.operator} {place}"
            if self.never is None:
                return told
            name, value = self.never
            return f"{told} and {inner}.{column(of, name)} <> '{value}'"

        return reached(model, alias, self.path.split("__"), test, new_alias)

    @property
    def name(self) -> str:
        """The column at the end of the path."""
        return self.path.rpartition("__")[2]


def midnight(day: date) -> datetime:
    """When a day begins in Asia/Shanghai."""
    return datetime.combine(day, time(), clock.SHANGHAI)


def next_midnight(day: date) -> datetime:
    """When a day ends in Asia/Shanghai."""
    return midnight(day + timedelta(days=1))


DAYS = {"since": Filter("created_at", ">=", midnight), "until": Filter("created_at", "<", next_midnight)}
BOTH = {
    **DAYS,
    "state": Filter("state"),
    "patient_id": Filter("patient_id"),
    "min_amount": Filter("total_fen", ">="),
    "max_amount": Filter("total_fen", "<="),
    "number": Filter("number"),
}
# An order is of a pay kind if an attempt to pay it so has not failed.
ORDERS: Mapping[str, Filter] = BOTH | {
    "pay_kind": Filter("settlements__pay_kind", never=("state", SettlementState.FAILED.value)),
    "department_id": Filter("department_id"),
    "doctor_id": Filter("doctor_id"),
}
SETTLEMENTS: Mapping[str, Filter] = BOTH | {
    "pay_kind": Filter("pay_kind"),
    "department_id": Filter("order__department_id"),
    "doctor_id": Filter("order__doctor_id"),
}


def table(model: type[Model]) -> str:
    """A model's table, quoted."""
    return f'"{model._meta.db_table}"'


def column(model: type[Model], name: str) -> str:
    """A model's column, quoted. Raises KeyError for what the model does not know."""
    return f'"{model._meta.fields_map[name].source_field or name}"'


def reached(model: type[Model], alias: str, path: Sequence[str], test: Test, new_alias: Callable[[], str]) -> str:
    """A condition on the rows of `alias` by what `path` leads to; `test` is the condition over there."""
    if len(path) == 1:
        return test(model, alias)
    relation: Any = model._meta.fields_map[path[0]]
    inner = new_alias()
    condition = reached(relation.related_model, inner, path[1:], test, new_alias)
    related = table(relation.related_model)
    if path[0] in model._meta.backward_fk_fields:
        pointing = f'{inner}."{relation.relation_source_field or relation.relation_field}"'
        return f"{alias}.id in (select {pointing} from {related} {inner} where {condition})"
    return f"{alias}.{relation.source_field} in (select {inner}.id from {related} {inner} where {condition})"
