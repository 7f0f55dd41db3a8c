"""What can go wrong when we speak to a platform, by what must be done about it.

PlatformError
├── Refused      the platform said no: tell the user; nothing was done there
├── NotSent      nothing left the house: the call may be made again
└── Unanswered   it may have happened: ask the platform, never resend blindly
    └── Garbled  an answer came that cannot be verified: unanswered, and an alarm
"""

from __future__ import annotations


class PlatformError(Exception):
    """A call to a platform that did not end in a verified yes."""

    def __init__(self, message: str, *, platform: str, transaction: str) -> None:
        super().__init__(f"{platform} {transaction}: {message}")
        self.message = message
        self.platform = platform
        self.transaction = transaction


class Refused(PlatformError):
    """The platform answered no, in its own words, and did nothing.

    `code` is the platform's own; `reason` is ours (`clients/<platform>/refusals.py`); `data` is what it added.
    """

    def __init__(
        self,
        message: str,
        *,
        platform: str,
        transaction: str,
        code: str,
        reason: str = "OTHER",
        data: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message, platform=platform, transaction=transaction)
        self.code = code
        self.reason = reason
        self.data = data or {}


class NotSent(PlatformError):
    """No byte of the request reached the platform; making the call again is safe."""


class Unanswered(PlatformError):
    """The request may have been executed; only the platform knows."""


class Garbled(Unanswered):
    """An answer came, but its signature, its form or its amounts do not hold. `raw` is kept for the audit."""

    def __init__(self, message: str, *, platform: str, transaction: str, raw: bytes = b"") -> None:
        super().__init__(message, platform=platform, transaction=transaction)
        self.raw = raw


class Contradictory(Garbled):
    """The answer is authentic, but its amounts contradict each other: nothing goes on without a person."""
