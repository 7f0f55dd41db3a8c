"""What PostgreSQL writes is what orjson would have written: odd strings, moments, amounts, nothing at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from resolvers.compiled import Plans
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from tests.graph.roads import VIEWERS, Roads, global_id
from tests.graph.test_compiled import CASHIER, ordinary, plan, same, some_ids

EVERY_CONTROL = "".join(map(chr, range(1, 32)))
FLAT = """query($first: Int!, $after: String) { settlements(first: $first, after: $after) {
    pageInfo { endCursor hasNextPage } edges { __typename n: node { __typename id number payKind state
    totalAmount fundAmount createdAt settledAt } } again: edges { node { number } } } }"""


@contextlib.contextmanager
def changed(roads: Roads, table: str, column: str, value: Any) -> Iterator[int]:
    """The oldest row of a table with another value for a while; yields its id."""
    (row,) = roads.sql(f'SELECT id, "{column}" AS told FROM "{table}" WHERE hospital_id = 1 ORDER BY id LIMIT 1')
    statement = f'UPDATE "{table}" SET "{column}" = $2 WHERE id = $1'
    roads.sql(statement, row["id"], value)
    try:
        yield row["id"]
    finally:
        roads.sql(statement, row["id"], row["told"])


@pytest.mark.parametrize("name", ["", '"', "\\", "a\\\"b'/", EVERY_CONTROL, "\x7f\x80\xa0", "\u2028药🏥\ufeff", "<&>"])
def test_a_string_is_escaped_alike(roads: Roads, name: str) -> None:
    document = "query($id: ID!) { node(id: $id) { ... on Department { name again: name } } }"
    with changed(roads, "department", "name", name) as row:
        assert same(roads, document, id=global_id("Department", row)) == {"node": {"name": name, "again": name}}


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T11:04:05.000+08:00"),
        ("2026-12-31T23:59:59.9999995Z", "2027-01-01T08:00:00.000+08:00"),
        ("2026-12-31T23:59:59.999999Z", "2027-01-01T07:59:59.999+08:00"),
        ("1999-12-31T16:00:00.001999Z", "2000-01-01T00:00:00.001+08:00"),
        ("1969-12-31T23:59:59.9876Z", "1970-01-01T07:59:59.987+08:00"),
        ("1988-07-01T00:00:00.05Z", "1988-07-01T09:00:00.050+09:00"),
        ("1901-01-01T00:00:00Z", "1901-01-01T08:00:00.000+08:00"),
    ],
)
def test_a_moment_is_written_alike(roads: Roads, moment: str, told: str) -> None:
    document = "query($id: ID!) { node(id: $id) { ... on Prescription { issuedAt } } }"
    (value,) = roads.sql("SELECT $1::text::timestamptz AS value", moment)
    with changed(roads, "prescription", "issued_at", value["value"]) as row:
        assert same(roads, document, id=global_id("Prescription", row)) == {"node": {"issuedAt": told}}


@pytest.mark.parametrize(("fen", "told"), [(0, "0.00"), (5, "0.05"), (100, "1.00"), (2**53 + 1, "90071992547409.93")])
def test_an_amount_is_written_alike(roads: Roads, fen: int, told: str) -> None:
    document = "query($id: ID!) { node(id: $id) { ... on Prescription { totalAmount } } }"
    with changed(roads, "prescription", "total_fen", fen) as row:
        assert same(roads, document, id=global_id("Prescription", row)) == {"node": {"totalAmount": told}}


@pytest.mark.parametrize("first", [1, 2, 199, 200])
@pytest.mark.parametrize("who", VIEWERS)
def test_a_flat_page_is_the_same_page_after_page(roads: Roads, first: int, who: str) -> None:
    after, pages = None, 0
    while pages < 3:
        page = same(roads, FLAT, who=VIEWERS[who], first=first, after=after)["settlements"]
        assert (page["pageInfo"]["endCursor"] is None) == (page["edges"] == [])
        after, pages = page["pageInfo"]["endCursor"], pages + 1
        if not page["pageInfo"]["hasNextPage"]:
            return


def test_a_row_that_must_be_there_is_not_made_up(roads: Roads) -> None:
    crossing = "SELECT o.id FROM orders o JOIN doctor d ON d.id = o.doctor_id WHERE d.hospital_id <> o.hospital_id"
    (row, *_) = roads.sql(f"{crossing} AND o.hospital_id = 1")
    document = "query($id: ID!) { node(id: $id) { ... on Order { number doctor { name department { name } } } } }"
    assert ordinary(roads, document, id=global_id("Order", row["id"]))["errors"]


def test_nothing_selected_is_an_empty_object(roads: Roads) -> None:
    document = "query($id: ID!, $no: Boolean!) { node(id: $id) { ... on Order { number @include(if: $no) } } }"
    (order, *_) = some_ids(roads, "orders", "Order")
    assert same(roads, document, id=order, no=False) == {"node": {}}


def test_an_object_with_more_fields_than_a_call_has_arguments_is_written(roads: Roads) -> None:
    wide = " ".join(f"a{n}: totalAmount" for n in range(49))
    (order, *_) = some_ids(roads, "orders", "Order")
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on Order {{ {wide} id number state createdAt }} }} }}"
    sql = plan(roads.plans, document, id=order).sql
    assert sql.count("concat(") > 1
    assert len(same(roads, document, id=order)["node"]) == 53


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("query($id: ID!) { node(id: $id) { id ... on Order { number settlements { steps { kind } } } } }", True),
        ("query($id: ID!) { node(id: $id) { ... on Order { settlements { steps { problem { code } } } } } }", False),
        ("query($id: ID!) { node(id: $id) { ... on Order { doctor { prescribingRight { classes } } } } }", False),
        ("{ orders(first: 5) { edges { node { number totalAmount } } pageInfo { endCursor } totalCount } }", True),
        ("{ orders(first: 5) { edges { node { number patient { name } } } } }", False),
        ("{ orders(first: 5) { edges { node { number prescriptions { number } } } } }", False),
        ("{ orders(first: 5) { edges { cursor node { number } } } }", False),
        ("{ orders(first: 5) { pageInfo { endCursor } } }", False),
        ("{ a: orders(first: 5) { edges { node { number } } } b: invoices { edges { node { number } } } }", True),
        ("{ viewer { subject hospital { name } } }", True),
    ],
)
def test_the_emitter_is_chosen_by_the_rule(roads: Roads, document: str, text: bool) -> None:
    plans = Plans(schema._schema, VALIDATION_RULES, MOST_TOKENS)
    (order, *_) = some_ids(roads, "orders", "Order")
    variables: dict[str, Any] = {"id": order} if "$id" in document else {}
    sql = plan(plans, document, **variables).sql
    assert ("concat(" in sql or "string_agg(" in sql) == text
    same(roads, document, who=CASHIER, **variables)
