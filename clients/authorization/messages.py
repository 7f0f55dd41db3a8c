"""What is asked of the authorisation platform, and what it answers. Source: protocols/mobile-payment.md 5.

Codes, numbers and identities are secrets: they stay out of every repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clients.authorization import wire

PREFIX = "AUTH"
LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemCode:
    """userQuery: the code that the patient brought back from the page. `open_id` is the WeChat user, where known."""

    code: str = field(repr=False)
    open_id: str = field(default="", repr=False)

    def to_wire(self) -> dict[str, object]:
        """Node query."""
        told: dict[str, object] = {"qrcode": self.code}
        return told | ({"openid": self.open_id} if self.open_id else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """userQuery, answer: `number` is the 支付授权码 payAuthNo.

    With `family` somebody else pays (亲情付). `id_number` is whose consent it is (with `family` the payer's); None
    where the platform did not tell it, or told it masked.
    """

    number: str = field(repr=False)
    family: bool
    id_number: str | None = field(repr=False)

    @classmethod
    def from_wire(cls, told: Mapping[str, Any]) -> Authorization:
        """Node answer. ValueError: no number, two of them, or one that is none."""
        own, family = _text(told, "pay_auth_no"), _text(told, "family_pay_auth_no")
        if own and family:
            raise ValueError("an own and a family authorisation at once")
        number = own or family or _text(told, "auth_no")
        if not number.upper().startswith(PREFIX) or len(number) > LONGEST_NUMBER:
            raise ValueError("no authorisation number")
        holder = _text(told, "user_card_no")
        return cls(number=number, family=bool(family), id_number=holder if holder and "*" not in holder else None)


def read_answer(body: bytes) -> tuple[str, str, Mapping[str, Any]]:
    """Result code, text and content of an answer. ValueError for what is none."""
    outer = wire.parse(body)
    inner = wire.innermost(outer)
    code = outer.get("code", inner.get("code"))
    if not isinstance(code, str) or not code.strip():
        raise ValueError("the answer has no result code")
    return code.strip(), _text(outer, "message") or _text(inner, "message"), inner


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return (value or "").strip()
