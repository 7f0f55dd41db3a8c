"""What the sandbox lets in, refuses and remembers, spoken to by hand over HTTP."""

from __future__ import annotations

import time
from typing import Any

import pytest

from clients.his import wire
from clients.his.sandbox import HISSandbox
from tests.clients.his.examples import APP, BODIES, HOSPITAL, SECRET, Clock, Speaker, prescription

pytestmark = pytest.mark.anyio

NONCE = "0" * 31 + "1"
CONFIRM: dict[str, Any] = {**BODIES["confirm"], "lockNo": None}


async def test_answer_is_signed_for_its_request(speaker: Speaker) -> None:
    said = await speaker.say("query", BODIES["query"], nonce=NONCE)
    assert wire.signed_by(SECRET, "200", "query", NONCE, said.headers, said.body)
    assert said.envelope["requestId"] == said.headers["x-request-id"]
    assert abs(int(said.headers["x-timestamp"]) - time.time()) < 10


async def test_second_use_of_a_nonce_is_refused(speaker: Speaker) -> None:
    assert (await speaker.say("query", BODIES["query"], nonce=NONCE)).code == "0"
    said = await speaker.say("query", BODIES["query"], nonce=NONCE)
    assert (said.status, said.code) == (401, "HIS-1003")
    assert wire.signed_by(SECRET, "401", "query", NONCE, said.headers, said.body)


async def test_nonce_is_forgotten_only_when_its_time_is_refused(speaker: Speaker, clock: Clock) -> None:
    stamp = int(time.time()) + 290
    assert (await speaker.say("query", BODIES["query"], nonce=NONCE, timestamp=stamp)).code == "0"
    clock.ahead = 580
    assert (await speaker.say("query", BODIES["query"], nonce=NONCE, timestamp=stamp)).code == "HIS-1003"
    clock.ahead = 610
    assert (await speaker.say("query", BODIES["query"], nonce=NONCE, timestamp=stamp)).code == "HIS-1002"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"app_id": "APP2"}, "HIS-1004"),
        ({"changes": {"X-App-Id": ""}}, "HIS-1004"),
        ({"secret": "other"}, "HIS-1001"),
        ({"changes": {"X-Signature": ""}}, "HIS-1001"),
        ({"changes": {"X-Nonce": "1" * 32}}, "HIS-1001"),
        ({"sent": wire.encode({"hospitalId": "H1", "settlementNo": "S2"})}, "HIS-1001"),
        ({"timestamp": 1735786245}, "HIS-1002"),
        ({"nonce": "short"}, "HIS-1003"),
    ],
)
async def test_request_that_is_not_authentic_is_refused(speaker: Speaker, wrong: dict[str, Any], code: str) -> None:
    said = await speaker.say("query", BODIES["query"], **wrong)
    assert (said.status, said.code, said.envelope["retry"]) == (401, code, "never")


@pytest.mark.parametrize(("seconds", "code"), [(-310, "HIS-1002"), (-290, "0"), (290, "0"), (310, "HIS-1002")])
async def test_timestamp_may_be_five_minutes_off(speaker: Speaker, seconds: int, code: str) -> None:
    assert (await speaker.say("query", BODIES["query"], timestamp=int(time.time()) + seconds)).code == code


@pytest.mark.parametrize("op", ["list_day", "books", "__init__", "_found", "nothing"])
async def test_python_names_are_not_operations(speaker: Speaker, op: str) -> None:
    said = await speaker.say(op, BODIES["query"])
    assert (said.status, said.code) == (200, "HIS-2004")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000])
async def test_body_that_is_no_object_is_refused(speaker: Speaker, body: bytes) -> None:
    assert (await speaker.say("query", body)).code == "HIS-2002"


async def test_request_without_its_number_is_refused(speaker: Speaker) -> None:
    said = await speaker.say("query", BODIES["query"], changes={"X-Request-Id": ""})
    assert said.code == "HIS-2001"
    assert "x-request-id" in said.envelope["message"]


async def test_foreign_hospital_is_refused(speaker: Speaker) -> None:
    said = await speaker.say("query", {**BODIES["query"], "hospitalId": "H2"})
    assert said.code == "HIS-2003"


