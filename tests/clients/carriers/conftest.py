"""A client and a 快递100 sandbox, joined over real HTTP, and a place where pushes arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from clients.carriers.kuaidi100.client import Kuaidi100Client, Kuaidi100Settings
from clients.carriers.kuaidi100.sandbox import Kuaidi100Sandbox
from clients.http import Exchange
from tests.fixtures.serving import served

CUSTOMER, KEY, SALT = "CUSTOMER1", "KEYKEYKEY", "0123456789abcdef"


@dataclass
class Ends:
    client: Kuaidi100Client
    sandbox: Kuaidi100Sandbox
    url: str
    exchanges: list[Exchange] = field(default_factory=list)
    pushed: list[bytes] = field(default_factory=list)

    def hand_in(self, company: str = "zhongtong", number: str = "ZT0001", phone: str = "") -> None:
        self.sandbox.load({"parcels": [{"company": company, "number": number, "phone": phone}]})

    def move(self, code: str, company: str = "zhongtong", number: str = "ZT0001", **more: Any) -> None:
        self.sandbox.load({"moves": [{"company": company, "number": number, "code": code} | more]})


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def inbox() -> Iterator[tuple[str, list[bytes]]]:
    """An address that takes pushes."""
    pushed: list[bytes] = []

    async def take(request: Request) -> Response:
        pushed.append(await request.body())
        return JSONResponse({"result": True, "returnCode": "200", "message": "成功"})

    with served(Starlette(routes=[Route("/push", take, methods=["POST"])])) as url:
        yield f"{url}/push", pushed


@pytest.fixture
async def ends(anyio_backend: str, inbox: tuple[str, list[bytes]]) -> AsyncIterator[Ends]:
    sandbox = Kuaidi100Sandbox(customer=CUSTOMER, key=KEY)
    exchanges: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        settings = Kuaidi100Settings(
            base_url=url, customer=CUSTOMER, key=KEY, callback_url=inbox[0], salt=SALT, timeout=5
        )
        client = Kuaidi100Client(settings, journal)
        try:
            yield Ends(client, sandbox, url, exchanges, inbox[1])
        finally:
            await client.close()
