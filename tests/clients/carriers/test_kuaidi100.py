"""快递100 over real HTTP: the query, the subscription, the push, and how it misbehaves."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from clients import faults
from clients.carriers.kuaidi100 import messages, sandbox_pushes, wire
from clients.carriers.kuaidi100 import sandbox as kinds
from clients.carriers.kuaidi100.client import Kuaidi100Client, Kuaidi100Settings
from clients.carriers.kuaidi100.refusals import Reason
from clients.carriers.messages import COMPANIES, ParcelState, Push, Track, Tracking
from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.fields import codes
from clients.insurance.core.wire import DELIVERY_STATES
from tests.clients.carriers.conftest import CUSTOMER, KEY, SALT, Ends
from tests.fixtures.hospital import until

pytestmark = pytest.mark.anyio

PARCEL = Track(company="ZTO", waybill_number="ZT0001")
SF = Track(company="SF", waybill_number="SF0000000000001", phone_tail="0001")


async def track(ends: Ends, parcel: Track = PARCEL) -> Tracking | None:
    return await ends.client.track(parcel, message_id=uuid4().hex)


async def known(ends: Ends, parcel: Track = PARCEL) -> Tracking:
    told = await track(ends, parcel)
    assert told is not None
    return told


async def subscribe(ends: Ends, parcel: Track = PARCEL) -> None:
    await ends.client.subscribe(parcel, message_id=uuid4().hex)


def test_the_signature_of_the_protocol() -> None:
    param = '{"com":"shunfeng","num":"SF0000000000001","phone":"0001"}'
    assert wire.query_signature(param, "KEYKEYKEY", "CUSTOMER1") == "970A97FE08D9CA182749A7259E620312"


def test_every_carrier_of_ours_has_a_code_there() -> None:
    assert messages.CODES_OF_COMPANIES.keys() == COMPANIES.keys()
    assert sorted(messages.CODES_OF_COMPANIES.values()) == sorted(codes(wire.CODES)["company"])


def test_a_state_is_called_the_same_everywhere() -> None:
    assert list(ParcelState) == list(DELIVERY_STATES)


async def test_events_come_oldest_first_with_codes_and_places(ends: Ends) -> None:
    ends.hand_in()
    ends.move("1", ago=60)
    ends.sandbox.load({"moves": [{"company": "zhongtong", "number": "ZT0001", "code": "0", "location": "厦门"}]})
    told = await known(ends)
    assert told.state == ParcelState.IN_TRANSIT
    assert [(node.raw_code, node.state, node.location) for node in told.nodes] == [
        ("1", ParcelState.PICKED_UP, None),
        ("0", ParcelState.IN_TRANSIT, "厦门"),
    ]
    assert told.nodes[1].at - told.nodes[0].at == timedelta(seconds=60)
    assert told.nodes[0].at.utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    ("code", "state"),
    [*messages.STATES.items(), ("99", None)],
)
async def test_every_code_has_its_state(ends: Ends, code: str, state: ParcelState | None) -> None:
    ends.hand_in()
    ends.move(code, text="节点")
    told = await known(ends)
    assert (told.state, told.nodes[0].state, told.nodes[0].raw_code) == (state, state, code)


async def test_a_parcel_of_which_nothing_is_known_yet_is_no_failure(ends: Ends) -> None:
    assert await track(ends) is None
    ends.hand_in()
    assert await track(ends) is None


@pytest.mark.parametrize("kind", [kinds.REPEATED, kinds.SHUFFLED])
async def test_order_and_repetition_of_events_are_read(ends: Ends, kind: str) -> None:
    ends.hand_in()
    for code, ago in (("1", 30), ("0", 20), ("5", 10)):
        ends.move(code, ago=ago)
    ends.sandbox.faults.add("query", kind)
    told = await known(ends)
    assert [node.raw_code for node in dict.fromkeys(told.nodes)] == ["1", "0", "5"]


async def test_events_without_codes_leave_the_parcels_own(ends: Ends) -> None:
    ends.hand_in()
    ends.move("5")
    ends.sandbox.faults.add("query", kinds.BARE)
    told = await known(ends)
    assert (told.state, told.nodes[0].state, told.nodes[0].raw_code) == (ParcelState.OUT_FOR_DELIVERY, None, "")


async def test_sf_tells_whoever_knows_the_telephone(ends: Ends) -> None:
    ends.hand_in("shunfeng", SF.waybill_number, "10000000001")
    ends.move("1", "shunfeng", SF.waybill_number)
    assert ends.client.needs_phone("SF")
    assert not ends.client.needs_phone("ZTO")
    assert (await known(ends, SF)).state == ParcelState.PICKED_UP
    for tail in (None, "9999"):
        with pytest.raises(Refused) as refused:
            await track(ends, Track(company="SF", waybill_number=SF.waybill_number, phone_tail=tail))
        assert refused.value.reason == Reason.PHONE
        assert refused.value.message.startswith("phone: ")


@pytest.mark.parametrize("transaction", ["query", "subscribe"])
@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (faults.LOST_REQUEST, "", Unanswered),
        (faults.LOST_REPLY, "", Unanswered),
        (faults.GATEWAY_ERROR, "", Unanswered),
        (faults.GARBLED, "", Garbled),
        (kinds.REFUSED, "601 key已过期", Refused),
        (kinds.REFUSED, "502 服务器繁忙", Unanswered),
    ],
)
async def test_misbehaviour_has_its_error(
    ends: Ends, transaction: str, kind: str, text: str, error: type[Exception]
) -> None:
    ends.hand_in()
    ends.move("0")
    ends.sandbox.faults.add(transaction, kind, text=text)
    with pytest.raises(error):
        await (track(ends) if transaction == "query" else subscribe(ends))


async def test_wrong_credentials_are_refused(ends: Ends) -> None:
    for customer, key in ((CUSTOMER, "another"), ("another", KEY)):
        settings = Kuaidi100Settings(base_url=ends.url, customer=customer, key=key, callback_url="http://x", salt="s")
        client = Kuaidi100Client(settings)
        with pytest.raises(Refused) as refused:
            await client.track(PARCEL, message_id="1")
        assert refused.value.reason == Reason.AUTHENTICATION
        if key != KEY:
            with pytest.raises(Refused) as refused:
                await client.subscribe(PARCEL, message_id="1")
            assert refused.value.reason == Reason.AUTHENTICATION
        await client.close()


async def test_nothing_leaves_for_a_platform_that_is_away() -> None:
    client = Kuaidi100Client(Kuaidi100Settings(base_url="http://127.0.0.1:9", customer="c", key="k"))
    with pytest.raises(NotSent):
        await client.track(PARCEL, message_id="1")
    await client.close()


async def test_an_answer_about_another_parcel_is_garbled(ends: Ends) -> None:
    ends.hand_in()
    ends.move("0")
    parcel = ends.sandbox.parcels.find("zhongtong", "ZT0001")
    assert parcel is not None
    parcel.number = "ZT9999"
    with pytest.raises(Garbled):
        await track(ends)


async def test_a_subscribed_parcel_is_pushed_with_each_change(ends: Ends) -> None:
    ends.hand_in()
    await subscribe(ends)
    await subscribe(ends)  # 501 重复订阅 is as asked
    ends.move("1")
    until(lambda: ends.pushed, "the push")
    push = ends.client.read_push(ends.pushed[0])
    assert push == Push(company="ZTO", waybill_number="ZT0001", given_up=False)


async def test_who_gives_up_says_so(ends: Ends) -> None:
    ends.hand_in()
    await subscribe(ends)
    ends.sandbox.faults.add("push", sandbox_pushes.ABORTED)
    ends.move("0")
    until(lambda: ends.pushed, "the push")
    assert ends.client.read_push(ends.pushed[0]).given_up
    ends.move("5")
    assert len(ends.pushed) == 1


@pytest.mark.parametrize(
    ("kind", "count", "verified"),
    [(sandbox_pushes.TWICE, 2, 2), (sandbox_pushes.FORGED, 2, 1), (sandbox_pushes.NEVER, 0, 0)],
)
async def test_pushes_misbehave_on_demand(ends: Ends, kind: str, count: int, verified: int) -> None:
    ends.hand_in()
    await subscribe(ends)
    ends.sandbox.faults.add("push", kind)
    ends.move("1")
    if count:
        until(lambda: len(ends.pushed) == count, "the pushes")
    assert sum(_verified(ends.client, body) for body in ends.pushed) == verified


def _verified(client: Kuaidi100Client, body: bytes) -> bool:
    try:
        client.read_push(body)
    except Garbled:
        return False
    return True


def pushed(param: str, sign: str | None = None) -> bytes:
    return wire.form(sign=wire.push_signature(param, SALT) if sign is None else sign, param=param)


GOOD = wire.dump({"status": "polling", "lastResult": {"com": "zhongtong", "nu": "ZT0001", "data": []}})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"param=%7B%7D",
        pushed(GOOD, ""),
        pushed(GOOD, "0" * 32),
        pushed(GOOD) + b"&param=%7B%7D",
        pushed("[]"),
        pushed(GOOD.replace("polling", "whatever")),
        pushed(GOOD.replace("ZT0001", "")),
        pushed("[" * 100_000),
    ],
)
async def test_a_push_that_cannot_be_believed_is_garbled(ends: Ends, body: bytes) -> None:
    assert _verified(ends.client, pushed(GOOD))
    assert _verified(ends.client, pushed(GOOD, wire.push_signature(GOOD, SALT).lower()))
    with pytest.raises(Garbled):
        ends.client.read_push(body)


def test_an_address_for_pushes_needs_a_salt() -> None:
    for salt in ("", "s" * 33):
        with pytest.raises(ValueError, match="salt"):
            Kuaidi100Settings(customer="c", key="k", callback_url="https://x", salt=salt)


async def test_without_a_salt_no_push_is_believed() -> None:
    client = Kuaidi100Client(Kuaidi100Settings(customer="c", key="k"))
    assert not client.pushes
    assert not _verified(client, wire.form(sign=wire.push_signature(GOOD, ""), param=GOOD))
    with pytest.raises(ValueError, match="callback_url"):
        await client.subscribe(PARCEL, message_id="1")
    await client.close()


async def test_an_exchange_tells_no_telephone_and_no_key(ends: Ends) -> None:
    parcel = Track(company="SF", waybill_number="SF0000000000001", phone_tail="7391")
    assert await track(ends, parcel) is None
    await subscribe(ends, parcel)
    assert [exchange.outcome for exchange in ends.exchanges] == ["Refused", "Answered"]
    assert "7391" not in repr((parcel, [(each.transaction, each.raw) for each in ends.exchanges]))
    assert KEY not in repr((ends.exchanges, ends.client._settings))
