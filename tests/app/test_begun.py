"""A sending that is begun at once, and awaited only if it must be."""

from __future__ import annotations

import asyncio

import pytest

from app.begun import Begun

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Line:
    """Something that sends when it is free, and keeps what became of each sending."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.told: list[str] = []

    async def send(self, text: str) -> None:
        try:
            await self.free.wait()
            if text == "bad":
                raise ValueError(text)
            await asyncio.sleep(0)
            self.told.append(text)
        except asyncio.CancelledError:
            self.told.append("cancelled")
            raise


async def at_once(text: str, told: list[str]) -> None:
    told.append(text)


async def test_what_need_not_wait_is_done_when_it_is_begun() -> None:
    told: list[str] = []
    assert Begun(at_once("now", told)).ended()
    assert told == ["now"]


async def test_what_must_wait_goes_on_in_a_task() -> None:
    line = Line()
    begun = Begun(line.send("later"))
    assert not begun.ended()
    task = asyncio.create_task(_awaited(begun))
    await asyncio.sleep(0)
    assert line.told == []
    line.free.set()
    await task
    assert line.told == ["later"]


async def test_an_error_of_the_sending_is_told_at_once_or_by_the_task() -> None:
    line = Line()
    line.free.set()
    with pytest.raises(ValueError, match="bad"):
        Begun(line.send("bad")).ended()
    line.free.clear()
    begun = Begun(line.send("bad"))
    assert not begun.ended()
    line.free.set()
    with pytest.raises(ValueError, match="bad"):
        await asyncio.create_task(_awaited(begun))


async def test_a_sending_hears_that_nobody_waits_any_more() -> None:
    line = Line()
    begun = Begun(line.send("never"))
    assert not begun.ended()
    task = asyncio.create_task(_awaited(begun))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert line.told == ["cancelled"]


async def _awaited(begun: Begun) -> None:
    await begun
