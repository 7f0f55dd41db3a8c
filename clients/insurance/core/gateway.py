"""What the two gateways in front of the core want to see: x-tif headers and Alibaba CSB headers.

Pure functions, for both ends of the wire. Source: protocols/insurance.md 3.2 and 3.3.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

TIF_PAAS_ID = "x-tif-paasid"
TIF_TIMESTAMP = "x-tif-timestamp"
TIF_NONCE = "x-tif-nonce"
TIF_SIGNATURE = "x-tif-signature"
CSB_PREFIX = "_api_"
CSB_SIGNATURE = "_api_signature"

_SHA1 = "sha1"


def tif_signature(token: str, timestamp: str, nonce: str) -> str:
    """Lower-case hex of SHA-256 over timestamp, token, nonce and timestamp; the body is not covered."""
    return hashlib.sha256(f"{timestamp}{token}{nonce}{timestamp}".encode()).hexdigest()


def tif_headers(*, paas_id: str, token: str, seconds: int, nonce: str, upper: bool = False) -> dict[str, str]:
    """The x-tif headers of one request; `seconds` since 1970, `nonce` of 6 to 32 characters."""
    signature = tif_signature(token, str(seconds), nonce)
    return {
        TIF_PAAS_ID: paas_id,
        TIF_TIMESTAMP: str(seconds),
        TIF_NONCE: nonce,
        TIF_SIGNATURE: signature.upper() if upper else signature,
    }


def csb_canonical(parameters: Iterable[tuple[str, str]]) -> str:
    """`name=value` pairs, sorted by name and then value, joined with `&`, nothing encoded."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters))


def csb_signature(secret_key: str, parameters: Iterable[tuple[str, str]], algorithm: str = _SHA1) -> str:
    """Base64 of the HMAC over the canonical text; SHA-1 is what the CSB of the insurance regions checks."""
    mac = hmac.new(secret_key.encode(), csb_canonical(parameters).encode(), algorithm)
    return base64.b64encode(mac.digest()).decode()


def csb_headers(
    *, access_key: str, secret_key: str, api_name: str, api_version: str, milliseconds: int
) -> dict[str, str]:
    """The `_api_*` headers of one request with a JSON body, which CSB does not sign; `milliseconds` since 1970."""
    headers = {
        "_api_access_key": access_key,
        "_api_name": api_name,
        "_api_timestamp": str(milliseconds),
        "_api_version": api_version,
    }
    return {**headers, CSB_SIGNATURE: csb_signature(secret_key, headers.items())}
