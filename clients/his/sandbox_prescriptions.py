"""The prescriptions that the sandbox's HIS holds, and what its own users do to them. Source: protocols/his.md B.3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from clients import money
from clients.his import wire

Row = dict[str, Any]

_FRESH = {"payStatus": "UNPAID", "auditStatus": "PASSED", "dispenseStatus": "NONE"}


def total_of(lines: Iterable[Mapping[str, Any]]) -> Decimal:
    """The sum of wire charge lines, in yuan."""
    return sum((money.yuan(line["amount"]) for line in lines), Decimal(0))


def digest_of(lines: Iterable[Mapping[str, Any]]) -> str:
    """The feeDigest of wire charge lines."""
    return wire.digest_of(
        (line["feeDetailNo"], wire.quantity(line["quantity"]), money.yuan(line["amount"])) for line in lines
    )


class Prescriptions(dict[str, Row]):
    """Wire prescriptions by their number."""

    def add(self, told: Mapping[str, Any]) -> None:
        """Take in a prescription without its digest and statuses. Raises ValueError naming the field."""
        counted = _counted({**_FRESH, **told}, told["items"])
        if told.get("totalAmount", counted["totalAmount"]) != counted["totalAmount"]:
            raise ValueError("totalAmount: not the sum of its lines")
        self[told["prescriptionNo"]] = dict(wire.answered("get", counted))

    def add_all(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """As `add`, for many."""
        for row in rows:
            self.add(row)

    def changed(self, change: Mapping[str, Any]) -> None:
        """A doctor changes the charges after they were listed. Raises ValueError."""
        number = change["prescriptionNo"]
        self[number] = dict(wire.answered("get", _counted(self._at(number), change["items"])))

    def voided(self, number: str) -> None:
        """A doctor takes a prescription back."""
        self._at(number)["payStatus"] = "VOID"

    def dispensed(self, number: str) -> None:
        """The pharmacy hands the medicine out."""
        self._at(number)["dispenseStatus"] = "DISPENSED"

    def settled_elsewhere(self, number: str, at: datetime) -> None:
        """The patient pays at the window."""
        self.pay([number], f"WINDOW-{number}", wire.time_text(at))

    def pay(self, numbers: Iterable[str], settlement_number: str, settled_at: str) -> None:
        """Mark as paid under a settlement."""
        for number in numbers:
            self._at(number).update(payStatus="PAID", settlementNo=settlement_number, settledAt=settled_at)

    def free(self, numbers: Iterable[str]) -> None:
        """Make payable again, under a new settlement: that is how v1 does a partial refund."""
        for number in numbers:
            row = self._at(number)
            row["payStatus"] = "UNPAID"
            row.pop("settlementNo", None)
            row.pop("settledAt", None)

    def _at(self, number: str) -> Row:
        if number not in self:
            raise ValueError(f"prescriptionNo: no such prescription: {number}")
        return self[number]


def _counted(row: Mapping[str, Any], lines: list[Row]) -> Row:
    return {**row, "items": lines, "totalAmount": money.text(total_of(lines)), "feeDigest": digest_of(lines)}


def load(prescriptions: Prescriptions, data: Mapping[str, Any], now: datetime) -> None:
    """Demonstration data and the doings of HIS users. Raises ValueError for what is not known."""
    doings: dict[str, Callable[[Any], None]] = {
        "prescriptions": prescriptions.add_all,
        "change": prescriptions.changed,
        "void": prescriptions.voided,
        "dispense": prescriptions.dispensed,
        "foreign_settlement": lambda number: prescriptions.settled_elsewhere(number, now),
    }
    for name, told in data.items():
        if name not in doings:
            raise ValueError(f"{name}: the HIS sandbox cannot load this")
        doings[name](told)
