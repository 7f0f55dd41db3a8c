from __future__ import annotations

import pytest

from tests.graph.conftest import SecondServer
from tests.graph.sockets import socket

# Everything that an order leads to, at every depth that a dashboard shows.
ORDERS = """query($first: Int!) { orders(first: $first) { edges { node {
    id number state totalAmount createdAt
    patient { name idNumber phone } doctor { name department { name } } department { name }
    consultation { visitNumber patient { name } doctor { name } }
    prescriptions { number items { name amount } }
    feeDetails { name quantity price amount }
    settlement { number state steps { kind state problem { code } } invoice { number download { url } } }
    settlements { number invoice { state patient { name } } order { number patient { name } } }
    shipments { waybillNumber nodes { at } }
} } pageInfo { hasNextPage endCursor } } }"""
SETTLEMENTS = """query($first: Int!) { settlements(first: $first) { edges { node {
    number totalAmount order { number patient { name } doctor { name } } steps { kind } invoice { number }
} } } }"""
MOST = 25


def said(second: SecondServer, document: str, first: int) -> list[str]:
    """The statements behind a page of so many rows."""
    cashier = second.seen_by(second.hospital.cashier())
    with second.wire.listened() as statements:
        told = cashier.ask(document, {"first": first})
    (connection,) = told.values()
    assert len(connection["edges"]) == first
    return statements


@pytest.mark.parametrize("document", [ORDERS, SETTLEMENTS], ids=["orders", "settlements"])
def test_a_page_costs_the_same_statements_whatever_its_size(second: SecondServer, document: str) -> None:
    said(second, document, 10)  # whatever happens once happens now
    few, many = said(second, document, 10), said(second, document, 50)
    assert len(few) == len(many)
    assert 1 <= len(many) <= MOST


def test_fifty_nodes_by_id_cost_at_most_one_statement_each(second: SecondServer) -> None:
    cashier = second.seen_by(second.hospital.cashier())
    told = cashier.ask("{ orders(first: 50) { edges { node { id } } } }")
    ids = [edge["node"]["id"] for edge in told["orders"]["edges"]]
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Order { number patient { name } } } }"
    with second.wire.listened() as statements:
        nodes = cashier.ask(document, {"ids": ids})["nodes"]
    assert len({node["number"] for node in nodes}) == len(ids)
    assert len(statements) <= len(ids) + 1


def test_a_subscription_event_costs_a_constant_number_of_statements(second: SecondServer) -> None:
    settled = second.hospital.patient().settle()
    cashier = second.seen_by(second.hospital.cashier())
    with second.wire.listened() as statements, socket(second.hospital.server_url, cashier.headers) as live:
        live.greet()
        live.watch(settled["id"])
        assert live.event()["state"] == "COMPLETED"
    assert 1 <= len(statements) <= 4
