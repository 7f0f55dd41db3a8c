"""Moments as text: the quick way writes what `isoformat` does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis.strategies import datetimes, just, timezones

from app import clock

# hypothesis takes the zone apart from the moment
FIRST, LAST = (datetime.fromisoformat(day) for day in ("1901-01-02", "9999-12-30"))


@given(datetimes(FIRST, LAST, timezones=just(UTC) | timezones()))
@example(datetime(1991, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
@example(datetime(1992, 1, 1, tzinfo=UTC))
@example(datetime(2024, 2, 28, 16, 0, 0, 999, tzinfo=UTC))
def test_text_is_a_moment_in_shanghai_to_the_millisecond(moment: datetime) -> None:
    assert clock.text(moment) == moment.astimezone(clock.SHANGHAI).isoformat(timespec="milliseconds")


@pytest.mark.parametrize("milliseconds", [0, 1, 59_999, 86_399_999])
def test_what_was_written_is_read_again(milliseconds: int) -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    assert clock.moment(clock.text(moment)) == moment
