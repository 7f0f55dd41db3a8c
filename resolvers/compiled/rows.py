# ruff: noqa: S608 -- identifiers come from the models only, values are parameters
"""The rows emitter: SQL that selects flat records, and the Python expression that makes an answer of each record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tortoise.models import Model

from app import lists
from app.lists import table
from app.tokens import Role
from resolvers import ids, reads
from resolvers.compiled import tree
from resolvers.compiled.document import Uncompilable
from resolvers.compiled.tree import Computed, Constant, GlobalID, Leaf, Relation, Selected
from resolvers.scopes import SCOPES

Parameter = tuple[str, Any]
MOST_COLUMNS = 1600  # PostgreSQL ends a row at 1664


class Missing(Exception):
    """A row that must be there is not visible: the ordinary executor says what that means."""


@dataclass(slots=True)
class Emitter:
    """One statement in the making: its parameters, its aliases, and what the serializer's source refers to.

    `replanned`: see `Plan`.
    """

    role: Role
    parameters: list[Parameter] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    aliases: int = 0
    replanned: bool = False

    def parameter(self, kind: str, value: Any) -> str:
        """The placeholder of a parameter; the same one twice is one."""
        told = (kind, value)
        if told not in self.parameters:
            self.parameters.append(told)
        return f"${self.parameters.index(told) + 1}"

    def alias(self) -> str:
        """A new table alias, which is also the record's name in the serializer."""
        self.aliases += 1
        return f"t{self.aliases}"

    def name(self, value: Any) -> str:
        """A name for a Python object in the serializer."""
        name = f"f{len(self.names)}"
        self.names[name] = value
        return name

    def scope(self, model: type[Model], alias: str) -> list[str]:
        """The viewer's conditions on a model; a model without a scope is reached through a parent that has one."""
        if model not in SCOPES:
            return []
        rules = SCOPES[model].get(self.role)
        if rules is None:
            return ["false"]
        return [self._rule(model, alias, rule.path.split("__"), rule.claim) for rule in rules]

    def _rule(self, model: type[Model], alias: str, path: list[str], claim: str) -> str:
        def test(of: type[Model], inner: str) -> str:
            return f"{inner}.{column(of, path[-1])} = {self.parameter('claim', claim)}"

        return lists.reached(model, alias, path, test, self.alias)


def column(model: type[Model], name: str) -> str:
    """A model's column, quoted; only what the model knows ever gets into a statement."""
    if name not in model._meta.fields_map:
        raise Uncompilable(f"{model.__name__}.{name}")
    return lists.column(model, name)


@dataclass(slots=True)
class Record:
    """The columns and joins of one kind of record, and the name under which the serializer knows it."""

    emitter: Emitter
    alias: str
    columns: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)

    def add(self, expression: str) -> str:
        """Select one more column; returns how the serializer reads it. Raises `Uncompilable` past the widest row."""
        if len(self.columns) >= MOST_COLUMNS:
            raise Uncompilable("too many columns")
        self.columns.append(expression)
        return f"{self.alias}[{len(self.columns) - 1}]"

    def object(self, model: type[Model], alias: str, fields: tuple[Selected, ...]) -> str:
        """The Python source of one object's dict, whose columns are `alias`'s."""
        pairs = [f"{each.key!r}: {_EMIT[type(each)](self, model, alias, each)}" for each in fields]
        return "{" + ", ".join(pairs) + "}"

    def select(self) -> str:
        """The selected columns; a record must have one."""
        return ", ".join(self.columns or ["1"])


def _constant(record: Record, model: type[Model], alias: str, told: Constant) -> str:
    return repr(told.value)


def _global_id(record: Record, model: type[Model], alias: str, told: GlobalID) -> str:
    encode = record.emitter.name(ids.encoder(told.type_name))
    return f"{encode}({record.add(f'{alias}.id')})"


def _leaf(record: Record, model: type[Model], alias: str, told: Leaf) -> str:
    place = record.add(f"{alias}.{column(model, told.column)}")
    if told.convert is None:
        return place
    converted = f"{record.emitter.name(told.convert)}({place})"
    return f"(None if {place} is None else {converted})" if told.nullable else converted


def _computed(record: Record, model: type[Model], alias: str, told: Computed) -> str:
    places = [record.add(f"{alias}.{column(model, name)}") for name in told.columns]
    name = record.emitter.name
    kept = [(each, tree.enum_of(model, each)) for each in told.columns]

    def compute(info: Any, *values: Any) -> Any:
        pairs = zip(kept, values, strict=True)
        row = {each: value if of is None or value is None else of(value) for (each, of), value in pairs}
        return told.complete(told.resolve(SimpleNamespace(**row), info))

    return f"{name(compute)}(info, {', '.join(places)})"


def joined(record: Record, model: type[Model], alias: str, declared: reads.One) -> str:
    """Join the row that a relation to one leads to; returns its alias."""
    inner = record.emitter.alias()
    here, there = ("id", declared.through) if declared.back else (declared.through, "id")
    key = f"{inner}.{column(declared.model, there)} = {alias}.{column(model, here)}"
    where = " and ".join([key, *record.emitter.scope(declared.model, inner)])
    source = f"{table(declared.model)} {inner}"
    if declared.back:
        newest = f"order by {_order(declared.model, inner, declared.order)} limit 1"
        record.joins.append(f"left join lateral (select * from {source} where {where} {newest}) {inner} on true")
    else:
        record.joins.append(f"left join {source} on {where}")
    return inner


def related(inner: Record, alias: str, declared: reads.Many) -> str:
    """Where the rows of a relation to many come from, in their order; `inner` has its columns and joins by now."""
    key = f"{inner.alias}.{column(declared.model, declared.through)} = {alias}.id"
    where = " and ".join([key, *inner.emitter.scope(declared.model, inner.alias)])
    source = " ".join([f"from {table(declared.model)} {inner.alias}", *inner.joins])
    return f"{source} where {where} order by {_order(declared.model, inner.alias, declared.order)}"


def _relation(record: Record, model: type[Model], alias: str, told: Relation) -> str:
    if isinstance(told.declared, reads.Many):
        return _many(record, alias, told, told.declared)
    inner = joined(record, model, alias, told.declared)
    mark = record.add(f"{inner}.id")
    made = record.object(told.declared.model, inner, told.fields)
    absent = "None" if told.nullable else f"{record.emitter.name(_missing)}()"
    return f"({absent} if {mark} is None else {made})"


def _missing() -> None:
    raise Missing


def _many(record: Record, alias: str, told: Relation, declared: reads.Many) -> str:
    inner = Record(record.emitter, record.emitter.alias())
    made = inner.object(declared.model, inner.alias, told.fields)
    place = record.add(f"array(select row({inner.select()}) {related(inner, alias, declared)})")
    return f"[{made} for {inner.alias} in {place}]"


def _order(model: type[Model], alias: str, order: str) -> str:
    """The declared order, and the id where it leaves two rows equal."""
    name, direction = order.lstrip("-"), " desc" if order.startswith("-") else ""
    first = f"{alias}.{column(model, name)}{direction}"
    return first if name == "id" else f"{first}, {alias}.id"


Emit = Callable[[Record, type[Model], str, Any], str]
_EMIT: dict[type, Emit] = {
    Constant: _constant,
    GlobalID: _global_id,
    Leaf: _leaf,
    Computed: _computed,
    Relation: _relation,
}
