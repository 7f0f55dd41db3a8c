"""7205 over real HTTP: where a parcel is, told to the insurance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients import faults, fields
from clients.errors import Garbled, Refused, Unanswered
from clients.insurance.core import sandbox as kinds
from clients.insurance.core.deliveries import RegionalDelivery, UploadDelivery
from clients.insurance.core.refusals import Reason
from clients.insurance.core.sandbox import CODES, TABLES, CoreSandboxSettings
from clients.insurance.core.sandbox_gateway import GatewayRules
from clients.insurance.core.wire import DELIVERY_STATES
from tests.clients.insurance_core.ends import BEGAN, Ends, both_ends, fresh_id, settings
from tests.fixtures.forms import GENERATED

pytestmark = pytest.mark.anyio

NUMBER = "RX350200000001"


def delivery(**changes: Any) -> UploadDelivery:
    told: dict[str, Any] = {
        "prescription_number": NUMBER,
        "delivery_number": "SF0000000000001",
        "carrier_code": "SF",
        "carrier_name": "顺丰速运",
        "state": "CREATED",
        "at": BEGAN,
    }
    return UploadDelivery(**told | changes)


async def upload(ends: Ends, **changes: Any) -> None:
    await ends.client.upload_delivery(delivery(**changes), message_id=fresh_id())


def booked(ends: Ends) -> Any:
    return ends.sandbox.books()["deliveries"]


@pytest.fixture(autouse=True)
def _prescribed(ends: Ends) -> None:
    ends.sandbox.load({"prescriptions": [NUMBER]})


async def test_states_of_a_parcel_come_under_one_number(ends: Ends) -> None:
    for hours, state in enumerate(("CREATED", "IN_TRANSIT", "SIGNED")):
        await upload(ends, state=state, at=BEGAN + timedelta(hours=hours))
    assert booked(ends) == [
        {
            "prescription_number": NUMBER,
            "number": "SF0000000000001",
            "carrier": "SF",
            "states": [
                ("10", "待揽收", "2026-11-23 09:00:00"),
                ("30", "运输中", "2026-11-23 10:00:00"),
                ("50", "已签收", "2026-11-23 11:00:00"),
            ],
        }
    ]


async def test_a_repeat_is_no_news(ends: Ends) -> None:
    await upload(ends)
    await upload(ends)
    assert len(booked(ends)[0]["states"]) == 1


@pytest.mark.parametrize(
    ("kind", "error", "arrived"),
    [
        (faults.LOST_REQUEST, Unanswered, 0),
        (faults.LOST_REPLY, Unanswered, 1),
        (faults.GATEWAY_ERROR, Unanswered, 0),
        (faults.GARBLED, Garbled, 1),
        (kinds.REFUSED, Refused, 0),
    ],
)
async def test_misbehaviour_has_its_error(ends: Ends, kind: str, error: type[Exception], arrived: int) -> None:
    ends.sandbox.faults.add("7205", kind, text="系统繁忙")
    with pytest.raises(error):
        await upload(ends)
    assert len(booked(ends)) == arrived
    await upload(ends)
    assert len(booked(ends)[0]["states"]) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"prescription_number": ""}, "hi_rxno"),
        ({"prescription_number": "R" * 31}, "hi_rxno"),
        ({"delivery_number": "S" * 31}, "delv_no"),
        ({"carrier_name": ""}, "delv_entp_name"),
        ({"carrier_code": "S" * 31}, "delv_entp_no"),
    ],
)
async def test_a_wrong_field_is_refused_by_name(ends: Ends, changes: Any, field: str) -> None:
    with pytest.raises(Refused) as refused:
        await upload(ends, **changes)
    assert refused.value.reason == Reason.FORM
    assert refused.value.message.startswith(f"data.{field}: ")
    assert booked(ends) == []


@pytest.mark.parametrize("changes", [{"prescription_number": "RX9"}, {"carrier_code": "ZTO"}])
async def test_another_prescription_or_carrier_is_refused(ends: Ends, changes: Any) -> None:
    await upload(ends)
    with pytest.raises(Refused):
        await upload(ends, **changes)
    assert len(booked(ends)) == 1


async def test_number_and_states_are_the_regions() -> None:
    states = {**DELIVERY_STATES} | {"SIGNED": ("77", "签收")}
    rules = CoreSandboxSettings(gateway=GatewayRules(kind="none"), delivery_transaction="P7205")
    region: dict[str, Any] = {"gateway": "none", "delivery_transaction": "P7205", "delivery_states": states}
    async with both_ends(rules, **region) as ends:
        ends.sandbox.load({"prescriptions": [NUMBER]})
        await upload(ends)
        with pytest.raises(Refused) as refused:
            await upload(ends, state="SIGNED")
        assert refused.value.message.startswith("data.delv_stas_codg: ")
        assert [exchange.transaction for exchange in ends.exchanges] == ["P7205"] * 2


@pytest.mark.parametrize(
    "states", [{}, {**DELIVERY_STATES} | {"LOST": ("1", "x")}, {**DELIVERY_STATES} | {"SIGNED": ("1234567", "x")}]
)
def test_wrong_states_of_a_region_stop_the_start(states: Any) -> None:
    with pytest.raises(ValueError, match="delivery_states"):
        settings("http://x", delivery_states=states)


@GENERATED
@given(
    number=st.text("0123456789ABCDEF", min_size=1, max_size=30),
    waybill=st.from_regex(r"[A-Z0-9-]{6,30}", fullmatch=True),
    state=st.sampled_from(list(DELIVERY_STATES)),
    at=st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_what_the_client_sends_always_passes_the_tables(number: str, waybill: str, state: str, at: datetime) -> None:
    told = delivery(prescription_number=number, delivery_number=waybill, state=state, at=at)
    sent = RegionalDelivery(told, settings("http://x")).to_wire()
    assert fields.check(TABLES["7205"]["in"], sent, CODES) == []
