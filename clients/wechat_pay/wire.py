"""The envelope of WeChat Pay API v3: signatures, the AEAD of notices, amounts in fen, times.

Source: public WeChat Pay v3 documentation (签名与验签, 回调报文解密). Pure functions for client and sandbox.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from clients import money

SCHEME = "WECHATPAY2-SHA256-RSA2048"
ALGORITHM = "AEAD_AES_256_GCM"
CURRENCY = "CNY"
MOST = Decimal(10**9)  # yuan; beyond is no payment but a mistake
WINDOW_SECONDS = 300
CHINA = timezone(timedelta(hours=8))

_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')
_AUTHORIZATION_PARTS = {"mchid", "nonce_str", "timestamp", "serial_no", "signature"}


def private_key(pem: str) -> RSAPrivateKey:
    """An RSA private key (apiclient_key.pem). Raises ValueError."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("an RSA private key is expected")
    return key


def public_key(pem: str) -> RSAPublicKey:
    """An RSA public key, or that of a platform certificate (微信支付公钥 or 平台证书). Raises ValueError."""
    data = pem.encode()
    key = load_pem_x509_certificate(data).public_key() if b"CERTIFICATE" in data else load_pem_public_key(data)
    if not isinstance(key, RSAPublicKey):
        raise ValueError("an RSA public key is expected")
    return key


