"""The port: how a patient consents to be insured online, whoever shows the page (insurance.md 6, A3)."""

from __future__ import annotations

from typing import Protocol

from clients.authorization.messages import Authorization, RedeemCode


class AuthorizationGateway(Protocol):
    """Each call raises a `PlatformError` of `clients.errors`; `message_id` is new for every call."""

    def page(self) -> str:
        """Where the patient consents: an address, or a mini-program's path. Asks nobody."""
        ...

    async def redeem(self, request: RedeemCode, *, message_id: str) -> Authorization:
        """What the code that came back from the page stands for."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
