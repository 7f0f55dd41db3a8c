"""Random GraphQL queries over everything that can be read, drawn from the schema itself.

A case is one document with two or three requests: other variables, other people, in any order. A *plain* case has valid
arguments only, in forms that a client's code would send; a wild one has everything that GraphQL allows, and some that
it does not. hypothesis gives a seed and a size, and makes a failing case as small as it can by the size; drawing every
choice from it would cost more than both answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
)
from hypothesis import strategies as st

ABSENT = object()
# Roots whose answer no statement of ours can give.
OUTSIDE = ("payablePrescriptions", "nodes", "orderReport", "settlementReport")
DEEPEST = 7
LARGEST = 16


@dataclass(frozen=True)
class Pools:
    """Values that mean something in the database: global ids and cursors, right ones and wrong ones."""

    ids: tuple[str, ...]
    wrong_ids: tuple[str, ...]
    cursors: tuple[str, ...]
    viewers: tuple[str, ...]

    def right(self, kind: str, name: str) -> tuple[Any, ...]:
        """Values of a scalar that an argument of this name may have."""
        if name == "first":
            return 1, 2, 2, 3, 3, 4, 20
        if kind == "Boolean":
            return True, False
        if kind == "ID":
            return self.ids
        if kind == "Date":
            return "2026-01-02", "1999-12-31", "2030-01-01", "1900-01-01", "2999-12-31"
        return self.cursors if kind == "String" else (1, 3)

    def wrong(self, kind: str, name: str) -> tuple[Any, ...]:
        """Values that are none of this scalar, or none that the argument may have."""
        if name == "first":
            return 0, -1, 201, 2**40, 2.0, 2.5, "3", True, None, [3]
        others: dict[str, tuple[Any, ...]] = {
            "Boolean": ("true", 1, None),
            "ID": (*self.wrong_ids, 7, None, True, ""),
            "Date": ("2026-13-01", "0001-01-01", "9999-12-31", "20260102", "2026-W01-1", 20260102, "", None, True),
            "String": ("", "x", "MDow", "MTotMQ==", "5" * 60, "OTk5OTk5OTk5OTk5OTk5OTk5OTk6MQ==", "+/==", "\0", 3),
        }
        return others.get(kind, (None, "x"))


@dataclass(frozen=True)
class Request:
    """What comes with a document, and who asks."""

    viewer: str
    language: str
    variables: Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """One document and its requests."""

    document: str
    operation: str | None
    requests: tuple[Request, ...]

    def body(self, request: Request) -> dict[str, Any]:
        named = {"operationName": self.operation} if self.operation else {}
        return {"query": self.document, "variables": dict(request.variables)} | named


@dataclass
class Variable:
    """A declared variable, and what a request may give for it."""

    name: str
    kind: str
    default: str | None
    given: tuple[Any, ...]


@dataclass
class Fragment:
    """A named fragment that is complete, so that spreading it again makes no circle."""

    name: str
    of: Any
    height: int
    text: str


@dataclass
class Writer:
    """Writes one document; everything that it decides is drawn."""

    dice: Random
    schema: GraphQLSchema
    pools: Pools
    plain: bool
    left: int
    variables: list[Variable] = field(default_factory=list)
    fragments: list[Fragment] = field(default_factory=list)
    aliases: int = 0

    # -- dice

    def chance(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent

    def pick(self, values: Any) -> Any:
        return self.dice.choice(values)

    # -- the document

    def case(self) -> Case:
        query = self.schema.query_type
        assert query is not None
        body = self.selection(query, DEEPEST)
        named = self.chance(50)
        declared = ", ".join(
            f"${each.name}: {each.kind}" + (f" = {each.default}" if each.default is not None else "")
            for each in self.variables
        )
        head = f"query {'Q' if named else ''}" + (f"({declared})" if declared else "")
        parts = [f"{head} {body}", *(each.text for each in self.fragments)]
        other = named and self.chance(10)
        if other:
            parts.insert(self.pick((0, 1)), "query Other { __typename }")
        requests = tuple(self.request() for _ in range(self.pick((2, 2, 2, 2, 3))))
        return Case(" ".join(parts), "Q" if other or (named and self.chance(50)) else None, requests)

    def request(self) -> Request:
        told = {each.name: self.pick(each.given) for each in self.variables}
        language = self.pick(("zh-CN", "en", ""))
        given = {name: value for name, value in told.items() if value is not ABSENT}
        return Request(self.pick(self.pools.viewers), language, given)

    # -- selections

    def selection(self, of: Any, depth: int) -> str:
        """A selection set of an object or an interface."""
        used: set[str] = set()
        parts = [self.one(of, depth, used) for _ in range(self.pick((1, 2, 2, 3, 3, 4)))]
        return "{ " + " ".join(parts) + " }"

    def one(self, of: Any, depth: int, used: set[str]) -> str:
        self.left -= 1
        kind = self.pick(_SELECTED)
        if kind == "field" or depth < 2 or self.left < 1:
            return self.field_of(of, depth, used)
        condition = self.condition(of)
        if kind == "inline":
            on = "" if condition is of and self.chance(50) else f"on {condition.name} "
            return f"... {on}{self.directives()}{self.selection(condition, depth - 1)}"
        fragment = self.fragment(condition, depth)
        return f"...{fragment.name} {self.directives()}"

    def condition(self, of: Any) -> Any:
        """A type whose fragment may stand inside `of`."""
        if self.chance(30):
            return of
        mine = set(self.schema.get_possible_types(of)) if not isinstance(of, GraphQLObjectType) else {of}
        abstract = [each for _, each in sorted(self.schema.type_map.items()) if is_abstract_type(each)]
        wider = [each for each in abstract if mine & set(self.schema.get_possible_types(each))]
        narrow = sorted(mine, key=lambda each: each.name)
        return self.pick([*narrow, *wider] if self.chance(30) else narrow)

    def fragment(self, of: Any, depth: int) -> Fragment:
        known = [each for each in self.fragments if each.of is of and each.height <= depth]
        if known and self.chance(60):
            return self.pick(known)  # type: ignore[no-any-return]
        body = self.selection(of, depth - 1)
        name = f"F{len(self.fragments)}"
        made = Fragment(name, of, depth, f"fragment {name} on {of.name} {body}")
        self.fragments.append(made)
        return made

    def field_of(self, of: Any, depth: int, used: set[str]) -> str:
        """A field of a type, with an alias where the name is taken."""
        if is_union_type(of) or self.chance(8):
            return self.alias("__typename", used) + " " + self.directives()
        name, definition = self.pick(self.readable(of, depth))
        arguments = self.arguments(definition)
        odd = isinstance(definition.type, GraphQLNonNull) and self.chance(15)
        key = self.alias(name, used, always=bool(arguments) or odd)
        inner = f" {self.selection(get_named_type(definition.type), depth - 1)}" if _deep(definition) else ""
        return f"{key}{arguments} {self.directives()}{inner}"

    def readable(self, of: Any, depth: int) -> list[tuple[str, GraphQLField]]:
        outside = OUTSIDE if self.plain or not self.chance(10) else ()
        fields = [(name, each) for name, each in sorted(of.fields.items()) if name not in outside]
        shallow = [(name, each) for name, each in fields if not _deep(each)]
        if (depth < 2 or self.left < 1) and shallow:
            return shallow
        return fields

    def alias(self, name: str, used: set[str], *, always: bool = False) -> str:
        """The field under its own name the first time, or merged with itself; else under a new name."""
        again = name in used and not self.chance(40)
        used.add(name)
        if not (always or again) and not self.chance(10):
            return name
        self.aliases += 1
        return f"a{self.aliases}: {name}"

    def directives(self) -> str:
        if not self.chance(12):
            return ""
        told = [f"@{self.pick(('skip', 'include'))}(if: {self.flag()})"]
        if self.chance(20):
            told.append(f"@{'include' if 'skip' in told[0] else 'skip'}(if: {self.flag()})")
        return " ".join(told) + " "

    def flag(self) -> str:
        if self.chance(30):
            return str(self.pick(("true", "false")))
        kind = GraphQLNonNull(GraphQLBoolean)
        return "$" + self.variable("if", kind, optional=False)

    # -- arguments

    def arguments(self, definition: GraphQLField) -> str:
        told = []
        for name, argument in definition.args.items():
            if is_required_argument(argument) or self.chance(35):
                told.append(f"{name}: {self.value(name, argument)}")
        return f"({', '.join(told)})" if told else ""

    def value(self, name: str, argument: GraphQLArgument) -> str:
        kind = argument.type
        named = get_named_type(kind)
        if isinstance(named, GraphQLScalarType | GraphQLEnumType) and not _listed(kind):
            by_variable = named.name == "ID" if self.plain else self.chance(70)
            if by_variable or self.chance(50):
                return "$" + self.variable(name, kind, optional=not is_required_argument(argument))
        return self.literal(name, kind)

    def literal(self, name: str, kind: Any) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self.literal(name, kind.of_type)
        if isinstance(kind, GraphQLList):
            return f"[{', '.join(self.literal(name, kind.of_type) for _ in range(self.pick((0, 1, 2))))}]"
        if isinstance(kind, GraphQLInputObjectType):
            told = [
                (key, each) for key, each in kind.fields.items() if is_required_input_field(each) or self.chance(30)
            ]
            return "{" + ", ".join(f"{key}: {self.literal(key, each.type)}" for key, each in told) + "}"
        if name != "first" and name != "if" and self.chance(8):
            return "null"
        return _written(self.pick(self.given(name, kind)), kind)

    def given(self, name: str, kind: Any) -> tuple[Any, ...]:
        if isinstance(kind, GraphQLEnumType):
            right: tuple[Any, ...] = tuple(kind.values)
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


_SELECTED = ("field",) * 7 + ("inline", "spread")


def _deep(definition: GraphQLField) -> bool:
    return is_composite_type(get_named_type(definition.type))


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


def cases(schema: GraphQLSchema, pools: Pools, *, plain: bool) -> st.SearchStrategy[Case]:
    """Documents with their requests."""

    def case(number: int, size: int) -> Case:
        return Writer(Random(number), schema, pools, plain, size).case()

    return st.builds(case, st.integers(0, 2**32 - 1), st.integers(1, LARGEST))
