"""A page of a large list reads few rows, on both roads, whatever it is narrowed by and however it is sorted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import asyncpg
import orjson
import pytest
from tortoise.context import TortoiseContext

from app import database
from app.models.lists import ListSort
from app.tokens import Role, Viewer
from resolvers.compiled import Plans
from resolvers.connections import LISTS
from resolvers.lists import narrowed
from resolvers.paging import Sorting
from resolvers.scopes import visible
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from tests.bench import seed
from tests.fixtures.hospital import fresh_database
from tests.graph.test_filters import global_id

ROWS, MOST_READ, MOST_BLOCKS = 100_000, 10_000, 120
TABLES = ("hospital", "department", "doctor", "patient", "orders", "settlement")
CASHIER = Viewer(subject="cashier-01", role=Role.CASHIER, hospital_id=1)
FILTERS: dict[str, dict[str, str]] = {
    "all": {},
    "a month": {"since": "2026-01-01", "until": "2026-01-31"},
    "a day": {"since": "2025-05-05", "until": "2025-05-05"},
    "a state": {"state": ""},
    "a pay kind": {"pay_kind": "SELF_PAY"},
    "a department": {"department_id": global_id("Department", 3)},
    "a doctor": {"doctor_id": global_id("Doctor", 77)},
    "a patient": {"patient_id": global_id("Patient", 1234)},
    "amounts": {"min_amount": "100.00", "max_amount": "100.10"},
    "no amount": {"min_amount": "99999.00"},
    "a number": {"number": "S000000050000"},
    "a doctor's month": {"doctor_id": global_id("Doctor", 77), "since": "2026-01-01", "until": "2026-01-31"},
}
Asked = tuple[str, Any]
GRAPH_NAMES = {"pay_kind": "payKind", "min_amount": "minAmount", "max_amount": "maxAmount"}
GRAPH_NAMES |= {f"{name}_id": f"{name}Id" for name in ("department", "doctor", "patient")}
ENUMS = ("state", "pay_kind")
STATES = {"orders": "REFUNDED", "settlements": "REVERSED"}


@dataclass
class Large:
    """A database with so many orders and settlements, and nothing else."""

    runner: asyncio.Runner
    connection: Any
    plans: Plans

    def explained(self, sql: str, values: list[Any]) -> Any:
        told = self.runner.run(self.connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *values))
        return orjson.loads(told)[0]["Plan"]


@pytest.fixture(scope="module")
def large() -> Iterator[Large]:
    with fresh_database() as url, asyncio.Runner() as runner:
        runner.run(database.migrate(url))
        orm = TortoiseContext()
        runner.run(orm.__aenter__())
        runner.run(orm.init(config=database.tortoise_config(url)))
        connection = runner.run(_filled(url))
        yield Large(runner, connection, Plans(schema._schema, VALIDATION_RULES, MOST_TOKENS))
        runner.run(connection.close())
        runner.run(orm.__aexit__(None, None, None))


async def _filled(url: str) -> Any:
    connection = await asyncpg.connect(**database.credentials(url))
    await connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    for statement in seed.statements(ROWS):
        if statement.split()[2] in TABLES:
            await connection.execute(statement)
    await connection.execute("RESET session_replication_role; ANALYZE orders; ANALYZE settlement; ANALYZE patient")
    return connection


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read(plan: Any) -> int:
    """The most rows of a large table that one node of the plan looked at."""
    looked = [
        each["Actual Loops"] * (each["Actual Rows"] + each.get("Rows Removed by Filter", 0))
        for each in nodes(plan)
        if each.get("Relation Name") in ("orders", "settlement")
    ]
    return int(max(looked))


def compiled(large: Large, list_: str, sort: ListSort, told: dict[str, str], after: str | None) -> Asked:
    arguments = [f"{GRAPH_NAMES.get(name, name)}: {v if name in ENUMS else repr(v)}" for name, v in told.items()]
    listed = ", ".join(["first: 50", "after: $after", f"sort: {sort.value}", *arguments]).replace("'", '"')
    kind = LISTS[list_].model.__name__
    document = f"query($after: String) {{ {list_}({listed}) {{ edges {{ node {{ ... on {kind} {{ number }} }} }} }} }}"
    plan, variables = large.plans.plan(document, None, {"after": after}, CASHIER)
    return plan.sql, plan.values(CASHIER, variables)


def ordinary(large: Large, list_: str, sort: ListSort, told: dict[str, str], after: str | None) -> Asked:
    async def sql() -> Asked:
        query = visible(LISTS[list_].model, CASHIER)
        for name, value in told.items():
            declared = LISTS[list_].filters[name]
            given = date.fromisoformat(value) if name in ("since", "until") else value
            query = narrowed(query, declared, declared.convert(given))
        page = Sorting(sort).rows(query, after).limit(51)
        page.sql()  # makes the query, which knows its parameters
        made, values = page.query.get_parameterized_sql()
        return str(made), list(values)

    told_: Asked = large.runner.run(sql())
    return told_


@pytest.mark.parametrize("road", [compiled, ordinary], ids=lambda road: road.__name__)
@pytest.mark.parametrize("sort", ListSort)
@pytest.mark.parametrize("list_", ["orders", "settlements"])
def test_a_page_reads_few_rows(large: Large, road: Any, list_: str, sort: ListSort) -> None:
    for what, asked in FILTERS.items():
        told = asked | ({"state": STATES[list_]} if "state" in asked else {})
        plan = large.explained(*road(large, list_, sort, told, None))
        scanned = {each.get("Relation Name") for each in nodes(plan) if each["Node Type"] == "Seq Scan"}
        assert not scanned & {*TABLES[-2:]}, (what, plan)
        assert read(plan) <= MOST_READ, (what, plan)


@pytest.mark.parametrize("road", [compiled, ordinary], ids=lambda road: road.__name__)
@pytest.mark.parametrize("sort", ListSort)
@pytest.mark.parametrize("list_", ["orders", "settlements"])
def test_a_deep_page_begins_where_its_cursor_is(large: Large, road: Any, list_: str, sort: ListSort) -> None:
    sorting = Sorting(sort)
    told = large.runner.run(
        large.connection.fetchrow(
            f"""SELECT id, {sorting.column} AS told FROM {LISTS[list_].model._meta.db_table}
                ORDER BY 2, 1 OFFSET {ROWS // 2} LIMIT 1"""
        )
    )
    cursor = sorting.cursor_of(told["told"], told["id"])
    assert read(large.explained(*road(large, list_, sort, {}, cursor))) <= 200
    # With all of the list between the filter's end and the cursor, its pages are not walked over.
    whole = {"since": "2000-01-01", "until": "2999-12-31"}
    assert large.explained(*road(large, list_, sort, whole, cursor))["Shared Hit Blocks"] <= MOST_BLOCKS
