from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.errors import Refused
from clients.his import wire
from clients.his.client import HISClient, HISSettings
from clients.his.gateway import HISGateway
from clients.his.messages import (
    Cancel,
    Cancellation,
    GetPrescription,
    ListDay,
    ListUnpaid,
    Lock,
    Prescription,
    QuerySettlement,
    SettlementStatus,
    Unlock,
    fee_digest,
)
from clients.his.refusals import Reason
from clients.his.sandbox import HISSandbox
from clients.http import Exchange
from tests.clients.his.examples import SETTLED_AT, Clock, confirmation_of, prescription

pytestmark = pytest.mark.anyio

CANCEL = Cancel(settlement_number="S1", refund_number="R1", amount=Decimal("30.50"), reason="退药")
QUERY = QuerySettlement(settlement_number="S1")
LOCK = Lock(prescription_numbers=("RX1",), lock_number="L1")


def test_client_is_a_gateway(settings: HISSettings) -> None:
    gateway: HISGateway = HISClient(settings)
    assert gateway.capabilities() == {"lock"}


def test_secret_and_patient_are_in_no_repr(settings: HISSettings, sandbox: HISSandbox) -> None:
    row: Any = prescription(feeDigest="", payStatus="UNPAID", auditStatus="PASSED", dispenseStatus="NONE")
    row["feeDigest"] = "a1bf9e9e7324601e9fa19aaddb6a07c8ad5a15dfe6237110698a833bdabab0e9"
    assert "test-secret" not in repr(settings)
    assert "测试甲" not in repr(Prescription.from_wire(row))


async def test_unpaid_prescription_is_read_in_full(client: HISClient) -> None:
    (one,) = await client.list_unpaid(ListUnpaid(patient_id="P1"), message_id="M1")
    assert (one.prescription_number, one.visit_number, one.patient_name) == ("RX1", "V1", "测试甲")
    assert (one.total, one.pay_status, one.audit_status, one.dispense_status) == (
        Decimal("30.50"),
        "UNPAID",
        "PASSED",
        "NONE",
    )
    assert one.issued_at == datetime(2025, 1, 2, 10, 0, tzinfo=wire.CHINA)
    assert one.diagnoses[0].main
    assert one.fee_digest == fee_digest(one.items)
    item = one.items[1]
    assert (item.serial, item.quantity, item.price, item.amount) == (
        "FD1",
        Decimal("2.5"),
        Decimal("4.20"),
        Decimal("10.50"),
    )
    assert (item.self_ratio, item.days, item.usage) == (Decimal("0.1"), 3, "口服")


async def test_no_unpaid_prescription_is_an_answer(client: HISClient) -> None:
    assert await client.list_unpaid(ListUnpaid(patient_id="P2"), message_id="M1") == ()


@pytest.mark.parametrize(
    ("minutes_since", "minutes_until", "found"), [(0, None, 1), (1, None, 0), (None, 0, 0), (None, 1, 1), (-5, 5, 1)]
)
async def test_unpaid_is_asked_for_a_span(
    client: HISClient, minutes_since: int | None, minutes_until: int | None, found: int
) -> None:
    def after(minutes: int | None) -> datetime | None:
        issued = datetime(2025, 1, 2, 10, 0, tzinfo=wire.CHINA)
        return None if minutes is None else issued + timedelta(minutes=minutes)

    request = ListUnpaid(patient_id="P1", since=after(minutes_since), until=after(minutes_until))
    assert len(await client.list_unpaid(request, message_id="M1")) == found


async def test_unpaid_is_asked_for_a_visit(client: HISClient) -> None:
    assert len(await client.list_unpaid(ListUnpaid(patient_id="P1", visit_number="V1"), message_id="M1")) == 1
    assert await client.list_unpaid(ListUnpaid(patient_id="P1", visit_number="V2"), message_id="M2") == ()


