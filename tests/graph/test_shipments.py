"""Tender 21 and 22, from a GraphQL document to the books of the carrier, the insurance and WeChat, and back."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app import clock
from app.tokens import Role
from clients.carriers.kuaidi100 import wire
from clients.his.sandbox_visits import DRUGS, western
from tests.fixtures.hospital import RunningHospital, Someone, until

NUMBERS = itertools.count(1)
FIELDS = """shipment { id carrier waybillNumber state checkedAt problem { code message }
    nodes { at state text location }
    uploads { target number state shipmentState toldState attempts finishedAt problem { __typename code message } } }"""
PAYLOAD = f"... on ShipmentPayload {{ {FIELDS} }}"
SENDERS = (Role.CASHIER, Role.ADMIN, Role.PHARMACIST)
COMPANY = {"ZTO": "zhongtong", "SF": "shunfeng"}


@dataclass
class Parcel:
    """A parcel in the graph, its row, and its place in the platforms' books."""

    hospital: RunningHospital
    patient: Someone
    id: str
    carrier: str
    number: str

    @property
    def cashier(self) -> Someone:
        return self.hospital.cashier()

    def move(self, *codes: str, ago: float = 0, text: str = "") -> None:
        """The carrier moves it along, a second between events; without a push."""
        self.hospital.fault("kuaidi100", "push", "push_never", times=len(codes))
        for place, code in enumerate(codes):
            row = {"company": COMPANY[self.carrier], "number": self.number, "code": code, "text": text}
            self.hospital.sandboxes.load({"kuaidi100": {"moves": [row | {"ago": ago + len(codes) - 1 - place}]}})

    def upload(self, **more: Any) -> Any:
        told = {"shipmentId": self.id, "idempotencyKey": uuid4().hex} | more
        return self.cashier.do("shipmentUpload", told, PAYLOAD)

    def refresh(self, someone: Someone | None = None) -> Any:
        """Ask now, however lately the carrier was asked, while the worker does not."""
        until(self.at_rest, "the worker's look")
        self.hospital.sql("UPDATE shipment SET asked_at = NULL WHERE waybill_number = $1", self.number)
        return (someone or self.patient).do("shipmentRefresh", {"shipmentId": self.id}, PAYLOAD)

    def at_rest(self) -> bool:
        """Whether the worker is not looking after it, nor soon will."""
        row = self.row
        planned = row["next_run_at"]
        return row["state"] == "SIGNED" or (planned is not None and planned > clock.now() + timedelta(seconds=10))

    @property
    def seen(self) -> Any:
        """The parcel as the patient sees it."""
        document = f"query($id: ID!) {{ node(id: $id) {{ ... on Shipment {{ {FIELDS[11:-2]} }} }} }}"
        return self.patient.ask(document, {"id": self.id})["node"]

    @property
    def row(self) -> Any:
        return self.hospital.sql("SELECT * FROM shipment WHERE waybill_number = $1", self.number)[0]

    def told(self) -> list[str]:
        """The states that the insurance has been told, by its names."""
        books: Any = self.hospital.sandboxes.books()["insurance-core"]
        rows = [row for row in books["deliveries"] if row["number"] == self.number]
        return [name for row in rows for _, name, _ in row["states"]]

    def until_told(self, name: str) -> None:
        """Wait until the insurance has this state last."""
        until(lambda: self.told()[-1:] == [name], f"7205 with {name}")

    def queries(self) -> int:
        books: Any = self.hospital.sandboxes.books()["kuaidi100"]
        return int(next(row["queries"] for row in books["parcels"] if row["number"] == self.number))

    def until(self, condition: Callable[[Any], Any], what: str) -> Any:
        """What is seen once a condition holds."""
        return until(lambda: (lambda seen: seen if condition(seen) else None)(self.seen), what)


