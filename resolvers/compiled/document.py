"""The document: which operation, which fields of it, with which arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    Undefined,
    VariableNode,
    is_abstract_type,
)
from graphql.utilities import value_from_ast

Variables = Mapping[str, Any]


class Uncompilable(Exception):
    """The document asks for something that only the ordinary executor can do; the text says what."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An argument whose value comes with the request."""

    name: str


@dataclass(slots=True)
class Document:
    """One operation of a validated document. `structural` collects the variables that shaped the plan."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables
    structural: set[str] = field(default_factory=set)

    @classmethod
    def of(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        name: str | None,
        variables: Variables,
        kind: OperationType = OperationType.QUERY,
    ) -> Document:
        """Raises `Uncompilable` for anything but one operation of this kind."""
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        wanted = [node for node in operations if name is None or (node.name and node.name.value == name)]
        if len(wanted) != 1 or wanted[0].operation is not kind or wanted[0].directives:
            raise Uncompilable("operation")
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        return cls(schema, wanted[0], fragments, variables)

    def fields(self, sets: list[SelectionSetNode], of: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        """The selected fields of an object, by response key, in the order in which the answer has them."""
        found: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        for selection in (each for one in sets for each in self._flat(one, of, spread)):
            key = selection.alias.value if selection.alias else selection.name.value
            found.setdefault(key, []).append(selection)
        return found

    def argument(self, node: FieldNode, definition: GraphQLField, name: str) -> Any:
        """A literal as Python has it, a `Variable`, or None for an absent or null argument."""
        declared = definition.args[name]
        given = next((each.value for each in node.arguments or () if each.name.value == name), None)
        if given is None or (isinstance(given, VariableNode) and given.name.value not in self.variables):
            return None if declared.default_value is Undefined else declared.default_value
        if not isinstance(given, VariableNode):
            return value_from_ast(given, declared.type)
        return Variable(given.name.value) if self.variables[given.name.value] is not None else None

    def shaping(self, value: Any) -> Any:
        """The value of an argument that shapes the statement: a variable's is taken from this request."""
        if not isinstance(value, Variable):
            return value
        self.structural.add(value.name)
        return self.variables.get(value.name)

    def _flat(self, selections: SelectionSetNode, of: GraphQLObjectType, spread: set[str]) -> Iterator[FieldNode]:
        """`spread` has the named fragments that were met: once more adds nothing, however often they nest."""
        for node in selections.selections:
            wanted = [self._wanted(each) for each in node.directives or ()]  # each must have a value
            if not all(wanted):
                continue
            if isinstance(node, FieldNode):
                yield node
                continue
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in spread:
                    continue
                spread.add(node.name.value)
            inner: Any = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            if self._applies(inner.type_condition.name.value if inner.type_condition else of.name, of):
                yield from self._flat(inner.selection_set, of, spread)

    def _applies(self, condition: str, of: GraphQLObjectType) -> bool:
        if condition == of.name:
            return True
        named = self.schema.get_type(condition)
        return is_abstract_type(named) and self.schema.is_sub_type(named, of)

    def _wanted(self, directive: DirectiveNode) -> bool:
        name = directive.name.value
        if name not in ("skip", "include") or not directive.arguments:
            raise Uncompilable(f"@{name}")
        value = directive.arguments[0].value
        told = value.value if isinstance(value, BooleanValueNode) else self.shaping(Variable(value.name.value))  # type: ignore[attr-defined]
        if not isinstance(told, bool):
            raise Uncompilable(f"@{name} without a value")
        return told == (name == "include")
