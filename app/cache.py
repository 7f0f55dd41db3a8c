"""What a platform told, for as long as it holds: aiocache, in memory or in Redis, bounded, one asking at a time.

Values are what JSON can say. A cache is never the truth: whoever must know now asks with `fresh`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import structlog
from aiocache import RedisCache, SimpleMemoryCache
from aiocache.base import BaseCache
from aiocache.serializers import JsonSerializer
from pydantic import RedisDsn
from redis import RedisError

from app.single_flight import SingleFlight

log = structlog.get_logger()
MOST = 10_000
PATIENCE_SECONDS = 1.0
AWAY = (OSError, TimeoutError, RedisError, ValueError)  # ValueError: what is there is nothing that we wrote


class BoundedMemory(SimpleMemoryCache):  # type: ignore[misc]  # aiocache is untyped
    """The memory of this process; the oldest entry makes room for a new one."""

    async def _set(self, key: str, value: Any, ttl: float | None = None, **more: Any) -> Any:
        if key not in self._cache and len(self._cache) >= MOST:
            await self._delete(next(iter(self._cache)))
        return await super()._set(key, value, ttl=ttl, **more)


class SharedRedis(RedisCache):  # type: ignore[misc]  # aiocache is untyped
    """aiocache's, whose closing leaves the connections of the pool open."""

    async def _close(self, *args: Any, **more: Any) -> None:
        await self.client.connection_pool.disconnect()


def backend(url: RedisDsn | None) -> BaseCache:
    """Where answers are kept: the memory of this process, or a Redis that several processes share."""
    if url is None:
        return BoundedMemory(serializer=JsonSerializer())
    return SharedRedis(
        endpoint=url.host,
        port=url.port,
        db=int((url.path or "/").removeprefix("/") or 0),
        password=url.password,
        ssl=url.scheme == "rediss",
        create_connection_timeout=PATIENCE_SECONDS,
        connection_pool_kwargs={"username": url.username} if url.username else None,
        timeout=PATIENCE_SECONDS,
        namespace="yiqiao:",
        serializer=JsonSerializer(),
    )


class Cache:
    """In memory, or in Redis. One that is away, or has nonsense, has nothing: the platform is asked."""

    def __init__(self, url: RedisDsn | None = None) -> None:
        self._kept = backend(url)
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
        kept = None if fresh else await self._tried(self._kept.get(key))
        return kept if kept is not None else await self._flights.ask(key, lambda: self._asked(key, answer, lasts))

    async def close(self) -> None:
        """Give the connections back."""
        await self._tried(self._kept.close())

    async def _asked(self, key: str, answer: Callable[[], Awaitable[Any]], lasts: Callable[[Any], timedelta]) -> Any:
        told = await answer()
        seconds = int(lasts(told).total_seconds())
        if seconds > 0:
            await self._tried(self._kept.set(key, told, ttl=seconds))
        return told

    async def _tried(self, act: Awaitable[Any]) -> Any:
        try:
            return await act
        except AWAY as error:
            log.warning("cache.away", error=type(error).__name__)
            return None