@pytest.mark.parametrize("op", ["lock", "unlock", "confirm", "cancel"])
@pytest.mark.parametrize("key", ["", "another"])
async def test_write_whose_key_is_not_its_number_is_refused(speaker: Speaker, op: str, key: str) -> None:
    said = await speaker.say(op, BODIES[op], key=key)
    assert said.code == "HIS-2001"
    assert "Idempotency-Key" in said.envelope["message"]


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        ({"totalAmount": 30.5}, "HIS-2002", "totalAmount"),
        ({"totalAmount": "30.5"}, "HIS-2002", "totalAmount"),
        ({"prescriptionNos": ["RX1", "RX1"]}, "HIS-2003", "prescriptionNos"),
        ({"prescriptionNos": "RX1"}, "HIS-2002", "prescriptionNos"),
        ({"prescriptionNos": [1]}, "HIS-2002", "prescriptionNos[0]"),
        ({"prescriptionNos": []}, "HIS-2001", "prescriptionNos"),
        ({"feeDigests": []}, "HIS-2002", "feeDigests"),
        ({"feeDigests": {}}, "HIS-2001", "feeDigests"),
        ({"feeDigests": {"RX2": "0" * 64}}, "HIS-2003", "feeDigests"),
        ({"payments": {"type": "WECHAT", "amount": "30.50"}}, "HIS-2002", "payments"),
        ({"payments": [{"type": "WECHAT", "amount": "30.49"}]}, "HIS-2003", "payments"),
        ({"settledAt": "2025-01-02T02:30:00Z"}, "HIS-2002", "settledAt"),
        ({"settledAt": "2025-01-02 10:30:00+08:00"}, "HIS-2002", "settledAt"),
        ({"feeDigests": {"RX1": "0" * 64}}, "HIS-3005", "feeDigests"),
        (
            {"totalAmount": "30.51", "payments": [{"type": "CASH", "amount": "30.51"}]},
            "HIS-3006",
            "totalAmount",
        ),
        ({"prescriptionNos": ["RX9"], "feeDigests": {"RX9": "0" * 64}}, "HIS-3003", "prescriptionNo"),
    ],
)
async def test_confirm_that_does_not_hold_is_refused(
    speaker: Speaker, sandbox: HISSandbox, change: dict[str, Any], code: str, named: str
) -> None:
    said = await speaker.say("confirm", {**CONFIRM, **change})
    assert said.code == code
    assert named in said.envelope["message"]
    assert sandbox.books()["open_settlements"] == 0


@pytest.mark.parametrize(
    ("doing", "code", "retry"),
    [
        ({"void": "RX1"}, "HIS-3008", "never"),
        ({"foreign_settlement": "RX1"}, "HIS-3007", "never"),
        ({"prescriptions": [prescription(auditStatus="PENDING")]}, "HIS-3009", "never"),
        ({"prescriptions": [prescription(auditStatus="REJECTED")]}, "HIS-3009", "never"),
        ({"prescriptions": [prescription(payStatus="REFUNDED")]}, "HIS-3008", "never"),
        ({"prescriptions": [prescription(payStatus="HOSPITAL_PROCESSING")]}, "HIS-3007", "never"),
    ],
)
async def test_what_his_users_did_is_respected(
    speaker: Speaker, sandbox: HISSandbox, doing: dict[str, Any], code: str, retry: str
) -> None:
    sandbox.load(doing)
    for op, body in [("confirm", CONFIRM), ("lock", BODIES["lock"])]:
        said = await speaker.say(op, body)
        assert (said.code, said.envelope["retry"]) == (code, retry)
    assert (await speaker.say("unpaid", BODIES["unpaid"])).data["items"] == [] or code == "HIS-3009"


async def test_charges_changed_after_listing_are_refused(
    speaker: Speaker, sandbox: HISSandbox, other_lines: list[dict[str, Any]]
) -> None:
    sandbox.load({"change": {"prescriptionNo": "RX1", "items": other_lines}})
    said = await speaker.say("confirm", CONFIRM)
    assert (said.code, said.envelope["retry"]) == ("HIS-3005", "refetch")
    told = (await speaker.say("get", BODIES["get"])).data
    assert told["totalAmount"] == "40.00"
    total = {"totalAmount": "40.00", "payments": [{"type": "CASH", "amount": "40.00"}]}
    corrected = {**CONFIRM, **total, "feeDigests": {"RX1": told["feeDigest"]}}
    assert (await speaker.say("confirm", corrected)).code == "0"


