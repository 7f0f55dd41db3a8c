"""A server that is killed while a part is given back: each platform did it, and nobody heard. Nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fixtures.hospital import RunningHospital, Someone, steps, until
from tests.processes.cuts import KEPT, PATIENT
from tests.processes.ground import Ground
from tests.settlement.refunds import (
    FIRST,
    MEDICINE_FEN,
    SECOND,
    TOTAL_FEN,
    approve,
    asked,
    books,
    finance,
    settled,
    until_refund,
)
from tests.settlement.test_refunds import AFTER_MEDICINE, CALLS, order_of, row

# Where the effect of a call is in the books of the platforms.
EFFECTS = {
    "cancel": ("HIS", ""),
    "confirm": ("HIS", "-2"),
    "refund": ("money", ""),
    "writeOffEBill": ("receipts", ""),
    "invEBillRegistration": ("receipts", "-2"),
}


@dataclass
class Cut:
    """A refund that the kill has interrupted inside a call."""

    patient: Someone
    settlement: Any
    refund: Any


@pytest.fixture(scope="module")
def cuts(ground: Ground) -> dict[str, Cut]:
    """One refund for each call, each inside it; then the server is killed, and started again."""
    hospital = ground.hospital
    server = ground.serve("--with-worker", **PATIENT)
    ready = {call: prepared(hospital, "SELF_PAY") for call in CALLS} | {"6203": prepared(hospital, "INSURANCE")}
    for call, cut in ready.items():
        hospital.fault(CALLS.get(call, "insurance-payment"), call, "delay", seconds=KEPT)
        assert "refund" in approve(finance(hospital), cut.refund)
        until(inside(hospital, cut, call), f"the effect of {call}")
    server.kill()
    ground.serve("--with-worker", **PATIENT)
    return ready


def prepared(hospital: RunningHospital, pay_kind: str) -> Cut:
    patient = hospital.patient()
    settlement, visit = settled(hospital, patient, pay_kind)
    return Cut(patient, settlement, asked(patient, settlement, visit, FIRST, SECOND))


def inside(hospital: RunningHospital, cut: Cut, call: str) -> Callable[[], bool]:
    """Whether the platform has done it, and we do not know."""

    def happened() -> bool:
        if call == "6203":
            return bool(refunded_by_the_insurance(hospital, cut))
        name, key = EFFECTS[call]
        return bool(books(hospital, cut.settlement)[name].get(key) == AFTER_MEDICINE[name][key])

    def sent() -> bool:
        told = steps(cut.patient.look(cut.settlement)).values()
        return any(step["state"] == "SENDING" and step["transaction"] == call for step in told)

    return lambda: sent() and happened()


def refunded_by_the_insurance(hospital: RunningHospital, cut: Cut) -> int:
    told: Any = hospital.sandboxes.books()["insurance-payment"]
    (order,) = (each for each in told["orders"] if each["order_number"] == cut.settlement["number"])
    return int(order["refunded_fen"])


@pytest.mark.parametrize("call", CALLS)
def test_a_part_is_given_back_once(ground: Ground, cuts: dict[str, Cut], call: str) -> None:
    cut = cuts[call]
    assert until_refund(cut.patient, cut.refund, "DONE")["amount"] == "32.10"
    assert books(ground.hospital, cut.settlement) == AFTER_MEDICINE
    assert row(ground.hospital, cut.settlement) == (TOTAL_FEN, MEDICINE_FEN, MEDICINE_FEN, 0)
    assert cut.patient.look(cut.settlement)["state"] == "COMPLETED"


def test_an_insured_part_is_reversed_once_and_the_rest_is_open(ground: Ground, cuts: dict[str, Cut]) -> None:
    cut = cuts["6203"]
    assert until_refund(cut.patient, cut.refund, "DONE")["amount"] == "32.10"
    assert refunded_by_the_insurance(ground.hospital, cut) == TOTAL_FEN
    order = order_of(cut.patient, cut.settlement)
    assert (order["state"], order["totalAmount"], order["refundedAmount"]) == ("OPEN", "52.10", "32.10")
