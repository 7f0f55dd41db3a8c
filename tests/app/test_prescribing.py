"""What an upload is made of on each channel, and what a prescription may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.models import PrescriptionKind, PrescriptionState
from app.models import PrescriptionStepKind as K
from app.prescribing import plans
from app.prescribing.written import Written, WrittenDecoction, WrittenDiagnosis, WrittenItem, decimal
from app.problems import Problem
from clients.circulation.gateway import Step

ITEM = WrittenItem(item_code="H0001", quantity="210", dose="30", dose_unit="g")
DECOCTION = WrittenDecoction(
    doses=7,
    days=7,
    way_code="1",
    way_name="水煎服",
    frequency_code="12",
    frequency_name="每日二次",
    dose="200",
    dose_unit="ml",
)
HERBAL = Written(
    kind=PrescriptionKind.HERBAL,
    diagnoses=(WrittenDiagnosis(code="J00", name="感冒", main=True),),
    items=(ITEM,),
    decoction=DECOCTION,
)
HUNDRED, CENT = Decimal(100), Decimal("0.01")
CHANNELS: Mapping[str, tuple[set[Step], list[K]]] = {
    "the centre": (set(Step), [K.VISIT, K.CHECK, K.REVIEW, K.SIGNATURE, K.UPLOAD]),
    "the older channel": ({Step.UPLOAD, Step.CANCEL}, [K.VISIT, K.REVIEW, K.UPLOAD]),
}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_has_the_steps_that_it_offers(channel: str) -> None:
    offered, steps = CHANNELS[channel]
    assert plans.upload(offered) == steps


def test_every_step_has_its_states() -> None:
    assert plans.STATE_BEFORE.keys() == plans.STATE_REFUSED.keys() == set(K)
    assert set(plans.STATE_BEFORE.values()) == plans.MOVING


def test_what_is_on_the_platform_is_never_withdrawn_here() -> None:
    theirs = {PrescriptionState.UPLOADED, PrescriptionState.UPLOADING, PrescriptionState.ATTENTION}
    assert not plans.WITHDRAWABLE & theirs


def test_a_good_one_is_good() -> None:
    HERBAL.check()


@pytest.mark.parametrize("member", ["way_code", "way_name", "frequency_code", "frequency_name", "dose_unit", "dose"])
@pytest.mark.parametrize("wrong", ["", " ", "x" * 41, "a\0b"])
def test_every_member_of_a_decoction_is_named(member: str, wrong: str) -> None:
    changes = {member: wrong}
    with pytest.raises(Problem) as problem:
        replace(HERBAL, decoction=replace(DECOCTION, **changes)).check()  # type: ignore[arg-type]  # all of them text
    first, *rest = member.split("_")
    assert problem.value.field == f"decoction.{first}{''.join(map(str.title, rest))}"


@hypothesis_settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=20))
def test_a_number_is_read_or_named(text: str) -> None:
    try:
        number = decimal(text, "dose", places=2, largest=HUNDRED)
    except Problem:
        return
    assert 0 < number <= HUNDRED
    assert number == number.quantize(CENT)
