from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.clients.authorization.ends import Ends, both_ends


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def ends(anyio_backend: str) -> AsyncIterator[Ends]:
    async with both_ends() as opened:
        yield opened