def order_of(patient: Someone, pay_kind: str = "INSURANCE", *, settle: bool = True) -> Any:
    """An order of medicine that the insurance knows and the pharmacist approved."""
    hospital = patient.hospital
    visit = hospital.new_visit(patient)
    hospital.sandboxes.load({"his": {"prescriptions": [western(visit, ((DRUGS[0], 2),))]}})
    order = patient.order(visit)
    prescribe(hospital, order)
    if settle:
        settlement = patient.start(order, pay_kind)["settlement"]
        patient.pay(settlement)
        patient.until(settlement, "COMPLETED")
    return order


def prescribe(hospital: RunningHospital, order: Any, *, approved: bool | None = True) -> str:
    """What prescribing would have left in the order's medicine. Returns the insurance's number of it."""
    number = f"RX{next(NUMBERS):012d}"
    hospital.sql(
        """UPDATE prescription SET insurance_number = $2, approved = $3
           WHERE kind = 'WESTERN' AND order_id = (SELECT id FROM orders WHERE number = $1)""",
        order["number"],
        number,
        approved,
    )
    hospital.sandboxes.load({"insurance-core": {"prescriptions": [number]}})
    return number


def create(someone: Someone, **changes: Any) -> Any:
    told = {"carrier": "ZTO", "waybillNumber": waybill(), "idempotencyKey": uuid4().hex} | changes
    return someone.do("shipmentCreate", told, PAYLOAD)


def waybill(prefix: str = "ZT") -> str:
    return f"{prefix}{next(NUMBERS):013d}"


def ship(patient: Someone, order: Any = None, *, carrier: str = "ZTO", handed_in: bool = True) -> Parcel:
    """A parcel that was handed in at the carrier, after the worker's first look."""
    hospital, number = patient.hospital, waybill(carrier)
    order = order or order_of(patient)
    if handed_in:
        row = {"company": COMPANY[carrier], "number": number, "phone": "10000007391"}
        hospital.sandboxes.load({"kuaidi100": {"parcels": [row]}})
    tail = {"phoneTail": "7391"} if carrier == "SF" else {}
    made = create(hospital.cashier(), orderId=order["id"], carrier=carrier, waybillNumber=number, **tail)
    assert "shipment" in made, made
    parcel = Parcel(hospital, patient, made["shipment"]["id"], carrier, number)
    until(parcel.at_rest, "the first look")
    return parcel


def answered(answer: Any) -> Any:
    assert "shipment" in answer, answer
    return answer["shipment"]


