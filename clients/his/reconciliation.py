"""What the HIS booked on a day, to hold our books against: `list`. Source: protocols/his.md B.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from clients import money
from clients.his import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDay:
    """`list` 对账明细查询: what the HIS booked on a day; `cursor` is the `next_cursor` of the page before."""

    day: date
    cursor: str | None = None

    def to_wire(self) -> dict[str, object]:
        """The members of the request."""
        return wire.present({"day": self.day.isoformat(), "cursor": self.cursor})


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A payment (`kind` PAY) or refund (REFUND) of the day; `amount` in yuan and never negative."""

    settlement_number: str
    his_settlement_number: str
    kind: str
    amount: Decimal
    at: datetime

    @classmethod
    def from_wire(cls, row: Any) -> Self:
        """One row of `items`, already held against its table. Raises ValueError."""
        return cls(
            settlement_number=row["settlementNo"],
            his_settlement_number=row["hisSettlementNo"],
            kind=row["kind"],
            amount=money.yuan(row["amount"]),
            at=wire.moment(row["at"]),
        )

    @property
    def signed(self) -> Decimal:
        """The amount as it counts in the day's total: a refund is negative."""
        return -self.amount if self.kind == "REFUND" else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class DayList:
    """One page of a day; `count` and `total` (yuan, refunds negative) are of the whole day."""

    rows: tuple[DayRow, ...]
    count: int
    total: Decimal
    next_cursor: str | None = None

    @classmethod
    def from_wire(cls, data: object, request: ListDay) -> Self:
        """Read a page. Raises ValueError, also when a day on one page does not add up."""
        row = wire.answered("list", data)
        told = cls(
            rows=tuple(DayRow.from_wire(one) for one in row.get("items") or ()),
            count=int(row["count"]),
            total=wire.signed_yuan(row["sum"]),
            next_cursor=row.get("nextCursor") or None,
        )
        if request.cursor is None and told.next_cursor is None:
            told._agree()
        return told

    def _agree(self) -> None:
        if self.count != len(self.rows):
            raise ValueError("count: not the number of rows")
        if self.total != sum((row.signed for row in self.rows), Decimal(0)):
            raise ValueError("sum: not the sum of the rows")
