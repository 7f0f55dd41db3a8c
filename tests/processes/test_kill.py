from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.hospital import RunningHospital, steps
from tests.processes.cuts import AFTER, INSIDE, NEXT, Cut, Journeys, cut_short
from tests.processes.ground import Ground
from tests.settlement.books import INSURANCE_ONCE, NOTHING, fee_order, made, standing


@pytest.fixture(scope="module")
def journeys(ground: Ground) -> Journeys:
    return cut_short(ground)


def settled_once(hospital: RunningHospital, cut: Cut, ended: Any) -> None:
    """One of everything was ever made; it stands, or after a reversal nothing does, and the money adds up."""
    assert made(hospital, cut.settlement) == INSURANCE_ONCE
    assert standing(hospital, cut.settlement) == (NOTHING if cut.end == "REVERSED" else INSURANCE_ONCE)
    row = hospital.row(cut.settlement)
    order = fee_order(hospital, cut.settlement)
    assert row["paid_fen"] == row["total_fen"] == order["total_fen"] == 2000
    assert row["refunded_fen"] == order["refunded_fen"] == (2000 if cut.end == "REVERSED" else 0)
    assert {step["state"] for step in ended["steps"]} == {"DONE"}
    invoices = hospital.sql("SELECT state FROM invoice WHERE settlement_id = $1", row["id"])
    assert invoices == [{"state": "RED" if cut.end == "REVERSED" else "ISSUED"}]


@pytest.mark.parametrize("kind", AFTER)
def test_journey_killed_after_a_step_ends_and_does_not_take_the_step_again(
    ground: Ground, journeys: Journeys, kind: str
) -> None:
    cut = journeys.after[kind]
    assert cut.before[kind]["state"] == "DONE"
    assert cut.before[NEXT[kind]]["state"] == "PENDING"
    ended = cut.finish()
    assert steps(ended)[kind] == cut.before[kind]
    settled_once(ground.hospital, cut, ended)


@pytest.mark.parametrize("kind", INSIDE)
def test_journey_killed_inside_a_step_finds_what_was_done_and_does_not_do_it_twice(
    ground: Ground, journeys: Journeys, kind: str
) -> None:
    cut = journeys.inside[kind]
    assert cut.before[kind]["state"] == "SENDING"
    assert cut.before[kind]["transaction"] == INSIDE[kind].transaction
    settled_once(ground.hospital, cut, cut.finish())
