"""Variables: what the ordinary executor would accept of one without a word, and how its value is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    type_from_ast,
)
from graphql.utilities import coerce_input_value

from app import clock
from app.money import YUAN_TEXT
from resolvers import ids
from resolvers.compiled.document import Uncompilable

Check = Callable[[Any], bool]


def check(schema: GraphQLSchema, definition: VariableDefinitionNode) -> tuple[str, Check]:
    """A variable's name, and whether a value is one that the plan may take. Raises `Uncompilable`."""
    kind = type_from_ast(schema, definition.type)
    named = get_named_type(kind)
    required = isinstance(kind, GraphQLNonNull)
    accepts = _ACCEPTS.get(named.name if named else "") or _enum_check(named) or _input_check(named)
    if isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList) or accepts is None:
        raise Uncompilable(f"variable of type {kind}")
    return definition.variable.name.value, lambda value: (not required) if value is None else accepts(value)


def type_name(given: Any) -> str | None:
    """The type that a global id names; None for anything else."""
    parsed = ids.parse(given) if isinstance(given, str) else None
    return parsed[0] if parsed else None


def row_id(given: Any, type_name: str) -> int:
    """The row that a global id of this type names. Raises ValueError or TypeError."""
    parsed = ids.parse(text(given))
    if parsed is None or parsed[0] != type_name:
        raise ValueError("not such a global id")
    return parsed[1]


def text(given: Any) -> str:
    """A string. Raises TypeError for anything else."""
    if not isinstance(given, str):
        raise TypeError("a string is expected")
    return given


def reader(kind: Any) -> Callable[[Any], Any]:
    """How a variable of this input type is read. Raises `Uncompilable` for a type that no filter has yet."""
    if isinstance(kind, GraphQLEnumType):
        values = {name: value.value for name, value in kind.values.items()}
        return lambda given: values[text(given)]
    if isinstance(kind, GraphQLScalarType) and kind.name == "Date":
        return lambda given: clock.day(text(given))
    if isinstance(kind, GraphQLScalarType) and kind.name in ("ID", "String", "Money"):
        return text
    raise Uncompilable(f"variable of type {kind}")


def stored(value: Any) -> Any:
    """An enum member as the column has it."""
    return getattr(value, "value", value)


def literal(node: Any) -> Any:
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


def _input_check(named: Any) -> Check | None:
    if not isinstance(named, GraphQLInputObjectType):
        return None

    return lambda value: coerce_input_value(value, named) is not Undefined


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
    "Money": lambda value: isinstance(value, str) and bool(YUAN_TEXT.fullmatch(value)),
}