async def test_success_is_remembered_for_good_and_only_for_its_body(speaker: Speaker) -> None:
    first = await speaker.say("confirm", CONFIRM)
    assert first.data["replayed"] is False
    again = await speaker.say("confirm", CONFIRM)
    assert again.data == {**first.data, "replayed": True}
    assert (await speaker.say("confirm", {**CONFIRM, "channel": "OTHER"})).code == "HIS-3012"
    assert (await speaker.say("cancel", BODIES["cancel"])).code == "0"
    assert (await speaker.say("cancel", {**BODIES["cancel"], "reason": "x"})).code == "HIS-3012"
    assert (await speaker.say("confirm", CONFIRM)).data == {**first.data, "replayed": True}


async def test_cancel_is_refused_for_what_cannot_be_undone(speaker: Speaker, sandbox: HISSandbox) -> None:
    cancel = BODIES["cancel"]
    assert (await speaker.say("cancel", cancel)).code == "HIS-3004"
    await speaker.say("confirm", CONFIRM)
    partial = await speaker.say("cancel", {**cancel, "amount": "1.00"})
    assert (partial.code, partial.data) == ("HIS-3006", {"hisAmount": "30.50"})
    sandbox.load({"dispense": "RX1"})
    assert (await speaker.say("cancel", cancel)).code == "HIS-3011"
    assert sandbox.books()["confirmed_fen"] == 3050


async def test_second_cancel_under_another_number_is_refused(speaker: Speaker) -> None:
    await speaker.say("confirm", CONFIRM)
    assert (await speaker.say("cancel", BODIES["cancel"])).code == "0"
    assert (await speaker.say("cancel", {**BODIES["cancel"], "refundNo": "R2"})).code == "HIS-3008"


async def test_lock_of_another_is_to_be_tried_later(speaker: Speaker) -> None:
    assert (await speaker.say("lock", BODIES["lock"])).code == "0"
    for op, body in [("lock", {**BODIES["lock"], "lockNo": "L2"}), ("confirm", CONFIRM)]:
        said = await speaker.say(op, body)
        assert (said.code, said.envelope["retry"]) == ("HIS-3010", "later")


@pytest.mark.parametrize(
    ("ttl", "code"), [(0, "HIS-2002"), (-1, "HIS-2002"), ("9E2", "0"), (None, "0"), ("x", "HIS-2002")]
)
async def test_lock_lasts_a_positive_time(speaker: Speaker, ttl: object, code: str) -> None:
    assert (await speaker.say("lock", {**BODIES["lock"], "ttlSeconds": ttl})).code == code


async def test_lock_that_never_was_cannot_be_given_back(speaker: Speaker) -> None:
    assert (await speaker.say("unlock", BODIES["unlock"])).code == "HIS-3003"


@pytest.mark.parametrize("cursor", ["x", "-1", "9", "²"])
async def test_cursor_that_is_not_ours_is_refused(speaker: Speaker, cursor: str) -> None:
    assert (await speaker.say("list", {**BODIES["list"], "cursor": cursor})).code == "HIS-2002"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"prescription": []}, "prescription"),
        ({"void": "RX9"}, "prescriptionNo"),
        ({"prescriptions": [prescription(totalAmount="1.00")]}, "totalAmount"),
        ({"prescriptions": [prescription(kind="MAGIC")]}, "kind"),
        ({"change": {"prescriptionNo": "RX9", "items": []}}, "prescriptionNo"),
    ],
)
def test_nonsense_is_not_loaded(sandbox: HISSandbox, data: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sandbox.load(data)


async def test_reset_forgets_everything(speaker: Speaker, sandbox: HISSandbox) -> None:
    await speaker.say("confirm", CONFIRM)
    sandbox.faults.add("*", "busy")
    sandbox.reset()
    assert sandbox.books() == {"unpaid": 0, "settlements": [], "open_settlements": 0, "confirmed_fen": 0}
    assert (await speaker.say("query", BODIES["query"])).data["status"] == "NOT_FOUND"


def test_secret_is_in_no_repr() -> None:
    assert SECRET not in repr(HISSandbox(app_id=APP, secret=SECRET, hospital_id=HOSPITAL))
