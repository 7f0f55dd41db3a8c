"""Live reads: one database read for a changed row, however many watch it.

Watchers of one row with the same plan and the same parameters (the same person, or staff of the same hospital)
are a group, and share one payload. A change marks the group; it reads once, and again only if another change came
meanwhile. What a viewer may see is asked by that very read, every time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import orjson
import structlog
from graphql import OperationType

from app.events import Hub, Topic
from app.tokens import Viewer
from resolvers.compiled import Fallback, Plans, Reader
from resolvers.compiled.plan import Plan

log = structlog.get_logger()
Deliver = Callable[[str | None], None]
AGAIN_SECONDS = 0.5
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A subscription as a client asks for it; `info` is what computed fields' resolvers get."""

    query: str
    operation: str | None
    variables: Mapping[str, Any]
    viewer: Viewer
    info: Any


@dataclass(slots=True, eq=False)
class Group:
    """Watchers that see the same; each `Deliver` gets the state as JSON, or None when there is nothing to see."""

    reader: Reader
    plan: Plan
    values: list[Any]
    viewer: Viewer
    info: Any
    members: set[Deliver] = field(default_factory=set)
    stale: bool = False
    refreshing: asyncio.Task[None] | None = None

    async def read(self) -> str | None:
        """The present state. Raises `Fallback` where only the ordinary road can tell."""
        data = self.plan.data(await self.reader.records(self.plan, self.values), self.viewer, self.info)
        return None if None in data.values() else orjson.dumps(data).decode()

    def touch(self) -> None:
        """There was a change: see to it that every member gets a state that is not older."""
        self.stale = True
        if self.refreshing is None:
            self.refreshing = asyncio.get_running_loop().create_task(self._refresh())

    async def _refresh(self) -> None:
        try:
            while self.stale and self.members:
                self.stale = False
                try:
                    state = await self._state()
                except AWAY as error:
                    log.warning("live.database_away", error=type(error).__name__)
                    self.stale = True
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                for deliver in tuple(self.members):
                    deliver(state)
        finally:
            self.refreshing = None

    async def _state(self) -> str | None:
        """A read that fails ends the watching: its clients come back, and begin with the present state.

        A database that is away is no failure of the read: it is asked again (raises one of `AWAY`).
        """
        try:
            return await self.read()
        except AWAY:
            raise
        except Exception:
            log.exception("live.failed")
            return None


class Live:
    """All live reads of a process."""

    def __init__(self, plans: Plans, reader: Reader, hub: Hub) -> None:
        self._plans = plans
        self._reader = reader
        self._hub = hub
        self._groups: dict[tuple[Any, ...], Group] = {}

    async def watch(self, ask: Ask, deliver: Deliver) -> tuple[str, Callable[[], None]]:
        """The present state as JSON, and how to end; `deliver` gets every later state.

        Raises `Fallback` where the ordinary road must answer: a document that is not compiled, a row that is not there.
        """
        plan, variables = self._plans.plan(
            ask.query, ask.operation, ask.variables, ask.viewer, OperationType.SUBSCRIPTION
        )
        topic, values = plan.watched(variables), plan.values(ask.viewer, variables)
        key = (topic, id(plan), tuple(values), ask.info.context.language)
        group = self._join(key, topic, Group(self._reader, plan, values, ask.viewer, ask.info))
        group.members.add(deliver)

        def end() -> None:
            group.members.discard(deliver)
            if not group.members and self._groups.pop(key, None) is not None:
                self._hub.forget(topic, group.touch)

        try:
            state = await group.read()
        except BaseException:
            end()
            raise
        if state is None:
            end()
            raise Fallback("absent")
        return state, end

    def _join(self, key: tuple[Any, ...], topic: Topic, new: Group) -> Group:
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = new
            self._hub.watch(topic, group.touch)
        return group
