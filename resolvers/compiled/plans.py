"""Plans: compiled once for a document, an operation, a role and whatever else shapes the statement; kept, bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationType,
    VariableDefinitionNode,
    VariableNode,
    get_named_type,
    parse,
    type_from_ast,
    validate,
)
from graphql.utilities import coerce_input_value

from app import clock
from app.problems import Problem
from app.tokens import Role, Viewer
from resolvers import ids, paging
from resolvers.compiled import reporting
from resolvers.compiled.document import Document, Uncompilable, Variable
from resolvers.compiled.roots import Root, Roots
from resolvers.compiled.rows import Emitter, Missing, Parameter

LARGEST_CACHE = 1000
RECORDS = "§"  # stands for a root's records in its source; no GraphQL name has it
MOST_SHAPES = 50


class Fallback(Exception):
    """This request is for the ordinary executor; the text says why."""


Argument = Callable[[Viewer, Mapping[str, Any]], Any]
Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement, how its parameters are made, and how its records become the answer's data."""

    sql: str
    arguments: tuple[Argument, ...]
    serialize: Callable[[list[Any], Viewer, Any], dict[str, Any]]
    watches: tuple[str, str] | None = None
    shared: bool = False  # equal requests at the same time may have one execution

    def watched(self, variables: Mapping[str, Any]) -> int:
        """The row that a subscription watches. Raises `Fallback`."""
        if self.watches is None:
            raise Fallback("not a subscription of a row")
        name, type_name = self.watches
        try:
            return _row_id(variables[name], type_name)
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


@dataclass(slots=True)
class Entry:
    """What is known of a document: its variables, and its plans by shape. `refused` says why it has none."""

    document: DocumentNode | None = None
    refused: str | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    variables: tuple[tuple[str, Check], ...] = ()
    structural: tuple[str, ...] = ()
    node_variables: tuple[str, ...] = ()
    plans: dict[Any, Plan] = field(default_factory=dict)


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
        return plan, told

    def _shape(self, entry: Entry, variables: Mapping[str, Any], role: Role) -> Any:
        given = tuple([_GIVEN[name in variables, variables.get(name) is None] for name, _ in entry.variables])
        shaping = tuple([_form(variables.get(name)) for name in entry.structural])
        nodes = tuple([_type_name(variables.get(name)) for name in entry.node_variables])
        return role, given, shaping, nodes

    def _entry(self, query: str, operation: str | None, kind: OperationType) -> Entry:
        key = (query, operation, kind)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = self._read(query, operation, kind)
            if len(self._entries) > LARGEST_CACHE:
                self._entries.popitem(last=False)
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
            checks = tuple(self._check(each) for each in node.variable_definitions or ())
            defaults = {
                each.variable.name.value: _literal(each.default_value)
                for each in node.variable_definitions or ()
                if each.default_value is not None
            }
        except Uncompilable as error:
            return Entry(refused=str(error))
        return Entry(document=document, defaults=defaults, variables=checks)

    def _check(self, definition: VariableDefinitionNode) -> tuple[str, Check]:
        """What the ordinary executor would accept of a variable without a word."""
        kind = type_from_ast(self._schema, definition.type)
        named = get_named_type(kind)
        required = isinstance(kind, GraphQLNonNull)
        accepts = _ACCEPTS.get(named.name if named else "") or _enum_check(named) or _input_check(named)
        if isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList) or accepts is None:
            raise Uncompilable(f"variable of type {kind}")
        return definition.variable.name.value, lambda value: (not required) if value is None else accepts(value)

    def _compile(
        self, entry: Entry, operation: str | None, variables: Mapping[str, Any], role: Role, kind: OperationType
    ) -> Plan:
        assert entry.document is not None  # noqa: S101  # an entry that is not refused has one
        try:
            document = Document.of(self._schema, entry.document, operation, variables, kind)
            made = _Compilation(document, role)
            plan = made.plan()
        except Uncompilable as error:
            raise Fallback(str(error)) from error
        entry.structural = tuple(sorted({*entry.structural, *document.structural}))
        entry.node_variables = tuple(sorted({*entry.node_variables, *made.node_variables}))
        return plan


