from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app import cache
from app.cache import Cache

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Platform:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def answer(self) -> Any:
        self.asked += 1
        await asyncio.sleep(0)
        return {"asked": self.asked}


def an_hour(_: Any) -> timedelta:
    return timedelta(hours=1)


async def test_an_answer_is_kept() -> None:
    kept, platform = Cache(), Platform()
    assert [await kept.ask("a", platform.answer, an_hour) for _ in range(3)] == [{"asked": 1}] * 3


async def test_who_asks_afresh_gets_and_leaves_a_new_answer() -> None:
    kept, platform = Cache(), Platform()
    await kept.ask("a", platform.answer, an_hour)
    assert await kept.ask("a", platform.answer, an_hour, fresh=True) == {"asked": 2}
    assert await kept.ask("a", platform.answer, an_hour) == {"asked": 2}


async def test_many_who_ask_at_once_ask_once() -> None:
    kept, platform = Cache(), Platform()
    told = await asyncio.gather(*(kept.ask("a", platform.answer, an_hour) for _ in range(50)))
    assert (platform.asked, told) == (1, [{"asked": 1}] * 50)


async def test_what_does_not_last_is_not_kept() -> None:
    kept, platform = Cache(), Platform()
    for _ in range(2):
        await kept.ask("a", platform.answer, lambda _: timedelta(0))
    assert platform.asked == 2


async def test_a_failure_is_not_kept() -> None:
    kept, platform = Cache(), Platform()

    async def fail() -> Any:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await kept.ask("a", fail, an_hour)
    assert await kept.ask("a", platform.answer, an_hour) == {"asked": 1}


async def test_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 3)
    kept, platform = Cache(), Platform()
    for key in "abcd":
        await kept.ask(key, platform.answer, an_hour)
    await kept.ask("d", platform.answer, an_hour)
    assert platform.asked == 4
    await kept.ask("a", platform.answer, an_hour)
    assert platform.asked == 5
