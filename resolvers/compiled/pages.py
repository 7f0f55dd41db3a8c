"""A page of a list: the rows it needs, one more to know whether there is a next page, and the count if it is asked for.

`Page` reads records; `FlatPage` reads columns as text (text.py says when).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from graphql import FieldNode, GraphQLObjectType, get_named_type
from tortoise.models import Model

from app.lists import table
from resolvers.compiled import text
from resolvers.compiled.document import Document
from resolvers.compiled.rows import Emitter, Record
from resolvers.compiled.tree import Selected, selected
from resolvers.paging import Sorting

Count = Callable[[], str]
Wanted = dict[str, list[FieldNode]]


def is_flat(document: Document, model: type[Model], nodes: list[FieldNode], of: GraphQLObjectType) -> bool:
    """Whether all edges of a page can be text: they ask for their nodes alone, and those for their own columns."""
    found = [each for each in _inner(document, nodes, of).values() if each[0].name.value == "edges"]
    edges = [edge for each in found for edge in _inner(document, each, object_of(of, each)).values()]
    asked = [edge for edge in edges if edge[0].name.value != "__typename"]
    return bool(asked) and all(
        edge[0].name.value == "node" and text.page(model, _node(document, edge, object_of(of, found[0])))
        for edge in asked
    )


def object_of(of: GraphQLObjectType, nodes: list[FieldNode]) -> GraphQLObjectType:
    """The type of a field that is an object, or a list of such."""
    inner = get_named_type(of.fields[nodes[0].name.value].type)
    assert isinstance(inner, GraphQLObjectType)  # noqa: S101  # connections, edges, page info and nodes are objects
    return inner


def _inner(document: Document, nodes: list[FieldNode], of: GraphQLObjectType) -> Wanted:
    return document.fields([node.selection_set for node in nodes if node.selection_set], of)


def _node(document: Document, nodes: list[FieldNode], edge: GraphQLObjectType) -> tuple[Selected, ...]:
    return selected(document, nodes, object_of(edge, nodes))


@dataclass(slots=True)
class Page:
    """A page in the making; `where` chooses the list, `after` the rows behind the cursor."""

    document: Document
    emitter: Emitter
    model: type[Model]
    alias: str
    where: list[str]
    after: list[str]
    sorting: Sorting
    first: int
    count: Count

    def column(self, nodes: list[FieldNode], of: GraphQLObjectType, place: str) -> tuple[str, str, str]:
        """The page as a column of a statement, the source of its answer, and the same as a statement of its own."""
        wanted = _inner(self.document, nodes, of)
        record = Record(self.emitter, self.alias)
        cursor = self._cursor(record)
        made = self._object(wanted, lambda found: self._field(found, of, record, cursor))
        tail = f"{record.select()} {self._from(record)}"
        column = f"array(select row({record.select()}) {self._from(record)})"
        if any(found[0].name.value == "totalCount" for found in wanted.values()):
            return f"row({column}, {self.count()})", self._source(made, f"{place}[0]", f"{place}[1]"), ""
        return column, self._source(made, place, "None"), f"select {tail}"

    def _source(self, made: str, records: str, total: str) -> str:
        return f"(lambda page, total: {made})({records}, {total})"

    def _cursor(self, record: Record) -> str:
        return self._cursor_of(*(record.add(f"{self.alias}.{name}") for name in (self.sorting.column, "id")))

    def _cursor_of(self, value: str, row_id: str) -> str:
        return f"{self.emitter.name(self.sorting.cursor_of)}({value}, {row_id})"

    def _from(self, record: Record) -> str:
        return f"from {self._rows()} {self.alias} {' '.join(record.joins)} {self._order()}"

    def _rows(self) -> str:
        source = f"from {table(self.model)} {self.alias} where {' and '.join([*self.where, *self.after])}"
        return f"(select * {source} {self._order()} limit {self.first + 1})"

    def _order(self) -> str:
        direction = "desc" if self.sorting.sort.descending else "asc"
        return f"order by {self.alias}.{self.sorting.column} {direction}, {self.alias}.id {direction}"

    def _object(self, wanted: Wanted, value: Callable[[list[FieldNode]], str]) -> str:
        return "{" + ", ".join(f"{key!r}: {value(found)}" for key, found in wanted.items()) + "}"

    def _field(self, nodes: list[FieldNode], of: GraphQLObjectType, record: Record, cursor: str) -> str:
        name = nodes[0].name.value
        if name == "__typename":
            return repr(of.name)
        if name == "totalCount":
            return "total"
        inner = object_of(of, nodes)
        wanted = _inner(self.document, nodes, inner)
        return self._edges(wanted, inner, record, cursor) if name == "edges" else self._info(wanted, inner, cursor)

    def _edges(self, wanted: Wanted, of: GraphQLObjectType, record: Record, cursor: str) -> str:
        made = self._object(wanted, lambda found: self._of_edge(found, of, record, cursor))
        return f"[{made} for {self.alias} in page[:{self.first}]]"

    def _of_edge(self, nodes: list[FieldNode], of: GraphQLObjectType, record: Record, cursor: str) -> str:
        if nodes[0].name.value != "node":
            return {"__typename": repr(of.name), "cursor": cursor}[nodes[0].name.value]
        return record.object(self.model, self.alias, _node(self.document, nodes, of))

    def _info(self, wanted: Wanted, of: GraphQLObjectType, cursor: str) -> str:
        told = {"__typename": repr(of.name), "hasNextPage": self._more(), "endCursor": self._last(cursor)}
        return self._object(wanted, lambda found: told[found[0].name.value])

    def _more(self) -> str:
        return f"len(page) > {self.first}"

    def _last(self, cursor: str) -> str:
        return f"next(({cursor} for {self.alias} in page[:{self.first}][-1:]), None)"


@dataclass(slots=True)
class FlatPage(Page):
    """One record: how many rows were found, where the last one that is shown stands, and each column as text."""

    def _source(self, made: str, records: str, total: str) -> str:
        return f"(lambda {self.alias}, total: {made})({records}[0], {total})"

    def _cursor(self, record: Record) -> str:
        record.add("count(*)")
        last = f"least(count(*), {self.first})"
        names = (self.sorting.column, "id")
        return self._cursor_of(*(record.add(f"(array_agg({self.alias}.{name}))[{last}]") for name in names))

    def _from(self, record: Record) -> str:
        return f"from {self._rows()} {self.alias}"

    def _edges(self, wanted: Wanted, of: GraphQLObjectType, record: Record, cursor: str) -> str:
        edges = text.Lines(record)
        edges.object(wanted.items(), lambda found: self._write(edges, found, of, record))
        return edges.source(self.first)

    def _write(self, edges: text.Lines, nodes: list[FieldNode], of: GraphQLObjectType, record: Record) -> None:
        if nodes[0].name.value == "__typename":
            edges.json(f'"{of.name}"')
        else:
            text.write(edges, record, self.model, self.alias, _node(self.document, nodes, of))

    def _more(self) -> str:
        return f"{self.alias}[0] > {self.first}"

    def _last(self, cursor: str) -> str:
        return f"({cursor} if {self.alias}[0] else None)"
