"""The connections of compiled reads: replaced where they break, and shared by what waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import asyncpg
import orjson
import pytest

from app import database
from app.front import CompiledRoad
from app.tokens import Role, Viewer
from resolvers.compiled import Reader
from tests.graph.roads import VIEWERS, Roads, global_id
from tests.graph.test_compiled import CASHIER, RUNS, same, some_ids


def test_a_broken_connection_is_replaced(roads: Roads) -> None:
    credentials = database.credentials(roads.settings.database_url)

    async def run() -> bytes | None:
        (line,) = roads.reader._free
        closed = asyncio.Event()
        line.connection.add_termination_listener(lambda _: closed.set())
        async with asyncio.timeout(10), asyncpg.create_pool(**credentials, min_size=1, max_size=1) as beside:
            await beside.execute("SELECT pg_terminate_backend($1, 5000)", line.connection.get_server_pid())
            await closed.wait()
        answer = await roads.compiled(CASHIER, {"query": "{ orders(first: 1) { totalCount } }"})
        assert len(roads.reader._free) == 1
        assert roads.reader._free != [line]
        return answer

    assert roads.runner.run(run()) is not None


def test_a_migration_under_a_prepared_statement_costs_no_answer(roads: Roads) -> None:
    document = "query($id: ID!) { node(id: $id) { ... on Department { name } } }"
    (department, *_) = some_ids(roads, "department", "Department")
    before = same(roads, document, id=department)
    change = "ALTER TABLE department ALTER COLUMN name TYPE {}"
    try:
        roads.sql(change.format("text"))
        assert same(roads, document, id=department) == before
    finally:
        roads.sql(change.format("varchar(100)"))


@pytest.fixture
def narrow(roads: Roads) -> Iterator[Reader]:
    """A reader with one connection, so that requests meet in its queue."""
    reader = Reader(database.credentials(roads.settings.database_url), 1)
    roads.runner.run(reader.start())
    yield reader
    roads.runner.run(reader.stop())


def test_rows_that_are_read_together_are_each_viewers_own(roads: Roads, narrow: Reader) -> None:
    document = "query($id: ID!) { node(id: $id) { __typename id ... on Order { number patient { name } } } }"
    whole = "SELECT o.id FROM orders o JOIN patient p ON p.id = o.patient_id WHERE p.hospital_id = o.hospital_id"
    ids = [global_id("Order", row["id"]) for row in roads.sql(f"{whole} ORDER BY o.id DESC LIMIT 12")]
    asked = [(who, id_) for who in VIEWERS.values() for id_ in ids]
    requests = [(who, {"query": document, "variables": {"id": id_}}) for who, id_ in asked]
    road = CompiledRoad(roads.plans, narrow, roads.verifier)
    road.open(roads.installations, roads.hub)

    async def run() -> list[bytes | None]:
        told = [road.answer(roads.headers(who), orjson.dumps(request)) for who, request in requests]
        return list(await asyncio.gather(*told))

    answers = roads.runner.run(run())
    (said,) = roads.runner.run(narrow.fetch(RUNS, []))
    assert answers == [roads.runner.run(roads.ordinary(who, request)) for who, request in requests]
    assert len(set(answers)) > 12
    assert said["runs"] < len(requests) / 3


def test_a_request_in_the_queue_takes_a_connection_that_came_free_meanwhile(roads: Roads, narrow: Reader) -> None:
    document = "query($id: ID!) { node(id: $id) { id } }"
    (order, *_) = some_ids(roads, "orders", "Order")
    viewer = Viewer(subject="s", role=Role.CASHIER, hospital_id=1)
    made, told = roads.plans.plan(document, None, {"id": order}, viewer)

    async def run() -> int:
        line = narrow._free.pop()
        waiting = asyncio.create_task(narrow.records(made, made.values(viewer, told)))
        await asyncio.sleep(0)
        narrow._give_back(line)
        return len(await asyncio.wait_for(waiting, 5))

    assert roads.runner.run(run()) == 1


def test_one_who_leaves_the_crowd_costs_the_others_nothing(roads: Roads) -> None:
    document = "query($id: ID!) { node(id: $id) { ... on Order { number } } }"
    ids = some_ids(roads, "orders", "Order")[:6]
    viewer = Viewer(subject="s", role=Role.CASHIER, hospital_id=1)
    plan, _ = roads.plans.plan(document, None, {"id": ids[0]}, viewer)

    async def run() -> list[Any]:
        asking = [asyncio.create_task(roads.reader.records(plan, plan.values(viewer, {"id": each}))) for each in ids]
        await asyncio.sleep(0)
        for place in (0, 3):
            asking[place].cancel()
        return await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 10)

    told = roads.runner.run(run())
    assert [isinstance(each, asyncio.CancelledError) for each in told] == [place in (0, 3) for place in range(6)]
    assert len({str(each) for each in told if isinstance(each, list)}) == 4
    assert not roads.reader._crowds


@pytest.mark.parametrize(
    ("arguments", "replanned"),
    [
        ("first: 5", False),
        ('first: 5, state: SETTLED, since: "2026-01-01"', False),
        ("first: 5, sort: AMOUNT_DESC", True),
        ('first: 5, number: "O1"', True),
    ],
)
def test_a_statement_is_planned_for_its_values_only_where_they_choose_the_index(
    roads: Roads, arguments: str, replanned: bool
) -> None:
    document = f"{{ orders({arguments}) {{ edges {{ node {{ number }} }} }} }}"
    viewer = Viewer(subject="s", role=Role.CASHIER, hospital_id=1)
    made, _ = roads.plans.plan(document, None, {}, viewer)
    assert made.replanned is replanned
    custom = "SELECT custom_plans::int AS told FROM pg_prepared_statements WHERE statement = $1"
    same(roads, document)
    (told,) = roads.sql(custom, made.sql)
    assert (told["told"] > 0) is replanned
