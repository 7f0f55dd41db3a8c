"""Notices of the platforms: stored, verified, answered; they hasten the question and decide nothing."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest

from clients.insurance.payment.wire import timestamp
from tests.fixtures.hospital import RunningHospital, press, until
from tests.settlement.books import (
    INSURANCE_ONCE,
    SELF_PAY_ONCE,
    callbacks,
    fee_order,
    made,
    outcomes,
    postpone_polls,
)

INSURANCE, SELF_PAY = "/callbacks/insurance/settlements", "/callbacks/self-pay"
LARGEST = 64 * 1024


def send(hospital: RunningHospital, path: str, body: bytes) -> httpx.Response:
    return hospital.http.post(f"{hospital.server_url}{path}", content=body)


def stored(hospital: RunningHospital) -> int:
    return int(hospital.sql("SELECT count(*) + coalesce(sum(repeats), 0) AS n FROM callback")[0]["n"])


def notice(hospital: RunningHospital, settlement: Any, *, key: str | None = None, **changes: str) -> bytes:
    """A 6302 in the centre's words, signed with its key or with another."""
    told = {
        "payOrdId": "ORD0",
        "medOrgOrd": settlement["number"],
        "feeSumamt": "20.00",
        "ownPayAmt": "0.00",
        "psnAcctPay": "6.00",
        "fundPay": "14.00",
        "setlType": "HI",
        "callType": "02",
        "traceTime": "2026-01-01 00:00:00",
        "revsToken": secrets.token_hex(16),
        **changes,
    }
    settings = hospital.sandboxes.payment.settings
    envelope = settings.envelope(key or settings.platform_private_key)
    return json.dumps(envelope.seal(told, timestamp=timestamp())).encode()


