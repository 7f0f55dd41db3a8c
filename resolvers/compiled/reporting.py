# ruff: noqa: S608 -- identifiers come from the declarations only, values are parameters
"""Reports on the compiled road: the statement of app/reports.py, and the text of its records.

A plan is made for one bucket, grouping and choice of filters; days and filters' values are parameters. Only the sums
that are asked for are made, and the answer is text, as that of a page (text.py).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLOutputType,
    ObjectValueNode,
    VariableNode,
    get_named_type,
    print_ast,
)
from graphql.utilities import coerce_input_value, value_from_ast_untyped

from app import reports
from app.lists import table
from app.models.reports import ReportBucket, ReportDimension
from app.tokens import Viewer
from resolvers.compiled import text
from resolvers.compiled.document import Document, Uncompilable, Variable
from resolvers.compiled.forms import ESCAPED, FORMS, IN_QUOTES, Form
from resolvers.compiled.rows import Emitter, Missing, Record
from resolvers.compiled.text import Draft, Lines, Text
from resolvers.compiled.tree import selected
from resolvers.reads import BY_NAME
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
) -> tuple[str, str, str]:
    """The columns of one record and where they come from, and the source of the function that makes the answer."""
    definition = query.fields[nodes[0].name.value]
    kind = get_named_type(definition.args["input"].type)
    if emitter.role not in STAFF:
        raise Uncompilable("report")
    given = _given(document, nodes[0])
    asked = _question(declared, kind, given(document.variables), 0)
    hospital = emitter.parameter("claim", "hospital_id")
    parts = ["first_day", "last_day", *(dimension for dimension, _ in asked.filters)]
    places = [emitter.parameter("report", (given, declared, kind, part)) for part in parts]
    of = document.schema.get_type(declared.type_name)
    assert isinstance(of, GraphQLObjectType)  # noqa: S101  # declared types are objects
    record = Record(emitter, emitter.alias())
    answer = _Answer(document, record, declared, asked)
    made = answer.report(nodes, of)
    filters = tuple(dimension for dimension, _ in asked.filters)
    sums = tuple(answer.sums)
    sql = reports.statement(
        asked.daily, asked.bucket, asked.group_by, filters, (hospital, *places), sums=sums, totals=answer.totals
    )
    return record.select(), f"from ({sql}) report", f"(lambda {record.alias}: {made})"


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


def _quoted(of: GraphQLOutputType) -> Form:
    """A name of an enum needs no escaping, which takes PostgreSQL as long as two sums."""
    return IN_QUOTES if isinstance(get_named_type(of), GraphQLEnumType) else ESCAPED


def _few(found: int) -> bool:
    """Raises `Missing` for too many rows: the ordinary executor says so."""
    if found > reports.MOST_ROWS + 1:
        raise Missing
    return True


@dataclass(slots=True)
class _Answer:
    """The text of a report over its rows, of which the one without a bucket has the totals.

    `sums` are the columns that it needs, in their order; `totals` whether it needs that row.
    """

    document: Document
    record: Record
    declared: ReportRoot
    asked: reports.Question
    sums: dict[str, None] = field(default_factory=dict)
    totals: bool = False

    def report(self, nodes: list[FieldNode], of: GraphQLObjectType) -> str:
        """The Python source of the whole answer."""
        few = f"{self.record.emitter.name(_few)}({self.record.add('count(*)')})"
        sets = [node.selection_set for node in nodes if node.selection_set]
        parts = self.document.fields(sets, of)
        self.totals = any(found[0].name.value == "totals" for found in parts.values())
        pairs = [f"{key!r}: {self._part(found, of)}" for key, found in parts.items()]
        return f"{few} and {{{', '.join(pairs)}}}"

    def _part(self, nodes: list[FieldNode], of: GraphQLObjectType) -> str:
        if nodes[0].name.value == "__typename":
            return repr(of.name)
        inner = get_named_type(of.fields[nodes[0].name.value].type)
        assert isinstance(inner, GraphQLObjectType)  # noqa: S101  # rows and totals are objects
        if nodes[0].name.value == "rows":
            lines = Lines(self.record, "filter (where bucket is not null)" if self.totals else "")
            self._object(lines, nodes, inner)
            return lines.source(reports.MOST_ROWS)
        totals = Text()
        self._object(totals, nodes, inner)
        return text.made(self.record, f"max({totals.expression()}) filter (where bucket is null)")

    def _object(self, made: Draft, nodes: list[FieldNode], of: GraphQLObjectType) -> None:
        sets = [node.selection_set for node in nodes if node.selection_set]
        made.object(self.document.fields(sets, of).items(), lambda found: self._value(made, found, of))

    def _value(self, made: Draft, nodes: list[FieldNode], of: GraphQLObjectType) -> None:
        if nodes[0].name.value == "__typename":
            made.json(f'"{of.name}"')
            return
        name = of.fields[nodes[0].name.value].extensions["strawberry-definition"].python_name
        if name == "from_":
            made.column(IN_QUOTES, "bucket", nullable=False)
        elif name in self.declared.measures:
            column, shown = self.declared.measures[name]
            self.sums[column] = None
            made.column(FORMS[shown], f"coalesce({column}, 0)", nullable=False)
        else:
            self._group(made, ReportDimension(name.upper()), nodes, of)

    def _group(self, made: Draft, dimension: ReportDimension, nodes: list[FieldNode], of: GraphQLObjectType) -> None:
        column = reports.COLUMNS[dimension]
        if dimension not in self.asked.group_by:
            made.json("null")
        elif column in self.declared.groups:
            made.column(_quoted(of.fields[nodes[0].name.value].type), column, nullable=False)
        else:
            made.value(self._row(column, nodes, of))

    def _row(self, column: str, nodes: list[FieldNode], of: GraphQLObjectType) -> str:
        """The department or the doctor of a row, as far as the viewer may see it."""
        named = get_named_type(of.fields[nodes[0].name.value].type)
        assert isinstance(named, GraphQLObjectType)  # noqa: S101  # both are rows
        model, fields = BY_NAME[named.name].model, selected(self.document, nodes, named)
        if not text.one(model, fields):
            raise Uncompilable(f"{of.name}.{column}")
        emitter = self.record.emitter
        record = Record(emitter, emitter.alias())
        made = text.written(record, model, record.alias, fields)
        where = " and ".join([f"{record.alias}.id = report.{column}", *emitter.scope(model, record.alias)])
        source = " ".join([f"{table(model)} {record.alias}", *record.joins])
        return f"coalesce((select {made} from {source} where {where}), 'null')"
