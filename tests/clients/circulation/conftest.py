"""A client and a sandbox of each channel, joined over real HTTP, for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.clients.circulation.examples import Centre, Core, centre, older


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ends(anyio_backend: str) -> AsyncIterator[Centre]:
    async with centre() as both:
        yield both


@pytest.fixture
async def core(anyio_backend: str) -> AsyncIterator[Core]:
    async with older() as both:
        yield both
