from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from clients.his.sandbox_visits import CONSULTATION, consultation_fee, prescription
from tests.fixtures.hospital import RunningHospital, Someone

UNINSURED = 20
PLATFORM_CODE = "... on HISRefusal { platformCode } ... on PlatformUnavailableProblem { platform }"


@dataclass(frozen=True)
class Scene:
    """A patient with an open order, orders and settlements in other states, and another patient."""

    hospital: RunningHospital
    patient: Someone
    cashier: Someone
    order: str
    busy: str
    settlement: str
    foreign_order: str
    foreign_settlement: str
    foreign_patient: str

    def past(self, list_: str, state: str) -> str:
        """An object of the past in this state."""
        told = self.cashier.ask(f"{{ {list_}(first: 1, state: {state}) {{ edges {{ node {{ id }} }} }} }}")
        return str(told[list_]["edges"][0]["node"]["id"])


@pytest.fixture(scope="module")
def scene(hospital: RunningHospital) -> Scene:
    patient, other = hospital.patient(1), hospital.patient(2)
    busy = patient.order()
    begun = patient.start(busy)["settlement"]
    foreign = other.order()
    return Scene(
        hospital=hospital,
        patient=patient,
        cashier=hospital.cashier(),
        order=patient.order()["id"],
        busy=busy["id"],
        settlement=begun["id"],
        foreign_order=foreign["id"],
        foreign_settlement=other.start(foreign)["settlement"]["id"],
        foreign_patient=other.patient_id,
    )


