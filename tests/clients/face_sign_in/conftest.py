"""A client and a face sign-in sandbox, joined over real HTTP, for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from clients.face_sign_in.client import FaceSignInClient, FaceSignInSettings
from clients.face_sign_in.sandbox import FaceSignInSandbox
from clients.http import Exchange
from tests.fixtures.serving import served

DOCTOR = "D350200000001"


@dataclass
class Clock:
    """The platform's time."""

    ahead: float = 0.0

    def __call__(self) -> float:
        import time

        return time.time() + self.ahead


@dataclass
class Ends:
    client: FaceSignInClient
    sandbox: FaceSignInSandbox
    url: str
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ends(anyio_backend: str) -> AsyncIterator[Ends]:
    clock = Clock()
    sandbox = FaceSignInSandbox(app_id="app", secret="a secret", public_url="", clock=clock)
    sandbox.load({"doctors": [{"code": DOCTOR, "name": "测试<医师>"}, {"code": "D2", "name": "乙"}]})
    exchanges: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        settings = FaceSignInSettings(base_url=url, app_id="app", secret="a secret", timeout=5)
        client = FaceSignInClient(settings, journal)
        try:
            yield Ends(client, sandbox, url, clock, exchanges)
        finally:
            await client.close()
