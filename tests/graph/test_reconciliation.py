"""Our self-payments of a day against the provider's bill: what is lost, forged or extra is found."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from app import clock
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.settlement import refunds
from tests.settlement.test_mixed import balance
from tests.settlement.test_mixed import settle as settle_mixed

DOCUMENT = """query($day: Date!) { selfPayReconciliation(day: $day) { __typename
  ... on SelfPayReconciliation { day checkedAt payments { ours ourAmount theirs theirAmount }
    refunds { ours ourAmount theirs theirAmount }
    differences { kind movement tradeNumber ourAmount theirAmount settlement { number } } }
  ... on Problem { code message } ... on SelfPayRefusal { platformCode } } }"""


@contextlib.contextmanager
def tomorrow(hospital: RunningHospital) -> Iterator[str]:
    """At WeChat it is tomorrow, so that today has a bill; yields today."""
    sandbox = hospital.sandboxes.wechat_pay
    before, sandbox.clock = sandbox.clock, lambda: datetime.now(UTC) + timedelta(days=1)
    try:
        yield clock.day_of(clock.now()).isoformat()
    finally:
        sandbox.clock = before


def finance(hospital: RunningHospital) -> Someone:
    return Someone(hospital, Role.FINANCE, "finance-01")


def reconcile(hospital: RunningHospital) -> Any:
    with tomorrow(hospital) as day:
        return finance(hospital).ask(DOCUMENT, {"day": day})["selfPayReconciliation"]


def differences(told: Any, number: str) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (each["kind"], each["movement"], each["ourAmount"], each["theirAmount"])
        for each in told["differences"]
        if each["tradeNumber"] == number
    ]


def test_books_that_agree_have_no_difference(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    kept, reversed_ = patient.settle("SELF_PAY"), patient.settle("SELF_PAY")
    with balance(hospital, hospital.patient(13), 100):
        mixed = settle_mixed(hospital, hospital.patient(13))
    hospital.cashier().reverse(reversed_)
    patient.until(reversed_, "REVERSED")
    told = reconcile(hospital)
    assert told["__typename"] == "SelfPayReconciliation", told
    assert [differences(told, each["number"]) for each in (kept, reversed_, mixed)] == [[], [], []]
    assert told["payments"]["theirs"] >= 3
    assert told["refunds"]["theirs"] >= 1


def test_what_only_we_have_is_found(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle("SELF_PAY")
    hospital.fault("wechat-pay", "tradebill", "bill_without", text=settled["number"])
    told = reconcile(hospital)
    assert differences(told, settled["number"]) == [("OURS_ONLY", "PAYMENT", "20.00", None)]
    (found,) = [each for each in told["differences"] if each["tradeNumber"] == settled["number"]]
    assert found["settlement"]["number"] == settled["number"]


def test_an_amount_that_differs_is_found(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle("SELF_PAY")
    hospital.fault("wechat-pay", "tradebill", "bill_amounts", text=settled["number"])
    assert differences(reconcile(hospital), settled["number"]) == [("AMOUNTS_DIFFER", "PAYMENT", "20.00", "20.01")]


def test_what_only_they_have_is_found(hospital: RunningHospital) -> None:
    number = f"X{uuid4().hex[:12]}"
    row = {"trade_number": number, "description": "别处", "total_fen": 777, "state": "SUCCESS"}
    hospital.sandboxes.load({"wechat-pay": {"payments": [row]}})
    told = reconcile(hospital)
    assert differences(told, number) == [("THEIRS_ONLY", "PAYMENT", None, "7.77")]
    assert [each["settlement"] for each in told["differences"] if each["tradeNumber"] == number] == [None]


def test_a_payment_that_we_know_of_another_day_is_found(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle("SELF_PAY")
    hospital.sql(
        "UPDATE settlement SET settled_at = settled_at - interval '2 days' WHERE number = $1", settled["number"]
    )
    assert differences(reconcile(hospital), settled["number"]) == [("DAYS_DIFFER", "PAYMENT", "20.00", "20.00")]


def test_a_refund_that_we_never_learned_of_is_found(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle("SELF_PAY")
    sandbox = hospital.sandboxes.wechat_pay
    content = {
        "out_trade_no": settled["number"],
        "out_refund_no": f"X{uuid4().hex[:12]}",
        "amount": {"refund": 500, "total": 2000, "currency": "CNY"},
    }
    refund, _ = sandbox._book.refund(content, sandbox.clock())
    sandbox._book.end_refund(refund, sandbox.clock())
    assert differences(reconcile(hospital), settled["number"]) == [("THEIRS_ONLY", "REFUND", None, "5.00")]


def test_refunds_of_a_part_and_of_the_rest_count_together(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled, visit = refunds.settled(hospital, patient)
    left = refunds.medicine(visit, second=False)
    change = {"prescriptionNo": left["prescriptionNo"], "items": left["items"]}
    hospital.sandboxes.load({"his": {"change": change}})
    refunds.given_back(hospital, patient, settled, visit, refunds.SECOND)
    assert differences(reconcile(hospital), settled["number"]) == []
    hospital.cashier().reverse(patient.look(settled))
    patient.until(settled, "REVERSED")
    assert differences(reconcile(hospital), settled["number"]) == []


def test_a_day_without_a_bill_is_refused_in_the_providers_words(hospital: RunningHospital) -> None:
    today = clock.day_of(clock.now()).isoformat()
    told = finance(hospital).ask(DOCUMENT, {"day": today})["selfPayReconciliation"]
    assert (told["__typename"], told["platformCode"]) == ("SelfPayRefusal", "PARAM_ERROR")


@pytest.mark.parametrize("kind", ["lost_request", "garbled", "gateway_error"])
def test_a_silent_provider_is_told(hospital: RunningHospital, kind: str) -> None:
    hospital.fault("wechat-pay", "tradebill", kind)
    assert reconcile(hospital)["__typename"] == "PlatformUnavailableProblem"


def test_a_file_with_another_hash_is_no_bill(hospital: RunningHospital) -> None:
    hospital.patient().settle("SELF_PAY")
    hospital.fault("wechat-pay", "tradebill", "bill_hash")
    assert reconcile(hospital)["code"] == "ANSWER_GARBLED"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.CASHIER, Role.PHARMACIST])
def test_only_finance_and_auditors_reconcile(hospital: RunningHospital, role: Role) -> None:
    someone = Someone(hospital, role, f"{role.value}-01")
    told = someone.ask(DOCUMENT, {"day": "2026-01-01"})["selfPayReconciliation"]
    assert (told["__typename"], told["code"]) == ("ForbiddenProblem", "FORBIDDEN")


def test_the_command_prints_the_differences_and_fails(hospital: RunningHospital) -> None:
    settled = hospital.patient().settle("SELF_PAY")
    hospital.fault("wechat-pay", "tradebill", "bill_without", text=settled["number"])
    environment = os.environ | {"YIQIAO_ENV_FILE": str(hospital.keys / "yiqiao.env"), "YIQIAO_LOG_LEVEL": "CRITICAL"}
    with tomorrow(hospital) as day:
        command = [sys.executable, "-m", "app.cli", "reconcile", "--day", day]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert told.returncode == 1, told.stderr
    assert f"OURS_ONLY PAYMENT {settled['number']}: ours 20.00, theirs -" in told.stdout
    assert "payments: ours" in told.stdout
