"""A wire of our own, for no public one exists: JSON over `POST /face-sign-in/v1/{create|status}`, signed both ways.

Headers: X-App-Id, X-Timestamp (unix seconds, at most 300 off), X-Nonce (32 hex digits, used once), X-Message-Id,
X-Signature: HMAC-SHA256 in hex over the lines `POST` (in an answer: the HTTP status), path, timestamp, nonce, message
id and SHA-256 of the body. An answer carries the request's nonce and message id. `code` is "0" or `FS-…`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from clients.fields import check_node, table

FIELDS = Path(__file__).with_name("fields.json")
SHANGHAI = ZoneInfo("Asia/Shanghai")
WINDOW_SECONDS = 300
OK = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSignInSettings:
    """Where doctors sign in by face, and who we are there; `timeout` in seconds."""

    base_url: str
    app_id: str
    secret: str = field(repr=False)
    timeout: float = 15.0


def path(op: str) -> str:
    """The path of an operation, as it is called and as it is signed."""
    return f"/face-sign-in/v1/{op}"


def headers(
    *, app_id: str, secret: str, first: str, op: str, body: bytes, timestamp: int, nonce: str, message_id: str
) -> dict[str, str]:
    """The headers of a request (`first` is POST) or of an answer (`first` is the HTTP status)."""
    told = {
        "x-app-id": app_id,
        "x-timestamp": str(timestamp),
        "x-nonce": nonce,
        "x-message-id": message_id,
        "content-type": "application/json; charset=utf-8",
    }
    return told | {"x-signature": signature(secret, first, op, told, body)}


def signature(secret: str, first: str, op: str, headers: Mapping[str, str], body: bytes) -> str:
    """The signature over what the headers (lower case names) tell and the body."""
    own = [headers.get(name, "") for name in ("x-timestamp", "x-nonce", "x-message-id")]
    told = "\n".join((first, path(op), *own, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()


def signed_by(secret: str, first: str, op: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the headers carry the signature of this body."""
    expected = signature(secret, first, op, headers, body)
    return hmac.compare_digest(expected.encode(), headers.get("x-signature", "").encode())


def encode(value: object) -> bytes:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def decode(body: bytes) -> Any:
    """JSON. Raises ValueError."""
    try:
        return json.loads(body.decode())
    except RecursionError:
        raise ValueError("too deeply nested") from None


def answered(op: str, data: object, node: str = "data") -> dict[str, Any]:
    """The data of an answer, once it has passed its table. Raises ValueError naming the field."""
    wrong = check_node(table(FIELDS)[op]["out"], node, data)
    if wrong or not isinstance(data, dict):
        raise ValueError(str(wrong[0]) if wrong else f"{node}: not an object")
    return data


def same(field: str, told: object, asked: str) -> None:
    """Raises ValueError when an answer speaks of something else than was asked."""
    if told != asked:
        raise ValueError(f"{field}: not the one asked for")


def time_text(moment: datetime) -> str:
    """RFC 3339 in seconds with +08:00."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


def moment(text: str) -> datetime:
    """A time of an answer. Raises ValueError for one without a zone."""
    told = datetime.fromisoformat(text)
    if told.tzinfo is None:
        raise ValueError("a time without its zone")
    return told
