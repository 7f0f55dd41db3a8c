from __future__ import annotations

from itertools import pairwise
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from app.events import CHANNEL, CHANNELS
from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.graph.conftest import SecondServer
from tests.graph.sockets import WATCH, Socket, socket, stream

WAY = ["OPENING", "AWAITING_PAYMENT", "COMPLETING", "COMPLETED"]
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE ANY ($1)"


def bearer(someone: Someone) -> dict[str, str]:
    return {"authorization": someone.headers["authorization"]}


def states(events: list[Any]) -> list[str]:
    """The states in the order in which they were seen, each change once."""
    told = [event["state"] for event in events]
    return told[:1] + [after for before, after in pairwise(told) if after != before]


def done(settlement: Any) -> int:
    return len([step for step in settlement["steps"] if step["state"] == "DONE"])


def test_the_first_event_is_the_present_state(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        live.watch(settled["id"])
        event = live.event()
    assert (event["number"], event["state"], done(event)) == (settled["number"], "COMPLETED", 4)


@pytest.mark.parametrize("where", ["connection_init", "connection_init, capital", "header"])
def test_every_change_is_pushed_over_a_socket(hospital: RunningHospital, where: str) -> None:
    patient = hospital.patient()
    told = bearer(patient)
    payload = {"Authorization": told["authorization"]} if where.endswith("capital") else told
    with socket(hospital.server_url, told if where == "header" else None) as live:
        assert live.greet(payload if where != "header" else None)["type"] == "connection_ack"
        begun = patient.begin()
        live.watch(begun["id"])
        events = live.until("AWAITING_PAYMENT")
        patient.pay(begun)
        events += live.until("COMPLETED")
    assert states(events) == WAY[WAY.index(events[0]["state"]) :]
    counts = [done(event) for event in events]
    assert counts == sorted(counts), "an event was older than the one before it"
    assert counts[-1] == 7


def test_every_change_is_pushed_as_server_sent_events(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    begun = patient.begin("SELF_PAY")
    patient.until(begun, "AWAITING_PAYMENT")
    with stream(hospital.server_url, bearer(patient), begun["id"]) as payloads:
        events = [next(payloads)["data"]["settlementChanged"]]
        patient.pay(begun)
        while events[-1]["state"] != "COMPLETED":
            events.append(next(payloads)["data"]["settlementChanged"])
    assert states(events) == WAY[1:]


def test_a_reversal_is_watched_to_its_end(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        live.watch(settled["id"])
        assert live.event()["state"] == "COMPLETED"
        hospital.cashier().reverse(settled)
        assert states(live.until("REVERSED")) == ["REVERSING", "REVERSED"]


def test_two_settlements_are_watched_over_one_socket(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    begun = [patient.begin("SELF_PAY") for _ in range(2)]
    seen: dict[str, str] = {}
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        for name, settlement in zip("ab", begun, strict=True):
            live.watch(settlement["id"], name)
        while set(seen.values()) != {"AWAITING_PAYMENT"} or len(seen) < 2:
            message = live.receive()
            event = message["payload"]["data"]["settlementChanged"]
            assert event["number"] == begun["ab".index(message["id"])]["number"]
            seen[message["id"]] = event["state"]


def test_a_wrong_token_in_the_header_is_refused(hospital: RunningHospital) -> None:
    wrong = {"authorization": "Bearer x.y.z"}
    with socket(hospital.server_url, wrong) as live, pytest.raises(ConnectionClosed) as closed:
        live.greet()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403
    answer = httpx.post(
        f"{hospital.server_url}/graphql",
        json={"query": WATCH, "variables": {"id": "x"}},
        headers=wrong | {"accept": "text/event-stream"},
        trust_env=False,
    )
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_a_wrong_token_in_connection_init_is_refused(hospital: RunningHospital) -> None:
    with socket(hospital.server_url) as live, pytest.raises(ConnectionClosed) as closed:
        live.greet({"authorization": "Bearer x.y.z"})
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4403


def test_nobody_watches_nothing(hospital: RunningHospital) -> None:
    begun = hospital.patient().begin("SELF_PAY")
    with socket(hospital.server_url) as live:
        assert live.greet()["type"] == "connection_ack"
        live.watch(begun["id"])
        message = live.receive()
    (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


def test_a_slow_reader_is_given_the_newest_state(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        live.watch(settled["id"])
        live.event()
        hospital.cashier().reverse(settled)
        patient.until(settled, "REVERSED")
        events = live.until("REVERSED")
    assert done(events[-1]) == 7


def test_many_changes_at_once_end_in_the_newest_state(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settled = patient.settle("SELF_PAY")
    row = hospital.row(settled)
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        live.watch(settled["id"])
        live.event()
        hospital.sql("SELECT pg_notify($1, $2) FROM generate_series(1, 500)", CHANNEL, str(row["id"]))
        hospital.cashier().reverse(settled)
        assert done(live.until("REVERSED")[-1]) == 7


def listeners(hospital: RunningHospital) -> set[int]:
    return {row["pid"] for row in hospital.sql(LISTENERS, [f"LISTEN%{channel}%" for channel in CHANNELS.values()])}


def test_events_go_on_after_the_listening_connection_was_killed(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    begun = patient.begin("SELF_PAY")
    patient.until(begun, "AWAITING_PAYMENT")
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        live.watch(begun["id"])
        assert live.event()["state"] == "AWAITING_PAYMENT"
        killed = listeners(hospital)
        assert killed
        hospital.sql("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", list(killed))
        patient.pay(begun)
        assert live.until("COMPLETED")
    until(lambda: listeners(hospital) - killed, "the next LISTEN")


def test_what_another_process_does_is_pushed(second: SecondServer) -> None:
    patient = second.hospital.patient()
    here, there = patient, second.seen_by(patient)
    with socket(there.hospital.server_url, bearer(patient)) as live:
        live.greet()
        begun = there.begin("SELF_PAY")
        live.watch(begun["id"])
        live.until("AWAITING_PAYMENT")
        here.pay(begun)
        assert live.until("COMPLETED")


def test_what_was_missed_while_the_database_was_away_is_told_afterwards(
    hospital: RunningHospital, second: SecondServer
) -> None:
    patient = hospital.patient()
    begun = patient.begin("SELF_PAY")
    patient.until(begun, "AWAITING_PAYMENT")
    with socket(second.hospital.server_url, bearer(patient)) as live:
        live.greet()
        live.watch(begun["id"])
        assert live.event()["state"] == "AWAITING_PAYMENT"
        with second.wire.cut():
            patient.pay(begun)
            patient.until(begun, "COMPLETED")
        assert live.until("COMPLETED")


def order_state(live: Socket, order: Any, name: str) -> Any:
    document = "query($id: ID!) { node(id: $id) { ... on Order { state settlements { state } } } }"
    return live.ask(document, {"id": order["id"]}, name)["node"]


def test_a_question_over_a_socket_is_answered_afresh(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    order = patient.order()
    with socket(hospital.server_url, bearer(patient)) as live:
        live.greet()
        assert order_state(live, order, "1") == {"state": "OPEN", "settlements": []}
        begun = patient.start(order, "SELF_PAY")["settlement"]
        patient.until(begun, "AWAITING_PAYMENT")
        assert order_state(live, order, "2") == {"state": "SETTLING", "settlements": [{"state": "AWAITING_PAYMENT"}]}
