"""Arguments of random documents: literals, variables, and what requests give for these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
    is_required_input_field,
)

ABSENT = object()
NEWEST = "CREATED_DESC"
OF_TYPE = {"departmentId": "Department", "doctorId": "Doctor", "patientId": "Patient"}


@dataclass(frozen=True)
class Pools:
    """Values that mean something in the database: global ids by type, cursors by sort; right ones and wrong ones."""

    ids: Mapping[str, tuple[str, ...]]
    wrong_ids: tuple[str, ...]
    cursors: Mapping[str, tuple[str, ...]]
    viewers: tuple[str, ...]
    numbers: tuple[str, ...] = ("S1",)

    def right(self, kind: str, name: str) -> tuple[Any, ...]:
        """Values of a scalar that an argument of this name may have."""
        if name == "first":
            return 1, 2, 2, 3, 3, 4, 20
        if kind == "Boolean":
            return True, False
        if kind == "ID":
            return self.ids.get(OF_TYPE.get(name, "")) or tuple(each for of in self.ids.values() for each in of)
        if kind == "Date":
            return "2026-01-02", "1999-12-31", "2030-01-01", "1900-01-01", "2999-12-31"
        if kind == "Money":
            return "12.30", "0.01", "-1.00", "20.00", "999999999999.99"
        if name.startswith("after"):
            return self.cursors[name.removeprefix("after") or NEWEST]
        return self.numbers if kind == "String" else (1, 3)

    def wrong(self, kind: str, name: str) -> tuple[Any, ...]:
        """Values that are none of this scalar, or none that the argument may have."""
        if name == "first":
            return 0, -1, 201, 2**40, 2.0, 2.5, "3", True, None, [3]
        others: dict[str, tuple[Any, ...]] = {
            "Boolean": ("true", 1, None),
            "ID": (*self.wrong_ids, 7, None, True, ""),
            "Date": ("2026-13-01", "0001-01-01", "9999-12-31", "20260102", "2026-W01-1", 20260102, "", None, True),
            "Money": ("12.3", "1e2", "12.300", 12.3, 12, None, "", "1234567890123.00", "１.00"),
            "String": ("", "x", "MDow", "MTotMQ==", "5" * 60, "OTk5OTk5OTk5OTk5OTk5OTk5OTk6MQ==", "+/==", "\0", 3),
        }
        return others.get(kind, (None, "x"))


@dataclass
class Variable:
    """A declared variable, and what a request may give for it."""

    name: str
    kind: str
    default: str | None
    given: tuple[Any, ...]


@dataclass
class Arguments:
    """Writes arguments; everything that it decides, the dice do."""

    dice: Random
    schema: GraphQLSchema
    pools: Pools
    plain: bool
    left: int
    variables: list[Variable] = field(default_factory=list)

    def chance(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent

    def pick(self, values: Any) -> Any:
        return self.dice.choice(values)

    def arguments(self, definition: GraphQLField) -> str:
        told = []
        sort = self.sort(definition)
        for name, argument in definition.args.items():
            chosen = sort != NEWEST if name == "sort" and self.plain else self.chance(35)
            if is_required_argument(argument) or chosen:
                called = name + sort if name in ("sort", "after") else name
                told.append(f"{name}: {self.value(called, argument)}")
        return f"({', '.join(told)})" if told else ""

    def sort(self, definition: GraphQLField) -> str:
        """The order of a list, which its cursors must be of."""
        return str(self.pick(tuple(self.pools.cursors))) if "sort" in definition.args and self.chance(50) else NEWEST

    def value(self, name: str, argument: GraphQLArgument) -> str:
        kind = argument.type
        named = get_named_type(kind)
        if isinstance(named, GraphQLScalarType | GraphQLEnumType) and not _listed(kind):
            by_variable = named.name == "ID" if self.plain else self.chance(70)
            if by_variable or self.chance(50):
                return "$" + self.variable(name, kind, optional=not is_required_argument(argument))
        if isinstance(named, GraphQLInputObjectType) and (self.plain or self.chance(70)):
            given = tuple(self.told(name, kind) for _ in range(3))
            self.variables.append(Variable(f"{name}_{len(self.variables)}", str(kind), None, given))
            return f"${self.variables[-1].name}"
        return self.literal(name, kind)

    def told(self, name: str, kind: Any) -> Any:
        """A value as a request's variables have it."""
        if isinstance(kind, GraphQLNonNull):
            return self.told(name, kind.of_type)
        if isinstance(kind, GraphQLList):
            return [self.told(name, kind.of_type) for _ in range(self.pick((0, 1, 2)))]
        if isinstance(kind, GraphQLInputObjectType):
            return {key: self.told(key, each.type) for key, each in self.parts(kind)}
        return self.pick(self.given(name, kind))

    def parts(self, kind: GraphQLInputObjectType) -> list[tuple[str, Any]]:
        fields = kind.fields.items()
        return [(key, each) for key, each in fields if is_required_input_field(each) or self.chance(30)]

    def literal(self, name: str, kind: Any) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self.literal(name, kind.of_type)
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self.literal(name, kind.of_type) for _ in range(self.pick((0, 1, 2))))}]"
        if isinstance(kind, GraphQLInputObjectType):
            told = self.parts(kind)
            return "{" + ", ".join(f"{key}: {self.literal(key, each.type)}" for key, each in told) + "}"
        if not name.startswith(("first", "if", "sort")) and self.chance(8):
            return "null"
        return _written(self.pick(self.given(name, kind)), kind)

    def given(self, name: str, kind: Any) -> tuple[Any, ...]:
        if isinstance(kind, GraphQLEnumType):
            right: tuple[Any, ...] = tuple(kind.values)
            if self.plain and name.startswith("sort"):
                right = (name.removeprefix("sort"),)
            wrong: tuple[Any, ...] = (right[0].lower(), "NOTHING", "", 0, None)
        else:
            right, wrong = self.pools.right(kind.name, name), self.pools.wrong(kind.name, name)
        return wrong if not self.plain and self.chance(4) else right

    def variable(self, name: str, kind: Any, *, optional: bool) -> str:
        """The name of a variable for such an argument: a new one, or one that is declared already."""
        bare = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        known = [each for each in self.variables if each.name.startswith(f"{name}_{bare.name}_{int(optional)}")]
        if known and self.chance(40):
            return str(self.pick(known).name)
        default = _written(self.pick(self.given(name, bare)), bare) if self.chance(25) else None
        required = isinstance(kind, GraphQLNonNull)
        strict = self.chance(40) or (required and not optional and default is None)
        given: list[Any] = [*(self.pick(self.given(name, bare)) for _ in range(3))]
        if default is not None or not strict:
            given.append(ABSENT)
        if not strict and (not required or (not self.plain and self.chance(20))):
            given.append(None)
        made = Variable(
            f"{name}_{bare.name}_{int(optional)}_{len(self.variables)}",
            bare.name + ("!" if strict else ""),
            default,
            tuple(given),
        )
        self.variables.append(made)
        return made.name


def _listed(kind: Any) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def _written(value: Any, kind: Any) -> str:
    """A value as a document has it; `kind` says whether a text is a name or a string."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list):
        return f"[{', '.join(_written(each, kind) for each in value)}]"
    if isinstance(kind, GraphQLEnumType) and isinstance(value, str) and value:
        return value
    return f'"{value}"'.replace("\0", "\\u0000") if isinstance(value, str) else str(value)
