"""The selection as a tree of columns, constants, computed fields and relations, as resolvers/reads.py declares them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    get_named_type,
    is_abstract_type,
)
from tortoise import fields as columns
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model

from resolvers import reads
from resolvers.compiled.document import Document, Uncompilable

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that the document alone decides (`__typename`)."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class GlobalID:
    """The opaque id, made of the primary key."""

    key: str
    type_name: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column; `convert` is None where the stored value is the answer's. `nullable` columns may be None."""

    key: str
    column: str
    convert: Convert | None
    nullable: bool


@dataclass(frozen=True, slots=True)
class Computed:
    """A field whose own resolver is called with a few columns; `complete` makes the answer of what it returns."""

    key: str
    columns: tuple[str, ...]
    resolve: Callable[[Any, Any], Any]
    complete: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Relation:
    """Related rows, with what is selected of them."""

    key: str
    declared: reads.One | reads.Many
    fields: tuple[Selected, ...]
    nullable: bool


Selected = Constant | GlobalID | Leaf | Computed | Relation


def selected(document: Document, nodes: list[FieldNode], of: GraphQLObjectType) -> tuple[Selected, ...]:
    """What a document selects of one type. Raises `Uncompilable` for a field that is not declared."""
    declared = reads.BY_NAME.get(of.name)
    if declared is None:
        raise Uncompilable(of.name)
    sets = [node.selection_set for node in nodes if node.selection_set]
    return tuple(_field(document, declared, of, key, found) for key, found in document.fields(sets, of).items())


def _field(
    document: Document, declared: reads.ReadType, of: GraphQLObjectType, key: str, nodes: list[FieldNode]
) -> Selected:
    name = nodes[0].name.value
    if name == "__typename":
        return Constant(key, of.name)
    if name == "id":
        return GlobalID(key, of.name)
    definition = of.fields[name]
    strawberry_field = definition.extensions["strawberry-definition"]
    python_name = strawberry_field.python_name
    if python_name in declared.computed:
        return _computed(document, declared.computed[python_name], strawberry_field, key, nodes, definition.type)
    if python_name in declared.relations:
        named = get_named_type(definition.type)
        assert isinstance(named, GraphQLObjectType)  # noqa: S101  # a relation leads to a row
        inner = selected(document, nodes, named)
        nullable = not isinstance(definition.type, GraphQLNonNull)
        return Relation(key, declared.relations[python_name], inner, nullable)
    return _leaf(declared, key, python_name, definition.type)


def _leaf(declared: reads.ReadType, key: str, python_name: str, kind: GraphQLOutputType) -> Leaf:
    column = declared.fields.get(python_name, reads.Column(python_name))
    field = declared.model._meta.fields_map.get(column.name)
    if field is None:
        raise Uncompilable(f"{declared.name}.{python_name}")
    convert = column.convert or _serializer(field, get_named_type(kind))
    return Leaf(key, column.name, convert, not isinstance(kind, GraphQLNonNull))


def _serializer(field: columns.Field[Any], kind: Any) -> Convert | None:
    """How the scalar writes the column; None where JSON has it as it is stored."""
    if isinstance(kind, GraphQLEnumType):
        return None if all(name == value.value for name, value in kind.values.items()) else kind.serialize
    if kind.name in ("String", "ID", "Money") and isinstance(field, columns.CharField | columns.TextField):
        return None
    if kind.name == "Int" and isinstance(field, columns.IntField):
        return None
    if kind.name == "String" and isinstance(field, columns.DecimalField):
        return str  # as the scalar would after five looks at the type
    serialize: Convert = kind.serialize
    return serialize


def _computed(
    document: Document,
    names: tuple[str, ...],
    strawberry_field: Any,
    key: str,
    nodes: list[FieldNode],
    kind: GraphQLOutputType,
) -> Computed:
    function = strawberry_field.base_resolver.wrapped_func
    return Computed(key, names, function, _completion(document, nodes, kind))


def _completion(document: Document, nodes: list[FieldNode], kind: GraphQLOutputType) -> Callable[[Any], Any]:
    """Completes what a computed field returned: objects whose attributes are the fields, by their concrete type."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLScalarType):
        return lambda told: None if told is None else named.serialize(told)
    possible = document.schema.get_possible_types(named) if is_abstract_type(named) else [named]
    shapes = {each.name: _shape(document, nodes, each) for each in possible}

    def complete(told: Any) -> Any:
        if told is None:
            return None
        if isinstance(told, list):
            return [complete(each) for each in told]
        return {key: read(told) for key, read in shapes[type(told).__name__]}

    return complete


def _shape(document: Document, nodes: list[FieldNode], of: Any) -> list[tuple[str, Callable[[Any], Any]]]:
    sets = [node.selection_set for node in nodes if node.selection_set]
    return [(key, _reader(of, found[0])) for key, found in document.fields(sets, of).items()]


def _reader(of: GraphQLObjectType, node: FieldNode) -> Callable[[Any], Any]:
    if node.name.value == "__typename":
        return lambda told: of.name
    definition = of.fields[node.name.value]
    attribute = definition.extensions["strawberry-definition"].python_name
    named: Any = get_named_type(definition.type)
    if not hasattr(named, "serialize") or isinstance(definition.type, GraphQLList):
        raise Uncompilable(f"{of.name}.{node.name.value}")

    def read(told: Any) -> Any:
        value = getattr(told, attribute)
        return None if value is None else named.serialize(value)

    return read


def enum_of(model: type[Model], name: str) -> type[Enum] | None:
    """The enum that a column holds: PostgreSQL knows only its word, a resolver expects what the model has."""
    kept = model._meta.fields_map.get(name)
    return kept.enum_type if isinstance(kept, CharEnumFieldInstance) else None


def primary_key(model: type[Model]) -> str:
    """The column of the primary key."""
    return model._meta.pk_attr
