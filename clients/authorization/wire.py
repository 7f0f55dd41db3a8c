"""The national e-voucher authorisation on the wire: page address, signature, answer.

Source: protocols/insurance.md 3.6, mobile-payment.md 5. Pure functions; both ends use them. Where the sources are
silent: `openid` is left out where nobody knows it, and an answer may come in up to three wrappers, as relays make them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from clients import fields

TABLES = fields.table(Path(__file__).with_name("fields.json"))
TIMESTAMP, REQUEST_ID, SIGNATURE = "god-portal-timestamp", "god-portal-request-id", "god-portal-signature"
OK = "0"
OPEN_TYPE = "getAuthCode"
BUSINESS_TYPE = "04107"
PAGE = "auth/pages/bindcard/auth/index"
WRAPPERS, DEEPEST = ("data", "output", "body"), 3

_UNSAFE = re.compile(r"[\s&#%?]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationSettings:
    """Who we are to the authorisation platform, and where its page is.

    `city_code`, `channel` and `channel_certificate` (机构渠道认证编码) are assigned; `app_id` is the envelope's appId.
    `page_base` stands before the page's path: empty for the mini-program, which is opened by its path alone.
    `timeout` is in seconds.
    """

    base_url: str
    partner_id: str
    partner_secret: str = field(repr=False)
    institution_code: str
    app_id: str
    city_code: str
    channel: str
    channel_certificate: str
    business_type: str = BUSINESS_TYPE
    source_app: str = ""
    page_base: str = ""
    path: str = "/api/mipuserquery/userQuery/{partner_id}"
    timeout: float = 15.0

    def __post_init__(self) -> None:
        if _UNSAFE.search(self.channel_certificate):
            raise ValueError("channel_certificate goes into an address as it is: no blanks, no & # % ?")


def page(settings: AuthorizationSettings) -> str:
    """Where the patient consents. The channel certificate is never encoded: the platform refuses `%2F`."""
    before = {
        "openType": OPEN_TYPE,
        "bizType": settings.business_type,
        "cityCode": settings.city_code,
        "channel": settings.channel,
    }
    after = {"orgCodg": settings.institution_code, "orgAppId": settings.app_id}
    more = {"sourceapp": settings.source_app} if settings.source_app else {}
    query = f"{urlencode(before)}&orgChnlCrtfCodg={settings.channel_certificate}&{urlencode(after | more)}"
    return f"{settings.page_base}{PAGE}?{query}"


def path(settings: AuthorizationSettings) -> str:
    """Where userQuery is posted to."""
    return settings.path.format(partner_id=quote(settings.partner_id, safe=""))


def signature(partner_id: str, partner_secret: str, timestamp: str) -> str:
    """Lower-case hex of the HMAC-SHA256 over partner id and timestamp; the body is not covered."""
    return hmac.new(partner_secret.encode(), f"{partner_id}{timestamp}".encode(), hashlib.sha256).hexdigest()


def headers(settings: AuthorizationSettings, *, milliseconds: int, message_id: str) -> dict[str, str]:
    """The headers of one request; `milliseconds` since 1970."""
    timestamp = str(milliseconds)
    return {
        "content-type": "application/json",
        "accept": "application/json",
        TIMESTAMP: timestamp,
        REQUEST_ID: message_id,
        SIGNATURE: signature(settings.partner_id, settings.partner_secret, timestamp),
    }


def dump(data: Mapping[str, object]) -> bytes:
    """JSON in UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def parse(body: bytes, *, numbers: Callable[[str], object] = str) -> dict[str, Any]:
    """A JSON object whose numbers become `numbers` of their text.

    ValueError for anything else, without a word of what was read.
    """
    try:
        told = json.loads(body, parse_int=numbers, parse_float=numbers)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(told, dict):
        raise ValueError("not an object")
    return told


def innermost(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is inside the wrappers."""
    for _ in range(DEEPEST):
        inner = next((told[name] for name in WRAPPERS if isinstance(told.get(name), dict)), None)
        if inner is None:
            return told
        told = inner
    return told
