"""The sandbox's memory of receipts, and the rules that need more than one field (receipts.md A.4, A.6)."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from clients.receipts import wire

BATCH = "99060126"


class Refusal(Exception):
    """The platform's no: an invented code, and a text that names the field."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def moment_now() -> str:
    """Now, as the wire writes it."""
    return wire.moment(datetime.now(wire.CHINA))


@dataclass(slots=True)
class Issued:
    """One receipt. `state` is NORMAL or RED, or RED_RECEIPT for the red receipt itself; `content` is what was asked."""

    business_number: str
    batch: str
    number: str
    total: Decimal
    state: str = "NORMAL"
    content: Mapping[str, Any] | None = None
    silent_finds: int = 0
    check: str = field(default_factory=lambda: secrets.token_hex(3))
    created: str = field(default_factory=moment_now)


class Ledger:
    """Receipts by business number and by face number; numbers ascend within the one batch."""

    def __init__(self, place_codes: Collection[str]) -> None:
        self._places = frozenset(place_codes)
        self.reset()

    def reset(self) -> None:
        """Forget every receipt and count from 1 again."""
        self._asked: dict[str, Issued] = {}
        self._faces: dict[tuple[str, str], Issued] = {}
        self._last = 0

    def issue(self, data: Mapping[str, Any]) -> Issued:
        """The receipt of this business number: the one already made if the same was asked."""
        self._check_place(data)
        _check_day(data)
        _check_sums(data)
        known = self._asked.get(data["busNo"])
        if known is None:
            total = Decimal(data["totalAmt"])
            return self._keep(Issued(data["busNo"], BATCH, self._next(), total, content=data))
        if known.content != data:
            raise Refusal("E0006", "busNo: 业务流水号已存在且内容不同")
        return known

    def found(self, business_number: str) -> Issued:
        """The receipt of our business number."""
        if business_number not in self._asked:
            raise Refusal("E0001", "busNo: 票据不存在")
        return self._asked[business_number]

    def numbered(self, batch: str, number: str) -> Issued:
        """The receipt of this face number, red receipts included."""
        issued = self.shown(batch, number)
        if issued is None:
            raise Refusal("E0001", "billNo: 票据不存在")
        return issued

    def shown(self, batch: str, number: str) -> Issued | None:
        """The receipt of this face number, or none."""
        return self._faces.get((batch, number))

    def write_off(self, data: Mapping[str, Any]) -> Issued:
        """The red receipt of a receipt that stands."""
        self._check_place(data)
        issued = self.numbered(data["billBatchCode"], data["billNo"])
        if issued.state != "NORMAL":
            raise Refusal("E0007", "billNo: 票据已冲红")
        issued.state = "RED"
        red = Issued(issued.business_number, BATCH, self._next(), -issued.total, "RED_RECEIPT")
        self._faces[red.batch, red.number] = red
        return red

    def load(self, row: Mapping[str, Any]) -> None:
        """One receipt in the form of `books()`."""
        number = row.get("number") or self._next()
        self._last = max(self._last, int(number))
        total = Decimal(row["total_fen"]) / 100
        batch, state = row.get("batch_code", BATCH), row.get("state", "NORMAL")
        self._keep(Issued(row["business_number"], batch, number, total, state))

    def books(self) -> dict[str, object]:
        """What stands and what was written off, in fen."""
        standing = [issued for issued in self._asked.values() if issued.state == "NORMAL"]
        return {
            "receipts": [_row(issued) for issued in self._asked.values()],
            "normal": len(standing),
            "normal_fen": sum(_fen(issued) for issued in standing),
        }

    def _keep(self, issued: Issued) -> Issued:
        self._asked[issued.business_number] = issued
        self._faces[issued.batch, issued.number] = issued
        return issued

    def _next(self) -> str:
        self._last += 1
        return f"{self._last:010d}"

    def _check_place(self, data: Mapping[str, Any]) -> None:
        if data["placeCode"] not in self._places:
            raise Refusal("E0008", "placeCode: 开票点不存在")


def _check_day(data: Mapping[str, Any]) -> None:
    if not wire.is_day(data["consultationDate"]):
        raise Refusal("E0004", "consultationDate: 时间格式不正确 (expected yyyyMMdd or yyyy-MM-dd)")


def _check_sums(data: Mapping[str, Any]) -> None:
    total = Decimal(data["totalAmt"])
    if _sum(data["payChannelDetail"], "payChannelValue") != total:
        raise Refusal("E0005", "payChannelDetail: 交费渠道金额不等于总金额")
    if _sum(data["chargeDetail"], "amt") != total:
        raise Refusal("E0005", "chargeDetail: 收费项目金额不等于总金额")
    charged, listed = _by_charge(data["chargeDetail"]), _by_charge(data["listDetail"])
    for code in charged.keys() | listed.keys():
        if charged[code] != listed[code]:
            raise Refusal("E0005", f"listDetail: 清单金额与收费项目{code}金额不一致")


def _by_charge(lines: Iterable[Mapping[str, Any]]) -> defaultdict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line["chargeCode"]] += Decimal(line["amt"])
    return sums


def _sum(lines: Iterable[Mapping[str, Any]], name: str) -> Decimal:
    return sum((Decimal(line[name]) for line in lines), Decimal())


def _row(issued: Issued) -> dict[str, object]:
    return {
        "business_number": issued.business_number,
        "batch_code": issued.batch,
        "number": issued.number,
        "total_fen": _fen(issued),
        "state": issued.state,
    }


def _fen(issued: Issued) -> int:
    return int(issued.total * 100)
