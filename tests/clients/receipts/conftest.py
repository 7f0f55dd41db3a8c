"""One sandbox behind a real server for all tests of this folder; it forgets everything before each test."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from clients.receipts import wire
from clients.receipts.client import BosiClient, BosiSettings
from clients.receipts.messages import Channel, Charge, Detail, IssueReceipt
from clients.receipts.sandbox import BosiSandbox
from tests.fixtures.serving import address, listening, serving

APP_ID, KEY, PLACE = "TESTHOSP0000001", "0123456789abcdef0123456789", "HLW01"

Issue = Callable[..., IssueReceipt]
Post = Callable[..., wire.Told]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def installation() -> Iterator[BosiSandbox]:
    listener = listening()
    sandbox = BosiSandbox(app_id=APP_ID, key=KEY, place_codes=[PLACE], public_url=address(listener))
    with serving(sandbox.app, listener, lifespan="off"):
        yield sandbox


@pytest.fixture
def sandbox(installation: BosiSandbox) -> BosiSandbox:
    installation.reset()
    return installation


@pytest.fixture
def settings(sandbox: BosiSandbox) -> BosiSettings:
    return BosiSettings(
        base_url=sandbox.public_url,
        app_id=APP_ID,
        key=KEY,
        place_code=PLACE,
        payee="收费员甲",
        author="编制人乙",
        checker="复核人丙",
        medical_institution="三级甲等",
    )


@pytest.fixture
async def client(settings: BosiSettings) -> AsyncIterator[BosiClient]:
    client = BosiClient(settings)
    yield client
    await client.close()


@pytest.fixture
def issue() -> Issue:
    def make(**changed: Any) -> IssueReceipt:
        return dataclasses.replace(_RECEIPT, **changed)

    return make


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as http:
        yield http


@pytest.fixture
def post(sandbox: BosiSandbox, http: httpx.Client) -> Post:
    """Send a business object, or a changed envelope around it, as any program might."""
    seal = wire.Seal(APP_ID, KEY)
    noises = iter(range(1, 1_000_000))

    def send(method: str, message: dict[str, Any], **envelope: Any) -> wire.Told:
        body = wire.object_of(wire.request(message, f"noise-{next(noises)}", seal).decode()) | envelope
        path = f"{sandbox.public_url}/medical-web/api/medical/{method}"
        response = http.post(path, json={name: value for name, value in body.items() if value is not None})
        assert response.status_code == 200
        return wire.read_answer(response.content, dataclasses.replace(seal, app_id=envelope.get("appid") or APP_ID))

    return send


_RECEIPT = IssueReceipt(
    business_number="OP20260105000001",
    kind="OUTPATIENT",
    issued_at=datetime(2026, 1, 5, 1, 2, 3, 456789, tzinfo=UTC),
    payer="测试患者",
    id_number="110101199001010000",
    telephone="13000000000",
    gender="女",
    age="36岁",
    card_type="3101",
    card_number="T0000001",
    insurance_type="310",
    insurance_settlement_id="SETL0001",
    consultation_on=date(2026, 1, 5),
    department_code="0301",
    department_name="呼吸内科",
    visit_number="V0001",
    patient_id="P0001",
    record_number="R0001",
    total=Decimal("70.5"),
    fund=Decimal("30.00"),
    account=Decimal("20.00"),
    other_fund=Decimal("5.00"),
    own_pay=Decimal("10.00"),
    self_burden=Decimal("3.50"),
    self_pay=Decimal("2.00"),
    cash=Decimal("15.50"),
    channels=(
        Channel(kind="INSURANCE_FUND", amount=Decimal("35.00")),
        Channel(kind="INSURANCE_ACCOUNT", amount=Decimal("20.00")),
        Channel(kind="WECHAT", amount=Decimal("15.50")),
    ),
    charges=(
        Charge(
            code="02",
            name="诊察费",
            unit="项",
            price=Decimal(50),
            quantity=Decimal(1),
            amount=Decimal(50),
            self_amount=Decimal(0),
        ),
        Charge(
            code="09",
            name="西药费",
            unit="项",
            price=Decimal("20.5"),
            quantity=Decimal(1),
            amount=Decimal("20.5"),
            self_amount=Decimal("10"),
        ),
    ),
    details=(
        Detail(
            serial="1",
            charge_code="02",
            charge_name="诊察费",
            code="Z001",
            name="互联网复诊",
            spec=None,
            unit="次",
            price=Decimal(50),
            quantity=Decimal(1),
            amount=Decimal(50),
            self_amount=Decimal(0),
            insurance_code="001101000010000",
            insurance_name="互联网复诊",
        ),
        Detail(
            serial="2",
            charge_code="09",
            charge_name="西药费",
            code="Y001",
            name="测试片",
            spec="10mg*7",
            unit="盒",
            price=Decimal("10.125"),
            quantity=Decimal(2),
            amount=Decimal("20.25"),
            self_amount=Decimal("10"),
            prescription_number="RX1",
        ),
        Detail(
            serial="3",
            charge_code="09",
            charge_name="西药费",
            code="Y002",
            name="测试胶囊",
            spec="5mg*7",
            unit="粒",
            price=Decimal("0.25"),
            quantity=Decimal(1),
            amount=Decimal("0.25"),
            self_amount=Decimal(0),
        ),
    ),
)
