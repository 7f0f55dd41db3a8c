"""What the sandbox's HIS decides: the eight operations and their state rules. Source: protocols/his.md B.3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from clients import money
from clients.his import wire
from clients.his.sandbox_prescriptions import Prescriptions, Row
from clients.his.sandbox_refusal import Refuse

_DISPENSED = {"DISPENSED", "SHIPPED", "RECEIVED"}


@dataclass(slots=True)
class Settlement:
    """A settlement as this HIS booked it; `total` in yuan."""

    number: str
    his_number: str
    prescriptions: tuple[str, ...]
    total: Decimal
    cancelled: bool = False

    @property
    def state(self) -> str:
        """CONFIRMED or CANCELLED."""
        return "CANCELLED" if self.cancelled else "CONFIRMED"


@dataclass(frozen=True, slots=True)
class Lock:
    """Prescriptions kept for one channel until `expires_at` (unix seconds)."""

    number: str
    prescriptions: frozenset[str]
    expires_at: int


class Ledger:
    """The memory of one HIS. Every operation takes a checked body, and returns the answer's data or raises Refuse."""

    def __init__(self, clock: Callable[[], float], page_size: int) -> None:
        self._clock = clock
        self._page_size = page_size
        self.prescriptions = Prescriptions()
        self.settlements: dict[str, Settlement] = {}
        self._locks: dict[str, Lock] = {}
        self._booked: list[Row] = []

    def now(self) -> datetime:
        """The HIS's clock."""
        return datetime.fromtimestamp(self._clock(), wire.CHINA)

    def unpaid(self, body: Row) -> Row:
        """待缴费处方查询."""
        rows = (self._shown(row) for row in self.prescriptions.values() if _wanted(row, body))
        return {"items": [row for row in rows if row["payStatus"] in {"UNPAID", "LOCKED"}]}

    def get(self, body: Row) -> Row:
        """处方详情查询."""
        return self._shown(self._found(body["prescriptionNo"]))

    def lock(self, body: Row) -> Row:
        """处方锁定."""
        number, ttl = body["lockNo"], _seconds(body.get("ttlSeconds"))
        rows = self._payable(body["prescriptionNos"], number)
        held = Lock(number, frozenset(row["prescriptionNo"] for row in rows), int(self._clock()) + ttl)
        self._locks[number] = held
        return {"lockNo": number, "expiresAt": held.expires_at}

    def unlock(self, body: Row) -> Row:
        """处方解锁; a lock that has run out is given back as well as any other."""
        number = body["lockNo"]
        if number not in self._locks:
            raise Refuse("HIS-3003", "lockNo: no such lock")
        del self._locks[number]
        return {"lockNo": number, "expiresAt": int(self._clock())}

    def confirm(self, body: Row) -> Row:
        """缴费结算确认."""
        _consistent(body)
        number, total = body["settlementNo"], money.yuan(body["totalAmount"])
        rows = self._payable(body["prescriptionNos"], body.get("lockNo"))
        _as_listed(rows, body["feeDigests"])
        _same_amount("totalAmount", total, sum((money.yuan(row["totalAmount"]) for row in rows), Decimal(0)))
        done = Settlement(number, f"HS{len(self._booked) + 1:08d}", tuple(body["prescriptionNos"]), total)
        self.settlements[number] = done
        self._locks.pop(body.get("lockNo") or "", None)
        self.prescriptions.pay(done.prescriptions, number, body["settledAt"])
        self._book(done, "PAY", body["settledAt"])
        invoice = f"FP{done.his_number[2:]}"
        return {**_told(done), "replayed": False, "pharmacyWindow": "1", "invoiceNo": invoice}

    def query(self, body: Row) -> Row:
        """结算状态查询."""
        known = self.settlements.get(body["settlementNo"])
        if known is None:
            return {"settlementNo": body["settlementNo"], "status": "NOT_FOUND"}
        return {**_told(known), "totalAmount": money.text(known.total)}

    def cancel(self, body: Row) -> Row:
        """结算撤销."""
        known = self.settlements.get(body["settlementNo"])
        if known is None:
            raise Refuse("HIS-3004", "settlementNo: no such settlement")
        if known.cancelled:
            raise Refuse("HIS-3008", "settlementNo: already cancelled")
        if any(self.prescriptions[number]["dispenseStatus"] in _DISPENSED for number in known.prescriptions):
            raise Refuse("HIS-3011", "settlementNo: dispensed, cannot be cancelled")
        _same_amount("amount", money.yuan(body["amount"]), known.total)
        known.cancelled = True
        self.prescriptions.free(known.prescriptions)
        self._book(known, "REFUND", wire.time_text(self.now()))
        return {"status": known.state, "replayed": False}

    def list_day(self, body: Row) -> Row:
        """对账明细查询; `count` and `sum` are of the whole day, the cursor is the place in it."""
        rows = [row for row in self._booked if row["at"].startswith(body["day"])]
        start = _place(body.get("cursor"), len(rows))
        end = start + self._page_size
        total = sum((_signed(row) for row in rows), Decimal(0))
        told = {"items": rows[start:end], "count": len(rows), "sum": money.text(total)}
        return {**told, "nextCursor": str(end)} if end < len(rows) else told

    def books(self) -> dict[str, object]:
        """Everything open and done, amounts in fen."""
        rows = [_booked(one) for one in self.settlements.values()]
        open_totals = [_fen(one.total) for one in self.settlements.values() if not one.cancelled]
        return {
            "unpaid": sum(row["payStatus"] == "UNPAID" for row in self.prescriptions.values()),
            "settlements": rows,
            "open_settlements": len(open_totals),
            "confirmed_fen": sum(open_totals),
        }

    def _found(self, number: str) -> Row:
        row = self.prescriptions.get(number)
        if row is None:
            raise Refuse("HIS-3003", "prescriptionNo: no such prescription")
        return row

    def _shown(self, row: Row) -> Row:
        locked = row["payStatus"] == "UNPAID" and self._holder(row["prescriptionNo"]) is not None
        return {**row, "payStatus": "LOCKED"} if locked else row

    def _holder(self, prescription_number: str) -> str | None:
        held = (lock for lock in self._locks.values() if prescription_number in lock.prescriptions)
        return next((lock.number for lock in held if lock.expires_at > self._clock()), None)

    def _payable(self, numbers: list[str], lock_number: str | None) -> list[Row]:
        if len(set(numbers)) != len(numbers):
            raise Refuse("HIS-2003", "prescriptionNos: a prescription is named twice")
        rows = [self._found(number) for number in numbers]
        for row in rows:
            _free_to_pay(row)
            if self._holder(row["prescriptionNo"]) not in (None, lock_number):
                raise Refuse("HIS-3010", "prescriptionNos: locked by another channel")
        return rows

    def _book(self, settlement: Settlement, kind: str, at: str) -> None:
        numbers = {"settlementNo": settlement.number, "hisSettlementNo": settlement.his_number}
        self._booked.append({**numbers, "kind": kind, "amount": money.text(settlement.total), "at": at})


