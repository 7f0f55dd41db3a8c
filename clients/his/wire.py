"""HIS-JSON v1 on the wire: signatures, JSON, times, quantities, the digest of a prescription's charges.

Source: protocols/his.md B.3. Pure functions; both ends use them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

from clients import money
from clients.fields import check_node, codes, table

FIELDS = Path(__file__).with_name("fields.json")
CODES = Path(__file__).with_name("codes.json")
CHINA = timezone(timedelta(hours=8))
WINDOW_SECONDS = 300  # how far X-Timestamp may be from the HIS's clock

_PLACES = Decimal("0.0001")


def path(op: str) -> str:
    """The path of an operation, as it is called and as it is signed; a prefix in the base URL is not signed."""
    return f"/his/v1/{op}"


def signature(secret: str, first: str, op: str, timestamp: str, nonce: str, body: bytes) -> str:
    """X-Signature: HMAC-SHA256 in hex; `first` is `POST` for a request and the HTTP status for an answer."""
    told = "\n".join((first, path(op), timestamp, nonce, hashlib.sha256(body).hexdigest()))
    return hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()


def signed_by(secret: str, first: str, op: str, nonce: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether `headers` (lower case names) carry the signature of this body, told in the headers' own time."""
    expected = signature(secret, first, op, headers.get("x-timestamp", ""), nonce, body)
    return hmac.compare_digest(expected.encode(), headers.get("x-signature", "").encode())


def request_headers(
    *, app_id: str, secret: str, op: str, body: bytes, message_id: str, timestamp: int, nonce: str, key: str | None
) -> dict[str, str]:
    """The headers of a request; `timestamp` in unix seconds, `key` the Idempotency-Key of a write."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-App-Id": app_id,
        "X-Timestamp": str(timestamp),
        "X-Nonce": nonce,
        "X-Request-Id": message_id,
        "X-Signature": signature(secret, "POST", op, str(timestamp), nonce, body),
    }
    return headers if key is None else {**headers, "Idempotency-Key": key}


def answer_headers(
    *, secret: str, status: int, op: str, body: bytes, message_id: str, timestamp: int, nonce: str
) -> dict[str, str]:
    """The headers of an answer: its own time, the nonce and the request id of the request."""
    return {
        "X-Timestamp": str(timestamp),
        "X-Nonce": nonce,
        "X-Request-Id": message_id,
        "X-Signature": signature(secret, str(status), op, str(timestamp), nonce, body),
    }


def encode(value: object) -> bytes:
    """Compact JSON. Amounts are text already: a Decimal here is a TypeError."""
    return json.dumps(value, separators=(",", ":")).encode()


def decode(body: bytes) -> Any:
    """JSON whose fractions are `Decimal`. Raises ValueError."""
    try:
        return json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("too deeply nested") from None


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"not a number: {name}")


def request_body(hospital_id: str, members: Mapping[str, object]) -> bytes:
    """The body of a request: the hospital (医院编号) and what the message says."""
    return encode({"hospitalId": hospital_id, **members})


def present(members: Mapping[str, object]) -> dict[str, object]:
    """The members that are told; an unknown optional field is left out, never null."""
    return {name: value for name, value in members.items() if value is not None}


def tabular(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request in the form that fields.json can describe: its list of numbers and its map of digests as rows."""
    rows = dict(body)
    numbers, digests = body.get("prescriptionNos"), body.get("feeDigests")
    if isinstance(numbers, list):
        rows["prescriptionNos"] = [{"prescriptionNo": number} for number in numbers]
    if isinstance(digests, dict):
        rows["feeDigests"] = [{"prescriptionNo": number, "digest": digest} for number, digest in digests.items()]
    elif digests not in (None, ""):
        rows["feeDigests"] = "not an object"
    return rows


def answered(op: str, data: object, node: str = "data") -> Mapping[str, Any]:
    """The data of an answer, once it has passed its table. Raises ValueError naming the field."""
    wrong = check_node(table(FIELDS)[op]["out"], node, data, codes(CODES))
    if wrong or not isinstance(data, dict):
        raise ValueError(str(wrong[0]) if wrong else f"{node}: not an object")
    return data


def same(field: str, told: object, asked: str) -> None:
    """Raises ValueError when an answer speaks of something else than was asked."""
    if told != asked:
        raise ValueError(f"{field}: not the one asked for")


def time_text(moment: datetime) -> str:
    """RFC 3339 in seconds with +08:00. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment.astimezone(CHINA).isoformat(timespec="seconds")


def time_text_or_none(moment: datetime | None) -> str | None:
    """As `time_text`; None stays None."""
    return None if moment is None else time_text(moment)


def moment(text: str) -> datetime:
    """A time of an answer, in +08:00; any offset is understood. Raises ValueError."""
    told = datetime.fromisoformat(text)
    if told.tzinfo is None:
        raise ValueError("a time without its zone")
    return told.astimezone(CHINA)


def moment_or_none(text: str | None) -> datetime | None:
    """As `moment`; absent, null and empty mean "not told"."""
    return moment(text) if text else None


def quantity(text: object) -> Decimal:
    """A decimal text with at most four places. Raises ValueError."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", text):
        raise ValueError("quantity: not a decimal text with at most four places")
    return Decimal(text)


def signed_yuan(text: object) -> Decimal:
    """An amount that may be negative: the sum of a day. Raises ValueError."""
    if not isinstance(text, str) or not re.fullmatch(r"-?[0-9]{1,12}\.[0-9]{2}", text):
        raise ValueError("sum: not an amount")
    return money.yuan(text)


def digest_of(lines: Iterable[tuple[str, Decimal, Decimal]]) -> str:
    """The feeDigest of (feeDetailNo, quantity, amount) lines, in any order.

    Raises ValueError for a quantity of more than four places or an amount of more than two.
    """
    told = (f"{serial}|{_four(count)}|{money.text(amount)}" for serial, count, amount in sorted(lines, key=_serial))
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _serial(line: tuple[str, Decimal, Decimal]) -> str:
    return line[0]


def _four(count: Decimal) -> str:
    if count != count.quantize(_PLACES):
        raise ValueError("quantity: more than four places")
    return f"{count:.4f}"
