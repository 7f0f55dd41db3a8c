from __future__ import annotations

import base64
import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.sockets import socket

STEPS = "query($id: ID!) { node(id: $id) { ... on Settlement { steps { kind problem { code message } } } } }"


def speaking(someone: Someone, language: str) -> Someone:
    return dataclasses.replace(someone, language=language)


def refusal(someone: Someone) -> Any:
    return someone.do("settlementRefresh", {"settlementId": "x"})


ENGLISH = ["en", "en-US,en;q=0.9", "EN-gb", "fr, en;q=0.5", "en, zh;q=0.5", "zh;q=0.2,en;q=0.3", "zh;q=0, en;q=0.001"]
CHINESE = ["", "zh-CN", "zh-CN,zh;q=0.9,en;q=0.8", "fr", "*", "en;q=0.1,zh;q=0.9", "en;q=0", "en;q=2", "en;q=x", "eng"]


@pytest.mark.parametrize("language", ENGLISH)
def test_english_is_told_where_it_is_asked_for(hospital: RunningHospital, language: str) -> None:
    answer = refusal(speaking(hospital.patient(), language))
    assert answer["code"] == "INVALID_INPUT"
    assert answer["message"].startswith("Invalid input: settlementId")


@pytest.mark.parametrize("language", CHINESE)
def test_otherwise_chinese_is_told(hospital: RunningHospital, language: str) -> None:
    answer = refusal(speaking(hospital.patient(), language))
    assert answer["code"] == "INVALID_INPUT"
    assert answer["message"].startswith("输入有误：settlementId")


def test_errors_of_queries_are_told_in_both(hospital: RunningHospital) -> None:
    told = [
        speaking(hospital.patient(), language).post("{ orders(first: 0) { totalCount } }")["errors"][0]
        for language in ("zh", "en")
    ]
    assert [error["message"] for error in told] == ["输入有误：first 1–200", "Invalid input: first 1–200"]
    assert {error["extensions"]["code"] for error in told} == {"INVALID_INPUT"}


@pytest.fixture
def stopped(hospital: RunningHospital) -> Iterator[dict[str, str]]:
    """A settlement of the past with a step whose platform did not answer."""
    find = """SELECT id FROM settlement_step WHERE kind = 'INVOICE' AND problem_code IS NULL
              AND settlement_id = (SELECT min(id) FROM settlement) LIMIT 1"""
    (step,) = hospital.sql(find)
    change = (
        """UPDATE settlement_step SET problem_code = $2, problem_message = $3, problem_platform = $4 WHERE id = $1"""
    )
    hospital.sql(change, step["id"], "OUTCOME_UNKNOWN", "电子票据平台没有应答，结果未知，系统正在查询", "receipts")
    (row,) = hospital.sql("SELECT min(id) AS id FROM settlement")
    yield {"id": base64.urlsafe_b64encode(f"Settlement:{row['id']}".encode()).decode()}
    hospital.sql(change, step["id"], None, None, None)


@pytest.mark.parametrize(
    ("language", "message"),
    [
        ("zh-CN", "电子票据平台没有应答，结果未知，系统正在查询"),
        ("en", "The e-receipt platform did not answer; the outcome is unknown and is being asked for"),
    ],
)
def test_the_problem_of_a_step_is_told_in_both(
    hospital: RunningHospital, stopped: dict[str, str], language: str, message: str
) -> None:
    told = speaking(hospital.cashier(), language).ask(STEPS, stopped)["node"]["steps"]
    assert [step["problem"] for step in told if step["problem"]] == [{"code": "OUTCOME_UNKNOWN", "message": message}]


def test_a_platforms_absence_is_told_in_both(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    document = "query($id: ID!) { payablePrescriptions(patientId: $id) { problem { message } } }"
    told = []
    for language in ("zh", "en"):
        hospital.behave()
        hospital.fault("his", "unpaid", "gateway_error", times=9)
        answer = speaking(patient, language).ask(document, {"id": patient.patient_id})
        told.append(answer["payablePrescriptions"]["problem"]["message"])
    assert "医院信息系统" in told[0]
    assert "hospital information system" in told[1]


def test_a_socket_speaks_the_language_of_its_handshake(hospital: RunningHospital) -> None:
    patient = speaking(hospital.patient(), "en")
    with socket(hospital.server_url, patient.headers) as live:
        live.greet()
        live.watch("x")
        message = live.receive()
    (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
    assert error["message"].startswith("Invalid input: settlementId")
