"""The text emitter: PostgreSQL writes the JSON of values and objects, and the server splices it into the answer.

Which emitter makes what is said by `one` and `page` below, and nowhere else:

- an object that is asked for by itself is text, whatever it leads to: one value (`Text`);
- the rows of a page are text where they are flat: each column is one value, its rows joined, and the server lays the
  columns side by side (`Lines`). Nested rows cost PostgreSQL more as text than the server saves;
- what has a field that only Python can make (a computed one, a list in a column) is records, as rows.py makes them.

The bytes are the same: `to_json` escapes a string as orjson does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import orjson
from tortoise import fields as columns
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model

from resolvers import reads
from resolvers.compiled.forms import AS_IT_IS, BETWEEN, ESCAPED, FORMS, IN_QUOTES, Finish, Form, rows
from resolvers.compiled.rows import Missing, Record, column, joined, related
from resolvers.compiled.tree import Computed, Constant, GlobalID, Leaf, Relation, Selected

T = TypeVar("T")
Fields = tuple[Selected, ...]
MOST_ARGUMENTS = 90  # PostgreSQL ends a call at 100
# What stands where there is no text: for a row that must be there and is not visible, for too many rows.
ABSENT = "\x01"
NO_TEXT = f"chr({ord(ABSENT)})"


def one(model: type[Model], fields: Fields) -> bool:
    """Whether an object that is asked for by itself is text."""
    return all(_expressible(model, each) for each in fields)


def page(model: type[Model], fields: Fields) -> bool:
    """Whether the rows of a page are text."""
    return one(model, fields) and not any(isinstance(each, Relation) for each in fields)


def spliced(text: str) -> orjson.Fragment:
    """JSON from PostgreSQL, as a part of the answer. Raises `Missing`."""
    if ABSENT in text:
        raise Missing
    return orjson.Fragment(text)


def made(record: Record, expression: str) -> str:
    """The Python source of what `expression` writes."""
    return f"{record.emitter.name(spliced)}({record.add(expression)})"


def written(record: Record, model: type[Model], alias: str, fields: Fields) -> str:
    """The SQL of an object's text, whose columns are `alias`'s."""
    text = Text()
    write(text, record, model, alias, fields)
    return text.expression()


def write(draft: Draft, record: Record, model: type[Model], alias: str, fields: Fields) -> None:
    """An object, as a part of a longer text."""
    pairs = ((each.key, each) for each in fields)
    draft.object(pairs, lambda each: _WRITE[type(each)](draft, record, model, alias, each))


class Draft:
    """JSON in the making, from left to right."""

    def json(self, text: str) -> None:
        """JSON as it stands: brackets, keys, names of types."""
        raise NotImplementedError

    def value(self, expression: str) -> None:
        """SQL whose value is JSON, and never null."""
        raise NotImplementedError

    def column(self, form: Form, place: str, nullable: bool) -> None:
        """The JSON of a column at `place`, as PostgreSQL alone writes it."""
        mark = '"' if form.quoted else ""
        told = f"({form.sql.format(place)})"
        if nullable:
            marked = f"'\"' || {told} || '\"'" if form.quoted else f"{told}::text"
            self.value(f"coalesce({marked}, 'null')")
        else:
            self.json(mark)
            self.value(told)
            self.json(mark)

    def object(self, pairs: Iterable[tuple[str, T]], value: Callable[[T], None]) -> None:
        """An object; `value` adds the JSON of each pair's second half."""
        self.json("{")
        for place, (key, told) in enumerate(pairs):
            self.json(f'{"," if place else ""}"{key}":')
            value(told)
        self.json("}")


@dataclass(slots=True)
class Text(Draft):
    """One value: the arguments of a call, which copies less than `||` between them."""

    arguments: list[str] = field(default_factory=list)
    between: str = ""

    def json(self, text: str) -> None:
        """See `Draft`."""
        self.between += text

    def value(self, expression: str) -> None:
        """See `Draft`."""
        self._end()
        self.arguments.append(expression)

    def expression(self) -> str:
        """The SQL of the whole."""
        self._end()
        told = self.arguments
        while len(told) > MOST_ARGUMENTS:
            told = [_call(told[place : place + MOST_ARGUMENTS]) for place in range(0, len(told), MOST_ARGUMENTS)]
        return _call(told)

    def _end(self) -> None:
        if self.between:
            self.arguments.append(f"'{self.between}'")
            self.between = ""


