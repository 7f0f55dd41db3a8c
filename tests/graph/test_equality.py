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

from resolvers.lists import LISTS
from resolvers.paging import cursor_of
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
    ids, cursors = [], []
    for name, declared in BY_NAME.items():
        if declared.model not in SCOPES:
            continue
        table = declared.model._meta.db_table
        rows = roads.sql(f'SELECT id FROM "{table}" ORDER BY id')
        ids += [global_id(name, rows[place]["id"]) for place in {0, len(rows) // 2, len(rows) - 1}]
        ids.append(global_id(name, 999_999_999))
    for listed in LISTS.values():
        rows = roads.sql(f'SELECT id, created_at FROM "{listed.model._meta.db_table}" ORDER BY created_at DESC')
        cursors += [
            cursor_of(rows[place]["created_at"], rows[place]["id"]) for place in (2, len(rows) // 2, len(rows) - 1)
        ]
    wrong = ("x", "", global_id("SettlementStep", 1), global_id("Order", "1x"), global_id("Order", 2**63), "T3JkZXI6MQ")
    return Pools(tuple(ids), wrong, tuple(cursors), tuple(VIEWERS))


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
