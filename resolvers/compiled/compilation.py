"""One document with one shape on its way to a plan."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from graphql import FieldNode, GraphQLObjectType, VariableNode, get_named_type

from app.problems import Problem
from app.tokens import Role
from resolvers.compiled import reporting
from resolvers.compiled import variables as variables_of
from resolvers.compiled.document import Document, Uncompilable, Variable
from resolvers.compiled.plan import Argument, Plan
from resolvers.compiled.roots import Root, Roots
from resolvers.compiled.rows import Emitter, Parameter
from resolvers.paging import Sorting

NOTHING = "null"  # the column of a root that needs no row
RECORDS = "§"  # stands for a root's records in its source; no GraphQL name has it
_SQL_TYPES = {"subject": "text", "hospital_id": "bigint", "node": "bigint"}


class Compilation:
    """One document with one shape on its way to a plan."""

    def __init__(self, document: Document, role: Role) -> None:
        self.document = document
        root = document.schema.get_root_type(document.operation.operation)
        assert root is not None  # noqa: S101  # a validated document has one
        self.query: GraphQLObjectType = root
        self.emitter = Emitter(role)
        self.node_variables: tuple[str, ...] = ()

    def plan(self) -> Plan:
        """Raises `Uncompilable`."""
        fields = self.document.fields([self.document.operation.selection_set], self.query)
        self.node_variables = tuple(_node_variables(fields))
        roots = [self._roots(nodes).root(key, nodes, RECORDS) for key, nodes in fields.items()]
        sql, source = self._statement(roots)
        single = len(roots) == 1 and roots[0].single
        code = f"lambda records, viewer, info: {{{source}}}"
        serialize = eval(compile(code, "<compiled read>", "eval"), self.emitter.names)  # noqa: S307  # source of our own making
        nodes = [told for kind, told in self.emitter.parameters if kind == "node"]
        arguments = tuple(self._argument(each) for each in self.emitter.parameters)
        shared = any(kind == "report" for kind, _ in self.emitter.parameters)
        together = self._together(sql) if single else None
        return Plan(sql, arguments, serialize, nodes[0] if nodes else None, shared, self.emitter.replanned, together)

    def _together(self, sql: str) -> str:
        """The same statement for many requests: each parameter is an array, and each request gets one record."""
        kinds = [_SQL_TYPES[told if kind == "claim" else kind] for kind, told in self.emitter.parameters]
        arrays = ", ".join(f"${place}::{kind}[]" for place, kind in enumerate(kinds, start=1))
        names = ", ".join(f"p{place}" for place, _ in enumerate(kinds, start=1))
        inner = re.sub(r"\$(\d+)", r"asked.p\1", sql)
        return (
            f"select answer.* from unnest({arrays}) with ordinality asked({names}, place) "  # noqa: S608  # as in rows.py
            f"left join lateral ({inner}) answer on true order by asked.place"
        )

    def _roots(self, nodes: list[FieldNode]) -> Roots:
        variables = _node_variables({"": nodes})
        type_name = variables_of.type_name(self.document.variables.get(variables[0])) if variables else None
        return Roots(self.document, self.emitter, self.query, type_name)

    def _statement(self, roots: list[Root]) -> tuple[str, str]:
        if len(roots) == 1 and roots[0].rows:
            return roots[0].rows, f"{roots[0].key!r}: {roots[0].source.replace(RECORDS, 'records')}"
        if all(root.sql == NOTHING for root in roots):
            return "", ", ".join(f"{root.key!r}: {root.source}" for root in roots)
        sql = "select " + ", ".join(root.sql for root in roots)
        sources = [
            f"{root.key!r}: {root.source.replace(RECORDS, f'records[0][{place}]')}" for place, root in enumerate(roots)
        ]
        return sql, ", ".join(sources)

    def _argument(self, parameter: Parameter) -> Argument:
        kind, told = parameter
        if kind == "claim":
            return lambda viewer, variables: getattr(viewer, told)
        if kind == "node":
            name, type_name = told
            return lambda viewer, variables: variables_of.row_id(variables[name], type_name)
        if kind == "filter":
            return self._filter(*told[1:])
        if kind == "report":
            return reporting.argument(told)
        return self._place(0 if kind == "after_value" else 1, *told)

    def _place(self, part: int, sorting: Sorting, given: Any) -> Argument:
        """Half of the place that a cursor names."""
        if isinstance(given, Variable):
            return lambda viewer, variables: sorting.position(variables_of.text(variables[given.name]))[part]
        try:
            value = sorting.position(given)[part]
        except Problem as error:
            raise Uncompilable("after") from error
        return lambda viewer, variables: value

    def _filter(self, compared: Any, given: Any, kind: Any) -> Argument:
        if not isinstance(given, Variable):
            value = variables_of.stored(compared.convert(given))
            return lambda viewer, variables: value
        read = variables_of.reader(get_named_type(kind))
        return lambda viewer, variables: variables_of.stored(compared.convert(read(variables[given.name])))


def _node_variables(fields: Mapping[str, list[FieldNode]]) -> list[str]:
    return [
        argument.value.name.value
        for nodes in fields.values()
        if nodes[0].name.value == "node"
        for argument in nodes[0].arguments or ()
        if isinstance(argument.value, VariableNode)
    ]
