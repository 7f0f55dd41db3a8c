"""9001 医保签到: one sign-in number for this process, renewed when the day changes or the platform forgets it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from app import clock, numbers
from clients.errors import Refused
from clients.insurance.core.client import InsuranceCoreClient
from clients.insurance.core.persons import SignIn as Request
from clients.insurance.core.refusals import Reason
from clients.insurance.core.wire import message_id

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Who signs in: the operator number, and the address of the machine as the platform has it on record."""

    operator: str
    mac_address: str
    ip_address: str


class SignIn:
    """The present sign-in; `required` off means that the region wants none, and the number is empty."""

    def __init__(self, core: InsuranceCoreClient, institution: str, terminal: Terminal, *, required: bool) -> None:
        self._core = core
        self._institution = institution
        self._terminal = terminal
        self._required = required
        self._number = ""
        self._day: date | None = None
        self._lock = asyncio.Lock()

    async def number(self) -> str:
        """The sign-in number for an envelope."""
        if not self._required:
            return ""
        async with self._lock:
            if self._day != clock.day_of(clock.now()):
                await self._sign_in()
            return self._number

    async def message_id(self) -> str:
        """A number for one request to the core: institution, time, sequence (insurance.md 3.1)."""
        return message_id(self._institution, clock.now(), await numbers.message_sequence())

    def forget(self) -> None:
        """The platform does not know our number any more: sign in before the next call."""
        self._day = None

    async def _sign_in(self) -> None:
        moment = clock.now()
        signed = await self._core.sign_in(
            Request(
                operator=self._terminal.operator,
                mac_address=self._terminal.mac_address,
                ip_address=self._terminal.ip_address,
            ),
            message_id=message_id(self._institution, moment, await numbers.message_sequence()),
        )
        self._number, self._day = signed.sign_number, clock.day_of(moment)


async def signed_in(sign_in: SignIn, call: Callable[[str, str], Awaitable[T]]) -> T:
    """`call` with a sign-in number and a message id; once more with new ones where the platform forgot our sign-in.

    Raises as `call` does.
    """
    try:
        return await call(await sign_in.number(), await sign_in.message_id())
    except Refused as refused:
        if refused.reason != Reason.SIGN_IN_REQUIRED:
            raise
    sign_in.forget()
    return await call(await sign_in.number(), await sign_in.message_id())
