"""The daily bill (交易账单), yuan on the wire. Source: public v3 documentation (申请交易账单, 下载账单).

The file is CSV with a line of names, one line a payment or refund whose values begin with a grave accent, a second line
of names and one of sums. The hash is that of the file before it was packed.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from clients import money
from clients.wechat_pay import wire
from clients.wechat_pay.messages import Wire

LARGEST_FILE = 256 * 2**20  # bytes, unpacked
MARK = "`"
PAID, REFUNDED = "SUCCESS", "REFUND"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskBill:
    """申请交易账单 (GET /v3/bill/tradebill): all payments and refunds of a day in China."""

    day: date

    def to_wire(self) -> str:
        """The path with its query."""
        told = {"bill_date": self.day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"}
        return f"/v3/bill/tradebill?{urlencode(told)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillRow:
    """A payment, or (with `refund_number`) a refund of one; `amount` in yuan, positive; `state` of a refund."""

    at: datetime
    trade_number: str
    transaction_id: str
    amount: Decimal
    refund_number: str | None = None
    state: str = PAID

    @classmethod
    def from_wire(cls, row: Mapping[str, str]) -> BillRow:
        """One line, by its names. Raises ValueError, KeyError."""
        refund = row["交易状态"] == REFUNDED
        if not refund and row["交易状态"] != PAID:
            raise ValueError(f"an unknown state: {row['交易状态']!r}")
        return cls(
            at=datetime.strptime(row["交易时间"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=wire.CHINA),
            trade_number=wire.text(row["商户订单号"]),
            transaction_id=wire.text(row["微信订单号"]),
            amount=money.yuan(row["申请退款金额" if refund else "订单金额"]),
            refund_number=wire.text(row["商户退款单号"]) if refund else None,
            state=wire.text(row["退款状态"]) if refund else PAID,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBill:
    """A day's payments and refunds, in the order of the file."""

    day: date
    rows: tuple[BillRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillFile:
    """申请交易账单 answer: where the file is, for a few minutes, and its SHA-1 in hex."""

    url: str
    hash_value: str

    @classmethod
    def from_wire(cls, body: Wire) -> BillFile | None:
        """Raises ValueError, KeyError."""
        if body["hash_type"] != "SHA1":
            raise ValueError(f"an unknown hash: {body['hash_type']!r}")
        url = wire.text(body["download_url"])
        if not url.startswith(("https://", "http://")):
            raise ValueError("download_url is not a web address")
        return cls(url=url, hash_value=wire.text(body["hash_value"]))

    def read(self, request: AskBill, packed: bytes) -> DayBill:
        """The bill in the downloaded file. Raises ValueError, KeyError: hash, form, day or sums do not hold."""
        file = _unpacked(packed)
        if not hmac.compare_digest(hashlib.sha1(file).hexdigest(), self.hash_value.lower()):  # noqa: S324  # theirs
            raise ValueError("the file is not the one whose hash was told")
        told = DayBill(day=request.day, rows=_rows(file.decode("utf-8-sig").splitlines()))
        if any(row.at.date() != request.day for row in told.rows):
            raise ValueError("a row of another day")
        return told


def _unpacked(packed: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        file = reader.decompress(packed, LARGEST_FILE)
    except zlib.error:
        raise ValueError("the file cannot be unpacked") from None
    if not reader.eof:
        raise ValueError("the file is cut off, or too large")
    return file


def _rows(lines: Sequence[str]) -> tuple[BillRow, ...]:
    names, *values = [line for line in lines if line.strip()]
    if len(values) < 2:
        raise ValueError("no sums at the end")
    told = [_named(names.split(","), line) for line in values[:-2]]
    _agree(told, _named(values[-2].split(","), values[-1]))
    return tuple(BillRow.from_wire(row) for row in told)


def _named(names: Sequence[str], line: str) -> dict[str, str]:
    """A line's values by their names; a value may hold a comma, never a comma before a grave accent."""
    values = line.removeprefix(MARK).split(f",{MARK}")
    if not line.startswith(MARK) or len(values) != len(names):
        raise ValueError("a line has not the columns that were named")
    return dict(zip(names, values, strict=True))


def _agree(rows: Sequence[Mapping[str, str]], sums: Mapping[str, str]) -> None:
    if int(sums["总交易单数"]) != len(rows):
        raise ValueError("总交易单数 is not the number of rows")
    for total, part in (("订单总金额", "订单金额"), ("申请退款总金额", "申请退款金额")):
        if money.yuan(sums[total]) != sum((money.yuan(row[part]) for row in rows), Decimal(0)):
            raise ValueError(f"{total} is not the sum of the rows")
