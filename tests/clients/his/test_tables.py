"""The sandbox refuses by fields.json, and what the client sends always passes it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.fields import check_node, codes, table
from clients.his import messages, refusals, wire
from clients.his.messages import (
    Cancel,
    Confirm,
    GetPrescription,
    InsuranceFacts,
    ListDay,
    ListUnpaid,
    Lock,
    Payment,
    QuerySettlement,
    Unlock,
)
from clients.his.sandbox_checks import KEYS, checked
from clients.his.sandbox_ledger import OPERATIONS
from clients.his.sandbox_refusal import Refuse
from tests.clients.his.examples import BODIES, HOSPITAL, Speaker
from tests.fixtures.forms import GENERATED

TABLE, CODES = table(wire.FIELDS), codes(wire.CODES)
# Nodes that the wire carries in a shape of its own: their single cells are in `_with`.
SHAPED = {"prescriptionNos", "feeDigests"}


def _fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for op in OPERATIONS:
        for name, node in TABLE[op]["in"].items():
            for field in node["fields"]:
                if name not in SHAPED:
                    yield op, name, field


def _with(op: str, node: str, field: str, value: object) -> dict[str, Any]:
    body: dict[str, Any] = copy.deepcopy(BODIES[op])
    holder = body if node == "request" else body[node][0] if isinstance(body[node], list) else body[node]
    assert field in holder, f"the example of {op} does not fill {field}"
    holder[field] = value
    return body


REQUIRED = [(op, node, field) for op, node, field in _fields() if field["req"]]
SIZED = [(op, node, field) for op, node, field in _fields() if field["type"] == "C" and field["len"]]
CODED = [(op, node, field) for op, node, field in _fields() if field["code"]]
TYPED = [(op, node, field) for op, node, field in _fields() if field["type"] not in {"N", "object", "array"}]


def _named(case: object) -> str | None:
    return str(case["name"]) if isinstance(case, dict) else None


@pytest.mark.anyio
@pytest.mark.parametrize(("op", "node", "field"), REQUIRED, ids=_named)
@pytest.mark.parametrize("value", [None, ""], ids=["null", "empty"])
async def test_required_field_is_missed(
    speaker: Speaker, op: str, node: str, field: dict[str, Any], value: object
) -> None:
    said = await speaker.say(op, _with(op, node, field["name"], value), key="S1")
    assert said.code == "HIS-2001"
    assert field["name"] in said.envelope["message"]


@pytest.mark.anyio
@pytest.mark.parametrize(("op", "node", "field"), SIZED, ids=_named)
async def test_field_that_is_too_long_is_refused(speaker: Speaker, op: str, node: str, field: dict[str, Any]) -> None:
    said = await speaker.say(op, _with(op, node, field["name"], "x" * (int(field["len"]) + 1)), key="S1")
    assert said.code == "HIS-2002"
    assert field["name"] in said.envelope["message"]


@pytest.mark.anyio
@pytest.mark.parametrize(("op", "node", "field"), CODED, ids=_named)
async def test_word_outside_its_code_list_is_refused(
    speaker: Speaker, op: str, node: str, field: dict[str, Any]
) -> None:
    said = await speaker.say(op, _with(op, node, field["name"], "NONSENSE"), key="S1")
    assert said.code == "HIS-2002"
    assert field["name"] in said.envelope["message"]


@pytest.mark.anyio
@pytest.mark.parametrize(("op", "node", "field"), TYPED, ids=_named)
async def test_number_in_place_of_a_text_is_refused(
    speaker: Speaker, op: str, node: str, field: dict[str, Any]
) -> None:
    said = await speaker.say(op, _with(op, node, field["name"], 1234567890123456789), key="S1")
    assert said.code == "HIS-2002"
    assert field["name"] in said.envelope["message"]


def test_every_operation_has_its_table_and_its_example() -> None:
    assert set(OPERATIONS) == set(BODIES) == set(TABLE) - {"headers", "envelope"}


def test_every_code_list_that_a_table_names_is_there() -> None:
    named = {
        field["code"]
        for op in TABLE.values()
        for message in op.values()
        for node in message.values()
        for field in node["fields"]
        if field["code"]
    }
    assert named == set(CODES)


def test_codes_are_those_of_the_protocol() -> None:
    families = [(1, range(1, 5)), (2, range(1, 5)), (3, range(3, 13)), (5, range(1, 3))]
    assert set(refusals.REFUSALS) == {f"HIS-{family}{n:03d}" for family, numbers in families for n in numbers}


def test_both_ends_agree_on_what_may_follow_a_refusal() -> None:
    for code, refusal in refusals.REFUSALS.items():
        assert Refuse(code, "").retry == refusal.retry


def test_every_reason_but_other_has_a_code() -> None:
    assert {refusal.reason for refusal in refusals.REFUSALS.values()} == set(refusals.Reason) - {refusals.Reason.OTHER}


def test_messages_have_every_name_that_they_promise() -> None:
    assert [name for name in messages.__all__ if not hasattr(messages, name)] == []


ids = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=64)
maybe = st.none() | ids
amounts = st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2)
times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
numbers = st.lists(ids, min_size=1, max_size=5, unique=True).map(tuple)
kinds = st.sampled_from(CODES["paymentType"])
payments = st.builds(Payment, kind=kinds, amount=amounts, trade_number=maybe, channel_trade_number=maybe)
insurance = st.builds(
    InsuranceFacts,
    visit_id=ids,
    settlement_id=maybe,
    pay_order_id=maybe,
    medical_type=maybe,
    fund=amounts,
    account=amounts,
    cash=amounts,
    insured_area=maybe,
)
REQUESTS: dict[str, st.SearchStrategy[Any]] = {
    "unpaid": st.builds(
        ListUnpaid, patient_id=ids, visit_number=maybe, since=st.none() | times, until=st.none() | times
    ),
    "get": st.builds(GetPrescription, prescription_number=ids),
    "lock": st.builds(Lock, prescription_numbers=numbers, lock_number=ids, ttl_seconds=st.integers(1, 86400)),
    "unlock": st.builds(Unlock, lock_number=ids),
    "confirm": st.builds(
        Confirm,
        settlement_number=ids,
        prescription_numbers=numbers,
        total=amounts,
        fee_digests=st.dictionaries(ids, st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=3),
        payments=st.lists(payments, min_size=1, max_size=4).map(tuple),
        insurance=st.none() | insurance,
        settled_at=times,
        lock_number=maybe,
        operator_id=maybe,
        channel=maybe,
    ),
    "query": st.builds(QuerySettlement, settlement_number=ids),
    "cancel": st.builds(
        Cancel, settlement_number=ids, refund_number=ids, amount=amounts, reason=st.text(min_size=1, max_size=200)
    ),
    "list": st.builds(ListDay, day=st.dates(date(1900, 1, 1)), cursor=maybe),
}
requests = st.one_of([st.tuples(st.just(op), strategy) for op, strategy in REQUESTS.items()])


@GENERATED
@given(requests)
def test_what_the_client_sends_passes_the_tables(case: tuple[str, Any]) -> None:
    op, request = case
    raw = wire.request_body(HOSPITAL, request.to_wire())
    assert check_node(TABLE[op]["in"], "request", wire.tabular(wire.decode(raw)), CODES) == []
    headers = {"x-request-id": "M1", "idempotency-key": getattr(request, "idempotency_key", "")}
    assert checked(op, headers, raw, HOSPITAL) == wire.decode(raw)
    assert (op in KEYS) == hasattr(request, "idempotency_key")


lines = st.lists(
    st.tuples(ids, st.decimals(0, 9999, places=4), amounts), min_size=1, max_size=6, unique_by=lambda line: line[0]
)


@GENERATED
@given(lines, st.randoms(use_true_random=False))
def test_digest_does_not_depend_on_the_order_but_on_every_amount(lines: list[Any], random: Any) -> None:
    shuffled = random.sample(lines, len(lines))
    assert wire.digest_of(shuffled) == wire.digest_of(lines)
    serial, quantity, amount = lines[0]
    assert wire.digest_of([(serial, quantity, amount + Decimal("0.01")), *lines[1:]]) != wire.digest_of(lines)
