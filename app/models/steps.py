"""Where a step of anything stands."""

from __future__ import annotations

from enum import StrEnum


class StepState(StrEnum):
    """PENDING → SENDING → DONE; REFUSED and UNKNOWN stop the flow; SKIPPED was not needed."""

    PENDING = "PENDING"
    SENDING = "SENDING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"