def test_verified_notice_hastens_the_result(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    postpone_polls(hospital, settlement)
    press(hospital.http, url)
    patient.until(settlement, "COMPLETED")
    (row,) = callbacks(hospital, settlement)
    assert (row["platform"], row["verified"], row["repeats"]) == ("insurance.payment", True, 0)
    assert hospital.row(settlement)["settled_at"] >= row["received_at"]


def test_what_is_stored_of_a_notice_is_sealed(hospital: RunningHospital) -> None:
    settlement = hospital.patient().settle()
    (row,) = until(lambda: callbacks(hospital, settlement), "the notice")
    assert b"encData" not in row["raw_sealed"]
    assert len(row["key"]) == 64


def test_without_a_notice_polling_finds_the_payment(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", "6302", "callback_never")
    settled = hospital.patient().settle()
    assert callbacks(hospital, settled) == []
    assert made(hospital, settled) == INSURANCE_ONCE


def test_notice_that_comes_twice_settles_once(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", "6302", "callback_twice")
    settled = hospital.patient().settle()
    until(lambda: sum(1 + row["repeats"] for row in callbacks(hospital, settled)) == 2, "both notices")
    assert all(row["verified"] for row in callbacks(hospital, settled))
    assert made(hospital, settled) == INSURANCE_ONCE
    assert outcomes(hospital, settled, "confirm") == ["Answered"]


def test_forgery_before_the_true_notice_changes_no_amount(hospital: RunningHospital) -> None:
    unverified = "SELECT count(*) AS n FROM callback WHERE NOT verified AND platform = 'insurance.payment'"
    before = hospital.sql(unverified)[0]["n"]
    hospital.fault("insurance-payment", "6302", "callback_forged")
    settled = hospital.patient().settle()
    assert hospital.sql(unverified)[0]["n"] == before + 1
    row, order = hospital.row(settled), fee_order(hospital, settled)
    assert (row["fund_fen"], row["account_fen"], row["cash_fen"]) == (
        order["fund_fen"],
        order["account_fen"],
        order["cash_fen"],
    )
    assert row["paid_fen"] == row["total_fen"] == order["total_fen"]


def test_forged_notice_is_kept_as_evidence_and_asks_nobody(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "AWAITING_PAYMENT")
    postpone_polls(hospital, settlement)
    asked = len(outcomes(hospital, settlement, "6301"))
    pay_order_id = hospital.row(settlement)["pay_order_id"]
    body = notice(hospital, settlement, key="f0" * 32, payOrdId=pay_order_id)
    answer = send(hospital, INSURANCE, body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    newest = hospital.sql("SELECT * FROM callback ORDER BY id DESC LIMIT 1")[0]
    assert (newest["verified"], newest["settlement_id"]) == (False, None)
    assert len(outcomes(hospital, settlement, "6301")) == asked
    assert patient.look(settlement)["state"] == "AWAITING_PAYMENT"


def test_true_notice_of_an_unpaid_order_completes_nothing(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "AWAITING_PAYMENT")
    postpone_polls(hospital, settlement)
    asked = len(outcomes(hospital, settlement, "6301"))
    body = notice(hospital, settlement, payOrdId=hospital.row(settlement)["pay_order_id"])
    assert send(hospital, INSURANCE, body).json()["success"] is True
    until(lambda: len(outcomes(hospital, settlement, "6301")) == asked + 1, "the question that it hastens")
    row = hospital.row(settlement)
    assert (row["state"], row["paid_fen"], row["settled_at"]) == ("AWAITING_PAYMENT", 0, None)


def test_notice_before_the_result_waits_for_the_result(hospital: RunningHospital) -> None:
    hospital.fault("insurance-payment", "6302", "callback_early", seconds=1.0)
    patient = hospital.patient()
    settlement = patient.begin()
    patient.pay(settlement)
    until(lambda: callbacks(hospital, settlement), "the early notice")
    assert hospital.row(settlement)["state"] == "AWAITING_PAYMENT"
    patient.until(settlement, "COMPLETED")
    (row,) = callbacks(hospital, settlement)
    assert hospital.row(settlement)["settled_at"] - row["received_at"] > timedelta(seconds=0.8)
    assert made(hospital, settlement) == INSURANCE_ONCE


def test_notice_of_an_unknown_order_is_stored_and_answered_no(hospital: RunningHospital) -> None:
    answer = send(hospital, INSURANCE, notice(hospital, {"number": "S00000000000000000"}))
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    newest = hospital.sql("SELECT * FROM callback ORDER BY id DESC LIMIT 1")[0]
    assert (newest["verified"], newest["settlement_id"]) == (True, None)


def test_notice_of_another_pay_order_does_not_belong_to_the_settlement(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle()
    belonging = until(lambda: callbacks(hospital, settled), "its own notice")
    assert send(hospital, INSURANCE, notice(hospital, settled, payOrdId="ORD0")).json()["success"] is False
    assert callbacks(hospital, settled) == belonging


@pytest.mark.parametrize("path", [INSURANCE, SELF_PAY])
def test_oversized_notice_is_refused_unread(hospital: RunningHospital, path: str) -> None:
    before = stored(hospital)
    assert send(hospital, path, b"x" * (LARGEST + 1)).status_code == 413
    assert stored(hospital) == before


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"[]", b"\xff\x00\xfe", b'{"encData":"00","signData":"x"}', b"[" * 9000]
)
@pytest.mark.parametrize(("path", "status"), [(INSURANCE, 400), (SELF_PAY, 401)])
def test_garbage_is_evidence_and_nothing_else(hospital: RunningHospital, path: str, status: int, body: bytes) -> None:
    before = stored(hospital)
    assert send(hospital, path, body).status_code == status
    assert stored(hospital) == before + 1
    assert hospital.sql("SELECT verified FROM callback ORDER BY id DESC LIMIT 1")[0]["verified"] is False


def test_one_body_posted_by_many_at_once_is_one_row(hospital: RunningHospital) -> None:
    settlement = hospital.patient().settle()
    own = until(lambda: callbacks(hospital, settlement), "its own notice")
    body = notice(hospital, settlement, payOrdId=hospital.row(settlement)["pay_order_id"])
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: send(hospital, INSURANCE, body).status_code, range(8)))
    assert answers == [200] * 8
    (row,) = [row for row in callbacks(hospital, settlement) if row["id"] != own[0]["id"]]
    assert row["repeats"] == 7
    assert made(hospital, settlement) == INSURANCE_ONCE


def test_self_pay_notice_hastens_the_result(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin("SELF_PAY")
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    postpone_polls(hospital, settlement)
    press(hospital.http, url)
    patient.until(settlement, "COMPLETED")
    (row,) = callbacks(hospital, settlement)
    assert (row["platform"], row["verified"]) == ("wechat_pay", True)
    assert made(hospital, settlement) == SELF_PAY_ONCE


def test_self_pay_notice_that_comes_twice_is_one_row(hospital: RunningHospital) -> None:
    hospital.fault("wechat-pay", "notice", "notice_twice")
    settled = hospital.patient().settle("SELF_PAY")
    until(lambda: [row["repeats"] for row in callbacks(hospital, settled)] == [1], "the repeat")
    assert made(hospital, settled) == SELF_PAY_ONCE


def test_without_a_self_pay_notice_polling_finds_the_payment(hospital: RunningHospital) -> None:
    hospital.fault("wechat-pay", "notice", "notice_never")
    settled = hospital.patient().settle("SELF_PAY")
    assert callbacks(hospital, settled) == []
    assert made(hospital, settled) == SELF_PAY_ONCE


def test_forged_copy_of_a_self_pay_notice_does_not_stand_for_the_true_one(hospital: RunningHospital) -> None:
    """The forgery has the same body and comes first; its signature, in the headers, does not hold."""
    unverified = "SELECT count(*) AS n FROM callback WHERE NOT verified AND platform = 'wechat_pay'"
    before = hospital.sql(unverified)[0]["n"]
    hospital.fault("wechat-pay", "notice", "notice_forged")
    settled = hospital.patient().settle("SELF_PAY")
    (row,) = until(lambda: callbacks(hospital, settled), "the true notice")
    assert (row["verified"], row["repeats"]) == (True, 0)
    assert hospital.sql(unverified)[0]["n"] == before + 1
