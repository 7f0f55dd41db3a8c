"""What the hospital needs of any HIS. Another vendor is one more folder with a class of this shape.

Every method takes the `message_id` under which the caller has stored its intent, and raises `Refused`, `NotSent`,
`Unanswered` or `Garbled` of `clients.errors`. Source: protocols/his.md B.4.
"""

from __future__ import annotations

from typing import Protocol

from clients.his.messages import (
    Cancel,
    Cancellation,
    Confirm,
    Confirmation,
    DayList,
    GetPrescription,
    ListDay,
    ListUnpaid,
    Lock,
    Locked,
    Prescription,
    QuerySettlement,
    SettlementStatus,
    Unlock,
)


class HISGateway(Protocol):
    """One hospital's HIS."""

    async def list_unpaid(self, request: ListUnpaid, *, message_id: str) -> tuple[Prescription, ...]:
        """The payable prescriptions of a patient; none is an answer, not an error."""
        ...

    async def get_prescription(self, request: GetPrescription, *, message_id: str) -> Prescription:
        """One prescription as it stands now."""
        ...

    async def lock(self, request: Lock, *, message_id: str) -> Locked:
        """Keep other channels from settling these; only where `capabilities()` has `lock`."""
        ...

    async def unlock(self, request: Unlock, *, message_id: str) -> None:
        """Give a lock back; only where `capabilities()` has `lock`."""
        ...

    async def confirm(self, request: Confirm, *, message_id: str) -> Confirmation:
        """Tell the HIS that prescriptions are paid. After `Unanswered`, `query` first."""
        ...

    async def query(self, request: QuerySettlement, *, message_id: str) -> SettlementStatus:
        """What became of a settlement; `NOT_FOUND` is an answer, not an error."""
        ...

    async def cancel(self, request: Cancel, *, message_id: str) -> Cancellation:
        """Undo a whole settlement. After `Unanswered`, `query` first."""
        ...

    async def list_day(self, request: ListDay, *, message_id: str) -> DayList:
        """One page of what the HIS booked on a day."""
        ...

    def capabilities(self) -> frozenset[str]:
        """What this HIS can do beyond the least; `lock` is the only word so far."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
