"""The port: what the hospital needs of any e-receipt platform, whoever sells it."""

from __future__ import annotations

from typing import Protocol

from clients.receipts.messages import (
    Download,
    FindReceipt,
    IssueReceipt,
    Pending,
    Receipt,
    ReceiptState,
    ReceiptStatus,
    RedReceipt,
)


class ReceiptGateway(Protocol):
    """Each method raises a `PlatformError` of `clients.errors`; `message_id` is new for every call."""

    async def issue(self, request: IssueReceipt, *, message_id: str) -> Receipt | Pending:
        """Issue a receipt. Raises ValueError, before anything is sent, for a request that breaks a sum rule."""
        ...

    async def find(self, request: FindReceipt, *, message_id: str) -> Receipt | Pending | None:
        """The receipt of our business number; None when the platform says that there is none."""
        ...

    async def status(self, request: ReceiptStatus, *, message_id: str) -> ReceiptState:
        """Whether a receipt stands, and whether it was written off."""
        ...

    async def red(self, request: RedReceipt, *, message_id: str) -> Receipt:
        """Write a receipt off and return its red receipt."""
        ...

    def address(self, receipt: Receipt) -> Download:
        """Where a patient gets the receipt, without a call. Raises Refused, reason NO_PUBLIC_ADDRESS."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...
