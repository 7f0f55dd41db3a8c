"""Columns that PostgreSQL begins and the server finishes: the bytes are those of the functions that make one value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.money import yuan_text
from resolvers.compiled.forms import BETWEEN, FORMS, moments, rows, yuan
from tests.fixtures.hospital import RunningHospital

FEN = st.none() | st.integers(-(10**14), 10**14) | st.integers(-200, 200)


def between(first: int, last: int) -> st.SearchStrategy[datetime]:
    """Moments of these years."""
    seconds = [int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (first, last)]
    return st.integers(seconds[0] * 10**6, seconds[1] * 10**6).map(
        lambda micros: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    )


# Also whole seconds, hundredths, and the years in which clocks in China changed.
WHOLE = between(1901, 3000)
MOMENTS = WHOLE | WHOLE.map(lambda moment: moment.replace(microsecond=moment.microsecond // 10_000 * 10_000))
MOMENTS |= WHOLE.map(lambda moment: moment.replace(microsecond=0)) | between(1986, 1992)


@given(st.lists(FEN, min_size=1))
def test_fen_become_yuan(values: list[int | None]) -> None:
    joined = BETWEEN.join("" if value is None else str(value) for value in values)
    assert yuan(joined) == ["null" if value is None else f'"{yuan_text(value)}"' for value in values]


@given(st.lists(st.integers(100, 10**14), min_size=1))
def test_fen_of_at_least_a_yuan_are_cut(values: list[int]) -> None:
    assert yuan(BETWEEN.join(map(str, values))) == [f'"{yuan_text(value)}"' for value in values]


def test_no_rows_are_none() -> None:
    assert [finish(None) for finish in (rows, yuan, moments)] == [[], [], []]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("nullable", [True, False])
def test_moments_are_those_of_the_clock(hospital: RunningHospital, nullable: bool, data: st.DataObject) -> None:
    values = data.draw(st.lists((st.none() | MOMENTS) if nullable else MOMENTS, min_size=1, max_size=50))
    begun = FORMS[clock.text].begun.format("at")
    told = hospital.sql(
        f"""SELECT string_agg(coalesce(({begun})::text, ''), chr({ord(BETWEEN)}) ORDER BY place) AS joined
            FROM set_config('TimeZone', 'Asia/Shanghai', false), unnest($1::timestamptz[]) WITH ORDINALITY t (at, place)
        """,
        values,
    )
    wanted = ["null" if value is None else f'"{clock.text(value)}"' for value in values]
    assert moments(told[0]["joined"]) == wanted
