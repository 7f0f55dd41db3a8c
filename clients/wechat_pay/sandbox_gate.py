"""What the sandbox lets in: verified signatures, fresh timestamps, nonces once, fields as the tables say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request

from clients import fields
from clients.wechat_pay import wire
from clients.wechat_pay.sandbox_book import Refusal

TABLES = fields.table(Path(__file__).with_name("fields.json"))
CODES = fields.codes(Path(__file__).with_name("codes.json"))

# What the documentation says of a field beyond type and length.
FORMS = {
    "out_trade_no": re.compile(r"[0-9A-Za-z_\-|*]{6,32}"),
    "out_refund_no": re.compile(r"[0-9A-Za-z_\-|*@]{1,64}"),
    "notify_url": re.compile(r"https?://[^?#\s]+"),
    "callback_url": re.compile(r"https?://[^?#\s]+"),
}
BYTES = {"reason": 80}


class Gate:
    """The checks before any business."""

    def __init__(self, *, app_id: str, merchant_id: str, serial: str, key: RSAPublicKey) -> None:
        self._parties = {"appid": app_id, "mchid": merchant_id}
        self._serial = serial
        self._key = key
        self._nonces: dict[str, float] = {}

    def forget(self) -> None:
        """Every nonce is new again."""
        self._nonces.clear()

    def authenticate(self, request: Request, body: bytes) -> None:
        """Believe that the merchant signed this very request, now, for the first time. Raises Refusal."""
        now = datetime.now(UTC)
        try:
            parts = wire.read_authorization(request.headers.get("authorization", ""))
        except ValueError as error:
            raise Refusal("SIGN_ERROR", str(error)) from None
        text = wire.request_text(request.method, target(request), parts["timestamp"], parts["nonce_str"], body)
        complaints = {
            "mchid 商户号不匹配": parts["mchid"] != self._parties["mchid"],
            "serial_no 商户API证书序列号有误": parts["serial_no"] != self._serial,
            "timestamp 时间戳超出五分钟": not wire.is_fresh(parts["timestamp"], now),
            "signature 签名错误,验签失败": not wire.verify(self._key, text, parts["signature"]),
        }
        for words, wrong in complaints.items():
            if wrong:
                raise Refusal("SIGN_ERROR", words)
        self._use(parts["nonce_str"], now.timestamp())

    def check(self, transaction: str, message: Mapping[str, Any]) -> None:
        """Hold a message against its table and our parties. Raises Refusal naming the field."""
        table = TABLES[transaction]["in"]
        for violation in fields.check_node(table, next(iter(table)), message, CODES):
            raise Refusal("PARAM_ERROR", str(violation), pointer(violation.field))
        for name, form in FORMS.items():
            if message.get(name) and not form.fullmatch(message[name]):
                raise Refusal("PARAM_ERROR", f"{name}: 格式不正确", pointer(name))
        for name, most in BYTES.items():
            if len(message.get(name, "").encode()) > most:
                raise Refusal("PARAM_ERROR", f"{name}: 超过{most}个字节", pointer(name))
        self._check_amounts(message.get("amount", {}))
        self._check_parties(message)

    def _check_amounts(self, amount: Mapping[str, Any]) -> None:
        for name in ("total", "refund"):
            if amount.get(name, 1) < 1:
                raise Refusal("PARAM_ERROR", f"amount.{name}: 金额应大于0", f"/amount/{name}")

    def _check_parties(self, message: Mapping[str, Any]) -> None:
        for name, ours in self._parties.items():
            if message.get(name, ours) != ours:
                raise Refusal("APPID_MCHID_NOT_MATCH", f"{name}: appid 与 mchid 不匹配", pointer(name))

    def _use(self, nonce: str, now: float) -> None:
        while self._nonces and now - next(iter(self._nonces.values())) > 2 * wire.WINDOW_SECONDS:
            del self._nonces[next(iter(self._nonces))]
        if nonce in self._nonces:
            raise Refusal("SIGN_ERROR", "nonce_str 随机串重复使用")
        self._nonces[nonce] = now


def target(request: Request) -> str:
    """The request line's target as it came: path still quoted, with its query."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def pointer(place: str) -> str:
    """`amount.total` → `/amount/total`."""
    return "/" + place.replace(".", "/").replace("[", "/").replace("]", "")