def global_id(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def start(scene: Scene, **changes: Any) -> Any:
    told = {"orderId": scene.order, "payKind": "INSURANCE", "idempotencyKey": uuid4().hex} | changes
    return scene.patient.do("settlementStart", told)


def reverse(scene: Scene, **changes: Any) -> Any:
    told = {"settlementId": scene.settlement, "reason": "测试", "idempotencyKey": uuid4().hex} | changes
    return scene.cashier.do("settlementReverse", told)


def create(scene: Scene, *prescriptions: Any, **changes: Any) -> Any:
    chosen = [each if isinstance(each, dict) else {"number": each} for each in prescriptions]
    told = {"patientId": scene.patient.patient_id, "prescriptions": chosen, "idempotencyKey": uuid4().hex} | changes
    return scene.patient.do("orderCreate", told, PLATFORM_CODE)


def invoice(scene: Scene, someone: Someone, settlement: str, key: str = "") -> Any:
    return someone.do("invoiceIssue", {"settlementId": settlement, "idempotencyKey": key or uuid4().hex})


def expired(scene: Scene) -> Any:
    order = scene.patient.order()
    scene.hospital.sql("UPDATE orders SET expires_at = now() - interval '1 s' WHERE number = $1", order["number"])
    return start(scene, orderId=order["id"])


def uninsured(scene: Scene) -> Any:
    return scene.hospital.patient(UNINSURED).start(scene.hospital.patient(UNINSURED).order())


def past(list_: str, state: str, act: Callable[[Scene, str], Any]) -> Callable[[Scene], Any]:
    return lambda scene: act(scene, scene.past(list_, state))


def start_of(scene: Scene, order: str) -> Any:
    return scene.cashier.do("settlementStart", {"orderId": order, "payKind": "SELF_PAY", "idempotencyKey": uuid4().hex})


def resume(someone: str, settlement: Callable[[Scene], str]) -> Callable[[Scene], Any]:
    return lambda scene: getattr(scene, someone).do("settlementResume", {"settlementId": settlement(scene)})


def refresh(settlement: Callable[[Scene], str]) -> Callable[[Scene], Any]:
    return lambda scene: scene.patient.do("settlementRefresh", {"settlementId": settlement(scene)})


INPUT, ABSENT, FORBIDDEN = "InputProblem", "NotFoundProblem", "ForbiddenProblem"
STATE = "StateProblem"
CASES: dict[str, tuple[Callable[[Scene], Any], str, str, str | None]] = {
    "start: garbage id": (lambda s: start(s, orderId="%%%"), INPUT, "INVALID_INPUT", "orderId"),
    "start: empty id": (lambda s: start(s, orderId=""), INPUT, "INVALID_INPUT", "orderId"),
    "start: id of a patient": (lambda s: start(s, orderId=s.patient.patient_id), INPUT, "INVALID_INPUT", "orderId"),
    "start: id without a type": (lambda s: start(s, orderId=global_id("5")), INPUT, "INVALID_INPUT", "orderId"),
    "start: unknown type": (lambda s: start(s, orderId=global_id("Ordr:5")), INPUT, "INVALID_INPUT", "orderId"),
    "start: negative": (lambda s: start(s, orderId=global_id("Order:-5")), INPUT, "INVALID_INPUT", "orderId"),
    "start: too large": (lambda s: start(s, orderId=global_id(f"Order:{2**63}")), INPUT, "INVALID_INPUT", "orderId"),
    "start: endless": (lambda s: start(s, orderId=global_id("Order:" + "9" * 5000)), INPUT, "INVALID_INPUT", "orderId"),
    "start: absent": (lambda s: start(s, orderId=global_id(f"Order:{2**63 - 1}")), ABSENT, "NOT_FOUND", None),
    "start: foreign": (lambda s: start(s, orderId=s.foreign_order), ABSENT, "NOT_FOUND", None),
    "start: empty key": (lambda s: start(s, idempotencyKey=""), INPUT, "INVALID_INPUT", "idempotencyKey"),
    "start: long key": (lambda s: start(s, idempotencyKey="k" * 101), INPUT, "INVALID_INPUT", "idempotencyKey"),
    "start: key with NUL": (lambda s: start(s, idempotencyKey="a\0b"), INPUT, "INVALID_INPUT", "idempotencyKey"),
    "start: being settled": (lambda s: start(s, orderId=s.busy), STATE, "ORDER_BEING_SETTLED", None),
    "start: settled": (past("orders", "SETTLED", start_of), STATE, "ORDER_ALREADY_SETTLED", None),
    "start: refunded": (past("orders", "REFUNDED", start_of), STATE, "ORDER_REFUNDED", None),
    "start: expired": (expired, STATE, "ORDER_EXPIRED", None),
    "start: not insured": (uninsured, "PayKindProblem", "PAY_KIND_NOT_ALLOWED", None),
    "refresh: garbage": (refresh(lambda s: "x"), INPUT, "INVALID_INPUT", "settlementId"),
    "refresh: foreign": (refresh(lambda s: s.foreign_settlement), ABSENT, "NOT_FOUND", None),
    "reverse: garbage": (lambda s: reverse(s, settlementId="x"), INPUT, "INVALID_INPUT", "settlementId"),
    "reverse: empty reason": (lambda s: reverse(s, reason=""), INPUT, "INVALID_INPUT", "reason"),
    "reverse: blank reason": (lambda s: reverse(s, reason=" \t"), INPUT, "INVALID_INPUT", "reason"),
    "reverse: long reason": (lambda s: reverse(s, reason="长" * 201), INPUT, "INVALID_INPUT", "reason"),
    "reverse: NUL": (lambda s: reverse(s, reason="a\0b"), INPUT, "INVALID_INPUT", "reason"),
    "reverse: reversed": (
        past("settlements", "REVERSED", lambda s, id_: reverse(s, settlementId=id_)),
        STATE,
        "NOT_REVERSIBLE",
        None,
    ),
    "reverse: by a patient": (
        lambda s: s.patient.do(
            "settlementReverse", {"settlementId": s.settlement, "reason": "x", "idempotencyKey": "patient"}
        ),
        FORBIDDEN,
        "FORBIDDEN",
        None,
    ),
    "resume: by a patient": (resume("patient", lambda s: s.settlement), FORBIDDEN, "FORBIDDEN", None),
    "resume: garbage": (resume("cashier", lambda s: "x"), INPUT, "INVALID_INPUT", "settlementId"),
    "resume: completed": (
        resume("cashier", lambda s: s.past("settlements", "COMPLETED")),
        STATE,
        "NOT_RESUMABLE",
        None,
    ),
    "invoice: by a patient": (lambda s: invoice(s, s.patient, s.settlement), FORBIDDEN, "FORBIDDEN", None),
    "invoice: garbage": (lambda s: invoice(s, s.cashier, "x"), INPUT, "INVALID_INPUT", "settlementId"),
    "invoice: there is one": (
        past("settlements", "COMPLETED", lambda s, id_: invoice(s, s.cashier, id_)),
        STATE,
        "NOT_INVOICEABLE",
        None,
    ),
    "invoice: reversed": (
        past("settlements", "REVERSED", lambda s, id_: invoice(s, s.cashier, id_)),
        STATE,
        "NOT_INVOICEABLE",
        None,
    ),
    "order: nothing": (lambda s: create(s), INPUT, "INVALID_INPUT", "prescriptions"),
    "order: too many": (
        lambda s: create(s, *(f"P{n}" for n in range(51))),
        INPUT,
        "INVALID_INPUT",
        "prescriptions",
    ),
    "order: unknown": (lambda s: create(s, "nowhere"), INPUT, "NOTHING_PAYABLE", "prescriptions"),
    "order: garbage patient": (lambda s: create(s, "P", patientId="x"), INPUT, "INVALID_INPUT", "patientId"),
    "order: foreign patient": (lambda s: create(s, "P", patientId=s.foreign_patient), ABSENT, "NOT_FOUND", None),
    "order: long key": (lambda s: create(s, "P", idempotencyKey="k" * 101), INPUT, "INVALID_INPUT", "idempotencyKey"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_input_is_told_exactly(scene: Scene, case: str) -> None:
    act, kind, code, field = CASES[case]
    answer = act(scene)
    assert (answer["__typename"], answer["code"], answer.get("field")) == (kind, code, field)
    assert "{" not in answer["message"]
    assert len(answer["message"]) > 3


def test_a_refused_start_leaves_nothing(scene: Scene) -> None:
    count = "SELECT (SELECT count(*) FROM settlement) AS settlements, (SELECT count(*) FROM idempotency_key) AS keys"
    before = scene.hospital.sql(count)
    assert start(scene, orderId=scene.foreign_order)["code"] == "NOT_FOUND"
    assert start(scene, orderId=scene.busy)["code"] == "ORDER_BEING_SETTLED"
    assert scene.hospital.sql(count) == before


def test_prescriptions_of_two_visits_are_two_orders(scene: Scene) -> None:
    fees = [scene.patient.payable(scene.hospital.new_visit(scene.patient))[0] for _ in range(2)]
    answer = create(scene, *(fee["number"] for fee in fees))
    assert (answer["code"], answer["field"]) == ("PRESCRIPTIONS_DIFFER", "prescriptions")


def test_charges_that_changed_since_they_were_shown_are_not_ordered(scene: Scene) -> None:
    visit = scene.hospital.new_visit(scene.patient)
    shown = scene.patient.payable(visit)[0]
    dearer = prescription(visit, shown["number"], "SERVICE", ((CONSULTATION, 2),))
    scene.hospital.sandboxes.load({"his": {"change": {"prescriptionNo": shown["number"], "items": dearer["items"]}}})
    answer = create(scene, {"number": shown["number"], "feeDigest": shown["feeDigest"]})
    assert (answer["__typename"], answer["code"]) == ("FeesChangedProblem", "FEES_CHANGED")
    fresh = scene.patient.payable(visit)[0]
    assert fresh["totalAmount"] == "40.00"
    assert (
        create(scene, {"number": fresh["number"], "feeDigest": fresh["feeDigest"]})["__typename"]
        == "OrderCreatePayload"
    )


def test_a_prescription_paid_elsewhere_is_not_payable(scene: Scene) -> None:
    visit = scene.hospital.new_visit(scene.patient)
    number = consultation_fee(visit)["prescriptionNo"]
    scene.hospital.sandboxes.load({"his": {"foreign_settlement": number}})
    assert create(scene, number)["code"] == "NOTHING_PAYABLE"


@pytest.mark.parametrize("kind", ["lost_request", "gateway_error", "garbled"])
def test_an_order_needs_the_his(scene: Scene, kind: str) -> None:
    scene.hospital.fault("his", "unpaid", kind, times=9)
    answer = create(scene, "whatever")
    assert answer["__typename"] == "PlatformUnavailableProblem"
    assert answer["platform"] == "his"
    assert answer["code"] in ("PLATFORM_UNAVAILABLE", "OUTCOME_UNKNOWN", "ANSWER_GARBLED")


def test_a_refusal_of_the_his_is_told_in_its_own_words(scene: Scene) -> None:
    scene.hospital.fault("his", "unpaid", "refused", text="HIS-3001 患者已注销", times=1)
    answer = create(scene, "whatever")
    assert (answer["__typename"], answer["code"]) == ("HISRefusal", "HIS_REFUSED")
    assert answer["platformCode"] == "HIS-3001"
    assert "患者已注销" in answer["message"]


def test_a_list_of_payables_says_that_the_his_is_away(scene: Scene) -> None:
    scene.hospital.fault("his", "unpaid", "lost_request", times=9)
    told = scene.patient.ask(
        """query($id: ID!) { payablePrescriptions(patientId: $id) { checkedAt prescriptions { number }
           problem { __typename code message } } }""",
        {"id": scene.patient.patient_id},
    )["payablePrescriptions"]
    assert told["prescriptions"] is None
    assert told["problem"]["__typename"] == "PlatformUnavailableProblem"
    assert "医院信息系统" in told["problem"]["message"]