async def test_confirmed_settlement_is_on_both_books(
    client: HISClient, sandbox: HISSandbox, listed: Prescription
) -> None:
    done = await client.confirm(confirmation_of(listed), message_id="M1")
    assert (done.settlement_number, done.replayed, done.pharmacy_window) == ("S1", False, "1")
    assert sandbox.books() == {
        "unpaid": 0,
        "settlements": [
            {
                "settlement_number": "S1",
                "his_settlement_number": done.his_settlement_number,
                "state": "CONFIRMED",
                "total_fen": 3050,
            }
        ],
        "open_settlements": 1,
        "confirmed_fen": 3050,
    }
    paid = await client.get_prescription(GetPrescription(prescription_number="RX1"), message_id="M2")
    assert (paid.pay_status, paid.settlement_number, paid.settled_at) == ("PAID", "S1", SETTLED_AT)
    status = await client.query(QUERY, message_id="M3")
    assert status == SettlementStatus(
        settlement_number="S1",
        status="CONFIRMED",
        his_settlement_number=done.his_settlement_number,
        total=Decimal("30.50"),
    )


async def test_second_confirm_is_a_replay(client: HISClient, sandbox: HISSandbox, listed: Prescription) -> None:
    first = await client.confirm(confirmation_of(listed), message_id="M1")
    assert await client.confirm(confirmation_of(listed), message_id="M2") == replace(first, replayed=True)
    assert sandbox.books()["open_settlements"] == 1


async def test_two_prescriptions_are_settled_together(
    client: HISClient, sandbox: HISSandbox, listed: Prescription
) -> None:
    sandbox.load({"prescriptions": [prescription("RX2")]})
    both = await client.list_unpaid(ListUnpaid(patient_id="P1"), message_id="M1")
    await client.confirm(confirmation_of(*both), message_id="M2")
    assert sandbox.books()["confirmed_fen"] == 6100


async def test_unknown_settlement_is_an_answer(client: HISClient) -> None:
    assert await client.query(QUERY, message_id="M1") == SettlementStatus(settlement_number="S1", status="NOT_FOUND")


async def test_cancelled_settlement_frees_its_prescriptions(
    client: HISClient, sandbox: HISSandbox, listed: Prescription
) -> None:
    await client.confirm(confirmation_of(listed), message_id="M1")
    assert await client.cancel(CANCEL, message_id="M2") == Cancellation(status="CANCELLED", replayed=False)
    assert await client.cancel(CANCEL, message_id="M3") == Cancellation(status="CANCELLED", replayed=True)
    assert (await client.query(QUERY, message_id="M4")).status == "CANCELLED"
    assert sandbox.books()["confirmed_fen"] == 0
    assert sandbox.books()["unpaid"] == 1
    again = await client.confirm(confirmation_of(listed, number="S2"), message_id="M5")
    assert not again.replayed


async def test_locked_prescription_is_shown_locked_until_it_is_given_back(client: HISClient) -> None:
    locked = await client.lock(LOCK, message_id="M1")
    assert locked.lock_number == "L1"
    assert timedelta(seconds=890) < locked.expires_at - datetime.now(wire.CHINA) <= timedelta(seconds=900)
    (one,) = await client.list_unpaid(ListUnpaid(patient_id="P1"), message_id="M2")
    assert one.pay_status == "LOCKED"
    assert await client.lock(LOCK, message_id="M3") == locked
    await client.unlock(Unlock(lock_number="L1"), message_id="M4")
    await client.unlock(Unlock(lock_number="L1"), message_id="M5")
    (one,) = await client.list_unpaid(ListUnpaid(patient_id="P1"), message_id="M6")
    assert one.pay_status == "UNPAID"


async def test_only_the_holder_of_a_lock_may_settle(client: HISClient, listed: Prescription) -> None:
    await client.lock(LOCK, message_id="M1")
    with pytest.raises(Refused) as refused:
        await client.confirm(confirmation_of(listed, lock_number="L2"), message_id="M2")
    assert refused.value.reason == Reason.LOCKED
    await client.confirm(confirmation_of(listed, lock_number="L1"), message_id="M3")