class _Compilation:
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
        code = f"lambda records, viewer, info: {{{source}}}"
        names = self.emitter.names | {"cursor_of": paging.cursor_of}
        serialize = eval(compile(code, "<compiled read>", "eval"), names)  # noqa: S307  # source of our own making
        nodes = [told for kind, told in self.emitter.parameters if kind == "node"]
        arguments = tuple(self._argument(each) for each in self.emitter.parameters)
        shared = any(kind == "report" for kind, _ in self.emitter.parameters)
        return Plan(sql, arguments, serialize, nodes[0] if nodes else None, shared)

    def _roots(self, nodes: list[FieldNode]) -> Roots:
        variables = _node_variables({"": nodes})
        type_name = _type_name(self.document.variables.get(variables[0])) if variables else None
        return Roots(self.document, self.emitter, self.query, type_name)

    def _statement(self, roots: list[Root]) -> tuple[str, str]:
        if len(roots) == 1 and roots[0].rows:
            return roots[0].rows, f"{roots[0].key!r}: {roots[0].source.replace(RECORDS, 'records')}"
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
            return lambda viewer, variables: _row_id(variables[name], type_name)
        if kind == "filter":
            return self._filter(*told[1:])
        if kind == "report":
            return reporting.argument(told)
        part = 0 if kind == "after_moment" else 1
        if isinstance(told, Variable):
            return lambda viewer, variables: paging.position(_text(variables[told.name]))[part]
        try:
            value = paging.position(told)[part]
        except Problem as error:
            raise Uncompilable("after") from error
        return lambda viewer, variables: value

    def _filter(self, compared: Any, given: Any, kind: Any) -> Argument:
        if not isinstance(given, Variable):
            value = _stored(compared.convert(given))
            return lambda viewer, variables: value
        read = _reader(get_named_type(kind))
        return lambda viewer, variables: _stored(compared.convert(read(variables[given.name])))


def _node_variables(fields: Mapping[str, list[FieldNode]]) -> list[str]:
    return [
        argument.value.name.value
        for nodes in fields.values()
        if nodes[0].name.value == "node"
        for argument in nodes[0].arguments or ()
        if isinstance(argument.value, VariableNode)
    ]


def _type_name(given: Any) -> str | None:
    parsed = ids.parse(given) if isinstance(given, str) else None
    return parsed[0] if parsed else None


def _row_id(given: Any, type_name: str) -> int:
    parsed = ids.parse(_text(given))
    if parsed is None or parsed[0] != type_name:
        raise ValueError("not such a global id")
    return parsed[1]


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError("a string is expected")
    return given


def _reader(kind: Any) -> Callable[[Any], Any]:
    """How a variable of this input type is read. Raises `Uncompilable` for a type that no filter has yet."""
    if isinstance(kind, GraphQLEnumType):
        values = {name: value.value for name, value in kind.values.items()}
        return lambda given: values[_text(given)]
    if isinstance(kind, GraphQLScalarType) and kind.name == "Date":
        return lambda given: clock.day(_text(given))
    raise Uncompilable(f"variable of type {kind}")


def _stored(value: Any) -> Any:
    """An enum member as the column has it."""
    return getattr(value, "value", value)


def _literal(node: Any) -> Any:
    """A default as a client would have sent it: enum names and days stay text. Raises `Uncompilable`."""
    reads = {"int_value": int, "boolean_value": bool, "string_value": str, "enum_value": str}
    if node.kind == "null_value":
        return None
    if node.kind not in reads:
        raise Uncompilable(f"default of kind {node.kind}")
    return reads[node.kind](node.value)


def _is_day(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(clock.day(value))
    except ValueError:
        return False


def _form(value: Any) -> Any:
    """What of a variable shapes the statement: the value, but of an object only its form."""
    return reporting.form(value) if isinstance(value, dict) else value


def _input_check(named: Any) -> Check | None:
    if not isinstance(named, GraphQLInputObjectType):
        return None

    def right(value: Any) -> bool:
        try:
            coerce_input_value(value, named)
        except GraphQLError:
            return False
        return True

    return right


def _enum_check(named: Any) -> Check | None:
    if not isinstance(named, GraphQLEnumType):
        return None
    names = frozenset(named.values)
    return lambda value: isinstance(value, str) and value in names


_ACCEPTS: Mapping[str, Check] = {
    "ID": lambda value: isinstance(value, str),
    "String": lambda value: isinstance(value, str),
    "Int": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "Boolean": lambda value: isinstance(value, bool),
    "Date": _is_day,
}
# (in the variables, null) → how it was given; an absent variable takes the argument's default, a null one does not.
_GIVEN = {(True, False): "value", (True, True): "null", (False, True): "absent"}
