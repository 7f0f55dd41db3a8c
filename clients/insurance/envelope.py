"""The SM2 + SM4 envelope that the mobile-payment, e-prescription and e-voucher centres share (mobile-payment.md 2).

`{appId, encType, signType, timestamp, version, encData, signData}`: the business object is signed in the clear and
travels encrypted. Both ends are here, since a signature is made and checked over the same text.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from clients.insurance.sm import Signer, Verifier, sm4_decrypt, sm4_encrypt

_UNSIGNED = frozenset({"signData", "encData", "extra", "data"})
_EMPTY: tuple[object, ...] = (None, "")


class BadEnvelope(ValueError):
    """An envelope that is not from the other side: unknown appId, no decryption, wrong signature."""


class Literal(str):
    """A JSON number in the figures of its sender: 100.00 must not become 100.0, or the signature breaks."""

    __slots__ = ()


class Form(StrEnum):
    """How scalars inside `data` are written for the signature; equal when all are strings and nothing is empty."""

    STRINGS = "strings"  # the SDK: every scalar as a JSON string, an empty object kept
    LITERAL = "literal"  # the document: numbers and booleans bare, empty objects left out


def loads(text: bytes | str) -> Any:
    """JSON with its numbers as `Literal`. Raises ValueError."""
    try:
        return json.loads(text, parse_float=Literal, parse_int=Literal, parse_constant=_nonsense)
    except RecursionError:
        raise ValueError("JSON nested too deep") from None


def dumps(value: object) -> str:
    """Compact JSON, UTF-8 unescaped, `Literal` as a bare number. Raises TypeError for a float."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_quoted(str(k))}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(dumps(v) for v in value) + "]"
    if value is None or isinstance(value, bool | Literal | int | Decimal):
        return "null" if value is None else _scalar(value)
    if isinstance(value, str):
        return _quoted(value)
    raise TypeError(f"not for an envelope: {type(value).__name__}")


def canonical(outer: Mapping[str, Any], data: Mapping[str, Any] | None, secret: str, form: Form = Form.STRINGS) -> str:
    """The text that is signed (2.3): `k=v` sorted by key, joined by `&`, then `&key=` and the appSecret."""
    members = {k: v for k, v in outer.items() if k not in _UNSIGNED and v not in _EMPTY}
    if data is not None:
        members["data"] = data
    pairs = [f"{k}={_value(members[k], form)}" for k in sorted(members)]
    return "&".join([*pairs, f"key={secret}"])


def data_key(app_id: str, app_secret: str) -> bytes:
    """The SM4 key (0.4): SM4(key = appId[:16], appSecret) in upper-case hex, of which the first 16 characters."""
    return sm4_encrypt(app_id[:16].encode(), app_secret.encode()).hex().upper()[:16].encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmEnvelope:
    """One end of a channel: what it signs with, and what it checks the other end by.

    `version` and the case of `enc_type` and `sign_type` differ by centre (2.1); an empty `version` is not sent.
    """

    app_id: str
    app_secret: str = field(repr=False)
    signer: Signer = field(repr=False)
    verifier: Verifier = field(repr=False)
    version: str = "2.0.1"
    enc_type: str = "SM4"
    sign_type: str = "SM2"
    form: Form = Form.STRINGS

    def seal(
        self, data: Mapping[str, Any] | None, *, timestamp: str, outer: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """The wire object for `data`; `outer` are further signed members (`code`, `message`, `transType`)."""
        wire = {
            **(outer or {}),
            "appId": self.app_id,
            "encType": self.enc_type,
            "signType": self.sign_type,
            "timestamp": timestamp,
            **({"version": self.version} if self.version else {}),
        }
        signature = self.signer.sign(canonical(wire, data, self.app_secret, self.form).encode())
        wire["signData"] = base64.b64encode(signature).decode()
        if data is not None:
            wire["encData"] = sm4_encrypt(self._key(), dumps(data).encode()).hex().upper()
        return wire

    def open(self, wire: Mapping[str, Any]) -> dict[str, Any]:
        """The verified business object of a wire object, empty if it carries none. Raises `BadEnvelope`."""
        if wire.get("appId") not in (*_EMPTY, self.app_id):
            raise BadEnvelope("appId is not ours")
        data = self._decrypted(wire.get("encData"))
        if not self.verifier.verify(
            canonical(wire, data, self.app_secret, self.form).encode(), _signature(wire.get("signData"))
        ):
            raise BadEnvelope("signData does not verify")
        return data or {}

    def _decrypted(self, sealed: object) -> dict[str, Any] | None:
        if sealed in _EMPTY:
            return None
        try:
            data = loads(sm4_decrypt(self._key(), bytes.fromhex(str(sealed))))
        except ValueError:
            raise BadEnvelope("encData does not decrypt") from None
        if not isinstance(data, dict):
            raise BadEnvelope("encData is not an object")
        return data

    def _key(self) -> bytes:
        return data_key(self.app_id, self.app_secret)


def _signature(text: object) -> bytes:
    try:
        return base64.b64decode(str(text or ""), validate=True)
    except binascii.Error:
        return b""


def _value(value: object, form: Form) -> str:
    if isinstance(value, Mapping | list | tuple):
        return dumps(_tree(value, form))
    return _scalar(value)


def _tree(value: object, form: Form) -> object:
    if isinstance(value, Mapping):
        members = {k: _tree(value[k], form) for k in sorted(value) if value[k] not in (*_EMPTY, [], ())}
        return {k: v for k, v in members.items() if form is Form.STRINGS or v != {}}
    if isinstance(value, list | tuple):
        return [_tree(v, form) for v in _told(value)]
    return _scalar(value) if form is Form.STRINGS else value


def _told(values: Iterable[object]) -> list[object]:
    return [v for v in values if v not in _EMPTY]


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        raise TypeError("a float has no literal")
    return str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _nonsense(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
