"""Goods that were paid in the mini-program are told to WeChat, once, from a GraphQL document to its books."""

from __future__ import annotations

from typing import Any

from tests.fixtures.hospital import RunningHospital
from tests.fixtures.parcels import answered, order_of, ship
from tests.settlement.test_mini_program import OPEN_ID, parameters, request_payment


def shipped(hospital: RunningHospital, waybill: str) -> list[Any]:
    books: Any = hospital.sandboxes.books()["wechat-shipping"]
    return [row for row in books["shipped"] if row["number"] == waybill]


def test_wechat_is_told_once_of_what_was_paid_there(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = order_of(patient, settle=False)
    told = {"orderId": order["id"], "payKind": "SELF_PAY", "checkout": "MINI_PROGRAM", "openId": OPEN_ID}
    settlement = patient.do(
        "settlementStart",
        told | {"idempotencyKey": order["number"]},
        "... on SettlementPayload { settlement { id number state } }",
    )["settlement"]
    patient.until(settlement, "AWAITING_PAYMENT")
    assert request_payment(hospital, parameters(patient, settlement)["checkoutParameters"]) == 200
    patient.until(settlement, "COMPLETED")
    parcel = ship(patient, order)
    hospital.fault("wechat-shipping", "upload", "lost_reply")
    assert parcel.upload()["code"] == "OUTCOME_UNKNOWN"
    uploads = {each["target"]: each["state"] for each in answered(parcel.upload())["uploads"]}
    assert uploads == {"INSURANCE": "DONE", "WECHAT": "DONE"}
    (row,) = shipped(hospital, parcel.number)
    assert (row["trade_number"], row["uploads"], row["company"]) == (settlement["number"], 1, "ZTO")
