from __future__ import annotations

import os

import pytest

from app.sealing import Sealer, Unsealable

OLD, NEW, INDEX = os.urandom(32), os.urandom(32), os.urandom(32)
ROW = "patient.name:patient-01"


def sealer(active: str = "1", **keys: bytes) -> Sealer:
    return Sealer({name.lstrip("k"): key for name, key in keys.items()} or {"1": OLD}, active, INDEX)


@pytest.mark.parametrize("text", ["", "赵甲", "350200195302020012", "𠮷" * 100, "a\0b"])
def test_what_is_sealed_opens_again(text: str) -> None:
    assert sealer().open(sealer().seal(text, ROW), ROW) == text


def test_sealed_bytes_hold_no_clear_text_and_never_repeat() -> None:
    first, second = (sealer().seal("350200195302020012", ROW) for _ in range(2))
    assert first != second
    assert b"3502" not in first


@pytest.mark.parametrize("row", ["patient.name:patient-02", "patient.phone:patient-01", ""])
def test_a_value_moved_to_another_row_does_not_open(row: str) -> None:
    with pytest.raises(Unsealable):
        sealer().open(sealer().seal("赵甲", ROW), row)


def test_another_key_of_that_name_does_not_open() -> None:
    with pytest.raises(Unsealable):
        sealer(k1=NEW).open(sealer().seal("赵甲", ROW), ROW)


def test_a_key_that_is_gone_does_not_open() -> None:
    with pytest.raises(Unsealable):
        sealer("2", k2=NEW).open(sealer().seal("赵甲", ROW), ROW)


def test_after_a_rotation_the_new_key_seals_and_both_open() -> None:
    rotated = sealer("2", k1=OLD, k2=NEW)
    assert rotated.open(sealer().seal("赵甲", ROW), ROW) == "赵甲"
    fresh = rotated.seal("钱乙", ROW)
    assert fresh[:2] == b"\x012"
    assert sealer("2", k2=NEW).open(fresh, ROW) == "钱乙"


@pytest.mark.parametrize("place", range(0, 40, 3))
def test_a_changed_byte_does_not_open(place: int) -> None:
    sealed = bytearray(sealer().seal("赵甲赵甲", ROW))
    sealed[place] ^= 1
    with pytest.raises(Unsealable):
        sealer().open(bytes(sealed), ROW)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x011", b"\x011" + b"n" * 12, b"\xff" * 40])
def test_what_was_never_sealed_does_not_open(sealed: bytes) -> None:
    with pytest.raises(Unsealable):
        sealer().open(sealed, ROW)


def test_the_error_tells_the_row_and_not_the_value() -> None:
    with pytest.raises(Unsealable) as error:
        sealer(k1=NEW).open(sealer().seal("赵甲", ROW), ROW)
    assert str(error.value) == ROW


def test_the_index_finds_equal_texts_and_tells_none() -> None:
    number = "350200195302020012"
    assert sealer().index(number) == sealer("2", k2=NEW).index(number)
    assert sealer().index(number) != sealer().index(number[:-1] + "3")
    assert Sealer({"1": OLD}, "1", NEW).index(number) != sealer().index(number)
    assert len(sealer().index(number)) == 64
