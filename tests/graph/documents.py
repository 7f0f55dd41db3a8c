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
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_union_type,
)
from hypothesis import strategies as st

from tests.graph.arguments import ABSENT, Arguments, Pools

# Roots whose answer no statement of ours can give, and those of which it gives some.
OUTSIDE = ("payablePrescriptions", "selfPayReconciliation", "nodes")
PARTLY = ("orderReport", "settlementReport")
DEEPEST = 7
LARGEST = 16


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
class Fragment:
    """A named fragment that is complete, so that spreading it again makes no circle."""

    name: str
    of: Any
    height: int
    text: str


@dataclass
class Writer(Arguments):
    """Writes one document."""

    fragments: list[Fragment] = field(default_factory=list)
    aliases: int = 0

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
        outside = {*OUTSIDE, *PARTLY} if self.plain else {*self.pick((OUTSIDE, OUTSIDE, ())), *self.pick((PARTLY, ()))}
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


_SELECTED = ("field",) * 7 + ("inline", "spread")


def _deep(definition: GraphQLField) -> bool:
    return is_composite_type(get_named_type(definition.type))


def cases(schema: GraphQLSchema, pools: Pools, *, plain: bool) -> st.SearchStrategy[Case]:
    """Documents with their requests."""

    def case(number: int, size: int) -> Case:
        return Writer(Random(number), schema, pools, plain, size).case()

    return st.builds(case, st.integers(0, 2**32 - 1), st.integers(1, LARGEST))
