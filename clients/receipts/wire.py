"""The envelope of the Bosi medical e-receipt platform (receipts.md A.1, A.2), used by both ends.

Request `{"appid", "data", "noise", "version", "sign"}`, answer `{"data", "noise", "sign"}`; `data` is Base64 of JSON.
The JSON inside an answer is `{"result", "message"}`, and `message` is Base64 once more: of a JSON object after
`S0000`, of plain text otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

SUCCESS = "S0000"
CHINA = ZoneInfo("Asia/Shanghai")
DateFormat = Literal["yyyyMMdd", "yyyy-MM-dd"]

_DATES: Mapping[str, str] = {"yyyyMMdd": "%Y%m%d", "yyyy-MM-dd": "%Y-%m-%d"}
_FOURTH = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Seal:
    """What both ends sign with (应用账号, 密钥, 版本号)."""

    app_id: str
    key: str = field(repr=False)
    version: str = "1.0"

    def sign(self, data: str, noise: str) -> str:
        """Upper-case hex MD5 over the Base64 text itself; the key stands between noise and version, by the platform."""
        text = f"appid={self.app_id}&data={data}&noise={noise}&key={self.key}&version={self.version}"
        # The platform demands MD5; the flag keeps it available on hosts that forbid MD5 for security of their own.
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()

    def holds(self, data: str, noise: str, sign: str) -> bool:
        """Whether `sign` is ours."""
        return hmac.compare_digest(self.sign(data, noise).encode(), sign.encode())


@dataclass(frozen=True, slots=True)
class Told:
    """A verified answer: `result` is the platform's code, `message` the decoded text."""

    result: str
    message: str


def compact(value: Mapping[str, object]) -> str:
    """JSON without spaces and escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(value: Mapping[str, object]) -> str:
    """Base64 of compact UTF-8 JSON."""
    return _base64(compact(value))


def decoded(data: str) -> str:
    """The text under strict Base64. Raises ValueError."""
    return base64.b64decode(data, validate=True).decode()


def request(message: Mapping[str, object], noise: str, seal: Seal) -> bytes:
    """The body of one request. `noise` must be new for every call."""
    data = encoded(message)
    sign = seal.sign(data, noise)
    envelope = {"appid": seal.app_id, "data": data, "noise": noise, "version": seal.version, "sign": sign}
    return json.dumps(envelope).encode()


def answer(result: str, message: str, noise: str, seal: Seal) -> bytes:
    """The body of one answer; `message` is JSON text after success, plain text otherwise."""
    data = encoded({"result": result, "message": _base64(message)})
    return json.dumps({"data": data, "noise": noise, "sign": seal.sign(data, noise)}).encode()


def read_answer(body: bytes, seal: Seal) -> Told:
    """Verify and decode an answer. Raises ValueError when the form or the signature does not hold."""
    envelope = object_of(body.decode())
    data, noise = text_of(envelope, "data"), text_of(envelope, "noise")
    if not seal.holds(data, noise, text_of(envelope, "sign")):
        raise ValueError("the signature does not hold")
    inner = object_of(decoded(data))
    return Told(text_of(inner, "result"), decoded(text_of(inner, "message")))


def object_of(text: str) -> dict[str, Any]:
    """A JSON object whose numbers stay text. Raises ValueError for anything else."""
    value = json.loads(text, parse_float=str, parse_int=str)
    if not isinstance(value, dict):
        raise ValueError("a JSON object is expected")
    return value


def text_of(told: Mapping[str, Any], name: str) -> str:
    """A member that must be there as text and not empty. Raises ValueError naming it."""
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is missing")
    return value


def text_or_none(told: Mapping[str, Any], name: str) -> str | None:
    """A member that may be absent, null or empty. Raises ValueError when it is not text."""
    value = told.get(name)
    return text_of(told, name) if value not in (None, "") else None


def moment(at: datetime) -> str:
    """`yyyyMMddHHmmssSSS` in China's time. Raises ValueError for a datetime without its zone."""
    if at.tzinfo is None:
        raise ValueError("a datetime without its zone")
    return at.astimezone(CHINA).strftime("%Y%m%d%H%M%S%f")[:17]


def read_moment(text: str) -> datetime:
    """The moment in `yyyyMMddHHmmssSSS`. Raises ValueError."""
    at = datetime.strptime(text, "%Y%m%d%H%M%S%f").replace(tzinfo=CHINA)
    if moment(at) != text:  # strptime takes other lengths too, and reads month 13 as month 1
        raise ValueError("yyyyMMddHHmmssSSS is expected")
    return at


def day(on: date, form: DateFormat) -> str:
    """A date in the form that the hospital's installation wants: sources differ (A.4, consultationDate)."""
    return on.strftime(_DATES[form])


def is_day(text: str) -> bool:
    """Whether `text` is a date in either form."""
    return any(_is_date(text, form) for form in _DATES.values())


def fourths(amount: Decimal) -> str:
    """`Decimal("1.5")` → `"1.5000"`. Raises ValueError for more than four decimals: nothing is rounded here."""
    if not amount.is_finite() or amount != amount.quantize(_FOURTH):
        raise ValueError(f"more than four decimals: {amount}")
    return f"{amount:.4f}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _is_date(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).replace(tzinfo=CHINA).strftime(form) == text
    except ValueError:
        return False
