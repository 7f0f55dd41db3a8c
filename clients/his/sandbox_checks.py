"""Whether a request has the form that fields.json asks for. Source: protocols/his.md B.3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from clients.fields import Message, Violation, check_node, codes, table
from clients.his import wire
from clients.his.sandbox_refusal import Refuse

# The Idempotency-Key of each write is one of its fields.
KEYS: Mapping[str, str] = {
    "lock": "lockNo",
    "unlock": "lockNo",
    "confirm": "settlementNo",
    "cancel": "refundNo",
}
_CHINA_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?\+08:00")


def checked(op: str, headers: Mapping[str, str], raw: bytes, hospital_id: str) -> dict[str, Any]:
    """The body of a well-formed request. Raises Refuse HIS-2001 … 2003 naming the first wrong field."""
    _hold(check_node(table(wire.FIELDS)["headers"]["in"], "headers", {"x-request-id": headers.get("x-request-id")}))
    body = _object(raw)
    message, rows = table(wire.FIELDS)[op]["in"], wire.tabular(body)
    _hold(_not_arrays(message, rows))
    _hold(check_node(message, "request", rows, codes(wire.CODES)))
    _hold(_not_china_time(message, body))
    _keyed(op, headers, body)
    if body["hospitalId"] != hospital_id:
        raise Refuse("HIS-2003", "hospitalId: not a hospital of this HIS")
    return body


def _hold(wrong: Iterator[Violation] | list[Violation]) -> None:
    for violation in wrong:
        raise Refuse("HIS-2001" if violation.rule == "MISSING" else "HIS-2002", str(violation))


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = wire.decode(raw)
    except ValueError:
        raise Refuse("HIS-2002", "body: not JSON") from None
    if not isinstance(body, dict):
        raise Refuse("HIS-2002", "body: not an object")
    return body


def _not_arrays(message: Message, body: Mapping[str, Any]) -> Iterator[Violation]:
    for name, node in message.items():
        if node["cardinality"] == "array" and not isinstance(body.get(name) or [], list):
            yield Violation(name, "TYPE", "应为数组 (an array is expected)")


def _not_china_time(message: Message, body: Mapping[str, Any]) -> Iterator[Violation]:
    for field in message["request"]["fields"]:
        told = body.get(field["name"])
        if field["type"] == "TS" and told and not _CHINA_TIME.fullmatch(told):
            yield Violation(field["name"], "TYPE", "时间格式不正确 (expected RFC 3339 with +08:00)")


def _keyed(op: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> None:
    field = KEYS.get(op)
    if field and headers.get("idempotency-key") != body[field]:
        raise Refuse("HIS-2001", f"Idempotency-Key: missing or not {field}")
