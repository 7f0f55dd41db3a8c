from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import RedisDsn
from redis.asyncio import Redis

from app import cache
from app.cache import Cache
from tests.fixtures.hospital import free_port, until

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


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@pytest.fixture(scope="module")
def redis_url() -> Iterator[RedisDsn]:
    """A Redis of our own, where the machine has one."""
    if shutil.which("redis-server") is None:
        pytest.skip("there is no redis-server here")
    port = free_port()
    child = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "demo"],
        stdout=subprocess.DEVNULL,
        cwd=os.environ.get("TMPDIR", "/tmp"),  # it writes nothing
    )
    try:
        until(lambda: answers(port), "redis-server")
        yield RedisDsn(f"redis://:demo@127.0.0.1:{port}/3")
    finally:
        child.terminate()
        child.wait()


@pytest.fixture(params=["memory", "redis"])
async def kept(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    if url is not None:
        async with Redis.from_url(str(url)) as other:
            await other.flushdb()
    made = Cache(url)
    yield made
    await made.close()


async def test_an_answer_is_kept(kept: Cache) -> None:
    platform = Platform()
    assert [await kept.ask("a", platform.answer, an_hour) for _ in range(3)] == [{"asked": 1}] * 3


async def test_who_asks_afresh_gets_and_leaves_a_new_answer(kept: Cache) -> None:
    platform = Platform()
    await kept.ask("a", platform.answer, an_hour)
    assert await kept.ask("a", platform.answer, an_hour, fresh=True) == {"asked": 2}
    assert await kept.ask("a", platform.answer, an_hour) == {"asked": 2}


async def test_many_who_ask_at_once_ask_once(kept: Cache) -> None:
    platform = Platform()
    told = await asyncio.gather(*(kept.ask("a", platform.answer, an_hour) for _ in range(50)))
    assert (platform.asked, told) == (1, [{"asked": 1}] * 50)


async def test_what_does_not_last_is_not_kept(kept: Cache) -> None:
    platform = Platform()
    for _ in range(2):
        await kept.ask("a", platform.answer, lambda _: timedelta(0))
    assert platform.asked == 2


async def test_a_failure_is_not_kept(kept: Cache) -> None:
    platform = Platform()

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


async def test_two_processes_share_a_redis(redis_url: RedisDsn) -> None:
    one, other, platform = Cache(redis_url), Cache(redis_url), Platform()
    told = [await each.ask("shared", platform.answer, an_hour) for each in (one, other)]
    assert (platform.asked, told) == (1, [{"asked": 1}] * 2)
    await one.close()
    await other.close()


async def test_what_another_program_left_there_is_no_answer(redis_url: RedisDsn) -> None:
    async with Redis.from_url(str(redis_url)) as other:
        await other.set("yiqiao:odd", b"\xff not ours")
    kept, platform = Cache(redis_url), Platform()
    assert await kept.ask("odd", platform.answer, an_hour) == {"asked": 1}
    await kept.close()


async def test_the_platform_is_asked_while_the_cache_is_away() -> None:
    kept, platform = Cache(RedisDsn(f"redis://127.0.0.1:{free_port()}/0")), Platform()
    assert [await kept.ask("a", platform.answer, an_hour) for _ in range(2)] == [{"asked": 1}, {"asked": 2}]
    await kept.close()
