"""The daily bill of the sandbox's own books. Source: public v3 documentation (申请交易账单, 下载账单).

Faults of the transaction `tradebill`, each for the trade number in `text`: `bill_without` leaves its lines out,
`bill_amounts` writes them one fen higher; `bill_hash` tells the hash of another file.
"""

from __future__ import annotations

import gzip
import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from clients.faults import Faults
from clients.wechat_pay import wire
from clients.wechat_pay.sandbox_book import Book, Order, RefundRow, Refusal

OWN_FAULTS = ("bill_without", "bill_amounts", "bill_hash")
OLDEST = timedelta(days=92)
NAMES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
SUM_NAMES = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
Row = dict[str, str]


class Bills:
    """Bills that were asked for, by the token of their download."""

    def __init__(self, book: Book, faults: Faults, clock: Callable[[], datetime], public_url: str) -> None:
        self._book = book
        self._faults = faults
        self._clock = clock
        self._public_url = public_url
        self._files: dict[str, bytes] = {}

    def forget(self) -> None:
        """No download is open any more."""
        self._files.clear()

    def ask(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """申请交易账单. Raises Refusal."""
        day, today = date.fromisoformat(message["bill_date"]), self._clock().astimezone(wire.CHINA).date()
        if not today - OLDEST <= day < today:
            raise Refusal("PARAM_ERROR", "bill_date: 仅支持三个月内、今日之前的账单", "/bill_date")
        rows = self._rows(day, message.get("bill_type") or "ALL")
        if not rows:
            raise Refusal("NO_STATEMENT_EXIST", "账单文件不存在")
        return self._told(_file(rows), packed=message.get("tar_type") == "GZIP")

    def file(self, message: Mapping[str, Any]) -> bytes:
        """下载账单. Raises Refusal."""
        found = self._files.get(message["token"])
        if found is None:
            raise Refusal("RESOURCE_NOT_EXISTS", "下载地址无效或已过期", "/token")
        return found

    def _told(self, file: bytes, *, packed: bool) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        self._files[token] = gzip.compress(file) if packed else file
        hashed = b"" if self._faults.take("tradebill", "bill_hash") else file
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(hashed).hexdigest(),  # noqa: S324  # the protocol's
            "download_url": f"{self._public_url}/v3/billdownload/file?token={token}",
        }

    def _rows(self, day: date, kind: str) -> list[Row]:
        found = [(number, row) for number, row in _booked(self._book) if row["交易时间"].startswith(day.isoformat())]
        found = [(number, row) for number, row in found if kind in ("ALL", row["交易状态"])]
        if fault := self._faults.take("tradebill", "bill_without"):
            found = [(number, row) for number, row in found if number != fault.text]
        if fault := self._faults.take("tradebill", "bill_amounts"):
            found = [(number, _dearer(row) if number == fault.text else row) for number, row in found]
        return [row for _, row in sorted(found, key=lambda each: each[1]["交易时间"], reverse=True)]


def _booked(book: Book) -> Iterator[tuple[str, Row]]:
    for order in book.orders.values():
        if order.transaction_id:
            yield order.trade_number, _payment(order)
        for refund in order.refunds:
            yield order.trade_number, _refund(order, refund)


def _payment(order: Order) -> Row:
    content = order.content
    return dict.fromkeys(NAMES.split(","), "") | {
        "交易时间": _time(order.paid_at),
        "公众账号ID": content["appid"],
        "商户号": content["mchid"],
        "特约商户号": "0",
        "微信订单号": order.transaction_id,
        "商户订单号": order.trade_number,
        "用户标识": content.get("payer", {}).get("openid", ""),
        "交易类型": order.trade_type,
        "交易状态": "SUCCESS",
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": _yuan(order.total),
        "代金券金额": "0.00",
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "充值券退款金额": "0.00",
        "商品名称": content["description"],
        "手续费": "0.00000",
        "费率": "0.00%",
        "订单金额": _yuan(order.total),
        "申请退款金额": "0.00",
    }


def _refund(order: Order, refund: RefundRow) -> Row:
    return _payment(order) | {
        "交易时间": _time(refund.created_at),
        "交易状态": "REFUND",
        "应结订单金额": "0.00",
        "微信退款单号": refund.refund_id,
        "商户退款单号": refund.refund_number,
        "退款金额": _yuan(refund.amount),
        "退款类型": "ORIGINAL",
        "退款状态": refund.status,
        "订单金额": "0.00",
        "申请退款金额": _yuan(refund.amount),
    }


def _dearer(row: Row) -> Row:
    name = "订单金额" if row["交易状态"] == "SUCCESS" else "申请退款金额"
    return row | {name: _yuan(_fen(row[name]) + 1)}


def _file(rows: list[Row]) -> bytes:
    sums = (
        str(len(rows)),
        *(_yuan(sum(_fen(row[name]) for row in rows)) for name in ("应结订单金额", "退款金额", "充值券退款金额")),
        "0.00000",
        *(_yuan(sum(_fen(row[name]) for row in rows)) for name in ("订单金额", "申请退款金额")),
    )
    lines = [NAMES, *(_line(row.values()) for row in rows), SUM_NAMES, _line(sums)]
    return ("\r\n".join(lines) + "\r\n").encode()


def _line(values: Any) -> str:
    return ",".join(f"`{value}" for value in values)


def _time(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(wire.CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))
