"""Reports on the compiled road: the statement of app/reports.py, and the serializer of its records.

A plan is made for one bucket, grouping and choice of filters; days and filters' values are parameters. Departments and
doctors as objects are left to the ordinary executor.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from operator import itemgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLInputObjectType,
    GraphQLObjectType,
    ObjectValueNode,
    VariableNode,
    get_named_type,
    print_ast,
)
from graphql.utilities import coerce_input_value, value_from_ast_untyped

from app import reports
from app.models.reports import ReportBucket, ReportDimension
from app.tokens import Viewer
from resolvers.compiled.document import Document, Uncompilable, Variable
from resolvers.compiled.rows import Emitter, Missing
from resolvers.reports import FILTERS, ReportRoot, question
from resolvers.scopes import STAFF

Given = Callable[[Mapping[str, Any]], Any]
_DAYS = ("from", "to")


def form(given: Any) -> Hashable:
    """What of a report's input shapes its statement."""
    filters = tuple(sorted(name for name, value in (given.get("filter") or {}).items() if value is not None))
    return given.get("bucket"), tuple(given.get("groupBy") or ()), filters


def report(
    document: Document, emitter: Emitter, declared: ReportRoot, nodes: list[FieldNode], query: GraphQLObjectType
) -> tuple[str, list[str], Callable[[str], str]]:
    """The statement, its columns, and the source of the answer by where the records are."""
    definition = query.fields[nodes[0].name.value]
    kind = get_named_type(definition.args["input"].type)
    if emitter.role not in STAFF:
        raise Uncompilable("report")
    given = _given(document, nodes[0])
    asked = _question(declared, kind, given(document.variables), 0)
    hospital = emitter.parameter("claim", "hospital_id")
    parts = ["first_day", "last_day", *(dimension for dimension, _ in asked.filters)]
    places = [emitter.parameter("report", (given, declared, kind, part)) for part in parts]
    filters = tuple(dimension for dimension, _ in asked.filters)
    sql = reports.statement(asked.daily, asked.bucket, asked.group_by, filters, (hospital, *places))
    columns = ["bucket", *(reports.COLUMNS[dimension] for dimension in asked.group_by), *asked.daily.sums]
    of = document.schema.get_type(declared.type_name)
    assert isinstance(of, GraphQLObjectType)  # noqa: S101  # declared types are objects
    made = _Answer(document, emitter, declared, columns).report(nodes, of)
    whole = emitter.name(_whole)
    return sql, columns, lambda place: f"(lambda rows: {made})({whole}({place}))"


def argument(told: tuple[Given, ReportRoot, Any, Any]) -> Callable[[Viewer, Mapping[str, Any]], Any]:
    """How a request's value for a part of the question is made. Raises Problem for a question without an answer."""
    given, declared, kind, part = told

    def make(viewer: Viewer, variables: Mapping[str, Any]) -> Any:
        asked = _question(declared, kind, given(variables), viewer.hospital_id)
        asked.check()
        return dict(asked.filters)[part] if isinstance(part, ReportDimension) else getattr(asked, part)

    return make


def _given(document: Document, node: FieldNode) -> Given:
    """How the input is read from a request's variables: one variable, or a literal whose days may be variables."""
    value = next(each.value for each in node.arguments or () if each.name.value == "input")
    if isinstance(value, VariableNode):
        document.shaping(Variable(value.name.value))
        return itemgetter(value.name.value)
    if not isinstance(value, ObjectValueNode):
        raise Uncompilable("report")
    parts = {each.name.value: each.value for each in value.fields}
    days = {name: parts.pop(name).name.value for name in _DAYS if isinstance(parts.get(name), VariableNode)}  # type: ignore[attr-defined]
    if "$" in "".join(map(print_ast, parts.values())):
        raise Uncompilable("variable in a report's literal")  # it would shape the statement
    fixed = {name: value_from_ast_untyped(each) for name, each in parts.items()}
    return lambda variables: fixed | {name: variables[variable] for name, variable in days.items()}


def _question(declared: ReportRoot, kind: Any, given: Any, hospital_id: int) -> reports.Question:
    told = _python_names(kind, coerce_input_value(given, kind))
    filters = _python_names(get_named_type(kind.fields["filter"].type), told.get("filter") or {})
    return question(
        declared.daily,
        hospital_id,
        (told["from_"], told["to"]),
        ReportBucket(told["bucket"]),
        [ReportDimension(each) for each in told["group_by"]],
        {FILTERS[name]: value for name, value in filters.items()},
    )


def _python_names(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    assert isinstance(kind, GraphQLInputObjectType)  # noqa: S101  # reports take input objects
    return {kind.fields[name].extensions["strawberry-definition"].python_name: each for name, each in given.items()}


def _whole(records: list[Any]) -> list[Any]:
    """The records, unless there are too many: the ordinary executor says so."""
    if len(records) > reports.MOST_ROWS + 1:
        raise Missing
    return records


class _Answer:
    """The source of a report's dicts; `rows` are the records, of which the first has the totals."""

    def __init__(self, document: Document, emitter: Emitter, declared: ReportRoot, columns: list[str]) -> None:
        self._document = document
        self._emitter = emitter
        self._declared = declared
        self._columns = columns

    def report(self, nodes: list[FieldNode], of: GraphQLObjectType) -> str:
        """The whole answer."""
        return self._object(nodes, of, self._part)

    def _part(self, nodes: list[FieldNode], of: GraphQLObjectType) -> str:
        name = nodes[0].name.value
        inner = get_named_type(of.fields[name].type)
        assert isinstance(inner, GraphQLObjectType)  # noqa: S101  # rows and totals are objects
        if name == "totals":
            return self._object(nodes, inner, lambda found, kind: self._value(found, kind, "rows[0]"))
        made = self._object(nodes, inner, lambda found, kind: self._value(found, kind, "row"))
        return f"[{made} for row in rows[1:]]"

    def _value(self, nodes: list[FieldNode], of: GraphQLObjectType, row: str) -> str:
        name = of.fields[nodes[0].name.value].extensions["strawberry-definition"].python_name
        if name == "from_":
            return f"{row}[0].isoformat()"
        if name in self._declared.measures:
            column, shown = self._declared.measures[name]
            place = f"({row}[{self._columns.index(column)}] or 0)"
            return place if shown is int else f"{self._emitter.name(shown)}({place})"
        column = reports.COLUMNS[ReportDimension(name.upper())]
        if column not in self._columns:
            return "None"
        if name not in self._declared.groups:
            raise Uncompilable(f"{of.name}.{name}")
        return f"{row}[{self._columns.index(column)}]"

    def _object(
        self, nodes: list[FieldNode], of: GraphQLObjectType, value: Callable[[list[FieldNode], GraphQLObjectType], str]
    ) -> str:
        sets = [node.selection_set for node in nodes if node.selection_set]
        pairs = [
            f"{key!r}: {repr(of.name) if found[0].name.value == '__typename' else value(found, of)}"
            for key, found in self._document.fields(sets, of).items()
        ]
        return "{" + ", ".join(pairs) + "}"