async def test_lock_runs_out(client: HISClient, clock: Clock, listed: Prescription) -> None:
    await client.lock(replace(LOCK, ttl_seconds=100), message_id="M1")
    clock.ahead = 90
    with pytest.raises(Refused):
        await client.lock(replace(LOCK, lock_number="L2"), message_id="M2")
    clock.ahead = 110
    await client.confirm(confirmation_of(listed), message_id="M3")


async def test_day_is_listed_page_by_page(client: HISClient, sandbox: HISSandbox) -> None:
    numbers = [f"RX{n}" for n in range(2, 6)]
    sandbox.load({"prescriptions": [prescription(number) for number in numbers]})
    for number in numbers:
        told = await client.get_prescription(GetPrescription(prescription_number=number), message_id="M1")
        await client.confirm(confirmation_of(told, number=f"S-{number}"), message_id="M2")
    day = ListDay(day=date(2025, 1, 2))
    first = await client.list_day(day, message_id="M3")
    assert (len(first.rows), first.count, first.total) == (3, 4, Decimal("122.00"))
    last = await client.list_day(replace(day, cursor=first.next_cursor), message_id="M4")
    assert last.next_cursor is None
    assert [row.settlement_number for row in first.rows + last.rows] == [f"S-{number}" for number in numbers]
    assert {(row.kind, row.at) for row in first.rows} == {("PAY", SETTLED_AT)}


async def test_refund_counts_against_its_day(client: HISClient, listed: Prescription) -> None:
    await client.confirm(confirmation_of(listed), message_id="M1")
    await client.cancel(CANCEL, message_id="M2")
    today = await client.list_day(ListDay(day=datetime.now(wire.CHINA).date()), message_id="M3")
    assert [(row.kind, row.amount) for row in today.rows] == [("REFUND", Decimal("30.50"))]
    assert today.total == Decimal("-30.50")


async def test_day_without_a_booking_is_an_answer(client: HISClient) -> None:
    day = await client.list_day(ListDay(day=date(2020, 1, 1)), message_id="M1")
    assert (day.rows, day.count, day.total) == ((), 0, Decimal(0))


async def test_journal_has_every_call_under_its_message_id(client: HISClient, journal: list[Exchange]) -> None:
    await client.query(QUERY, message_id="M-77")
    (kept,) = journal
    assert (kept.platform, kept.transaction, kept.message_id, kept.outcome) == ("his", "query", "M-77", "Answered")


async def test_prefix_of_the_base_url_is_called_but_not_signed(settings: HISSettings, sandbox: HISSandbox) -> None:
    other = HISClient(replace(settings, base_url=f"{settings.base_url}/behind/a/gateway"))
    assert (await other.query(QUERY, message_id="M1")).status == "NOT_FOUND"
    await other.close()


@pytest.mark.parametrize("changed", [{"app_id": "APP2"}, {"secret": "other"}])
async def test_stranger_is_refused(settings: HISSettings, sandbox: HISSandbox, changed: dict[str, str]) -> None:
    client = HISClient(replace(settings, **changed))  # type: ignore[arg-type]
    with pytest.raises(Refused) as refused:
        await client.query(QUERY, message_id="M1")
    await client.close()
    assert refused.value.reason == Reason.AUTHENTICATION
    assert refused.value.code in {"HIS-1001", "HIS-1004"}


async def test_refusals_tell_what_the_his_added(
    client: HISClient, sandbox: HISSandbox, listed: Prescription, other_lines: list[dict[str, Any]]
) -> None:
    await client.confirm(confirmation_of(listed), message_id="M1")
    with pytest.raises(Refused) as differs:
        await client.cancel(replace(CANCEL, amount=Decimal("1.00")), message_id="M2")
    assert differs.value.data == {"his_amount": Decimal("30.50")}
    with pytest.raises(Refused) as another:
        await client.confirm(confirmation_of(listed, number="S2"), message_id="M3")
    assert another.value.data == {"settlement_number": "S1"}
    assert another.value.reason == Reason.SETTLED_BY_ANOTHER
