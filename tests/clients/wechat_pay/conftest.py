"""A sandbox and a place for its notices, both over real HTTP."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients.wechat_pay.client import WeChatPayClient, WeChatPaySettings
from clients.wechat_pay.demo import DemoKeys, demo_keys
from clients.wechat_pay.messages import Checkout
from clients.wechat_pay.sandbox import WeChatPaySandbox
from tests.fixtures.serving import served, served_at

Post = tuple[dict[str, str], bytes]


class Mailbox:
    """What was posted to our notify_url; `answers` are the statuses that it still gives before 204."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.answers: list[int] = []
        self.url = ""

    async def receive(self, request: Request) -> Response:
        self.posts.append((dict(request.headers), await request.body()))
        return Response(status_code=self.answers.pop(0) if self.answers else 204)

    def wait(self, count: int, seconds: float = 5.0) -> list[Post]:
        end = time.monotonic() + seconds
        while len(self.posts) < count and time.monotonic() < end:
            time.sleep(0.01)
        return list(self.posts)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def keys() -> DemoKeys:
    return demo_keys()


@pytest.fixture(scope="session")
def mailboxes() -> Iterator[Mailbox]:
    box = Mailbox()
    with served(Starlette(routes=[Route("/notices", box.receive, methods=["POST"])])) as url:
        box.url = f"{url}/notices"
        yield box


@pytest.fixture
def mailbox(mailboxes: Mailbox) -> Mailbox:
    mailboxes.posts.clear()
    mailboxes.answers.clear()
    return mailboxes


@pytest.fixture(scope="session")
def running(keys: DemoKeys) -> Iterator[tuple[WeChatPaySandbox, str]]:
    made: list[WeChatPaySandbox] = []

    def make(url: str) -> Starlette:
        made.append(
            WeChatPaySandbox(
                app_id="wx0000000000000001",
                merchant_id="1900000001",
                merchant_serial="5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
                merchant_public_key=keys.merchant_public_key,
                platform_serial="PUB_KEY_ID_0000000001",
                platform_private_key=keys.platform_private_key,
                api_v3_key=keys.api_v3_key,
                public_url=url,
            )
        )
        return made[0].app

    with served_at(make) as url:
        yield made[0], url


@pytest.fixture
def sandbox(running: tuple[WeChatPaySandbox, str]) -> WeChatPaySandbox:
    running[0].reset()
    running[0].clock = lambda: datetime.now(UTC)
    return running[0]


@pytest.fixture
def settings(keys: DemoKeys, running: tuple[WeChatPaySandbox, str], mailbox: Mailbox) -> WeChatPaySettings:
    return WeChatPaySettings(
        base_url=running[1],
        app_id="wx0000000000000001",
        merchant_id="1900000001",
        merchant_serial="5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        merchant_private_key=keys.merchant_private_key,
        platform_serial="PUB_KEY_ID_0000000001",
        platform_public_key=keys.platform_public_key,
        api_v3_key=keys.api_v3_key,
        notify_url=mailbox.url,
        timeout=5.0,
    )


@pytest.fixture
async def client(settings: WeChatPaySettings, sandbox: WeChatPaySandbox) -> AsyncIterator[WeChatPayClient]:
    client = WeChatPayClient(settings)
    yield client
    await client.close()


@pytest.fixture
def order() -> Checkout:
    return Checkout(
        trade_number="DEMO-00000001",
        description="图文问诊",
        amount=Decimal("30.50"),
        client_ip="203.0.113.7",
        expires_at=datetime.now(UTC) + timedelta(minutes=15),
    )


@pytest.fixture
def press() -> Callable[..., httpx.Response]:
    """Open a page (no action) or press one of its buttons."""

    def press(url: str, action: str = "pay", **form: str) -> httpx.Response:
        if not action:
            return httpx.get(url, params=form, trust_env=False)
        return httpx.post(url, data={"action": action, **form}, trust_env=False)

    return press
