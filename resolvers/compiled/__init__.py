"""Compiled reads: a GraphQL query becomes one SQL statement and one generated serializer.

Why: a page of fifty nested orders costs the ordinary executor tens of milliseconds of Python (a resolver for each
field of each row), and PostgreSQL two. Here the document is compiled once, and then a request costs its parameters,
one statement and one expression.

How a request goes:

1. `plans.Plans.plan` looks the document up. A new one is parsed and validated with the very rules of the ordinary
   executor; an unknown, wrong or uncompilable one is None, and the caller runs it the ordinary way. The plan
   depends on the document, the operation, the viewer's role, the type behind `node(id:)`, the page size, and the
   variables in @skip/@include.
2. `tree` turns the selection into a tree of columns, relations and computed fields, by resolvers/reads.py alone:
   the same declaration from which the ordinary resolvers and DataLoaders draw. A field that is not declared raises
   `Uncompilable`.
3. `rows` and `text` write the statement: joins for what is one, `array(select …)` for what is many. The viewer's scope
   (resolvers/scopes.py) stands in every WHERE, at the root and at every relation; only columns that are shown are
   selected. `rows` also writes the serializer, one Python expression that makes the answer's dicts out of records;
   `text` has PostgreSQL write the JSON of what is single or flat. Its first page has the rule for which is when.
4. `reader` runs it on a connection with the statement prepared.

Identifiers in the SQL come from the models, values are parameters; a page size is a checked integer. What the plan
cannot answer exactly (a wrong argument, a relation that scope forbids) raises `Fallback`, and the ordinary executor
gives the answer or the error. The differential test (tests/graph/test_equality.py) runs random documents both ways
and compares.
"""

from resolvers.compiled.plan import Fallback, Plan
from resolvers.compiled.plans import Plans
from resolvers.compiled.reader import Reader

__all__ = ["Fallback", "Plan", "Plans", "Reader"]
