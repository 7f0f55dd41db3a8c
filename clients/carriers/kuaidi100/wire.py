"""快递100's wire: forms of a JSON text and a signature over it. Source: protocols/logistics.md C.3.

A query is signed with UPPER(MD5(param + key + customer)); a push, where the subscription named a salt, with
MD5(param + salt). Answers carry no signature: TLS alone vouches for them.
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
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from clients.fields import check_node, codes, table

FIELDS = Path(__file__).with_name("fields.json")
CODES = Path(__file__).with_name("codes.json")
SHANGHAI = ZoneInfo("Asia/Shanghai")
SECONDS = "%Y-%m-%d %H:%M:%S"
QUERY, SUBSCRIBE, PUSH = "query", "subscribe", "push"
PATHS: Mapping[str, str] = {QUERY: "/poll/query.do", SUBSCRIBE: "/poll"}
FORM = "application/x-www-form-urlencoded"
OK = "200"
LONGEST_SALT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Kuaidi100Settings:
    """Who we are at 快递100; `timeout` in seconds.

    With a `callback_url` every parcel is subscribed and changes are pushed there. The push's signature is optional at
    快递100 and not here: `salt` (at most 32 characters) is then needed, or any stranger could push. Raises ValueError.
    """

    base_url: str = "https://poll.kuaidi100.com"
    customer: str
    key: str = field(repr=False)
    callback_url: str | None = None
    salt: str = field(default="", repr=False)
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if self.callback_url is not None and not 1 <= len(self.salt) <= LONGEST_SALT:
            raise ValueError(f"a callback_url needs a salt of 1 to {LONGEST_SALT} characters")


def query_signature(param: str, key: str, customer: str) -> str:
    """UPPER(MD5(param + key + customer)) over the text as it is sent."""
    return _md5(f"{param}{key}{customer}")


def push_signature(param: str, salt: str) -> str:
    """UPPER(MD5(param + salt))."""
    return _md5(f"{param}{salt}")


def same_signature(given: str, wanted: str) -> bool:
    """Whether two signatures are one, in either case."""
    return hmac.compare_digest(given.upper().encode(), wanted.upper().encode())


def form(**members: str) -> bytes:
    """A body of application/x-www-form-urlencoded."""
    return urlencode(members).encode()


def read_form(body: bytes) -> dict[str, str]:
    """The members of a form. Raises ValueError for what is none, and for a member that comes twice."""
    pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    told = dict(pairs)
    if len(told) != len(pairs):
        raise ValueError("a member comes twice")
    return told


def dump(value: object) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def load(text: str | bytes) -> Any:
    """JSON in UTF-8. Raises ValueError."""
    try:
        return json.loads(text.decode() if isinstance(text, bytes) else text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def checked(transaction: str, direction: str, node: str, data: object) -> dict[str, Any]:
    """The object, once it has passed its table. Raises ValueError naming the field."""
    wrong = check_node(table(FIELDS)[transaction][direction], node, data, codes(CODES))
    if wrong or not isinstance(data, dict):
        raise ValueError("；".join(map(str, wrong)) or f"{node}: 应为对象 (an object is expected)")
    return data


def moment(text: str) -> datetime:
    """A time on the clock in Shanghai. Raises ValueError."""
    return datetime.strptime(text, SECONDS).replace(tzinfo=SHANGHAI)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
