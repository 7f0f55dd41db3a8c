from __future__ import annotations

from typing import Any

import pytest

from app.models import ReversalProfile
from tests.fixtures.hospital import RunningHospital, steps


def test_insurance_settlement_goes_its_seven_steps(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    assert [step["kind"] for step in settled["steps"]] == [
        "REGISTRATION",
        "FEE_DETAILS",
        "PREVIEW",
        "CHECKOUT",
        "RESULT",
        "HIS_CONFIRMATION",
        "INVOICE",
    ]
    assert {step["state"] for step in settled["steps"]} == {"DONE"}
    assert settled["totalAmount"] == "20.00"
    assert settled["invoice"]["download"]["kind"] == "H5_URL"


@pytest.mark.parametrize("profile", list(ReversalProfile))
def test_reversal_leaves_nothing_open_on_any_platform(hospital: RunningHospital, profile: ReversalProfile) -> None:
    with hospital.profile(profile):
        patient = hospital.patient()
        settled = patient.settle()
        assert hospital.cashier().reverse(settled)["__typename"] == "SettlementPayload"
        reversed_ = patient.until(settled, "REVERSED")
    books: Any = hospital.sandboxes.books()
    row = hospital.row(settled)
    visits = {visit["visit_id"]: visit["state"] for visit in books["insurance-core"]["registrations"]}
    orders = {order["order_number"]: order for order in books["insurance-payment"]["orders"]}
    assert visits[row["visit_id"]] == "CANCELLED"
    assert orders[row["number"]]["refunded_fen"] == row["total_fen"] == row["refunded_fen"]
    assert orders[row["number"]]["fee_details"] == "revoked"
    assert steps(reversed_)["HIS_CANCELLATION"]["state"] == "DONE"
    assert reversed_["invoice"]["number"]
