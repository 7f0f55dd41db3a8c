from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis.strategies import integers

from app.money import fen, yuan, yuan_text

AMOUNTS = integers(-(10**14), 10**14)


@given(AMOUNTS)
def test_fen_to_yuan_and_back_loses_nothing(amount: int) -> None:
    assert fen(yuan(amount)) == amount
    assert fen(Decimal(yuan_text(amount))) == amount


@given(AMOUNTS)
def test_the_text_is_the_number_with_two_decimals(amount: int) -> None:
    assert yuan_text(amount) == f"{yuan(amount):.2f}"


@pytest.mark.parametrize(
    ("amount", "text"), [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (1230, "12.30"), (-1230, "-12.30"), (100, "1.00")]
)
def test_yuan_are_told_with_two_decimals(amount: int, text: str) -> None:
    assert yuan_text(amount) == text


@pytest.mark.parametrize("amount", ["0.001", "12.345", "-0.005"])
def test_money_is_never_rounded(amount: str) -> None:
    with pytest.raises(ValueError, match="not a whole number of fen"):
        fen(Decimal(amount))


@pytest.mark.parametrize("amount", ["12.3", "12.30", "12.300", "1.23E+1"])
def test_trailing_zeros_are_no_fraction(amount: str) -> None:
    assert fen(Decimal(amount)) == 1230
