"""What the messages of the core platform are made of: what a request must know, how an answer's nodes are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Row = Mapping[str, object]


class Request(Protocol):
    """What every request knows beside its own fields: its number, and what it puts into the envelope."""

    @property
    def transaction(self) -> str:
        """交易编号."""

    @property
    def insured_area(self) -> str:
        """参保地医保区划."""

    @property
    def sign_number(self) -> str:
        """签到编号, from 9001."""

    def to_wire(self) -> dict[str, object]:
        """The nodes of `input`."""


def node(output: object, name: str) -> Row:
    """The object `name` of an output. ValueError when it is not there."""
    found = output.get(name) if isinstance(output, Mapping) else None
    if not isinstance(found, Mapping):
        raise ValueError(f"node {name} is missing")
    return found


def rows(output: object, name: str) -> list[Row]:
    """The objects of the array `name`; none for an output or a node that is null or empty. ValueError otherwise."""
    if not output:
        return []
    if not isinstance(output, Mapping) or name not in output:
        raise ValueError(f"node {name} is missing")
    found = output[name] or []
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise ValueError(f"node {name} is not a list of objects")
    return found


def text(row: Row, name: str) -> str:
    """A member that must be there. ValueError when it is absent, blank or no text."""
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is missing")
    return value


def text_or_none(row: Row, name: str) -> str | None:
    """A member that may be absent, null or empty."""
    value = row.get(name)
    return value if isinstance(value, str) and value.strip() else None
