"""The parcels of the sandbox: what carriers told of them, oldest first, and who asked how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from clients.carriers.kuaidi100 import wire

# What an event of a code is called where the control desk gives no words of its own.
WORDS: Mapping[str, str] = {
    "0": "快件运输中,已到达【示例转运中心】",
    "1": "已揽收",
    "2": "快件滞留,请联系网点",
    "3": "已签收,感谢使用",
    "4": "退回件已由寄件人签收",
    "5": "正在派件",
    "6": "快件退回中",
    "7": "已转投其他快递公司",
    "14": "收件人拒收",
}
ENDED = frozenset({"3", "4"})

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Parcel:
    """A parcel of a carrier; `tail` is the end of the receiver's telephone."""

    company: str
    number: str
    tail: str = field(default="", repr=False)
    state: str = "0"
    nodes: list[Row] = field(default_factory=list)
    queries: int = 0
    subscription: Mapping[str, Any] | None = field(default=None, repr=False)

    def move(self, code: str, at: datetime, *, text: str = "", location: str = "") -> None:
        """Another event. Raises KeyError for a code without words where none are given."""
        told = {
            "time": at.strftime(wire.SECONDS),
            "ftime": at.strftime(wire.SECONDS),
            "context": text or WORDS[code],
            "statusCode": code,
            "location": location,
        }
        self.nodes = sorted([*self.nodes, told], key=lambda node: str(node["time"]))
        self.state = str(self.nodes[-1]["statusCode"])

    def to_wire(self, order: str = "desc") -> Row:
        """The answer of a query, and the last result of a push."""
        return {
            "message": "ok",
            "nu": self.number,
            "com": self.company,
            "status": wire.OK,
            "state": self.state,
            "ischeck": "1" if self.state in ENDED else "0",
            "condition": "00",
            "data": self.nodes if order == "asc" else self.nodes[::-1],
        }

    def booked(self) -> Row:
        """For a person to look at."""
        return {
            "company": self.company,
            "number": self.number,
            "state": self.state,
            "nodes": len(self.nodes),
            "queries": self.queries,
            "subscribed": self.subscription is not None,
        }


class Parcels:
    """All of them, by carrier and number."""

    def __init__(self) -> None:
        self._all: dict[tuple[str, str], Parcel] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._all.clear()

    def find(self, company: str, number: str) -> Parcel | None:
        """A parcel, if its carrier has it."""
        return self._all.get((company, number))

    def hand_in(self, row: Mapping[str, Any]) -> Parcel:
        """A carrier takes a parcel of `company`, `number` and `phone`, or finds it again. Raises KeyError."""
        key = row["company"], row["number"]
        return self._all.setdefault(key, Parcel(company=key[0], number=key[1], tail=str(row.get("phone", ""))[-4:]))

    def moved(self, row: Mapping[str, Any], now: datetime) -> Parcel:
        """A parcel after another event `code`, `ago` seconds before now. Raises KeyError."""
        parcel = self._all[row["company"], row["number"]]
        at = now - timedelta(seconds=float(row.get("ago", 0)))
        parcel.move(row["code"], at, text=row.get("text", ""), location=row.get("location", ""))
        return parcel

    def booked(self) -> list[Row]:
        """For a person to look at."""
        return [parcel.booked() for parcel in self._all.values()]
