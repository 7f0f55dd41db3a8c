"""Equal questions at the same time are asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")
Key = tuple[asyncio.AbstractEventLoop, Hashable]


class SingleFlight:
    """Whoever asks while the same question is under way gets its answer; nothing is kept after that."""

    def __init__(self) -> None:
        self._flights: dict[Key, asyncio.Task[Any]] = {}

    async def ask(self, key: Hashable, answer: Callable[[], Awaitable[T]]) -> T:
        """The answer to `key`, by `answer` if nobody else is asking. A caller who leaves does not end it for others."""
        place = (asyncio.get_running_loop(), key)
        flight = self._flights.get(place)
        if flight is None:
            flight = self._flights[place] = asyncio.ensure_future(_begun(answer))
            flight.add_done_callback(lambda done: self._land(place, done))
        told: T = await asyncio.shield(flight)
        return told

    def _land(self, place: Key, done: asyncio.Task[Any]) -> None:
        del self._flights[place]
        if not done.cancelled():
            done.exception()  # whoever still waits is told; if nobody does, nobody needs to be


async def _begun(answer: Callable[[], Awaitable[T]]) -> T:
    return await answer()