def global_id(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def paid(hospital: RunningHospital) -> Any:
    """An order whose medicine may be sent, and its patient."""
    patient = hospital.patient()
    return patient, order_of(patient)


# -- the road


@pytest.mark.parametrize("carrier", ["ZTO", "SF"])
def test_a_parcel_goes_from_the_pharmacy_to_the_door(hospital: RunningHospital, carrier: str) -> None:
    parcel = ship(hospital.patient(), carrier=carrier)
    assert parcel.seen["state"] == "CREATED"
    (upload,) = answered(parcel.upload())["uploads"]
    assert (upload["target"], upload["state"], upload["toldState"]) == ("INSURANCE", "DONE", "CREATED")
    assert parcel.told() == ["待揽收"]
    for code, state, name in (
        ("1", "PICKED_UP", "已揽收"),
        ("0", "IN_TRANSIT", "运输中"),
        ("5", "OUT_FOR_DELIVERY", "派送中"),
        ("3", "SIGNED", "已签收"),
    ):
        parcel.move(code)
        seen = answered(parcel.refresh())
        assert (seen["state"], seen["nodes"][-1]["state"]) == (state, state)
        parcel.until_told(name)
    assert parcel.told() == ["待揽收", "已揽收", "运输中", "派送中", "已签收"]
    (row,) = [each for each in hospital.sandboxes.book.deliveries.values() if each.number == parcel.number]
    assert row.carrier == carrier
    done = parcel.until(lambda seen: seen["uploads"][0]["toldState"] == "SIGNED", "the last upload")
    assert (done["uploads"][0]["attempts"], done["uploads"][0]["problem"]) == (5, None)


def test_a_push_hastens_the_question_and_the_upload(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    until(lambda: parcel.row["subscribed_at"], "the subscription")
    row = {"company": "zhongtong", "number": parcel.number, "code": "1"}
    hospital.sandboxes.load({"kuaidi100": {"moves": [row]}})
    parcel.until(lambda seen: seen["state"] == "PICKED_UP", "the state after the push")
    until(lambda: parcel.told() == ["待揽收", "已揽收"], "7205 after the push")


def test_what_is_known_comes_first_and_the_carrier_is_asked_seldom(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", "0")
    assert len(answered(parcel.refresh())["nodes"]) == 2
    hospital.sql("UPDATE shipment SET asked_at = now() + interval '1 h' WHERE waybill_number = $1", parcel.number)
    asked = parcel.queries()
    parcel.move("5")
    for _ in range(3):
        told = parcel.patient.do("shipmentRefresh", {"shipmentId": parcel.id}, PAYLOAD)
        assert (answered(told)["state"], len(told["shipment"]["nodes"])) == ("IN_TRANSIT", 2)
    assert parcel.queries() == asked
    assert answered(parcel.refresh())["state"] == "OUT_FOR_DELIVERY"


def test_a_carrier_that_knows_nothing_yet_is_no_problem(hospital: RunningHospital) -> None:
    told = answered(ship(hospital.patient(), handed_in=False).refresh())
    assert (told["state"], told["nodes"], told["problem"]) == ("CREATED", [], None)
    assert told["checkedAt"] is not None


def test_a_pharmacist_sends_one_prescription(hospital: RunningHospital, paid: Any) -> None:
    _, order = paid
    (row,) = hospital.sql(
        """SELECT p.id FROM prescription p JOIN orders o ON o.id = p.order_id
           WHERE o.number = $1 AND p.kind = 'WESTERN'""",
        order["number"],
    )
    cashier = hospital.cashier()
    made = answered(create(cashier, prescriptionId=global_id(f"Prescription:{row['id']}")))
    pharmacist = Someone(hospital, Role.PHARMACIST, "pharmacist-01")
    told = pharmacist.do("shipmentUpload", {"shipmentId": made["id"], "idempotencyKey": "pharmacist"}, PAYLOAD)
    assert len(answered(told)["uploads"]) == 1


def test_an_order_shows_its_parcels(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    document = "{ orders(first: 50) { edges { node { shipments { waybillNumber uploads { target } } } } } }"
    edges = parcel.patient.ask(document)["orders"]["edges"]
    found = [each for edge in edges for each in edge["node"]["shipments"] if each["waybillNumber"] == parcel.number]
    assert found == [{"waybillNumber": parcel.number, "uploads": [{"target": "INSURANCE"}]}]


# -- events


def test_the_same_events_again_are_stored_once(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", "0")
    hospital.fault("kuaidi100", "query", "repeated_nodes")
    first = answered(parcel.refresh())
    assert answered(parcel.refresh())["nodes"] == first["nodes"]
    assert [node["state"] for node in first["nodes"]] == ["PICKED_UP", "IN_TRANSIT"]


def test_an_event_that_comes_late_is_history(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", ago=30)
    parcel.move("5", ago=10)
    assert answered(parcel.refresh())["state"] == "OUT_FOR_DELIVERY"
    parcel.move("2", ago=20)
    told = answered(parcel.refresh())
    assert told["state"] == "OUT_FOR_DELIVERY"
    assert [node["state"] for node in told["nodes"]] == ["PICKED_UP", "EXCEPTION", "OUT_FOR_DELIVERY"]


@pytest.mark.parametrize("kind", ["shuffled_nodes", "bare_nodes"])
def test_events_in_another_shape_give_the_same_state(hospital: RunningHospital, kind: str) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1", "0", "5")
    hospital.fault("kuaidi100", "query", kind)
    assert answered(parcel.refresh())["state"] == "OUT_FOR_DELIVERY"


def test_a_code_that_nobody_knows_is_stored_and_moves_nothing(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("0", ago=10)
    answered(parcel.refresh())
    parcel.move("1002", text="干线")
    told = answered(parcel.refresh())
    assert (told["state"], [node["text"] for node in told["nodes"]][-1]) == ("IN_TRANSIT", "干线")


def test_an_exception_passes_and_the_end_stays(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    for code, state, name in (
        ("5", "OUT_FOR_DELIVERY", "派送中"),
        ("2", "EXCEPTION", "异常"),
        ("0", "IN_TRANSIT", "运输中"),
        ("3", "SIGNED", "已签收"),
    ):
        parcel.move(code)
        assert answered(parcel.refresh())["state"] == state
        parcel.until_told(name)
    parcel.move("2")
    assert answered(parcel.refresh())["state"] == "SIGNED"
    assert parcel.told() == ["待揽收", "派送中", "异常", "运输中", "已签收"]


# -- pushes


def pushed(parcel: Parcel, *, salt: str | None = None, **changes: Any) -> httpx.Response:
    settings = parcel.hospital.settings.kuaidi100
    assert settings is not None
    told = {"com": "zhongtong", "nu": parcel.number, "state": "3", "data": []} | changes
    param = wire.dump({"status": "polling", "message": uuid4().hex, "lastResult": told})
    sign = wire.push_signature(param, settings.salt if salt is None else salt)
    return post(parcel, wire.form(sign=sign, param=param))


def post(parcel: Parcel, body: bytes) -> httpx.Response:
    url = f"{parcel.hospital.server_url}/callbacks/shipments/kuaidi100"
    return parcel.hospital.http.post(url, content=body, headers={"content-type": wire.FORM})


def newest_callback(hospital: RunningHospital) -> Any:
    return hospital.sql("SELECT * FROM callback WHERE platform = 'kuaidi100' ORDER BY id DESC LIMIT 1")[0]


def test_a_push_decides_nothing(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("0")
    asked = parcel.queries()
    answer = pushed(parcel)
    assert (answer.status_code, answer.json()["returnCode"]) == (200, "200")
    until(lambda: parcel.queries() > asked, "the question that it hastens")
    assert parcel.seen["state"] in ("CREATED", "IN_TRANSIT")
    row = newest_callback(hospital)
    assert (row["verified"], row["shipment_id"], row["settlement_id"]) == (True, parcel.row["id"], None)
    assert parcel.number.encode() not in row["raw_sealed"]


def test_a_forged_push_is_kept_as_evidence_and_asks_nobody(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    asked, planned = parcel.queries(), parcel.row["next_run_at"]
    answer = pushed(parcel, salt="forged")
    assert (answer.status_code, answer.json()["result"]) == (400, False)
    row = newest_callback(hospital)
    assert (row["verified"], row["shipment_id"]) == (False, None)
    assert (parcel.queries(), parcel.row["next_run_at"]) == (asked, planned)


def test_a_push_that_comes_twice_is_one_row(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    param = wire.dump({"status": "polling", "lastResult": {"com": "zhongtong", "nu": parcel.number, "data": []}})
    settings = hospital.settings.kuaidi100
    assert settings is not None
    body = wire.form(sign=wire.push_signature(param, settings.salt), param=param)
    assert [post(parcel, body).status_code for _ in range(2)] == [200, 200]
    assert newest_callback(hospital)["repeats"] == 1


def test_a_push_about_nobody_and_a_larger_one_are_answered(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    assert pushed(parcel, nu="ZT9999999").status_code == 200
    assert newest_callback(hospital)["shipment_id"] is None
    assert post(parcel, b"x" * 70_000).status_code == 413


def test_a_parcel_that_is_given_up_is_subscribed_again(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    first = until(lambda: parcel.row["subscribed_at"], "the subscription")
    hospital.fault("kuaidi100", "push", "push_aborted")
    row = {"company": "zhongtong", "number": parcel.number, "code": "0"}
    hospital.sandboxes.load({"kuaidi100": {"moves": [row]}})
    until(lambda: parcel.row["subscribed_at"] not in (None, first), "another subscription")


# -- uploads


def lost(parcel: Parcel, kind: str) -> Any:
    parcel.hospital.fault("insurance-core", "7205", kind, text="系统维护")
    return parcel.upload()


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbled", "gateway_error"])
def test_a_lost_upload_is_told_again_under_the_same_number(hospital: RunningHospital, kind: str) -> None:
    parcel = ship(hospital.patient())
    told = lost(parcel, kind)
    assert told["__typename"] == "PlatformUnavailableProblem"
    (upload,) = parcel.seen["uploads"]
    assert (upload["state"], upload["toldState"]) == ("UNKNOWN", None)
    assert upload["problem"]["code"] in ("OUTCOME_UNKNOWN", "ANSWER_GARBLED")
    assert answered(parcel.upload())["uploads"][0]["state"] == "DONE"
    assert parcel.told() == ["待揽收"]
    ids = hospital.sql("SELECT message_id FROM exchange WHERE transaction = '7205' ORDER BY id DESC LIMIT 2")
    assert len({row["message_id"] for row in ids}) == 2


def test_the_intent_is_there_before_the_answer(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    lost(parcel, "lost_reply")
    (row,) = hospital.sql("SELECT * FROM shipment_upload WHERE shipment_id = $1", parcel.row["id"])
    (exchange,) = hospital.sql("SELECT * FROM exchange WHERE message_id = $1", row["message_id"])
    assert row["started_at"] <= exchange["started_at"]
    assert (len(row["request_digest"]), row["leased_until"]) == (64, None)


def test_the_worker_tells_again_what_was_lost(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    hospital.fault("insurance-core", "7205", "lost_request")
    parcel.move("1")
    answered(parcel.refresh())
    done = parcel.until(lambda seen: seen["uploads"][0]["toldState"] == "PICKED_UP", "the second try")
    assert done["uploads"][0]["attempts"] == 3
    assert parcel.told() == ["待揽收", "已揽收"]


def test_a_refusal_is_told_and_the_next_change_is_told_again(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    told = lost(parcel, "refused")
    assert (told["__typename"], told["code"], told["message"]) == ("InsuranceRefusal", "INSURANCE_REFUSED", "系统维护")
    assert parcel.seen["uploads"][0]["problem"]["__typename"] == "InsuranceRefusal"
    parcel.move("1")
    answered(parcel.refresh())
    until(lambda: parcel.told() == ["已揽收"], "7205 of the next state")


def test_a_sign_in_that_the_insurance_forgot_is_made_again(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    hospital.sandboxes.core.forget_sign_ins()
    assert answered(parcel.upload())["uploads"][0]["state"] == "DONE"


def test_the_same_key_uploads_once(hospital: RunningHospital) -> None:
    parcel, key = ship(hospital.patient()), uuid4().hex
    first = answered(parcel.upload(idempotencyKey=key))
    hospital.fault("insurance-core", "7205", "lost_request")
    assert answered(parcel.upload(idempotencyKey=key))["uploads"] == first["uploads"]
    assert answered(parcel.upload())["uploads"] == first["uploads"]
    assert parcel.told() == ["待揽收"]


def unsettled(patient: Someone) -> Any:
    return order_of(patient, settle=False)


def unapproved(patient: Someone) -> Any:
    order = order_of(patient)
    prescribe(patient.hospital, order, approved=None)
    return order


def rejected(patient: Someone) -> Any:
    order = order_of(patient)
    patient.hospital.sql(
        """INSERT INTO prescription_review (prescription_id, verdict, checked_at)
           SELECT p.id, 'REJECTED', now() FROM prescription p JOIN orders o ON o.id = p.order_id
           WHERE o.number = $1 AND p.kind = 'WESTERN'""",
        order["number"],
    )
    return order


def unknown_to_the_insurance(patient: Someone) -> Any:
    order = order_of(patient)
    patient.hospital.sql(
        """UPDATE prescription SET insurance_number = NULL
           WHERE order_id = (SELECT id FROM orders WHERE number = $1)""",
        order["number"],
    )
    return order


@pytest.mark.parametrize(
    ("arrange", "code"),
    [
        (unsettled, "SHIPMENT_NOT_SETTLED"),
        (unapproved, "PRESCRIPTION_NOT_APPROVED"),
        (rejected, "PRESCRIPTION_NOT_APPROVED"),
        (unknown_to_the_insurance, "NOBODY_TO_TELL"),
    ],
)
def test_what_is_not_paid_and_approved_is_not_told(
    hospital: RunningHospital, arrange: Callable[[Someone], Any], code: str
) -> None:
    patient = hospital.patient()
    parcel = ship(patient, arrange(patient))
    told = parcel.upload()
    assert (told["__typename"], told["code"]) == ("StateProblem", code)
    assert parcel.told() == []


# -- the sweep


def test_a_parcel_whose_job_was_lost_is_found(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    answered(parcel.upload())
    parcel.move("1")
    hospital.sql(
        """UPDATE shipment SET next_run_at = now() - interval '2 min', asked_at = NULL,
           created_at = now() - interval '2 min' WHERE waybill_number = $1""",
        parcel.number,
    )
    until(lambda: parcel.told()[-1:] == ["已揽收"], "what the sweep found", seconds=90)


# -- bad input


CASES: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "no contents": ({"orderId": None}, "INVALID_INPUT", "orderId"),
    "a prescription of nobody": ({"prescriptionId": "x"}, "INVALID_INPUT", "prescriptionId"),
    "garbage order": ({"orderId": "x"}, "INVALID_INPUT", "orderId"),
    "garbage prescription": ({"orderId": None, "prescriptionId": "x"}, "INVALID_INPUT", "prescriptionId"),
    "an order that is none": ({"orderId": global_id(f"Order:{2**40}")}, "NOT_FOUND", None),
    "unknown carrier": ({"carrier": "zhongtong"}, "INVALID_INPUT", "carrier"),
    "empty carrier": ({"carrier": ""}, "INVALID_INPUT", "carrier"),
    "short waybill": ({"waybillNumber": "12345"}, "INVALID_INPUT", "waybillNumber"),
    "long waybill": ({"waybillNumber": "1" * 31}, "INVALID_INPUT", "waybillNumber"),
    "odd waybill": ({"waybillNumber": "ZT 0001/1"}, "INVALID_INPUT", "waybillNumber"),
    "waybill with NUL": ({"waybillNumber": "ZT0001\0"}, "INVALID_INPUT", "waybillNumber"),
    "odd telephone": ({"phoneTail": "12a4"}, "INVALID_INPUT", "phoneTail"),
    "whole telephone": ({"phoneTail": "10000000001"}, "INVALID_INPUT", "phoneTail"),
    "SF without a telephone": ({"carrier": "SF"}, "INVALID_INPUT", "phoneTail"),
    "empty key": ({"idempotencyKey": ""}, "INVALID_INPUT", "idempotencyKey"),
    "long key": ({"idempotencyKey": "k" * 101}, "INVALID_INPUT", "idempotencyKey"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_wrong_input_is_named(hospital: RunningHospital, paid: Any, case: str) -> None:
    changes, code, field = CASES[case]
    told = create(hospital.cashier(), **({"orderId": paid[1]["id"]} | changes))
    assert (told["code"], told.get("field")) == (code, field)


def test_a_waybill_is_registered_once(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    order = order_of(parcel.patient)
    told = create(hospital.cashier(), orderId=order["id"], waybillNumber=f" {parcel.number.lower()} ")
    assert (told["__typename"], told["code"]) == ("StateProblem", "SHIPMENT_EXISTS")


def test_the_same_key_registers_once(hospital: RunningHospital, paid: Any) -> None:
    told = {"orderId": paid[1]["id"], "waybillNumber": waybill(), "idempotencyKey": uuid4().hex}
    first = answered(create(hospital.cashier(), **told))
    assert answered(create(hospital.cashier(), **told))["id"] == first["id"]
    changed = create(hospital.cashier(), **told | {"waybillNumber": waybill()})
    assert changed["code"] == "IDEMPOTENCY_KEY_REUSED"


@pytest.mark.parametrize("state", ["EXPIRED", "REFUNDED"])
def test_an_order_that_is_over_is_not_sent(hospital: RunningHospital, state: str) -> None:
    order = hospital.patient().order()
    hospital.sql("UPDATE orders SET state = $2 WHERE number = $1", order["number"], state)
    assert create(hospital.cashier(), orderId=order["id"])["code"] == f"ORDER_{state}"


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.FINANCE, Role.AUDITOR])
def test_other_roles_send_nothing(hospital: RunningHospital, paid: Any, role: Role) -> None:
    person = Someone(hospital, role, paid[0].subject)
    parcel = ship(paid[0], paid[1])
    assert create(person, orderId=paid[1]["id"])["code"] == "FORBIDDEN"
    told = person.do("shipmentUpload", {"shipmentId": parcel.id, "idempotencyKey": "k"})
    assert told["code"] == "FORBIDDEN"


@pytest.mark.parametrize("mutation", ["shipmentUpload", "shipmentRefresh"])
def test_another_patients_parcel_is_as_if_absent(hospital: RunningHospital, mutation: str) -> None:
    parcel, other = ship(hospital.patient(1)), hospital.patient(2)
    key = {"idempotencyKey": "k"} if mutation == "shipmentUpload" else {}
    absent = global_id(f"Shipment:{2**40}")
    assert hospital.cashier().do(mutation, {"shipmentId": absent} | key)["code"] == "NOT_FOUND"
    if mutation == "shipmentRefresh":
        assert other.do(mutation, {"shipmentId": parcel.id})["code"] == "NOT_FOUND"
    for wrong in ("", "x", other.patient_id):
        told = hospital.cashier().do(mutation, {"shipmentId": wrong} | key)
        assert (told["code"], told["field"]) == ("INVALID_INPUT", "shipmentId")


def test_a_carrier_that_does_not_answer_is_told(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    parcel.move("1")
    hospital.fault("kuaidi100", "query", "refused", text="601 key已过期")
    told = parcel.refresh()
    assert (told["__typename"], told["code"], told["message"]) == ("DeliveryRefusal", "DELIVERY_REFUSED", "key已过期")
    assert parcel.seen["problem"]["code"] == "DELIVERY_REFUSED"
    hospital.fault("kuaidi100", "query", "lost_reply")
    assert parcel.refresh()["code"] == "OUTCOME_UNKNOWN"
    assert answered(parcel.refresh())["problem"] is None


def test_the_end_of_the_telephone_is_stored_sealed(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient(), carrier="SF")
    assert b"7391" not in parcel.row["phone_tail_sealed"]
    audited = hospital.sql("SELECT detail::text AS d FROM audit_entry WHERE action = 'shipment.create'")
    assert all("7391" not in row["d"] for row in audited)


def test_old_parcels_are_left_alone(hospital: RunningHospital) -> None:
    parcel = ship(hospital.patient())
    hospital.sql(
        """UPDATE shipment SET created_at = now() - interval '61 d', asked_at = NULL, next_run_at = NULL
           WHERE waybill_number = $1""",
        parcel.number,
    )
    asked = parcel.queries()
    pushed(parcel)
    until(lambda: parcel.row["next_run_at"] is None, "the look that asks nobody")
    assert (parcel.queries(), parcel.row["asked_at"]) == (asked, None)
