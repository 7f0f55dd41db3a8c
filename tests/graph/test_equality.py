"""Whenever the compiled road answers, its bytes are those of the ordinary executor.

Documents are random (documents.py), the people and the rows are few but odd (rows.py). `YIQIAO_SOAK=200000` asks for
that many documents instead of the 5,000 of a test run; `python -m tests.soak` does so.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from graphql import GraphQLSchema, OverlappingFieldsCanBeMergedRule
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from app.models.lists import ListSort
from resolvers.connections import LISTS
from resolvers.paging import Sorting
from resolvers.reads import BY_NAME
from resolvers.scopes import SCOPES
from schema import schema
from tests.graph.arguments import Pools
from tests.graph.documents import Case, cases
from tests.graph.roads import VIEWERS, Roads, global_id, reads

DOCUMENTS = int(os.environ.get("YIQIAO_SOAK") or 5000)
A_ROUND = 2500
GRAPH: GraphQLSchema = schema._schema
LEAST_COMPILED = 0.95


def pools(roads: Roads) -> Pools:
    """Ids of rows of every type, the oldest and the newest and one between, and places in the lists."""
    ids: dict[str, tuple[str, ...]] = {}
    for name, declared in BY_NAME.items():
        if declared.model not in SCOPES:
            continue
        rows = roads.sql(f'SELECT id FROM "{declared.model._meta.db_table}" ORDER BY id')
        some = [rows[place]["id"] for place in {0, len(rows) // 2, len(rows) - 1} if rows]
        ids[name] = tuple(global_id(name, number) for number in (*some, 999_999_999))
    wrong = ("x", "", global_id("SettlementStep", 1), global_id("Order", "1x"), global_id("Order", 2**63), "T3JkZXI6MQ")
    cursors = {sort.value: tuple(places(roads, Sorting(sort))) for sort in ListSort}
    numbers = roads.sql("SELECT number FROM orders UNION SELECT number FROM settlement ORDER BY number DESC LIMIT 9")
    return Pools(ids, wrong, cursors, tuple(VIEWERS), tuple(row["number"] for row in numbers))


def places(roads: Roads, sorting: Sorting) -> Iterator[str]:
    """Cursors of every list that has this sort."""
    for name, listed in LISTS.items():
        if sorting.sort is not ListSort.CREATED_DESC and "sort" not in GRAPH.query_type.fields[name].args:  # type: ignore[union-attr]
            continue
        rows = roads.sql(f'SELECT id, {sorting.column} AS told FROM "{listed.model._meta.db_table}" ORDER BY 2 DESC, 1')
        for place in (2, len(rows) // 2, len(rows) - 1):
            yield sorting.cursor_of(rows[place]["told"], rows[place]["id"])


@dataclass
class Tally:
    """What became of the requests."""

    compiled: Counter[bool] = field(default_factory=Counter)

    @property
    def share(self) -> float:
        return self.compiled[True] / self.compiled.total()


def compare(roads: Roads, case: Case) -> Counter[bool]:
    """How often the compiled road answered; whenever it did, then as the ordinary one does.

    The requests come at the same time and share one connection, so that some of them are answered together.
    """

    async def run() -> Counter[bool]:
        asked = [(VIEWERS[each.viewer], case.body(each), each.language) for each in case.requests]
        compiled = await asyncio.gather(*(roads.compiled(*each) for each in asked))
        for request, each, answer in zip(case.requests, asked, compiled, strict=True):
            if answer is not None:
                told = await roads.ordinary(*each)
                assert answer == told, f"\n{case.document}\n{request}\n{answer!r}\n{told!r}"
        return Counter(answer is not None for answer in compiled)

    return roads.runner.run(run())


def compare_many(roads: Roads, strategy: st.SearchStrategy[Case], documents: int, name: str) -> Tally:
    """Compare so many documents; every plan is made once and used for all requests."""
    tally = Tally()
    before = reads()

    def same(case: Case) -> None:
        tally.compiled.update(compare(roads, case))

    for begun in range(0, documents, A_ROUND):
        limits = settings(
            max_examples=min(A_ROUND, documents - begun),
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        seed(begun)(limits(given(strategy)(same)))()
    after = reads()
    why = {reason: count - before.get(reason, 0) for reason, count in after.items() if count > before.get(reason, 0)}
    print(f"\n{name}: {documents} documents, {tally.compiled.total()} requests, {tally.share:.1%} compiled; {why}")
    assert ("ordinary", "failed") not in why
    return tally


@pytest.fixture(autouse=True)
def _rare_collections() -> Iterator[None]:
    """As the server runs."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 50, 1_000)
    yield
    gc.set_threshold(*before)


def test_plain_documents_are_compiled_and_answered_the_same(roads: Roads) -> None:
    # What is plain is valid but for fields that conflict, so validating it once, on the ordinary road, is enough.
    believing = roads.with_rules((OverlappingFieldsCanBeMergedRule,))
    tally = compare_many(believing, cases(GRAPH, pools(roads), plain=True), DOCUMENTS // 2, "plain")
    assert tally.share >= LEAST_COMPILED


def test_wild_documents_are_answered_the_same(roads: Roads) -> None:
    tally = compare_many(roads, cases(GRAPH, pools(roads), plain=False), DOCUMENTS // 2, "wild")
    assert tally.compiled[True] > tally.compiled[False] / 4
