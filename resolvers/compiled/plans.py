"""Plans: compiled once for a document, an operation, a role and whatever else shapes the statement.

The least recently used documents go; what does not compile is known too, and not tried again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    parse,
    validate,
)

from app.problems import Problem
from app.tokens import Role, Viewer
from resolvers.compiled import reporting
from resolvers.compiled.compilation import Compilation
from resolvers.compiled.document import Document, Uncompilable
from resolvers.compiled.plan import Fallback, Plan
from resolvers.compiled.variables import Check, check, literal, type_name

LARGEST_CACHE = 1000
MOST_SHAPES = 50


@dataclass(slots=True)
class Entry:
    """What is known of a document: its variables, and by shape its plans, or why there is none.

    `refused` says why it has none in any shape.
    """

    document: DocumentNode | None = None
    refused: str | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    variables: tuple[tuple[str, Check], ...] = ()
    structural: tuple[str, ...] = ()
    node_variables: tuple[str, ...] = ()
    plans: dict[Any, Plan | str] = field(default_factory=dict)


class Plans:
    """The plan cache of a process. `rules` and `most_tokens` are those of the ordinary executor."""

    def __init__(self, schema: GraphQLSchema, rules: tuple[Any, ...], most_tokens: int) -> None:
        self._schema = schema
        self._rules = rules
        self._most_tokens = most_tokens
        self._entries: OrderedDict[tuple[str, str | None, OperationType], Entry] = OrderedDict()

    def plan(
        self,
        query: str,
        operation: str | None,
        variables: Mapping[str, Any],
        viewer: Viewer,
        kind: OperationType = OperationType.QUERY,
    ) -> tuple[Plan, Mapping[str, Any]]:
        """The plan for a request, and its variables with their defaults. Raises `Fallback`.

        A subscription's plan reads what its next event shows.
        """
        entry = self._entry(query, operation, kind)
        if entry.refused is not None:
            raise Fallback(entry.refused)
        told = entry.defaults | dict(variables) if entry.defaults else variables
        for name, right in entry.variables:
            if not right(told.get(name)):
                raise Fallback("argument")
        shape = self._shape(entry, told, viewer.role)
        plan = entry.plans.get(shape)
        if plan is None:
            plan = self._compile(entry, operation, told, viewer.role, kind)
            if len(entry.plans) >= MOST_SHAPES:
                entry.plans.clear()
            entry.plans[self._shape(entry, told, viewer.role)] = plan
        if isinstance(plan, str):
            raise Fallback(plan)
        return plan, told

    def _shape(self, entry: Entry, variables: Mapping[str, Any], role: Role) -> Any:
        given = tuple([_GIVEN[name in variables, variables.get(name) is None] for name, _ in entry.variables])
        shaping = tuple([_form(variables.get(name)) for name in entry.structural])
        nodes = tuple([type_name(variables.get(name)) for name in entry.node_variables])
        return role, given, shaping, nodes

    def _entry(self, query: str, operation: str | None, kind: OperationType) -> Entry:
        key = (query, operation, kind)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = self._read(query, operation, kind)
            if len(self._entries) > LARGEST_CACHE:
                self._entries.popitem(last=False)
        else:
            self._entries.move_to_end(key)
        return entry

    def _read(self, query: str, operation: str | None, kind: OperationType) -> Entry:
        try:
            document = parse(query, no_location=True, max_tokens=self._most_tokens)
        except GraphQLError:
            return Entry(refused="syntax")
        if validate(self._schema, document, self._rules):
            return Entry(refused="invalid")
        try:
            node = Document.of(self._schema, document, operation, {}, kind).operation
        except Uncompilable as error:
            return Entry(refused=str(error))
        try:
            checks = tuple(check(self._schema, each) for each in node.variable_definitions or ())
            defaults = {
                each.variable.name.value: literal(each.default_value)
                for each in node.variable_definitions or ()
                if each.default_value is not None
            }
        except Uncompilable as error:
            return Entry(refused=str(error))
        return Entry(document=document, defaults=defaults, variables=checks)

    def _compile(
        self, entry: Entry, operation: str | None, variables: Mapping[str, Any], role: Role, kind: OperationType
    ) -> Plan | str:
        """The plan, or why this shape has none. Raises `Fallback` for a wrong value, which tells nothing of others."""
        assert entry.document is not None  # noqa: S101  # an entry that is not refused has one
        document = Document.of(self._schema, entry.document, operation, variables, kind)
        made = Compilation(document, role)
        try:
            return made.plan()
        except Uncompilable as error:
            return str(error)
        except Problem as error:
            raise Fallback("argument") from error
        finally:  # whatever was looked at has decided
            entry.structural = tuple(sorted({*entry.structural, *document.structural}))
            entry.node_variables = tuple(sorted({*entry.node_variables, *made.node_variables}))


def _form(value: Any) -> Any:
    """What of a variable shapes the statement: the value, but of an object only its form."""
    return reporting.form(value) if isinstance(value, dict) else value


# (in the variables, null) → how it was given; an absent variable takes the argument's default, a null one does not.
_GIVEN = {(True, False): "value", (True, True): "null", (False, True): "absent"}