def request_text(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """What a merchant signs of a request; `target` is the path with its query, as sent (请求签名串)."""
    return "\n".join((method, target, timestamp, nonce, "")).encode() + body + b"\n"


def answer_text(timestamp: str, nonce: str, body: bytes) -> bytes:
    """What the platform signs of an answer or a notice (应答验签串)."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def payment_text(app_id: str, timestamp: str, nonce: str, package: str) -> bytes:
    """What a merchant signs for wx.requestPayment (调起支付签名串)."""
    return "\n".join((app_id, timestamp, nonce, package, "")).encode()


def sign(key: RSAPrivateKey, text: bytes) -> str:
    """SHA256 with RSA (PKCS #1 v1.5), Base64."""
    return base64.b64encode(key.sign(text, PKCS1v15(), SHA256())).decode()


def verify(key: RSAPublicKey, text: bytes, signature: str) -> bool:
    """Whether `signature` is that of `text`; nonsense is a no."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def authorization(*, merchant_id: str, serial: str, nonce: str, timestamp: str, signature: str) -> str:
    """The value of the `Authorization` header of a request."""
    parts = {
        "mchid": merchant_id,
        "nonce_str": nonce,
        "signature": signature,
        "timestamp": timestamp,
        "serial_no": serial,
    }
    return f"{SCHEME} " + ",".join(f'{name}="{value}"' for name, value in parts.items())


def read_authorization(header: str) -> dict[str, str]:
    """The five parts of an `Authorization` header by their wire names. Raises ValueError."""
    scheme, _, rest = header.partition(" ")
    parts = dict(_AUTHORIZATION.findall(rest))
    if scheme != SCHEME or set(parts) != _AUTHORIZATION_PARTS:
        raise ValueError(f"Authorization: {SCHEME} with its five parts is expected")
    return parts


def answer_headers(key: RSAPrivateKey, serial: str, timestamp: str, nonce: str, body: bytes) -> dict[str, str]:
    """The headers with which the platform signs an answer or a notice."""
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": SCHEME,
        "Wechatpay-Signature": sign(key, answer_text(timestamp, nonce, body)),
    }


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether an answer claims a signature; header names are lower case."""
    return bool(headers.get("wechatpay-signature"))


def check_answer(headers: Mapping[str, str], body: bytes, *, serial: str, key: RSAPublicKey, now: datetime) -> None:
    """Believe an answer or a notice, or raise ValueError saying why not; header names are lower case."""
    timestamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    if headers.get("wechatpay-serial") != serial:
        raise ValueError("Wechatpay-Serial is not that of the key that we trust")
    if not is_fresh(timestamp, now):
        raise ValueError("Wechatpay-Timestamp is more than five minutes off")
    if not verify(key, answer_text(timestamp, nonce, body), headers.get("wechatpay-signature", "")):
        raise ValueError("Wechatpay-Signature does not hold")


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether a timestamp (seconds, as text) is within five minutes of `now`."""
    return bool(re.fullmatch(r"\d{1,12}", timestamp)) and abs(now.timestamp() - int(timestamp)) <= WINDOW_SECONDS


def encrypt(api_v3_key: str, nonce: str, associated_data: str, plain: bytes) -> str:
    """The ciphertext of a notice's resource, with its tag, Base64."""
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    return base64.b64encode(sealed).decode()


def decrypt(api_v3_key: str, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """The resource of a notice (AEAD_AES_256_GCM). Raises ValueError."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(api_v3_key.encode()).decrypt(nonce.encode(), sealed, associated_data.encode())
    except InvalidTag:
        raise ValueError("the resource cannot be decrypted with our APIv3 key") from None


def encrypt_field(key: RSAPublicKey, text: str) -> str:
    """A personal field (敏感信息加密, RSAES-OAEP with SHA-1) for whoever has the private key, Base64."""
    return base64.b64encode(key.encrypt(text.encode(), _oaep())).decode()


def decrypt_field(key: RSAPrivateKey, text: str) -> str:
    """What `encrypt_field` hid. Raises ValueError."""
    return key.decrypt(base64.b64decode(text, validate=True), _oaep()).decode()


def _oaep() -> OAEP:
    return OAEP(mgf=MGF1(algorithm=SHA1()), algorithm=SHA1(), label=None)  # noqa: S303  # the protocol's


def open_notice(api_v3_key: str, body: bytes) -> tuple[str, str, dict[str, Any]]:
    """Id, event type and decrypted resource of a notice (回调通知). Raises ValueError, KeyError, TypeError."""
    envelope = load(body)
    sealed = envelope["resource"]
    if sealed["algorithm"] != ALGORITHM:
        raise ValueError(f"an unknown algorithm: {sealed['algorithm']!r}")
    associated = sealed.get("associated_data") or ""
    resource = load(decrypt(api_v3_key, sealed["nonce"], associated, sealed["ciphertext"]))
    return text(envelope["id"]), text(envelope["event_type"]), resource


def parties(*, app_id: str, merchant_id: str) -> dict[str, str]:
    """Who is paid, and in which app, as every order and its answers say it."""
    return {"appid": app_id, "mchid": merchant_id}


def check_same(message: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Raises ValueError where `message` does not repeat what it must, KeyError where it leaves it out."""
    for name, value in expected.items():
        if message[name] != value:
            raise ValueError(f"{name} is not the expected one")


def dump(message: Mapping[str, Any]) -> bytes:
    """A message as the bytes that are signed and sent."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def load(body: bytes) -> dict[str, Any]:
    """A JSON object; a number with a point stays exact. Raises ValueError."""
    message = json.loads(body, parse_float=Decimal)
    if not isinstance(message, dict):
        raise ValueError("a JSON object is expected")
    return message


def fen(yuan: Decimal) -> int:
    """`Decimal("12.30")` → 1230. Raises ValueError for parts of a fen and for amounts that are not positive."""
    if not yuan.is_finite() or not 0 < yuan < MOST:
        raise ValueError(f"not an amount to pay: {yuan}")
    return int(money.text(yuan).replace(".", ""))


def yuan(amount: object) -> Decimal:
    """1230 → `Decimal("12.30")`. Raises ValueError for anything but a whole number of fen from 0."""
    if type(amount) is not int or amount < 0:
        raise ValueError(f"not an amount in fen: {amount!r}")
    return (Decimal(amount) / 100).quantize(money.CENT)


def moment(at: datetime) -> str:
    """RFC 3339 in seconds at China's offset. Raises ValueError for a time without an offset."""
    if at.tzinfo is None:
        raise ValueError("a time with an offset is expected")
    return at.astimezone(CHINA).replace(microsecond=0).isoformat()


def read_moment(value: object) -> datetime:
    """A time that the platform wrote, with its offset. Raises ValueError."""
    at = datetime.fromisoformat(text(value))
    if at.tzinfo is None:
        raise ValueError(f"a time with an offset is expected: {value!r}")
    return at


def text(value: object) -> str:
    """A string that is there. Raises ValueError."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"text is expected: {value!r}")
    return value