@dataclass(slots=True)
class Lines(Draft):
    """Many rows: each value is a column of one record, in which the rows are joined; `only` chooses rows."""

    record: Record
    only: str = ""
    line: str = ""
    places: list[str] = field(default_factory=list)

    def json(self, text: str) -> None:
        """See `Draft`."""
        self.line += text.replace("{", "{{").replace("}", "}}")

    def value(self, expression: str) -> None:
        """See `Draft`."""
        self._joined(f"({expression})::text", rows)

    def column(self, form: Form, place: str, nullable: bool) -> None:
        """The JSON of a column; what is cheaper here than there is begun by PostgreSQL, and finished by the server."""
        if form.finish is None:
            super(Lines, self).column(form, place, nullable)  # the class was made anew for its slots
        else:
            self._joined(f"coalesce(({form.begun.format(place)})::text, '')", form.finish)

    def _joined(self, expression: str, finish: Finish) -> None:
        self.line += f"{{c{len(self.places)}}}"
        joined = self.record.add(f"string_agg({expression}, chr({ord(BETWEEN)})) {self.only}")
        self.places.append(f"{self.record.emitter.name(finish)}({joined})")

    def source(self, shown: int) -> str:
        """The Python source of the array of the first rows."""
        if not self.places:
            self.value("''")
            self.line = self.line.removesuffix("{c0}")
        names = ", ".join(f"c{place}" for place, _ in enumerate(self.places))
        columns = f"{self.record.emitter.name(rows_of)}({shown}, {', '.join(self.places)})"
        return f"{self.record.emitter.name(array)}([f'{self.line}' for {names}, in {columns}])"


def rows_of(shown: int, *columns: list[str]) -> Iterable[tuple[str, ...]]:
    """The first rows of columns as `Lines` has them."""
    return islice(zip(*columns, strict=True), shown)


def array(lines: list[str]) -> orjson.Fragment:
    """The JSON of an array. Raises `Missing`."""
    return spliced(f"[{','.join(lines)}]")


def _call(arguments: list[str]) -> str:
    return f"concat({', '.join(arguments)})"


# -- columns


def _form(model: type[Model], leaf: Leaf) -> Form | None:
    """None: only Python can write it."""
    kept = model._meta.fields_map.get(leaf.column)
    if leaf.convert is None:
        if isinstance(kept, columns.IntField):
            return AS_IT_IS
        return IN_QUOTES if isinstance(kept, CharEnumFieldInstance) else ESCAPED
    return FORMS.get(leaf.convert)


def _expressible(model: type[Model], told: Selected) -> bool:
    if isinstance(told, Leaf):
        return _form(model, told) is not None
    if isinstance(told, Relation):
        return one(told.declared.model, told.fields)
    return not isinstance(told, Computed)


# -- fields


def _constant(draft: Draft, record: Record, model: type[Model], alias: str, told: Constant) -> None:
    draft.json(f'"{told.value}"')


def _global_id(draft: Draft, record: Record, model: type[Model], alias: str, told: GlobalID) -> None:
    draft.column(Form(f"encode(('{told.type_name}:' || {{}})::bytea, 'base64')"), f"{alias}.id", nullable=False)


def _leaf(draft: Draft, record: Record, model: type[Model], alias: str, told: Leaf) -> None:
    form = _form(model, told)
    assert form is not None  # noqa: S101  # it is expressible
    draft.column(form, f"{alias}.{column(model, told.column)}", told.nullable)


def _relation(draft: Draft, record: Record, model: type[Model], alias: str, told: Relation) -> None:
    declared = told.declared
    if isinstance(declared, reads.Many):
        _many(draft, record, alias, told, declared)
        return
    inner = joined(record, model, alias, declared)
    absent = "'null'" if told.nullable else NO_TEXT
    made = written(record, declared.model, inner, told.fields)
    draft.value(f"case when {inner}.id is null then {absent} else {made} end")


def _many(draft: Draft, record: Record, alias: str, told: Relation, declared: reads.Many) -> None:
    inner = Record(record.emitter, record.emitter.alias())
    made = written(inner, declared.model, inner.alias, told.fields)
    draft.json("[")
    draft.value(f"array_to_string(array(select {made} {related(inner, alias, declared)}), ',')")
    draft.json("]")


Write = Callable[[Draft, Record, type[Model], str, Any], None]
_WRITE: Mapping[type, Write] = {
    Constant: _constant,
    GlobalID: _global_id,
    Leaf: _leaf,
    Relation: _relation,
}
