"""How a simulated centre reads a sealed request and answers one: the payment centre and the prescription centre alike.

Source: mobile-payment.md 2. The words of the refusals are ours; the centres publish none.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

from clients.fields import Violation
from clients.insurance.envelope import BadEnvelope, Literal, SmEnvelope, dumps, loads

_BAD = {
    "appId is not ours": "appId: 应用渠道编号不存在",
    "encData does not decrypt": "encData: 解密失败",
    "encData is not an object": "encData: 解密后应为对象",
    "signData does not verify": "signData: 签名验证失败",
}


class Rejection(Exception):
    """The centre says no, in these words."""


def parsed(body: bytes) -> dict[str, Any]:
    """The outer object. Raises `Rejection`."""
    try:
        wire = loads(body)
    except ValueError:
        wire = None
    if not isinstance(wire, dict):
        raise Rejection("SIM-FORM 报文应为JSON对象")
    return wire


def opened(envelope: SmEnvelope, wire: dict[str, Any]) -> dict[str, Any]:
    """What is inside. Raises `Rejection`."""
    try:
        data: dict[str, Any] = _typed(envelope.open(wire))
    except BadEnvelope as bad:
        raise Rejection(f"SIM-SIGN {_BAD[str(bad)]}") from None
    return data


def refuse(violations: list[Violation]) -> None:
    """Raises `Rejection` for the first of them."""
    if violations:
        raise Rejection(f"SIM-FORM {violations[0]}")


def no(text: str) -> Response:
    """An answer that nobody signs."""
    return answer({"code": "-1", "message": text, "success": "false"})


def answer(wire: Mapping[str, str]) -> Response:
    """An answer as it stands."""
    return Response(dumps(wire), media_type="application/json; charset=utf-8")


def _typed(value: Any) -> Any:
    """JSON numbers as numbers again, so that the tables refuse them where text is wanted."""
    if isinstance(value, dict):
        return {name: _typed(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_typed(member) for member in value]
    return Decimal(value) if isinstance(value, Literal) else value
