"""The gateways in front of the sandbox: a request whose signature does not hold is turned away with HTTP 401.

Skew and nonce rules are not public (protocols/insurance.md 3.2): both are settings, with the defaults proposed there.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from starlette.requests import Request

from clients.insurance.core import gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRules:
    """Who may come in: the other end's credentials, the allowed clock skew and the life of a nonce, in seconds."""

    kind: Literal["x-tif", "csb", "none"] = "x-tif"
    paas_id: str = "EXAMPLE_PAAS"
    token: str = field(default="EXAMPLE_PAAS_TOKEN_0001", repr=False)
    csb_access_key: str = "EXAMPLE_AK_0001"
    csb_secret_key: str = field(default="EXAMPLE_SK_0001", repr=False)
    csb_api_name: str = "hssServives"
    csb_api_version: str = "1.0.0"
    skew: float = 300.0
    nonce_life: float = 600.0


class Gateway:
    """Checks one request after the other and remembers the nonces; `clock` gives seconds since 1970."""

    def __init__(self, rules: GatewayRules, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._clock = clock
        self._nonces: dict[str, float] = {}
        checks: dict[str, Callable[[Request], str | None]]
        checks = {"x-tif": self._x_tif, "csb": self._csb, "none": lambda request: None}
        self._check = checks[rules.kind]

    def turned_away(self, request: Request) -> str | None:
        """Why this request may not come in; None when it may. A good nonce is used up."""
        return self._check(request)

    def reset(self) -> None:
        """Forget the nonces."""
        self._nonces.clear()

    def _x_tif(self, request: Request) -> str | None:
        given = request.headers
        timestamp, nonce = given.get(gateway.TIF_TIMESTAMP, ""), given.get(gateway.TIF_NONCE, "")
        signature = gateway.tif_signature(self._rules.token, timestamp, nonce)
        checks = (
            (given.get(gateway.TIF_PAAS_ID) == self._rules.paas_id, "x-tif-paasid unknown"),
            (self._near(timestamp, 1.0), "x-tif-timestamp out of range"),
            (6 <= len(nonce) <= 32, "x-tif-nonce must have 6 to 32 characters"),
            (_same(given.get(gateway.TIF_SIGNATURE, "").lower(), signature), "x-tif-signature wrong"),
        )
        return _first_wrong(checks) or self._used("x-tif-nonce", nonce)

    def _csb(self, request: Request) -> str | None:
        signed = {k: v for k, v in request.headers.items() if k.startswith(gateway.CSB_PREFIX)}
        given = signed.pop(gateway.CSB_SIGNATURE, "")
        wanted = gateway.csb_signature(
            self._rules.csb_secret_key, [*signed.items(), *request.query_params.multi_items()]
        )
        checks = (
            (signed.get("_api_access_key") == self._rules.csb_access_key, "_api_access_key unknown"),
            (signed.get("_api_name") == self._rules.csb_api_name, "_api_name unknown"),
            (signed.get("_api_version") == self._rules.csb_api_version, "_api_version unknown"),
            (self._near(signed.get("_api_timestamp", ""), 1000.0), "_api_timestamp out of range"),
            (_same(given, wanted), "_api_signature wrong"),
        )
        return _first_wrong(checks) or self._used("_api_nonce", signed.get("_api_nonce", ""))

    def _near(self, timestamp: str, per_second: float) -> bool:
        plain = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16
        return plain and abs(int(timestamp) / per_second - self._clock()) <= self._rules.skew

    def _used(self, header: str, nonce: str) -> str | None:
        now = self._clock()
        self._nonces = {known: until for known, until in self._nonces.items() if until > now}
        if nonce in self._nonces:
            return f"{header} used before"
        if nonce:
            self._nonces[nonce] = now + self._rules.nonce_life
        return None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def _first_wrong(checks: tuple[tuple[bool, str], ...]) -> str | None:
    return next((text for good, text in checks if not good), None)
