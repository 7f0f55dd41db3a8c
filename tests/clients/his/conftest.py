from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from clients.his.client import HISClient, HISSettings
from clients.his.messages import GetPrescription, Prescription
from clients.his.sandbox import HISSandbox
from clients.http import Exchange
from tests.clients.his.examples import APP, HOSPITAL, SECRET, Clock, Speaker, prescription
from tests.fixtures.serving import served


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def running(clock: Clock) -> Iterator[tuple[HISSandbox, str]]:
    sandbox = HISSandbox(app_id=APP, secret=SECRET, hospital_id=HOSPITAL, page_size=3, clock=clock)
    behind = Starlette(routes=[Mount("/behind/a/gateway", sandbox.app), Mount("/", sandbox.app)])
    with served(behind) as url:
        yield sandbox, url


@pytest.fixture
def sandbox(running: tuple[HISSandbox, str], clock: Clock) -> HISSandbox:
    clock.ahead = 0.0
    running[0].reset()
    running[0].load({"prescriptions": [prescription()]})
    return running[0]


@pytest.fixture
def settings(running: tuple[HISSandbox, str]) -> HISSettings:
    return HISSettings(base_url=running[1], app_id=APP, secret=SECRET, hospital_id=HOSPITAL, timeout=2.0)


@pytest.fixture
def journal() -> list[Exchange]:
    return []


@pytest.fixture
async def client(
    sandbox: HISSandbox, settings: HISSettings, journal: list[Exchange], anyio_backend: str
) -> AsyncIterator[HISClient]:
    async def keep(exchange: Exchange) -> None:
        journal.append(exchange)

    client = HISClient(settings, keep)
    yield client
    await client.close()


@pytest.fixture
async def impatient(sandbox: HISSandbox, settings: HISSettings, anyio_backend: str) -> AsyncIterator[HISClient]:
    client = HISClient(replace(settings, timeout=0.2))
    yield client
    await client.close()


@pytest.fixture
async def speaker(sandbox: HISSandbox, settings: HISSettings, anyio_backend: str) -> AsyncIterator[Speaker]:
    speaker = Speaker(settings.base_url)
    yield speaker
    await speaker.close()


@pytest.fixture
async def listed(client: HISClient) -> Prescription:
    return await client.get_prescription(GetPrescription(prescription_number="RX1"), message_id="M0")


@pytest.fixture
def other_lines() -> list[dict[str, Any]]:
    return [{**prescription()["items"][0], "quantity": "2", "amount": "40.00"}]
