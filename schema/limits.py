"""How large a document may be; the cost of finding out grows with the text, however its fragments nest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
)
from graphql.validation.validate import ValidationAbortedError

DEEPEST, MOST_ALIASES, MOST_NESTED = 14, 50, 50
MOST_SAME, MOST_FIELDS, FAR = 50, 5000, 64


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


@dataclass(slots=True)
class Places:
    """The fields of each place in the answer. Fields of one place are compared in pairs, so there may not be many."""

    fragments: dict[str, FragmentDefinitionNode]
    _seen: int = 0

    def problem(self, selections: Sequence[SelectionSetNode], depth: int = 0) -> str | None:
        """Why no more of these is read, which together select one place; None: they are few enough."""
        same: dict[str, list[FieldNode]] = {}
        for node in self._fields(selections, set()):
            same.setdefault((node.alias or node.name).value, []).append(node)
            self._seen += 1
        if self._seen > MOST_FIELDS:
            return f"more than {MOST_FIELDS} fields, with every fragment in its places"
        return next(filter(None, (self._told(name, nodes, depth + 1) for name, nodes in same.items())), None)

    def _told(self, name: str, nodes: list[FieldNode], depth: int) -> str | None:
        if len(nodes) > MOST_SAME:
            return f"'{name}' is selected {len(nodes)} times in one place. Allowed: {MOST_SAME}"
        inner = [node.selection_set for node in nodes if node.selection_set]
        return self.problem(inner, depth) if inner and depth < FAR else None

    def _fields(self, selections: Sequence[SelectionSetNode], visited: set[str]) -> Iterator[FieldNode]:
        """As in an execution: a fragment counts once in a place."""
        for node in (node for each in selections for node in each.selections):
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, FragmentSpreadNode):
                found = None if node.name.value in visited else self.fragments.get(node.name.value)
                visited.add(node.name.value)
                yield from self._fields([found.selection_set] if found else [], visited)
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields([node.selection_set], visited)


class LimitsRule(ValidationRule):
    """Refuses an operation that is too deep or too wide, before the rules that cost more than reading it."""

    def enter_document(self, document: DocumentNode, *_: Any) -> None:
        """Raises `ValidationAbortedError` as the last of its problems: the other rules are not asked."""
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        sizes = Sizes(fragments)
        told = [(each, sizes.of(each.selection_set)) for each in operations]
        problems = [error for operation, size in told for error in _too_deep(operation, size)]
        aliases = sum(size.aliases for _, size in told)
        if aliases > MOST_ALIASES:
            problems.append(GraphQLError(f"{aliases} aliases found. Allowed: {MOST_ALIASES}"))
        if not problems:
            wide = filter(None, (Places(fragments).problem([each.selection_set]) for each in operations))
            problems = [GraphQLError(each) for each in wide]
        for error in problems[:-1]:
            self.report_error(error)
        if problems:
            raise ValidationAbortedError(problems[-1].message, problems[-1].nodes)


def _too_deep(operation: OperationDefinitionNode, size: Size) -> Iterator[GraphQLError]:
    name = operation.name.value if operation.name else "anonymous"
    if size.depth > DEEPEST:
        yield GraphQLError(f"'{name}' exceeds maximum operation depth of {DEEPEST}", [operation])
    if size.nested > MOST_NESTED:
        yield GraphQLError(f"'{name}' has more than {MOST_NESTED} fragments inside one another", [operation])
