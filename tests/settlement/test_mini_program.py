"""A self-pay settlement in the mini-program: signed parameters, for the patient alone, while it can be paid."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.graph.sockets import socket
from tests.settlement.books import SELF_PAY_ONCE, made, outcomes, standing

OPEN_ID = "oDEMO-user_0001"
PARAMETERS = "checkoutParameters { appId timeStamp nonceStr package signType paySign }"
LOOK = f"query($id: ID!) {{ node(id: $id) {{ ... on Settlement {{ state checkout checkoutUrl {PARAMETERS} }} }} }}"


def begin(patient: Someone, **changes: Any) -> Any:
    order = patient.order()
    told = {
        "orderId": order["id"],
        "payKind": "SELF_PAY",
        "checkout": "MINI_PROGRAM",
        "openId": OPEN_ID,
        "idempotencyKey": uuid4().hex,
        **changes,
    }
    answer = patient.do("settlementStart", told, "... on SettlementPayload { settlement { id number state } }")
    return answer.get("settlement") or answer


def parameters(someone: Someone, settlement: Any) -> Any:
    return someone.ask(LOOK, {"id": settlement["id"]})["node"]


def request_payment(hospital: RunningHospital, told: Any, **changes: str) -> int:
    """What WeChat does with the parameters of wx.requestPayment: the order's page, their signature verified."""
    prepay = told["package"].removeprefix("prepay_id=")
    form = {name: value for name, value in told.items() if name != "appId"} | {"action": "pay"} | changes
    return hospital.http.post(f"{hospital.sandbox_url}/wechat-pay/pay/{prepay}", data=form).status_code


def test_parameters_pay_the_order(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = begin(patient)
    patient.until(settlement, "AWAITING_PAYMENT")
    told = parameters(patient, settlement)
    assert (told["checkout"], told["checkoutUrl"]) == ("MINI_PROGRAM", None)
    given = told["checkoutParameters"]
    assert given["appId"] == hospital.settings.wechat_pay.app_id  # type: ignore[union-attr]
    assert given["signType"] == "RSA"
    assert request_payment(hospital, given, nonceStr="0" * 32) == 403
    assert request_payment(hospital, given) == 200
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == standing(hospital, settlement) == SELF_PAY_ONCE
    assert outcomes(hospital, settlement, "jsapi") == ["Answered"]
    assert parameters(patient, settlement)["checkoutParameters"] is None


def test_only_the_patient_sees_the_parameters(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = begin(patient)
    patient.until(settlement, "AWAITING_PAYMENT")
    assert parameters(patient, settlement)["checkoutParameters"] is not None
    told = parameters(hospital.cashier(), settlement)
    assert (told["state"], told["checkoutParameters"]) == ("AWAITING_PAYMENT", None)
    other = hospital.patient()
    assert other.ask(LOOK, {"id": settlement["id"]})["node"] is None


def test_parameters_are_pushed_to_the_patient(hospital: RunningHospital) -> None:
    """The live road shows what the plain one shows."""
    patient = hospital.patient()
    settlement = begin(patient)
    patient.until(settlement, "AWAITING_PAYMENT")
    document = f"subscription($id: ID!) {{ settlementChanged(settlementId: $id) {{ state {PARAMETERS} }} }}"
    with socket(hospital.server_url, patient.headers) as live:
        live.greet()
        live.send("subscribe", id="1", payload={"query": document, "variables": {"id": settlement["id"]}})
        assert live.event()["checkoutParameters"] == parameters(patient, settlement)["checkoutParameters"]


def test_parameters_and_user_are_sealed(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = begin(patient)
    patient.until(settlement, "AWAITING_PAYMENT")
    given = parameters(patient, settlement)["checkoutParameters"]
    for secret in (given["paySign"], given["package"], OPEN_ID):
        for table in ("settlement", "settlement_step", "exchange", "idempotency_key", "audit_entry", "pgqueuer"):
            found = hospital.sql(f'SELECT count(*) AS n FROM "{table}" t WHERE strpos(t::text, $1) > 0', secret)
            assert found == [{"n": 0}], table


def test_a_lost_prepay_is_ordered_once(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    hospital.fault("wechat-pay", "jsapi", "lost_reply")
    settlement = begin(patient)
    patient.until(settlement, "AWAITING_PAYMENT")
    assert outcomes(hospital, settlement, "jsapi") == ["Unanswered", "Answered"]
    assert request_payment(hospital, parameters(patient, settlement)["checkoutParameters"]) == 200
    patient.until(settlement, "COMPLETED")
    assert made(hospital, settlement) == SELF_PAY_ONCE


def test_expired_parameters_pay_nothing(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = begin(patient)
    patient.until(settlement, "AWAITING_PAYMENT")
    given = parameters(patient, settlement)["checkoutParameters"]
    hospital.sql(
        "UPDATE settlement SET checkout_expires_at = now() - interval '1 s' WHERE number = $1", settlement["number"]
    )
    patient.until(settlement, "FAILED")
    until(lambda: request_payment(hospital, given) == 409, "the closed order")
    assert hospital.row(settlement)["paid_fen"] == 0


@pytest.mark.parametrize(
    ("changes", "kind", "field"),
    [
        ({"openId": None}, "InputProblem", "openId"),
        ({"openId": ""}, "InputProblem", "openId"),
        ({"openId": "o" * 129}, "InputProblem", "openId"),
        ({"openId": "o user"}, "InputProblem", "openId"),
        ({"openId": "用户"}, "InputProblem", "openId"),
        ({"clientIp": "999.1.1.1"}, "InputProblem", "clientIp"),
        ({"clientIp": "localhost"}, "InputProblem", "clientIp"),
        ({"payKind": "INSURANCE"}, "InputProblem", "checkout"),
        ({"checkout": "MIXED"}, "InputProblem", "checkout"),
    ],
)
def test_a_wrong_checkout_is_told_exactly(
    hospital: RunningHospital, changes: dict[str, Any], kind: str, field: str
) -> None:
    answer = begin(hospital.patient(), **changes)
    assert (answer["__typename"], answer["code"], answer["field"]) == (kind, "INVALID_INPUT", field)


def test_the_same_key_with_another_user_is_another_input(hospital: RunningHospital) -> None:
    patient, key = hospital.patient(), uuid4().hex
    order = patient.order()
    told = {"orderId": order["id"], "idempotencyKey": key}
    first = begin(patient, **told)
    assert begin(patient, **told)["number"] == first["number"]
    assert begin(patient, **told, openId="oDEMO-user_0002")["code"] == "IDEMPOTENCY_KEY_REUSED"


def test_the_page_is_told_from_where_the_patient_pays(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = begin(patient, checkout="PAGE", openId=None, clientIp="203.0.113.9")
    patient.until(settlement, "AWAITING_PAYMENT")
    order = hospital.sandboxes.wechat_pay._book.orders[settlement["number"]]
    assert order.content["scene_info"]["payer_client_ip"] == "203.0.113.9"
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
