"""The forms of a declaration: columns, relations, types. What there is to read stands in resolvers/reads.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from tortoise.models import Model

from app.money import yuan_text

PROBLEM = ("problem_code", "problem_message", "problem_platform", "problem_platform_code")
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A field that is one column under another name, or in another form."""

    name: str
    convert: Convert | None = None

    def of(self, row: Model) -> Any:
        """The field's value in a row; null stays null."""
        value = getattr(row, self.name)
        return value if value is None or self.convert is None else self.convert(value)


@dataclass(frozen=True, slots=True)
class One:
    """A relation to at most one row: `through` is the foreign key here, or (with `back`) the one over there."""

    model: type[Model]
    through: str
    back: bool = False
    order: str = "-id"
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Many:
    """A relation to all rows of `model` whose foreign key `through` is this row's id, in `order`."""

    model: type[Model]
    through: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadType:
    """One type of the graph. `computed` names the columns that a field's own resolver reads."""

    name: str
    model: type[Model]
    fields: Mapping[str, Column] = field(default_factory=dict)
    relations: Mapping[str, One | Many] = field(default_factory=dict)
    computed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def fen(column: str) -> Column:
    """Integer fen, shown as yuan with two decimals."""
    return Column(column, yuan_text)


def parsed(stored: Any) -> list[Any]:
    """A list in a JSON column, which one road reads as text."""
    listed: list[Any] = orjson.loads(stored) if isinstance(stored, str) else stored
    return listed


def words(joined: str) -> list[str]:
    """Words that one column holds, joined by commas."""
    return joined.split(",") if joined else []
