"""Opaque global ids: the type and the row's id, in URL-safe Base64."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TypeVar

from tortoise.models import Model

from app.problems import CHINESE, NOUNS, Problem
from app.tokens import Viewer
from resolvers.reads import BY_MODEL, BY_NAME
from resolvers.scopes import SCOPES, visible

M = TypeVar("M", bound=Model)
LARGEST = 2**63 - 1
LONGEST = len(str(LARGEST))


def global_id(row: Model) -> str:
    """The id of a row for the outside."""
    return encoder(BY_MODEL[type(row)].name)(row.pk)


@cache
def encoder(type_name: str) -> Callable[[int], str]:
    """Makes ids of rows of one type. Letters, digits and a colon never give "+" or "/", so this Base64 is URL-safe."""
    prefix = f"{type_name}:".encode()
    return lambda number: binascii.b2a_base64(prefix + b"%d" % number, newline=False).decode()


@lru_cache(maxsize=10_000)
def parse(text: str) -> tuple[str, int] | None:
    """Type name and row id, or None for anything that is not an id of ours."""
    try:
        name, _, number = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    known = name in BY_NAME and BY_NAME[name].model in SCOPES
    whole = number.isascii() and number.isdigit() and len(number) <= LONGEST
    return (name, int(number)) if known and whole and int(number) <= LARGEST else None


async def node(viewer: Viewer, text: str) -> Model | None:
    """The row behind an id, if the viewer may see it; None looks the same for absent, foreign and malformed."""
    parsed = parse(text)
    if parsed is None:
        return None
    name, number = parsed
    return await visible(BY_NAME[name].model, viewer).filter(id=number).first()


def row_id(type_name: str, text: str, field: str) -> int:
    """The row that an input names, whether it is there or not. Raises Problem naming `field`: no id of this type."""
    parsed = parse(text)
    if parsed is None or parsed[0] != type_name:
        noun = NOUNS[type_name][CHINESE]
        raise Problem("INVALID_INPUT", field=field, reason=f"不是{noun}的标识 (not the id of such an object)")
    return parsed[1]


async def find(viewer: Viewer, model: type[M], text: str, field: str) -> M:
    """The row that an input names. Raises Problem naming `field`: the id is none of this type, or nothing is there."""
    name = BY_MODEL[model].name
    row = await visible(model, viewer).filter(id=row_id(name, text, field)).first()
    if row is None:
        raise Problem("NOT_FOUND", field=field, subject=name)
    return row
