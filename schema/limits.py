"""How large a document may be; the cost of finding out grows with the text, however its fragments nest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationContext,
    ValidationRule,
)

DEEPEST, MOST_ALIASES, MOST_NESTED = 14, 50, 50


@dataclass(frozen=True, slots=True)
class Size:
    """Objects inside one another, aliases, and fragments inside one another, with every fragment in its places."""

    depth: int = 0
    aliases: int = 0
    nested: int = 0


@dataclass(slots=True)
class Sizes:
    """Sizes of selections; each fragment is measured once."""

    fragments: dict[str, FragmentDefinitionNode]
    _known: dict[str, Size] = field(default_factory=dict)
    _inside: int = 0

    def of(self, selections: SelectionSetNode) -> Size:
        """The deepest of its parts, and the aliases of all."""
        sizes = [self._part(node) for node in selections.selections]
        depth, nested = max(each.depth for each in sizes), max(each.nested for each in sizes)
        return Size(depth, sum(each.aliases for each in sizes), nested)

    def _part(self, node: Any) -> Size:
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value)
        inner = self.of(node.selection_set) if node.selection_set else Size()
        if not isinstance(node, FieldNode):
            return inner
        counted = node.selection_set and not node.name.value.startswith("__")
        return Size(1 + inner.depth if counted else 0, (node.alias is not None) + inner.aliases, inner.nested)

    def _fragment(self, name: str) -> Size:
        """One that is unknown, or inside itself, adds nothing: other rules refuse it."""
        if name not in self._known:
            found = self.fragments.get(name)
            self._known[name] = Size()
            if found and self._inside < MOST_NESTED:
                self._inside += 1
                inner = self.of(found.selection_set)
                self._inside -= 1
                self._known[name] = replace(inner, nested=inner.nested + 1)
            elif found:
                self._known[name] = Size(nested=MOST_NESTED + 1)
        return self._known[name]


class LimitsRule(ValidationRule):
    """Refuses an operation that is too deep, and a document with too many aliases."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        definitions = context.document.definitions
        sizes = Sizes({each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)})
        operations = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        told = [(each, sizes.of(each.selection_set)) for each in operations]
        for operation, size in told:
            name = operation.name.value if operation.name else "anonymous"
            if size.depth > DEEPEST:
                problem = f"'{name}' exceeds maximum operation depth of {DEEPEST}"
                context.report_error(GraphQLError(problem, [operation]))
            if size.nested > MOST_NESTED:
                problem = f"'{name}' has more than {MOST_NESTED} fragments inside one another"
                context.report_error(GraphQLError(problem, [operation]))
        aliases = sum(size.aliases for _, size in told)
        if aliases > MOST_ALIASES:
            context.report_error(GraphQLError(f"{aliases} aliases found. Allowed: {MOST_ALIASES}"))
