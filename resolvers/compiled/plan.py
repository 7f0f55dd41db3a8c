"""A plan: one statement, how its parameters are made, and how its records become the answer's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from app.events import Topic
from app.problems import Problem
from app.tokens import Viewer
from resolvers.compiled.rows import Missing
from resolvers.compiled.variables import row_id

Argument = Callable[[Viewer, Mapping[str, Any]], Any]


class Fallback(Exception):
    """This request is for the ordinary executor; the text says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement, how its parameters are made, and how its records become the answer's data."""

    sql: str
    arguments: tuple[Argument, ...]
    serialize: Callable[[list[Any], Viewer, Any], dict[str, Any]]
    watches: tuple[str, str] | None = None
    shared: bool = False  # equal requests at the same time may have one execution
    replanned: bool = False  # which index is best depends on the values
    together: str | None = None  # answers many requests at once: parameters are arrays, one record for each

    def watched(self, variables: Mapping[str, Any]) -> Topic:
        """The row that a subscription watches, with its type. Raises `Fallback`."""
        if self.watches is None:
            raise Fallback("not a subscription of a row")
        name, type_name = self.watches
        try:
            return type_name, row_id(variables[name], type_name)
        except (ValueError, TypeError, KeyError) as error:
            raise Fallback("argument") from error

    def values(self, viewer: Viewer, variables: Mapping[str, Any]) -> list[Any]:
        """The parameters of this request. Raises `Fallback` for a value that only the ordinary executor can judge."""
        try:
            return [make(viewer, variables) for make in self.arguments]
        except (Problem, GraphQLError, ValueError, TypeError, KeyError) as error:
            raise Fallback("argument") from error

    def data(self, records: list[Any], viewer: Viewer, info: Any) -> dict[str, Any]:
        """The answer's data. Raises `Fallback` where a row that must be there is not visible."""
        try:
            return self.serialize(records, viewer, info)
        except Missing as error:
            raise Fallback("missing row") from error
