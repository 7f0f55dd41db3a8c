"""The compiled road by itself: what it says to the database, what it keeps, and each difference that was once found."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from tortoise.fields import BinaryField

from app.tokens import Role, Viewer
from resolvers.compiled import Fallback, Plans, Reader
from resolvers.compiled.plans import LARGEST_CACHE, MOST_SHAPES, Plan
from resolvers.reads import TYPES
from resolvers.scopes import SCOPES
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from tests.graph.roads import VIEWERS, Roads, reads
from tests.graph.rows import OWNER
from tests.graph.test_statements import ORDERS, SETTLEMENTS

PATIENT, CASHIER = VIEWERS["patient with everything"], VIEWERS["cashier"]
FAR = VIEWERS["cashier elsewhere"]
BY_ID = "query($a: ID!, $b: ID!, $x: Boolean!) { a: node(id: $a) @include(if: $x) { id } b: node(id: $b) @skip(if: $x) { id } }"
PROBLEMS = "settlements(first: 200) { edges { node { steps { problem {"


@pytest.fixture
def plans() -> Plans:
    return Plans(schema._schema, VALIDATION_RULES, MOST_TOKENS)


def plan(plans: Plans, document: str, role: Role = Role.CASHIER, **variables: Any) -> Plan:
    return plans.plan(document, None, variables, Viewer(subject="s", role=role, hospital_id=1))[0]


def same(roads: Roads, who: Any, document: str, variables: dict[str, Any] | None = None, language: str = "zh-CN") -> bytes:
    """The answer of both roads; the compiled one must have one."""
    compiled, ordinary = roads.both(who, {"query": document, "variables": variables or {}}, language)
    assert compiled == ordinary
    return ordinary


def left_to_the_ordinary(roads: Roads, document: str, variables: dict[str, Any] | None = None) -> bytes:
    """The ordinary answer, where the compiled road has none and raises no alarm."""
    before = reads().get(("ordinary", "failed"), 0)
    compiled, ordinary = roads.both(CASHIER, {"query": document, "variables": variables or {}})
    assert compiled is None
    assert reads().get(("ordinary", "failed"), 0) == before
    return ordinary


def ids(roads: Roads, table: str, name: str) -> list[str]:
    from tests.graph.test_equality import global_id

    return [global_id(name, row["id"]) for row in roads.sql(f'SELECT id FROM "{table}" ORDER BY id')]


# -- what it says


@pytest.mark.parametrize("document", [ORDERS, SETTLEMENTS], ids=["orders", "settlements"])
def test_a_page_is_one_statement(roads: Roads, document: str) -> None:
    async def run() -> tuple[bytes | None, list[str]]:
        said: list[str] = []
        connection = roads.reader._free[-1]
        with connection.query_logger(lambda record: said.append(record.query)):
            return await roads.compiled(CASHIER, {"query": document, "variables": {"first": 20}}), said

    answer, said = roads.runner.run(run())
    assert answer is not None
    assert len(said) == 1


def test_a_statement_is_prepared_once_for_a_plan(roads: Roads) -> None:
    document = "{ invoices(first: 3) { edges { node { businessNumber settlement { number order { number } } } } } }"
    prepared = "SELECT statement, generic_plans + custom_plans AS runs FROM pg_prepared_statements WHERE statement = $1"
    sql = plan(roads.plans, document).sql
    connection = roads.reader._free[-1]

    async def run() -> list[Any]:
        for _ in range(5):
            await roads.compiled(CASHIER, {"query": document})
        return await connection.fetch(prepared, sql)

    (found,) = roads.runner.run(run())
    assert found["runs"] == 5


def test_a_long_statement_stays_prepared_too(roads: Roads) -> None:
    inner = "id number state totalAmount settlement { number state invoice { number patient { name phone } } } "
    deep = inner + "settlements { order { " * 4 + inner + "} } " * 4
    document = "{ orders(first: 1) { edges { node { " + " ".join(f"a{n}: settlements {{ order {{ {deep} }} }}" for n in range(5))
    document += " } } } }"
    sql = plan(roads.plans, document).sql
    assert len(sql) > 15_360  # what asyncpg would not keep by itself
    same(roads, CASHIER, document)
    same(roads, CASHIER, document)
    connection = roads.reader._free[-1]
    assert connection._stmt_cache.get((sql, None, False)) is not None


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("document", [ORDERS, SETTLEMENTS], ids=["orders", "settlements"])
def test_the_scope_stands_in_every_where(plans: Plans, role: Role, document: str) -> None:
    sql = plan(plans, document, role, first=20).sql
    tables = {each._meta.db_table: each for each in SCOPES}
    read = [(name, alias) for name, alias in re.findall(r'from "(\w+)" (t\d+)|join "(\w+)" (t\d+)', sql) and _read(sql)]
    scoped = [(name, alias) for name, alias in read if name in tables]
    assert len(scoped) >= 5
    for name, alias in scoped:
        if SCOPES[tables[name]].get(role) is None:
            assert re.search(rf'"{name}" {alias} [^"]*\bfalse\b', sql), (name, alias)
        else:
            assert re.search(rf'\b{alias}\."?(hospital_id|id|doctor_id)"? (= \$|in \()', sql), (name, alias)


def _read(sql: str) -> list[tuple[str, str]]:
    """The tables that a statement reads, without those inside a condition of scope."""
    bare = re.sub(r"in \(select [^()]*\)", "", sql)
    return re.findall(r'(?:from|join) "(\w+)" (t\d+)', bare)
