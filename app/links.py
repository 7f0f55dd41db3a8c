"""Links of our own to files: short-lived, for one object and one person, and made by nobody but us.

A token is its own claim, encrypted and authenticated at once (AES-SIV, RFC 5297): it tells a stranger nothing, a
changed one does not open, and the same claim always makes the same token, so that both roads of the graph answer alike.
For the same reason a link ends at a whole period: it works for at least `lasts`, and for at most twice as long.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app import clock

PATH = "/files"
KEY_BYTES = 64
PURPOSE = b"yiqiao links"
NUMBERS = struct.Struct(">QQQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address for a browser, and until when it works."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a link opens (`object_id` of its kind), and for whom it was made."""

    object_id: int
    hospital_id: int
    role: str
    subject: str
    expires_at: datetime


class BadLink(Exception):
    """Not a link of ours, or not of this kind."""


class ExpiredLink(BadLink):
    """It was one of ours, and its time is over."""


class Links:
    """Makes links below `base_url`, and reads them again; the key is derived from `secret`."""

    def __init__(self, secret: bytes, base_url: str, lasts: timedelta, now: Callable[[], datetime] = clock.now) -> None:
        self._key = AESSIV(HKDF(SHA512(), KEY_BYTES, salt=None, info=PURPOSE).derive(secret))
        self._base_url = base_url.rstrip("/")
        self._lasts = lasts
        self._now = now

    def make(self, kind: str, object_id: int, *, hospital_id: int, role: str, subject: str) -> Link:
        """A link of this kind to an object, for one person of one hospital."""
        expires_at = self._end()
        numbers = NUMBERS.pack(object_id, hospital_id, int(expires_at.timestamp()))
        sealed = self._key.encrypt(numbers + f"{role}:{subject}".encode(), [kind.encode()])
        return Link(url=f"{self._base_url}{PATH}/{kind}/{_text(sealed)}", expires_at=expires_at)

    def read(self, kind: str, token: str) -> Claim:
        """What the token claims. Raises `BadLink`, or `ExpiredLink` for one whose time is over."""
        try:
            opened = self._key.decrypt(_bytes(token), [kind.encode()])
        except (InvalidTag, ValueError) as error:
            raise BadLink from error
        object_id, hospital_id, ends = NUMBERS.unpack_from(opened)
        role, _, subject = opened[NUMBERS.size :].decode().partition(":")
        expires_at = datetime.fromtimestamp(ends, UTC)
        if expires_at <= self._now():
            raise ExpiredLink
        return Claim(object_id=object_id, hospital_id=hospital_id, role=role, subject=subject, expires_at=expires_at)

    def _end(self) -> datetime:
        period = int(self._lasts.total_seconds())
        return datetime.fromtimestamp((int(self._now().timestamp()) // period + 2) * period, UTC)


def _text(sealed: bytes) -> str:
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _bytes(token: str) -> bytes:
    """The one text of these bytes only. Raises ValueError."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except binascii.Error as error:
        raise ValueError(token) from error
    if _text(sealed) != token:
        raise ValueError(token)
    return sealed
