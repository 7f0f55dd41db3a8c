"""Requests and answers of 快递100. Source: protocols/logistics.md C.3 (fields) and C.4 (carriers, states).

An answer that cannot be one is a ValueError, KeyError or TypeError. Codes are those of a parcel as a whole (0 to 14);
the finer ones that an event may carry are kept and move nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clients.carriers.kuaidi100 import wire
from clients.carriers.messages import Node, ParcelState, Push, Track, Tracking

CODES_OF_COMPANIES: Mapping[str, str] = {
    "SF": "shunfeng",
    "EMS": "ems",
    "JD": "jd",
    "ZTO": "zhongtong",
    "YTO": "yuantong",
    "STO": "shentong",
    "YUNDA": "yunda",
    "DEPPON": "debangkuaidi",
    "JT": "jtexpress",
    "ZJS": "zhaijisong",
    "BEST": "huitongkuaidi",
}
COMPANIES_OF_CODES = {code: company for company, code in CODES_OF_COMPANIES.items()}
PHONE_NEEDED = frozenset({"SF"})

STATES: Mapping[str, ParcelState] = {
    "0": ParcelState.IN_TRANSIT,
    "1": ParcelState.PICKED_UP,
    "2": ParcelState.EXCEPTION,
    "3": ParcelState.SIGNED,
    "4": ParcelState.RETURNED,  # the sender has it again
    "5": ParcelState.OUT_FOR_DELIVERY,
    "6": ParcelState.RETURNING,
    "7": ParcelState.IN_TRANSIT,  # handed to another carrier
    "10": ParcelState.IN_TRANSIT,  # customs
    "11": ParcelState.IN_TRANSIT,
    "12": ParcelState.IN_TRANSIT,
    "13": ParcelState.EXCEPTION,  # held by the customs
    "14": ParcelState.RETURNING,  # the receiver will not have it
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """实时查询: everything that is known of a parcel, oldest first."""

    track: Track

    def to_wire(self) -> dict[str, object]:
        """The members of `param`."""
        phone = {} if self.track.phone_tail is None else {"phone": self.track.phone_tail}
        return {**_parcel(self.track, "com", "num"), **phone, "resultv2": "1", "show": "0", "order": "asc"}

    def read(self, told: object) -> Tracking:
        """The answer. Raises ValueError for the answer to another question."""
        answer = wire.checked(wire.QUERY, "out", "answer", told)
        if (answer["com"], answer["nu"]) != (self.to_wire()["com"], self.track.waybill_number):
            raise ValueError("the answer speaks of another parcel")
        return Tracking(
            company=self.track.company,
            waybill_number=self.track.waybill_number,
            state=STATES.get(answer["state"]),
            nodes=_in_time([_node(row) for row in answer.get("data") or ()]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """订阅: have changes pushed to `callback_url`, signed with `salt`."""

    track: Track
    key: str = field(repr=False)
    callback_url: str
    salt: str = field(repr=False)

    def to_wire(self) -> dict[str, object]:
        """The members of `param`."""
        phone = {} if self.track.phone_tail is None else {"phone": self.track.phone_tail}
        parameters = {"callbackurl": self.callback_url, "salt": self.salt, "resultv2": "1", **phone}
        return {**_parcel(self.track, "company", "number"), "key": self.key, "parameters": parameters}


def push_from_wire(told: object) -> Push:
    """推送. `shutdown` follows a signed parcel and is no news; after `abort` nothing more comes."""
    pushed = wire.checked(wire.PUSH, "in", "push", told)
    parcel = pushed["lastResult"]
    return Push(
        company=COMPANIES_OF_CODES.get(parcel["com"]),
        waybill_number=parcel["nu"],
        given_up=pushed["status"] == "abort",
    )


def _parcel(track: Track, company: str, number: str) -> dict[str, str]:
    return {company: CODES_OF_COMPANIES[track.company], number: track.waybill_number}


def _node(row: Mapping[str, Any]) -> Node:
    code = row.get("statusCode") or ""
    return Node(
        at=wire.moment(row.get("ftime") or row["time"]),
        raw_code=code,
        state=STATES.get(code),
        text=row["context"],
        location=row.get("location") or row.get("areaName") or None,
    )


def _in_time(nodes: list[Node]) -> tuple[Node, ...]:
    """Oldest first; events of one second stay as they were told."""
    return tuple(sorted(nodes, key=lambda node: node.at))
