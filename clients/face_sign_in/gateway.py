"""Adapter point A1 (insurance.md 6): what the hospital needs of any face sign-in of doctors.

No public protocol exists in any province. Another platform is one more class of this shape, and one line in
`app/composition.py`. Every method takes the `message_id` of the attempt and raises `Refused`, `NotSent`,
`Unanswered` or `Garbled` of `clients.errors`.
"""

from __future__ import annotations

from typing import Protocol

from clients.face_sign_in.messages import AskStatus, CreatePage, Page, Status


class DoctorFaceSignIn(Protocol):
    """Where the doctors of one hospital sign in."""

    async def create_url(self, request: CreatePage, *, message_id: str) -> Page:
        """A page on which this doctor signs in, with the ticket to ask about it. Unanswered: ask for another page."""
        ...

    async def status(self, request: AskStatus, *, message_id: str) -> Status:
        """Whether the doctor signed in on the page of a ticket. Unanswered: send again."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
