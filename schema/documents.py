"""How a document is read: parsed and validated once, and never deeper, longer or wider than these limits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from graphql import ASTValidationRule, specified_rules
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache

from schema.limits import LimitsRule

MOST_TOKENS, KEPT = 4000, 1000

# The limits first, for they stop what the others would be long about.
# One tuple for the process: the validation cache keys on the rules, and compiled reads validate by the same ones.
VALIDATION_RULES: tuple[type[ASTValidationRule], ...] = (LimitsRule, *specified_rules)


class Limits(SchemaExtension):
    """Holds every operation to the limits."""

    def on_operation(self) -> Iterator[None]:
        """Before parsing and validation."""
        self.execution_context.validation_rules = VALIDATION_RULES
        self.execution_context.parse_options["max_tokens"] = MOST_TOKENS
        yield


EXTENSIONS = (Limits, partial(ParserCache, maxsize=KEPT), partial(ValidationCache, maxsize=KEPT))
