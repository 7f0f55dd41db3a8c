from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from app import clock
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone

TODAY = clock.day_of(clock.now())
LISTS: dict[str, tuple[str, dict[str, tuple[Any, ...]]]] = {
    "orders": ("orders", {"state": ("SETTLED", "REFUNDED", "EXPIRED")}),
    "settlements": ("settlement", {"state": ("COMPLETED", "REVERSED"), "payKind": ("INSURANCE", "SELF_PAY")}),
    "invoices": ("invoice", {"state": ("ISSUED", "RED")}),
}
COLUMNS = {"state": "state = '{}'", "payKind": "pay_kind = '{}'"}
CHINESE_DAY = "(created_at AT TIME ZONE 'Asia/Shanghai')::date"
COLUMNS |= {"since": CHINESE_DAY + " >= '{}'", "until": CHINESE_DAY + " <= '{}'"}
DAYS: dict[str, tuple[Any, ...]] = {"since": (TODAY - timedelta(days=60),), "until": (TODAY - timedelta(days=9),)}


@pytest.fixture(scope="module")
def auditor(hospital: RunningHospital) -> Someone:
    return Someone(hospital, Role.AUDITOR, "auditor-01")


def choices(list_: str) -> list[dict[str, Any]]:
    """Every combination of the list's filters, given or not."""
    filters = LISTS[list_][1] | (DAYS if list_ != "invoices" else {})
    values = [[(name, value) for value in (None, *given)] for name, given in filters.items()]
    return [{name: value for name, value in each if value is not None} for each in itertools.product(*values)]


@pytest.mark.parametrize("road", ["compiled", "ordinary"])
@pytest.mark.parametrize("list_", LISTS)
def test_totals_are_raw_counts_under_every_combination_of_filters(
    hospital: RunningHospital, auditor: Someone, list_: str, road: str
) -> None:
    table = LISTS[list_][0]
    for chosen in choices(list_):
        literals = [f'{name}: "{value}"' if name in DAYS else f"{name}: {value}" for name, value in chosen.items()]
        arguments = f"({', '.join(literals)})" if literals else ""
        beside = "" if road == "compiled" else "nodes(ids: []) { id }"
        document = f"{{ {list_}{arguments} {{ totalCount }} {beside} }}"
        where = " AND ".join(["true", *(COLUMNS[name].format(value) for name, value in chosen.items())])
        sql = f"SELECT count(*) AS n FROM {table} WHERE {where}"
        told, found = hospital.undisturbed(partial(hospital.sql, sql), partial(auditor.ask, document))
        assert told[list_]["totalCount"] == found[0]["n"], chosen
