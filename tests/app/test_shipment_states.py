"""The state machine of parcels: one table, and what can never happen by it."""

from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.models import ShipmentState
from app.shipments.states import ENDED, NEXT, after
from clients.carriers.messages import ParcelState

S = ShipmentState
# How far a parcel is. An exception is nowhere on this road.
ROAD = (
    S.CREATED,
    S.PICKUP_FAILED,
    S.PICKED_UP,
    S.IN_TRANSIT,
    S.OUT_FOR_DELIVERY,
    S.RETURNING,
)
TOLD = st.lists(st.none() | st.sampled_from(S), max_size=30)


def place(state: ShipmentState) -> int:
    return ROAD.index(state) if state in ROAD else len(ROAD)


def test_a_state_is_called_the_same_at_the_carriers() -> None:
    assert [state.value for state in S] == [state.value for state in ParcelState]


def test_every_state_says_what_may_follow() -> None:
    assert NEXT.keys() == set(S)
    assert all(state not in following for state, following in NEXT.items())


def test_the_ordinary_road() -> None:
    road = [S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.SIGNED]
    assert [reduce(after, road[: count + 1], S.CREATED) for count in range(4)] == road


@pytest.mark.parametrize(
    ("state", "told", "becomes"),
    [
        (S.IN_TRANSIT, S.PICKED_UP, S.IN_TRANSIT),
        (S.OUT_FOR_DELIVERY, S.IN_TRANSIT, S.OUT_FOR_DELIVERY),
        (S.OUT_FOR_DELIVERY, S.EXCEPTION, S.EXCEPTION),
        (S.EXCEPTION, S.IN_TRANSIT, S.IN_TRANSIT),
        (S.EXCEPTION, S.CREATED, S.EXCEPTION),
        (S.RETURNING, S.OUT_FOR_DELIVERY, S.RETURNING),
        (S.RETURNING, S.SIGNED, S.SIGNED),
        (S.SIGNED, S.EXCEPTION, S.SIGNED),
        (S.IN_TRANSIT, None, S.IN_TRANSIT),
    ],
)
def test_what_follows_what(state: ShipmentState, told: ShipmentState | None, becomes: ShipmentState) -> None:
    assert after(state, told) is becomes


@hypothesis_settings(max_examples=1000, deadline=None)
@given(told=TOLD)
def test_a_parcel_never_goes_back_but_through_an_exception(told: list[ShipmentState | None]) -> None:
    state = S.CREATED
    for each in told:
        became = after(state, each)
        if S.EXCEPTION not in (state, became):
            assert place(became) >= place(state)
        assert became is not S.CREATED or state is S.CREATED
        state = became


@hypothesis_settings(max_examples=1000, deadline=None)
@given(before=TOLD, later=TOLD, end=st.sampled_from(sorted(ENDED)))
def test_what_has_ended_stays(
    before: list[ShipmentState | None], later: list[ShipmentState | None], end: ShipmentState
) -> None:
    ended = after(reduce(after, before, S.CREATED), end)
    assert ended in ENDED
    assert reduce(after, later, ended) is ended
