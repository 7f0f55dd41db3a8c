"""The port: what the hospital needs of whoever tells where a parcel is (获取物流信息结果, tender 22).

Another provider is one more folder here with a class of this shape, and one line in `app/composition.py`.
"""

from __future__ import annotations

from typing import Any, Protocol

from clients.carriers.messages import Push, Track, Tracking


class Carrier(Protocol):
    """Tells of the parcels of many carriers. Each method that asks raises a `PlatformError` of `clients.errors`.

    Both questions change nothing but what is told: after `Unanswered` they are simply asked again.
    """

    def knows(self, company: str) -> bool:
        """Whether parcels of this carrier (a code of `COMPANIES`) can be followed."""
        ...

    def needs_phone(self, company: str) -> bool:
        """Whether this carrier tells only whoever knows the end of the receiver's or the sender's telephone."""
        ...

    async def track(self, request: Track, *, message_id: str) -> Tracking | None:
        """Everything that happened to a parcel so far; None: nothing is known of it yet."""
        ...

    @property
    def pushes(self) -> bool:
        """Whether the provider is asked to tell of changes by itself."""
        ...

    async def subscribe(self, request: Track, *, message_id: str) -> None:
        """Have changes of a parcel told by themselves; a repeat is as good as the first."""
        ...

    def read_push(self, body: bytes) -> Push:
        """Verify and read what was posted to us. Raises `Garbled`."""
        ...

    def push_answer(self, taken: bool, text: str) -> dict[str, Any]:
        """What the provider is answered."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