Operation = Callable[[Ledger, Row], Row]

# The only words that the wire may call; never a Python name by itself.
OPERATIONS: Mapping[str, Operation] = {
    "unpaid": Ledger.unpaid,
    "get": Ledger.get,
    "lock": Ledger.lock,
    "unlock": Ledger.unlock,
    "confirm": Ledger.confirm,
    "query": Ledger.query,
    "cancel": Ledger.cancel,
    "list": Ledger.list_day,
}


def _seconds(told: object) -> int:
    seconds = 900 if told in (None, "") else int(Decimal(str(told)))
    if seconds < 1:
        raise Refuse("HIS-2002", "ttlSeconds: must be positive")
    return seconds


def _wanted(row: Row, body: Row) -> bool:
    issued = datetime.fromisoformat(row["issuedAt"])
    return (
        row["patientId"] == body["patientId"]
        and body.get("visitNo") in (None, "", row["visitNo"])
        and (not body.get("from") or datetime.fromisoformat(body["from"]) <= issued)
        and (not body.get("to") or issued < datetime.fromisoformat(body["to"]))
    )


def _free_to_pay(row: Row) -> None:
    if row["payStatus"] in {"PAID", "HOSPITAL_PROCESSING", "PARTIALLY_REFUNDED"}:
        other = {"settlementNo": row.get("settlementNo", "")}
        raise Refuse("HIS-3007", "prescriptionNos: already settled by another settlementNo", other)
    if row["payStatus"] != "UNPAID":
        raise Refuse("HIS-3008", "prescriptionNos: void or already cancelled")
    if row["auditStatus"] != "PASSED":
        raise Refuse("HIS-3009", "prescriptionNos: not audited")


def _consistent(body: Row) -> None:
    if set(body["feeDigests"]) != set(body["prescriptionNos"]):
        raise Refuse("HIS-2003", "feeDigests: not those of prescriptionNos")
    paid = sum((money.yuan(payment["amount"]) for payment in body["payments"]), Decimal(0))
    if paid != money.yuan(body["totalAmount"]):
        raise Refuse("HIS-2003", "payments: do not add up to totalAmount")


def _as_listed(rows: Iterable[Row], digests: Mapping[str, str]) -> None:
    if any(row["feeDigest"] != digests[row["prescriptionNo"]] for row in rows):
        raise Refuse("HIS-3005", "feeDigests: charges changed since they were listed")


def _same_amount(field: str, told: Decimal, ours: Decimal) -> None:
    if told != ours:
        raise Refuse("HIS-3006", f"{field}: amount differs", {"hisAmount": money.text(ours)})


def _told(settlement: Settlement) -> dict[str, Any]:
    return {
        "settlementNo": settlement.number,
        "hisSettlementNo": settlement.his_number,
        "status": settlement.state,
    }


def _signed(row: Row) -> Decimal:
    amount = money.yuan(row["amount"])
    return -amount if row["kind"] == "REFUND" else amount


def _place(cursor: str | None, rows: int) -> int:
    if not cursor:
        return 0
    if not cursor.isascii() or not cursor.isdigit() or int(cursor) > rows:
        raise Refuse("HIS-2002", "cursor: not one of ours")
    return int(cursor)


def _booked(settlement: Settlement) -> dict[str, object]:
    return {
        "settlement_number": settlement.number,
        "his_settlement_number": settlement.his_number,
        "state": settlement.state,
        "total_fen": _fen(settlement.total),
    }


def _fen(yuan: Decimal) -> int:
    return int(yuan * 100)
