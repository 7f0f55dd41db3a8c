from __future__ import annotations

import pytest

from app import masking


@pytest.mark.parametrize(
    ("full", "shown"), [("张", "张*"), ("张三", "张*"), ("张三丰", "张**"), ("欧阳修文", "欧***"), ("", "*")]
)
def test_of_a_name_the_first_character_is_shown(full: str, shown: str) -> None:
    assert masking.name(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("350200195302021234", "3502**********1234"),
        ("35020019530202123X", "3502**********123X"),
        ("350200530202123", "350*********123"),
        ("E12345678", "E1*****78"),
        ("ABC", "***"),
        ("", ""),
    ],
)
def test_of_an_identity_number_both_ends_are_shown(full: str, shown: str) -> None:
    assert masking.id_number(full) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [
        ("13800000001", "138****0001"),
        ("+8613800000001", "+86*******0001"),
        ("05925551234", "059****1234"),
        ("5551234", "*****34"),
        ("12345", "***45"),
        ("110", "***"),
        ("", ""),
    ],
)
def test_of_a_phone_the_middle_is_hidden(full: str, shown: str) -> None:
    assert masking.phone(full) == shown


@pytest.mark.parametrize("length", range(1, 40))
def test_at_least_a_third_is_always_hidden(length: int) -> None:
    full = "1234567890" * 4
    for mask in (masking.id_number, masking.phone):
        shown = mask(full[:length])
        assert len(shown) == length
        assert shown.count("*") * 3 >= length
