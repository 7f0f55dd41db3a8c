from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.fixtures.hospital import RunningHospital


def place(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


PAGES: dict[str, tuple[str, dict[str, Any], str]] = {
    "no rows": ("orders(first: 0) { totalCount }", {}, "first"),
    "too many rows": ("orders(first: 201) { totalCount }", {}, "first"),
    "less than none": ("settlements(first: -1) { totalCount }", {}, "first"),
    "no cursor": ('orders(after: "?") { totalCount }', {}, "after"),
    "empty cursor": ('invoices(after: "") { totalCount }', {}, "after"),
    "an id for a cursor": (f'orders(after: "{place("Order:1")}") {{ totalCount }}', {}, "after"),
    "a cursor beyond": (f'orders(after: "{place("1:" + "9" * 40)}") {{ totalCount }}', {}, "after"),
    "a cursor before": (f'orders(after: "{place("1:-5")}") {{ totalCount }}', {}, "after"),
    "a moment beyond": (f'orders(after: "{place("9" * 40 + ":1")}") {{ totalCount }}', {}, "after"),
    "too many nodes": ("nodes(ids: [" + ", ".join(['"x"'] * 101) + "]) { id }", {}, "ids"),
    "a garbage patient": ('payablePrescriptions(patientId: "x") { checkedAt }', {}, "patientId"),
}


@pytest.mark.parametrize("case", PAGES)
def test_a_wrong_argument_of_a_query_names_itself(hospital: RunningHospital, case: str) -> None:
    document, variables, field = PAGES[case]
    (error,) = hospital.patient().post(f"{{ {document} }}", variables)["errors"]
    assert error["extensions"] == {"code": "INVALID_INPUT", "field": field}


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_is_a_mistake_of_the_document(hospital: RunningHospital, day: str) -> None:
    (error,) = hospital.patient().post(f'{{ orders(until: "{day}") {{ totalCount }} }}')["errors"]
    assert "Date is a day between" in error["message"]


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", 5])
def test_a_day_that_is_none_is_a_mistake_of_the_variables(hospital: RunningHospital, day: object) -> None:
    (error,) = hospital.patient().post("query($day: Date) { orders(since: $day) { totalCount } }", {"day": day})[
        "errors"
    ]
    assert "$day" in error["message"]
    assert "Date is a day between" in error["message"]


def test_no_day_is_an_unexpected_error(hospital: RunningHospital) -> None:
    for argument in ("since", "until"):
        for day in ("0001-01-01", "9999-12-31"):
            document = f"query($day: Date) {{ orders({argument}: $day) {{ totalCount }} }}"
            for error in hospital.patient().post(document, {"day": day}).get("errors") or ():
                assert "Date is a day between" in error["message"]


def test_a_page_of_two_hundred_is_given(hospital: RunningHospital) -> None:
    assert len(hospital.cashier().ask("{ orders(first: 200) { edges { cursor } } }")["orders"]["edges"]) == 200
