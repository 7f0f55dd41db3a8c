"""Every misbehaviour of a HIS is one of our four errors, and `query` tells what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import anyio
import pytest

from clients.errors import Garbled, NotSent, PlatformError, Refused, Unanswered
from clients.faults import DELAY, GARBLED, GATEWAY_ERROR, LATE_EFFECT, LOST_REPLY, LOST_REQUEST
from clients.his import messages, wire
from clients.his.client import HISClient, HISSettings, _Sent
from clients.his.messages import Prescription, QuerySettlement
from clients.his.sandbox import HISSandbox
from clients.http import Answer, Exchange
from tests.clients.his.examples import SECRET, confirmation_of

pytestmark = pytest.mark.anyio

QUERY = QuerySettlement(settlement_number="S1")


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        (LOST_REQUEST, Unanswered, "NOT_FOUND"),
        (LOST_REPLY, Unanswered, "CONFIRMED"),
        (GATEWAY_ERROR, Unanswered, "NOT_FOUND"),
        (GARBLED, Garbled, "CONFIRMED"),
        ("bad_signature", Garbled, "CONFIRMED"),
        ("unknown_outcome", Unanswered, "CONFIRMED"),
        ("busy", NotSent, "NOT_FOUND"),
        ("refused", Refused, "NOT_FOUND"),
    ],
)
async def test_fault_is_its_error_and_query_tells_the_truth(
    client: HISClient, sandbox: HISSandbox, listed: Prescription, kind: str, error: type[PlatformError], done: str
) -> None:
    sandbox.faults.add("confirm", kind)
    with pytest.raises(PlatformError) as raised:
        await client.confirm(confirmation_of(listed), message_id="M1")
    assert type(raised.value) is error
    assert SECRET not in str(raised.value)
    assert (await client.query(QUERY, message_id="M2")).status == done
    again = await client.confirm(confirmation_of(listed), message_id="M3")
    assert again.replayed == (done == "CONFIRMED")


async def test_late_effect_is_unanswered_and_found_later(
    client: HISClient, sandbox: HISSandbox, listed: Prescription
) -> None:
    sandbox.faults.add("confirm", LATE_EFFECT, seconds=0.2)
    with pytest.raises(Unanswered):
        await client.confirm(confirmation_of(listed), message_id="M1")
    assert (await client.query(QUERY, message_id="M2")).status == "NOT_FOUND"
    await anyio.sleep(0.4)
    assert (await client.query(QUERY, message_id="M3")).status == "CONFIRMED"


async def test_delay_beyond_the_timeout_is_unanswered(
    impatient: HISClient, sandbox: HISSandbox, listed: Prescription
) -> None:
    sandbox.faults.add("confirm", DELAY, seconds=0.5)
    with pytest.raises(Unanswered):
        await impatient.confirm(confirmation_of(listed), message_id="M1")
    assert (await impatient.query(QUERY, message_id="M2")).status == "CONFIRMED"


async def test_absent_his_is_not_sent(settings: HISSettings) -> None:
    client = HISClient(replace(settings, base_url="http://127.0.0.1:1"))
    with pytest.raises(NotSent):
        await client.query(QUERY, message_id="M1")
    await client.close()


async def test_refused_fault_speaks_its_text(client: HISClient, sandbox: HISSandbox, listed: Prescription) -> None:
    sandbox.faults.add("confirm", "refused", text="HIS-3009 处方未审核")
    with pytest.raises(Refused) as refused:
        await client.confirm(confirmation_of(listed), message_id="M1")
    assert (refused.value.code, refused.value.reason, refused.value.message) == (
        "HIS-3009",
        "NOT_AUDITED",
        "处方未审核",
    )


async def test_garbled_answer_is_kept_for_the_audit(
    client: HISClient, sandbox: HISSandbox, journal: list[Exchange]
) -> None:
    sandbox.faults.add("*", "bad_signature")
    with pytest.raises(Garbled, match="signature"):
        await client.query(QUERY, message_id="M1")
    assert b"NOT_FOUND" in journal[-1].raw


def _read(settings: HISSettings, op: str, envelope: dict[str, Any], status: int = 200, asked: Any = None) -> Any:
    """What the client makes of an answer that is signed well, whatever it says."""
    body = wire.encode({"requestId": "M", "message": "no", **envelope})
    told = wire.answer_headers(secret=SECRET, status=status, op=op, body=body, message_id="M", timestamp=1, nonce="n")
    answer = Answer(status, {name.lower(): value for name, value in told.items()}, body)
    return HISClient(settings)._read(_Sent(op, "n", "M"), answer, asked or (lambda data: data))


@pytest.mark.parametrize(
    ("envelope", "status", "error"),
    [
        ({"code": "HIS-3099", "retry": "never"}, 200, Refused),
        ({"code": "HIS-3099", "retry": "query_first"}, 200, Unanswered),
        ({"code": "HIS-5099", "retry": "same_key"}, 200, NotSent),
        ({"code": "HIS-3099", "retry": "perhaps"}, 200, Garbled),
        ({"code": "HIS-3099"}, 200, Garbled),
        ({"code": "999", "retry": "never"}, 200, Garbled),
        ({"code": 0}, 200, Garbled),
        ({"code": "0", "requestId": "other"}, 200, Garbled),
        ({"code": "HIS-3006", "data": {"hisAmount": "1E+99"}}, 200, Garbled),
        ({"code": "0"}, 404, Garbled),
        ({"code": "0"}, 302, Garbled),
        ({"code": "HIS-3003"}, 500, Unanswered),
        ({"code": "HIS-1001"}, 401, Refused),
        ({"code": "HIS-1003"}, 401, Unanswered),
        ({"code": 7}, 401, Refused),
    ],
)
def test_only_an_explicit_no_is_refused(
    settings: HISSettings, envelope: dict[str, Any], status: int, error: type[PlatformError]
) -> None:
    with pytest.raises(PlatformError) as raised:
        _read(settings, "confirm", envelope, status)
    assert type(raised.value) is error


PLAIN: dict[str, Any] = {"settlementNo": "S1", "hisSettlementNo": "H1"}
READ: dict[str, Callable[[Any], Any]] = {
    "query": lambda data: messages.SettlementStatus.from_wire(data, QUERY),
    "cancel": messages.Cancellation.from_wire,
    "list": lambda data: messages.DayList.from_wire(data, messages.ListDay(day=date(2025, 1, 2))),
    "lock": lambda data: messages.Locked.from_wire(data, messages.Lock(prescription_numbers=("R",), lock_number="L1")),
    "unlock": messages.Unlock(lock_number="L1").read,
    "unpaid": lambda data: Prescription.listed(data, messages.ListUnpaid(patient_id="P1")),
}


@pytest.mark.parametrize(
    ("op", "data"),
    [
        ("query", None),
        ("query", []),
        ("query", {**PLAIN, "status": "PERHAPS"}),
        ("query", {**PLAIN, "status": "CONFIRMED", "settlementNo": "S2"}),
        ("query", {"status": "CONFIRMED", "settlementNo": "S1"}),
        ("query", {"status": "NOT_FOUND", "settlementNo": "S2"}),
        ("query", {**PLAIN, "status": "CONFIRMED", "totalAmount": 30.5}),
        ("query", {**PLAIN, "status": "CONFIRMED", "hisSettlementNo": 1234567890123456789}),
        ("cancel", {"status": "CONFIRMED", "replayed": False}),
        ("cancel", {"status": "CANCELLED", "replayed": "no"}),
        ("list", {"items": [], "count": 1, "sum": "0.00"}),
        ("list", {"items": [], "count": 0, "sum": "1.00"}),
        ("list", {"items": [{**PLAIN, "kind": "PAY"}], "count": 1, "sum": "1.00"}),
        ("lock", {"lockNo": "L2", "expiresAt": 1}),
        ("lock", {"lockNo": "L1", "expiresAt": 999999999999}),
        ("unlock", {"lockNo": "L2"}),
        ("unpaid", {"items": {}}),
        ("unpaid", {"items": [{}]}),
    ],
)
def test_answer_that_does_not_hold_is_garbled(settings: HISSettings, op: str, data: Any) -> None:
    with pytest.raises(Garbled):
        _read(settings, op, {"code": "0", "data": data}, asked=READ[op])


def test_not_found_needs_no_number(settings: HISSettings) -> None:
    told = _read(settings, "query", {"code": "0", "data": {"status": "NOT_FOUND"}}, asked=READ["query"])
    assert told.status == "NOT_FOUND"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("feeDigest", "0" * 64),
        ("totalAmount", "30.51"),
        ("totalAmount", 30.5),
        ("patientId", "P2"),
        ("payStatus", "MAYBE"),
        ("issuedAt", "2025-01-02T10:00:00"),
        ("items", []),
    ],
)
def test_prescription_that_does_not_agree_with_itself_is_garbled(
    settings: HISSettings, sandbox: HISSandbox, field: str, value: object
) -> None:
    row = {**sandbox._ledger.prescriptions["RX1"], field: value}
    with pytest.raises(Garbled, match=field):
        _read(settings, "unpaid", {"code": "0", "data": {"items": [row]}}, asked=READ["unpaid"])


def test_prescription_that_was_not_asked_for_is_garbled(settings: HISSettings, sandbox: HISSandbox) -> None:
    row, asked = sandbox._ledger.prescriptions["RX1"], messages.GetPrescription(prescription_number="RX2")
    with pytest.raises(Garbled, match="prescriptionNo"):
        _read(settings, "get", {"code": "0", "data": row}, asked=lambda data: Prescription.asked(data, asked))
