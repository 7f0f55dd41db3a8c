# ruff: noqa: S608 -- identifiers come from the models only, values are parameters
"""The roots of a query: each becomes one column of the statement, an array of records or a count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from graphql import FieldNode, GraphQLObjectType, get_named_type
from tortoise.models import Model

from app import models, reports
from app.lists import table
from app.models.lists import ListSort
from app.tokens import Role
from resolvers import paging, reads
from resolvers.compiled import pages, reporting, text
from resolvers.compiled.document import Document, Uncompilable, Variable
from resolvers.compiled.pages import Count
from resolvers.compiled.rows import Emitter, Record
from resolvers.compiled.tree import Selected, selected
from resolvers.connections import LISTS, DailyCount, ListRoot
from resolvers.reports import REPORTS, ReportRoot
from resolvers.scopes import SCOPES

# Filters that the indexes of a list begin with, in its own order: read so, its statement needs no planning for values.
INDEXED = frozenset({"state", "pay_kind", "since", "until"})


@dataclass(frozen=True, slots=True)
class Root:
    """One root field: the SQL of its column, and the Python source that makes its answer of `value`.

    `rows` is the same as a statement of its own, for a document with this root alone: records instead of an array.
    A `single` one gives at most one record, so equal statements of several requests can be answered together.
    """

    key: str
    sql: str
    source: str
    rows: str = ""
    single: bool = False


# What the viewer is: the rows, and the role whose they are (None: everybody's).
OF_VIEWER: Mapping[str, tuple[type[Model], Role | None]] = {
    "hospital": (models.Hospital, None),
    "patient": (models.Patient, Role.PATIENT),
    "doctor": (models.Doctor, Role.DOCTOR),
}


@dataclass(slots=True)
class Roots:
    """Makes roots of the fields of the query type. `node_type` is the type behind this request's `node(id:)`."""

    document: Document
    emitter: Emitter
    query: GraphQLObjectType
    node_type: str | None

    def root(self, key: str, nodes: list[FieldNode], place: str) -> Root:
        """Raises `Uncompilable` for a root that is not declared."""
        name = nodes[0].name.value
        if name == "__typename":
            return Root(key, "null", repr(self.query.name))
        if name == "node":
            return self._by_id(key, nodes, place, "id", self.node_type)
        if name in reads.WATCHED:
            return self._by_id(key, nodes, place, *reads.WATCHED[name])
        if name == "viewer":
            return self._viewer(key, nodes, place)
        if name in REPORTS:
            return self._report(key, nodes, place, REPORTS[name])
        declared = LISTS.get(name)
        if declared is None:
            raise Uncompilable(f"Query.{name}")
        return self._list(key, nodes, place, declared)

    # -- one row by its global id

    def _by_id(self, key: str, nodes: list[FieldNode], place: str, argument: str, type_name: str | None) -> Root:
        given = self.document.argument(nodes[0], self.query.fields[nodes[0].name.value], argument)
        if not isinstance(given, Variable):
            raise Uncompilable("a literal id")
        if type_name is None:
            return Root(key, "null", "None")
        of = self.document.schema.get_type(type_name)
        assert isinstance(of, GraphQLObjectType)  # noqa: S101  # plans.py looked it up
        model = reads.BY_NAME[type_name].model
        fields = selected(self.document, nodes, of)
        condition = f"id = {self.emitter.parameter('node', (given.name, type_name))}"
        return self._one(key, place, model, fields, condition)

    def _one(self, key: str, place: str, model: type[Model], fields: tuple[Selected, ...], condition: str) -> Root:
        record = Record(self.emitter, self.emitter.alias())
        there = record.add(f"{record.alias}.id")
        if text.one(model, fields):
            made = text.made(record, text.written(record, model, record.alias, fields))
        else:
            made = record.object(model, record.alias, fields)
        where = [f"{record.alias}.{condition}"] if condition else []
        conditions = " and ".join([*where, *self.emitter.scope(model, record.alias)])
        tail = f"from {table(model)} {record.alias} {' '.join(record.joins)} where {conditions} limit 1"
        source = f"next(({made} for {record.alias} in {place} if {there} is not None), None)"
        rows = f"select {record.select()} {tail}"
        return Root(key, f"array(select row({record.select()}) {tail})", source, rows, single=True)

    # -- viewer

    def _viewer(self, key: str, nodes: list[FieldNode], place: str) -> Root:
        of = get_named_type(self.query.fields["viewer"].type)
        assert isinstance(of, GraphQLObjectType)  # noqa: S101  # viewer is an object
        sets = [node.selection_set for node in nodes if node.selection_set]
        columns: list[str] = []
        pairs = [
            f"{name!r}: {self._of_viewer(of, found, columns, place)}"
            for name, found in self.document.fields(sets, of).items()
        ]
        return Root(key, f"row({', '.join(columns or ['1'])})", "{" + ", ".join(pairs) + "}")

    def _of_viewer(self, of: GraphQLObjectType, nodes: list[FieldNode], columns: list[str], place: str) -> str:
        name = nodes[0].name.value
        plain = {"__typename": repr(of.name), "subject": "viewer.subject", "role": "viewer.role.name"}
        if name in plain:
            return plain[name]
        model, role = OF_VIEWER[name]
        if role not in (None, self.emitter.role):
            return "None"
        named = get_named_type(of.fields[name].type)
        assert isinstance(named, GraphQLObjectType)  # noqa: S101  # both are rows
        fields = selected(self.document, nodes, named)
        root = self._one(name, f"{place}[{len(columns)}]", model, fields, "")
        columns.append(root.sql)
        return root.source

    # -- reports

    def _report(self, key: str, nodes: list[FieldNode], place: str, declared: ReportRoot) -> Root:
        columns, source, made = reporting.report(self.document, self.emitter, declared, nodes, self.query)
        rows = f"select {columns} {source}"
        return Root(key, f"array(select row({columns}) {source})", f"{made}({place}[0])", rows)

    # -- connections

    def _list(self, key: str, nodes: list[FieldNode], place: str, declared: ListRoot) -> Root:
        definition = self.query.fields[nodes[0].name.value]
        first = self.document.shaping(self.document.argument(nodes[0], definition, "first"))
        if type(first) is not int or not 1 <= first <= paging.LARGEST_PAGE:
            raise Uncompilable("first")
        of = get_named_type(definition.type)
        assert isinstance(of, GraphQLObjectType)  # noqa: S101  # a connection is an object
        alias = self.emitter.alias()
        where = [*self.emitter.scope(declared.model, alias), *self._filters(nodes[0], definition, declared, alias)]
        counted = self._counted(nodes[0], definition, declared) or self._counting(declared.model, alias, where)
        sorting = self._sorting(nodes[0], definition)
        indexed = INDEXED.issuperset(name for name, _, _ in self._given(nodes[0], definition))
        self.emitter.replanned |= sorting.sort.by_amount or not indexed
        after = self._after(nodes[0], definition, alias, sorting)
        make = pages.FlatPage if pages.is_flat(self.document, declared.model, nodes, of) else pages.Page
        page = make(self.document, self.emitter, declared.model, alias, where, after, sorting, first, counted)
        sql, source, rows = page.column(nodes, of, place)
        return Root(key, sql, source, rows)

    def _filters(self, node: FieldNode, definition: Any, declared: ListRoot, alias: str) -> list[str]:
        found = []
        for name, given, kind in self._given(node, definition):
            compared = declared.filters[name]
            parameter = self.emitter.parameter("filter", (name, compared, given, kind))
            found.append(compared.condition(declared.model, alias, parameter, self.emitter.alias))
        return found

    def _sorting(self, node: FieldNode, definition: Any) -> paging.Sorting:
        if "sort" not in definition.args:
            return paging.NEWEST
        sort = self.document.shaping(self.document.argument(node, definition, "sort"))
        if sort is None:
            raise Uncompilable("sort")
        return paging.Sorting(ListSort(sort))

    def _given(self, node: FieldNode, definition: Any) -> Iterator[tuple[str, Any, Any]]:
        """The filters that are given: the argument's name in Python, its value, its type."""
        for name, argument in definition.args.items():
            given = self.document.argument(node, definition, name)
            if name not in ("first", "after", "sort") and given is not None:
                yield argument.extensions["strawberry-definition"].python_name, given, argument.type

    def _counting(self, model: type[Model], alias: str, where: list[str]) -> Count:
        return lambda: f"(select count(*) from {table(model)} {alias} where {' and '.join(where)})"

    def _counted(self, node: FieldNode, definition: Any, declared: ListRoot) -> Count | None:
        """The count by the daily rows, where they know it (resolvers/lists.py is the same for the ordinary road)."""
        given = list(self._given(node, definition))
        scope = [rule.path for rule in SCOPES[declared.model].get(self.emitter.role, ())]
        daily = declared.daily([name for name, _, _ in given], scope)
        return partial(self._sum, daily, given) if daily else None

    def _sum(self, daily: DailyCount, given: list[tuple[str, Any, Any]]) -> str:
        hospital = self.emitter.parameter("claim", "hospital_id")
        filters = [daily.filters[name] for name, _, _ in given]
        places = [
            self.emitter.parameter("filter", (name, compared, value, kind))
            for compared, (name, value, kind) in zip(filters, given, strict=True)
        ]
        compared = tuple((each.path, each.operator) for each in filters)
        return f"({reports.count_statement(daily.daily, daily.measure, hospital, compared, places)})"

    def _after(self, node: FieldNode, definition: Any, alias: str, sorting: paging.Sorting) -> list[str]:
        given = self.document.argument(node, definition, "after")
        if given is None:
            return []
        value, row_id = (self.emitter.parameter(part, (sorting, given)) for part in ("after_value", "after_id"))
        beyond, column = "<" if sorting.sort.descending else ">", f"{alias}.{sorting.column}"
        # Not a comparison of rows: beside a filter on the column the scan would begin at the filter's end of the list.
        return [f"{column} {beyond}= {value}", f"({column} {beyond} {value} or {alias}.id {beyond} {row_id})"]
