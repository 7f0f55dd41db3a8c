"""How the sandbox answers: signed, with the HTTP status of the code. Source: public v3 documentation."""

from __future__ import annotations

import secrets
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from starlette.responses import Response

from clients.wechat_pay import wire
from clients.wechat_pay.sandbox_book import Refusal

STATUSES = {
    "SIGN_ERROR": 401,
    "OUT_TRADE_NO_USED": 403,
    "NO_AUTH": 403,
    "NOT_ENOUGH": 403,
    "RULE_LIMIT": 403,
    "TRADE_ERROR": 403,
    "ACCOUNT_ERROR": 403,
    "USER_ACCOUNT_ABNORMAL": 403,
    "REQUEST_BLOCKED": 403,
    "ORDER_NOT_EXIST": 404,
    "RESOURCE_NOT_EXISTS": 404,
    "FREQUENCY_LIMITED": 429,
    "SYSTEM_ERROR": 500,
}
UNSIGNED = {"SIGN_ERROR", "FREQUENCY_LIMITED"}


class Answers:
    """The platform's pen: its key and the serial of it."""

    def __init__(self, key: RSAPrivateKey, serial: str) -> None:
        self._key = key
        self._serial = serial

    def yes(self, message: dict[str, Any] | bytes | None) -> Response:
        """200 with a message, 204 without; a file is not signed."""
        if isinstance(message, bytes):
            return Response(message, media_type="application/octet-stream")
        return self._signed(204, b"") if message is None else self._signed(200, wire.dump(message))

    def no(self, refusal: Refusal) -> Response:
        """The code's status, its words, and the field that is wrong."""
        message: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
        if refusal.field:
            message["detail"] = {"field": refusal.field, "issue": refusal.message, "location": "body"}
        status, body = STATUSES.get(refusal.code, 400), wire.dump(message)
        if refusal.code in UNSIGNED:
            return Response(body, status, media_type="application/json")
        return self._signed(status, body)

    def _signed(self, status: int, body: bytes) -> Response:
        headers = wire.answer_headers(self._key, self._serial, str(int(time.time())), secrets.token_hex(16), body)
        return Response(body, status, headers, media_type="application/json")
