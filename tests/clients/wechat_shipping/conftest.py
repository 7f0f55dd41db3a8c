"""A client and a sandbox of 发货信息管理, joined over real HTTP, with a few payments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from clients.http import Exchange
from clients.wechat_shipping.client import WeChatShippingClient, WeChatShippingSettings
from clients.wechat_shipping.sandbox import PaidOrder, WeChatShippingSandbox
from tests.fixtures.serving import served

APP, SECRET, MERCHANT = "wx0", "a secret", "1900000001"
PAYMENTS = {
    "S0001": PaidOrder(transaction_id="T1", open_id="o1"),
    "S0002": PaidOrder(transaction_id="T2", open_id="o2", refunded=True),
}


@dataclass
class Clock:
    """The platform's time."""

    ahead: float = 0.0

    def __call__(self) -> float:
        import time

        return time.time() + self.ahead


@dataclass
class Ends:
    client: WeChatShippingClient
    sandbox: WeChatShippingSandbox
    url: str
    clock: Clock
    exchanges: list[Exchange] = field(default_factory=list)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ends(anyio_backend: str) -> AsyncIterator[Ends]:
    clock = Clock()
    sandbox = WeChatShippingSandbox(
        app_id=APP, app_secret=SECRET, merchant_id=MERCHANT, payments=PAYMENTS.get, clock=clock
    )
    exchanges: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        exchanges.append(exchange)

    with served(sandbox.app) as url:
        settings = WeChatShippingSettings(base_url=url, app_id=APP, app_secret=SECRET, merchant_id=MERCHANT, timeout=5)
        client = WeChatShippingClient(settings, journal)
        try:
            yield Ends(client, sandbox, url, clock, exchanges)
        finally:
            await client.close()
