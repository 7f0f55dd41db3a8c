from __future__ import annotations

import base64
from datetime import date, timedelta
from typing import Any

import pytest

from app import clock
from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.conftest import SecondServer

LISTS = {"orders": "orders", "settlements": "settlement", "invoices": "invoice"}
PAGE = 37


def number(id_: str) -> int:
    """The row's id inside a global id."""
    return int(base64.urlsafe_b64decode(id_).decode().rpartition(":")[2])


def page(someone: Someone, list_: str, after: str | None, arguments: str = "", first: int = PAGE) -> Any:
    document = f"""query($first: Int!, $after: String) {{ {list_}(first: $first, after: $after {arguments}) {{
        edges {{ cursor node {{ id }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
    return someone.ask(document, {"first": first, "after": after})[list_]


def pages(someone: Someone, list_: str, arguments: str = "", after: str | None = None) -> list[int]:
    """The ids of all rows, page by page."""
    seen: list[int] = []
    while True:
        told = page(someone, list_, after, arguments)
        seen += [number(edge["node"]["id"]) for edge in told["edges"]]
        assert told["pageInfo"]["endCursor"] == (told["edges"][-1]["cursor"] if told["edges"] else None)
        if not told["pageInfo"]["hasNextPage"]:
            return seen
        assert len(told["edges"]) == PAGE
        after = told["pageInfo"]["endCursor"]


def rows(hospital: RunningHospital, table: str, where: str = "true", *arguments: Any) -> list[int]:
    told = hospital.sql(f"SELECT id FROM {table} WHERE {where} ORDER BY created_at DESC, id DESC", *arguments)
    return [row["id"] for row in told]


@pytest.mark.parametrize("list_", LISTS)
def test_pages_show_every_row_once_newest_first(hospital: RunningHospital, list_: str) -> None:
    found = pages(hospital.cashier(), list_)
    assert found == rows(hospital, LISTS[list_])
    assert len(found) > PAGE * 3


def test_a_row_that_comes_in_between_moves_nothing(hospital: RunningHospital) -> None:
    cashier, patient = hospital.cashier(), hospital.patient()
    before = rows(hospital, "orders")
    first = page(cashier, "orders", None)
    patient.order()
    rest = pages(cashier, "orders", after=first["pageInfo"]["endCursor"])
    assert [number(edge["node"]["id"]) for edge in first["edges"]] + rest == before


def test_rows_of_one_moment_are_not_lost_between_pages(hospital: RunningHospital) -> None:
    some = rows(hospital, "orders")[-PAGE * 2 :]
    moments = hospital.sql("SELECT id, created_at FROM orders WHERE id = ANY($1)", some)
    hospital.sql("UPDATE orders SET created_at = '2020-01-01T00:00:00Z' WHERE id = ANY($1)", some)
    try:
        assert pages(hospital.cashier(), "orders", ', until: "2020-01-01"') == sorted(some, reverse=True)
    finally:
        for row in moments:
            hospital.sql("UPDATE orders SET created_at = $1 WHERE id = $2", row["created_at"], row["id"])


def test_a_page_that_is_exactly_full_has_no_next_one(hospital: RunningHospital) -> None:
    auditor = hospital.cashier()
    count = len(rows(hospital, "settlement", "state = 'REVERSED' AND pay_kind = 'INSURANCE'"))
    told = page(auditor, "settlements", None, ", state: REVERSED, payKind: INSURANCE", first=count)
    assert len(told["edges"]) == count
    assert told["pageInfo"]["hasNextPage"] is False


def test_a_list_of_nothing_is_a_page(hospital: RunningHospital) -> None:
    told = page(hospital.cashier(), "orders", None, ', until: "2001-01-01"')
    assert told == {"edges": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}


@pytest.mark.parametrize(
    ("list_", "arguments", "where"),
    [
        ("orders", "state: REFUNDED", "state = 'REFUNDED'"),
        ("orders", "state: EXPIRED", "state = 'EXPIRED'"),
        ("settlements", "state: COMPLETED", "state = 'COMPLETED'"),
        ("settlements", "payKind: SELF_PAY", "pay_kind = 'SELF_PAY'"),
        ("settlements", "state: REVERSED, payKind: INSURANCE", "state = 'REVERSED' AND pay_kind = 'INSURANCE'"),
        ("invoices", "state: RED", "state = 'RED'"),
        ("orders", "state: null", "true"),
    ],
)
def test_filters_choose_what_sql_chooses(hospital: RunningHospital, list_: str, arguments: str, where: str) -> None:
    cashier = hospital.cashier()
    wanted = rows(hospital, LISTS[list_], where)
    assert pages(cashier, list_, f", {arguments}") == wanted
    counted = cashier.ask(f"{{ {list_}({arguments}) {{ totalCount }} }}")
    assert counted[list_]["totalCount"] == len(wanted)


@pytest.mark.parametrize("list_", ["orders", "settlements"])
def test_days_are_those_of_shanghai_and_both_ends_are_in(hospital: RunningHospital, list_: str) -> None:
    until = clock.day_of(clock.now()) - timedelta(days=20)
    since = until - timedelta(days=30)
    chinese_day = "(created_at AT TIME ZONE 'Asia/Shanghai')::date"
    wanted = rows(hospital, LISTS[list_], f"{chinese_day} BETWEEN $1 AND $2", since, until)
    assert pages(hospital.cashier(), list_, f', since: "{since}", until: "{until}"') == wanted
    assert 0 < len(wanted) < 300


def test_one_day_is_a_range(hospital: RunningHospital) -> None:
    midnight = "2020-05-06T16:00:00Z"  # the seventh of May in Shanghai
    (oldest,) = rows(hospital, "orders")[-1:]
    (kept,) = hospital.sql("SELECT created_at FROM orders WHERE id = $1", oldest)
    hospital.sql(f"UPDATE orders SET created_at = '{midnight}' WHERE id = $1", oldest)
    try:
        for day, found in ((date(2020, 5, 6), []), (date(2020, 5, 7), [oldest]), (date(2020, 5, 8), [])):
            assert pages(hospital.cashier(), "orders", f', since: "{day}", until: "{day}"') == found
    finally:
        hospital.sql("UPDATE orders SET created_at = $1 WHERE id = $2", kept["created_at"], oldest)


def counting(statements: list[str]) -> list[str]:
    """Those that count rows, or read where they are counted already."""
    return [each for each in statements if "count(" in each.lower() or "daily_" in each]


@pytest.mark.parametrize("list_", LISTS)
@pytest.mark.parametrize("who", ["cashier", "patient"])
def test_rows_are_counted_only_when_the_total_is_asked_for(second: SecondServer, list_: str, who: str) -> None:
    someone = second.seen_by(second.hospital.cashier() if who == "cashier" else second.hospital.patient(3))
    with second.wire.listened() as statements:
        page(someone, list_, None)
    assert statements
    assert counting(statements) == []
    with second.wire.listened() as statements:
        told = someone.ask(f"{{ {list_}(first: 1) {{ totalCount }} }}")
    assert len(counting(statements)) == 1
    assert told[list_]["totalCount"] == len(pages(someone, list_))
