from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from graphql import GraphQLError

from app import clock
from schema.scalars import SCALARS, Money
from tests.fixtures.hospital import RunningHospital

MONEY, DAY, MOMENT = SCALARS[Money], SCALARS[date], SCALARS[datetime]


def written(scalar: object, value: object) -> object:
    return scalar.serialize(value)  # type: ignore[attr-defined]


def parsed(scalar: object, given: object) -> object:
    return scalar.parse_value(given)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["0.00", "12.30", "-5.00", "999999999999.99"])
def test_money_is_yuan_with_two_decimals(text: str) -> None:
    assert parsed(MONEY, text) == text


@pytest.mark.parametrize(
    "given", ["12.3", "12", ".30", "12.300", "1e2", "+1.00", "１.00", "1,000.00", "", 12.3, 12, None]
)
def test_nothing_else_is_money(given: object) -> None:
    with pytest.raises(GraphQLError, match="exactly two decimals"):
        parsed(MONEY, given)


@pytest.mark.parametrize("given", ["2026-01-02T03:04:05", "2026-01-02", "now", "", "9999-12-31T23:59:59Z", 5])
def test_a_moment_needs_its_offset(given: object) -> None:
    with pytest.raises(GraphQLError, match="offset"):
        parsed(MOMENT, given)


def test_a_moment_is_read_with_any_offset() -> None:
    moments = {parsed(MOMENT, text) for text in ("2026-01-02T03:04:05+08:00", "2026-01-01T19:04:05Z")}
    assert moments == {datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)}


def test_a_moment_is_written_in_shanghai() -> None:
    assert written(MOMENT, datetime(2026, 1, 1, 19, 4, 5, 678900, tzinfo=UTC)) == "2026-01-02T03:04:05.678+08:00"


def test_a_day_is_an_iso_day() -> None:
    assert parsed(DAY, "2026-02-28") == date(2026, 2, 28)
    assert written(DAY, date(2026, 2, 28)) == "2026-02-28"


@pytest.mark.parametrize(
    "given", ["2026-02-30", "28.2.2026", "2026-02-28T00:00:00Z", "1899-12-31", "3000-01-01", 5, None]
)
def test_nothing_else_is_a_day(given: object) -> None:
    with pytest.raises(GraphQLError, match="Date is a day"):
        parsed(DAY, given)


def test_answers_hold_money_and_moments_as_the_rows_do(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    row = hospital.row(settled)
    amounts = {
        "totalAmount": "total_fen",
        "fundAmount": "fund_fen",
        "accountAmount": "account_fen",
        "cashAmount": "cash_fen",
    }
    for field, column in amounts.items():
        assert re.fullmatch(r"\d+\.\d\d", settled[field])
        assert Decimal(settled[field]) * 100 == row[column]
    told = hospital.cashier().ask(
        "query($id: ID!) { node(id: $id) { ... on Settlement { createdAt settledAt reversedAt } } }",
        {"id": settled["id"]},
    )["node"]
    assert told["createdAt"].endswith("+08:00")
    created = row["created_at"].replace(microsecond=row["created_at"].microsecond // 1000 * 1000)
    assert clock.moment(told["createdAt"]) == created
    assert told["settledAt"] >= told["createdAt"]
    assert told["reversedAt"] is None


def test_quantities_and_prices_are_exact_decimals(hospital: RunningHospital) -> None:
    order = hospital.patient().order()
    told = hospital.cashier().ask(
        "query($id: ID!) { node(id: $id) { ... on Order { feeDetails { quantity price amount } } } }",
        {"id": order["id"]},
    )["node"]["feeDetails"]
    assert [{name: Decimal(text) for name, text in line.items()} for line in told] == [
        {"quantity": Decimal(1), "price": Decimal(20), "amount": Decimal(20)}
    ]
    assert all(isinstance(text, str) for line in told for text in line.values())
