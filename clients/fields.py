"""Field tables as data: which fields a message has, which must be there, of what type, how long, from which codes.

A table file (`clients/<platform>/fields.json`) maps a transaction to `in` and `out`, each a map from node to
`{"cardinality": "object" | "array", "fields": [{"name", "cn", "type", "len", "req", "code", "note"}]}`. A node at the
top must be there, unless it says `"req": false`.
A sandbox refuses by these tables; the tests of a client hold its requests against the same tables.

Types: C string · N number or numeric text, `len` "16,2" · I JSON integer, `len` in digits · D `yyyy-MM-dd` ·
DT `yyyy-MM-dd HH:mm:ss` · DTC `yyyyMMddHHmmss` · DTM `yyyyMMddHHmmssSSS` · TS RFC 3339 with offset ·
MONEY text with exactly two decimals · B boolean · TEXT unbounded · object · array · array<C>.
An `object` or `array` whose name is a node of the same message is checked by that node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]
Message = Mapping[str, Node]
Codes = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that breaks its table: `rule` is MISSING, TYPE, LENGTH or CODE."""

    field: str
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.field}: {self.text}"


@cache
def table(path: Path) -> Mapping[str, Mapping[str, Message]]:
    """The table file of a platform, read once."""
    loaded: Mapping[str, Mapping[str, Message]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@cache
def codes(path: Path) -> Codes:
    """The code lists of a platform, read once; a field whose list is not here is an open list."""
    loaded: Codes = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def check(message: Message, data: Mapping[str, Any], lists: Codes | None = None) -> list[Violation]:
    """Every violation in `data`, whose members are the nodes of `message` (one member for each node at the top)."""
    nested = {f["name"] for node in message.values() for f in node["fields"] if f["type"] in {"array", "object"}}
    roots = [name for name in message if name not in nested]
    return [
        violation
        for name in roots
        for violation in _node(message, name, data.get(name), name, lists or {}, message[name].get("req", True))
    ]


def check_node(message: Message, name: str, value: object, lists: Codes | None = None) -> list[Violation]:
    """Every violation in one node, where the wire carries it without its name around it.

    An object without members is told by the fields that it lacks, since nobody on the wire sees the node's name.
    """
    lacking = [spec for spec in message[name]["fields"] if spec["req"]] if value == {} else []
    if lacking:
        return [wrong for spec in lacking for wrong in _field(message, spec, None, spec["name"], lists or {})]
    return list(_node(message, name, value, "", lists or {}, True))


def _node(message: Message, name: str, value: object, at: str, lists: Codes, required: bool) -> Iterator[Violation]:
    node = message[name]
    if value in (None, "", [], {}):
        if required:
            yield Violation(at or name, "MISSING", "缺少节点 (node missing)")
        return
    rows = value if isinstance(value, list) else [value]
    if node["cardinality"] == "object" and isinstance(value, list):
        yield Violation(at or name, "TYPE", "应为对象 (an object is expected)")
        return
    for number, row in enumerate(rows):
        place = f"{at}[{number}]" if isinstance(value, list) else at
        if not isinstance(row, dict):
            yield Violation(place or name, "TYPE", "应为对象 (an object is expected)")
            continue
        for spec in node["fields"]:
            yield from _field(message, spec, row.get(spec["name"]), f"{place}.{spec['name']}".lstrip("."), lists)


def _field(message: Message, spec: Node, value: Any, at: str, lists: Codes) -> Iterator[Violation]:
    if spec["type"] in {"array", "object"} and spec["name"] in message:
        yield from _node(message, spec["name"], value, at, lists, bool(spec["req"]))
        return
    if value is None or value == "":
        if spec["req"]:
            yield Violation(at, "MISSING", f"{spec.get('cn', '')}不能为空 (required)")
        return
    wrong = _CHECKS[spec["type"]](value, str(spec.get("len", "")))
    if wrong:
        yield Violation(at, *wrong)
        return
    listed = (
        lists.get(str(spec["code"]) if isinstance(spec.get("code"), str) else spec["name"])
        if spec.get("code")
        else None
    )
    if listed is not None and str(value) not in listed:
        yield Violation(at, "CODE", f"{spec.get('cn', '')}代码不正确 (not in its code list)")


Wrong = tuple[str, str] | None


def _text(value: Any, size: str) -> Wrong:
    if not isinstance(value, str):
        return "TYPE", "应为字符串 (a string is expected)"
    if size and len(value) > int(size):
        return "LENGTH", f"长度超过{size} (longer than {size})"
    return None


def _number(value: Any, size: str) -> Wrong:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return "TYPE", "应为数值 (a number is expected)"
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return "TYPE", "应为数值 (a number is expected)"
    if not number.is_finite():
        return "TYPE", "应为数值 (a number is expected)"
    return _precision(number, size) if size else None


def _integer(value: Any, size: str) -> Wrong:
    if type(value) is not int:
        return "TYPE", "应为整数 (an integer is expected)"
    return _precision(Decimal(value), size) if size else None


def _precision(number: Decimal, size: str) -> Wrong:
    digits, _, places = size.partition(",")
    _, figures, exponent = number.as_tuple()
    decimals = max(0, -int(exponent))
    whole = max(1, len(figures) + int(exponent)) if number else 1
    if decimals > int(places or 0) or whole > int(digits) - int(places or 0):
        return "LENGTH", f"超出数值精度({size}) (does not fit N({size}))"
    return None


def _moment(pattern: str, shape: str) -> Any:
    def check_moment(value: Any, size: str) -> Wrong:
        try:
            if not isinstance(value, str) or not re.fullmatch(shape, value):
                raise ValueError
            moment = datetime.strptime(value, pattern).replace(tzinfo=UTC)
            if moment.strftime(pattern)[: len(value)] != value:  # strptime reads 13 as month 1 where %f can be short
                raise ValueError
        except ValueError:
            return "TYPE", f"时间格式不正确 (expected {pattern})"
        return None

    return check_moment


def _offset_time(value: Any, size: str) -> Wrong:
    try:
        if datetime.fromisoformat(value).tzinfo is None:
            raise ValueError
    except (TypeError, ValueError):
        return "TYPE", "时间格式不正确 (expected RFC 3339 with an offset)"
    return None


def _money(value: Any, size: str) -> Wrong:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,12}\.[0-9]{2}", value):
        return "TYPE", "金额应为两位小数的字符串 (text with exactly two decimals)"
    return None


def _kind(kinds: type | tuple[type, ...], text: str) -> Any:
    def check_kind(value: Any, size: str) -> Wrong:
        return None if isinstance(value, kinds) else ("TYPE", text)

    return check_kind


_CHECKS: dict[str, Any] = {
    "C": _text,
    "TEXT": lambda value, size: _text(value, ""),
    "N": _number,
    "I": _integer,
    "D": _moment("%Y-%m-%d", r"\d{4}-\d\d-\d\d"),
    "DT": _moment("%Y-%m-%d %H:%M:%S", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
    "DTC": _moment("%Y%m%d%H%M%S", r"\d{14}"),
    "DTM": _moment("%Y%m%d%H%M%S%f", r"\d{17}"),
    "TS": _offset_time,
    "MONEY": _money,
    "B": _kind(bool, "应为布尔值 (a boolean is expected)"),
    "BYTES": _kind((str, list), "应为文件内容 (file bytes are expected)"),
    "object": _kind(dict, "应为对象 (an object is expected)"),
    "array": _kind(list, "应为数组 (an array is expected)"),
    "array<C>": _kind(list, "应为数组 (an array is expected)"),
}
