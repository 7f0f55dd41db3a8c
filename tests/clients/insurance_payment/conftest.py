from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from clients.insurance.book import InsuranceBook, Profile
from clients.insurance.payment.client import InsurancePaymentClient, PaymentSettings
from clients.insurance.payment.sandbox import InsurancePaymentSandbox
from tests.clients.insurance_payment.examples import (
    APP_ID,
    APP_SECRET,
    HOSPITAL_KEY,
    INSTITUTION,
    PERSON,
    PLATFORM_PUBLIC,
    sandbox_settings,
    visit,
)
from tests.fixtures.serving import served


class Receiver:
    """The hospital's address for 6302: keeps what comes and answers as told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.accepts = True
        self.url = ""
        self.app = Starlette(routes=[Route("/notice", self._receive, methods=["POST"])])

    async def _receive(self, request: Request) -> JSONResponse:
        self.bodies.append(await request.body())
        return JSONResponse(InsurancePaymentClient.notice_answer(self.accepts, ""))

    def wait(self, count: int) -> list[bytes]:
        """The bodies, once there are that many."""
        until = time.monotonic() + 3
        while len(self.bodies) < count and time.monotonic() < until:
            time.sleep(0.005)
        return self.bodies


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with served(receiver.app) as base:
        receiver.url = f"{base}/notice"
        yield receiver


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[InsurancePaymentSandbox, str]]:
    sandbox = InsurancePaymentSandbox(InsuranceBook(), settings=sandbox_settings())
    with served(sandbox.app) as base:
        yield sandbox, base


@pytest.fixture
def receiver(running_receiver: Receiver) -> Receiver:
    running_receiver.bodies.clear()
    running_receiver.accepts = True
    return running_receiver


@pytest.fixture
def sandbox(running: tuple[InsurancePaymentSandbox, str], receiver: Receiver) -> InsurancePaymentSandbox:
    sandbox = running[0]
    sandbox.settings = sandbox_settings(callback_url=receiver.url)
    sandbox.book.reset()
    sandbox.book.profile = Profile.NATIONAL
    sandbox.reset()
    sandbox.load({"persons": [PERSON]})
    visit(sandbox.book)
    return sandbox


@pytest.fixture
def base(running: tuple[InsurancePaymentSandbox, str]) -> str:
    return running[1]


@pytest.fixture
def settings(base: str) -> PaymentSettings:
    return PaymentSettings(
        base_url=base,
        app_id=APP_ID,
        app_secret=APP_SECRET,
        private_key=HOSPITAL_KEY,
        platform_public_key=PLATFORM_PUBLIC,
        institution_code=INSTITUTION,
        timeout=2.0,
    )


@pytest.fixture
async def client(
    sandbox: InsurancePaymentSandbox, settings: PaymentSettings, anyio_backend: str
) -> AsyncIterator[InsurancePaymentClient]:
    client = InsurancePaymentClient(settings)
    yield client
    await client.close()


@pytest.fixture
async def hurried(
    sandbox: InsurancePaymentSandbox, settings: PaymentSettings, anyio_backend: str
) -> AsyncIterator[InsurancePaymentClient]:
    client = InsurancePaymentClient(replace(settings, timeout=0.15))
    yield client
    await client.close()


@pytest.fixture(scope="session")
def vectors() -> dict[str, dict[str, Any]]:
    loaded = json.loads((Path(__file__).parents[2] / "vectors" / "sm-envelope.json").read_text(encoding="utf-8"))
    return {vector["id"]: vector for vector in [*loaded["vectors"], *loaded["standard"]]}
