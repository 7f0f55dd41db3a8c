"""What a platform told, for as long as it holds: aiocache, in memory or in Redis, bounded, one asking at a time.

Values are what JSON can say. A cache is never the truth: whoever must know now asks with `fresh`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from aiocache import Cache as Backends
from aiocache import SimpleMemoryCache
from aiocache.base import BaseCache
from aiocache.serializers import JsonSerializer

from app.single_flight import SingleFlight

MOST = 10_000


class BoundedMemory(SimpleMemoryCache):  # type: ignore[misc]  # aiocache is untyped
    """The memory of this process; the oldest entry makes room for a new one."""

    async def _set(self, key: str, value: Any, ttl: float | None = None, **more: Any) -> Any:
        if key not in self._cache and len(self._cache) >= MOST:
            await self._delete(next(iter(self._cache)))
        return await super()._set(key, value, ttl=ttl, **more)


class Cache:
    """By default in memory; `redis://host:port/db` shares one between processes (it needs the package `redis`)."""

    def __init__(self, url: str | None = None) -> None:
        self._kept: BaseCache = Backends.from_url(url) if url else BoundedMemory()
        self._kept.serializer = JsonSerializer()
        self._flights = SingleFlight()

    async def ask(
        self,
        key: str,
        answer: Callable[[], Awaitable[Any]],
        lasts: Callable[[Any], timedelta],
        *,
        fresh: bool = False,
    ) -> Any:
        """The kept answer to `key`, or the one of `answer`, kept for as long as `lasts` says; failures are not kept."""
        kept = None if fresh else await self._kept.get(key)
        return kept if kept is not None else await self._flights.ask(key, lambda: self._asked(key, answer, lasts))

    async def close(self) -> None:
        """Give the connections back."""
        await self._kept.close()

    async def _asked(self, key: str, answer: Callable[[], Awaitable[Any]], lasts: Callable[[Any], timedelta]) -> Any:
        told = await answer()
        seconds = int(lasts(told).total_seconds())
        if seconds > 0:
            await self._kept.set(key, told, ttl=seconds)
        return told
