"""Who is asking: bearer JWTs, believed by the keys of a JWKS, or by the development key in a demo."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import OKPAlgorithm

from app import clock
from app.models import Hospital
from app.settings import Tokens

ALGORITHMS = ["EdDSA", "RS256", "ES256"]
DEV_KEY_ID = "development"
REFRESH_SECONDS = 60.0
MOST_TOKENS = 20_000


class Role(StrEnum):
    """What a person is to the hospital (design.md 6)."""

    PATIENT = "patient"
    DOCTOR = "doctor"
    PHARMACIST = "pharmacist"
    CASHIER = "cashier"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The person behind a request; a user belongs to one hospital."""

    subject: str
    role: Role
    hospital_id: int


class BadToken(Exception):
    """The token is not one of ours, has expired, or names nobody we know."""


class Verifier:
    """Turns a bearer token into a `Viewer`. Keys are read once and again when a token names an unknown one."""

    def __init__(self, settings: Tokens) -> None:
        self._settings = settings
        self._keys: dict[str, jwt.PyJWK] = {}
        self._reading = asyncio.Lock()
        self._read_at = -REFRESH_SECONDS
        self._hospitals: dict[str, int] = {}
        self._known: dict[str, tuple[Viewer, float]] = {}

    async def viewer(self, token: str) -> Viewer:
        """Raises `BadToken`, whose text says what is wrong with it but not with whom.

        A token that was verified is believed for a minute, or until it expires, without being verified again.
        """
        known = self._known.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        viewer, expires = await self._verified(token)
        if len(self._known) >= MOST_TOKENS:
            self._known.clear()
        self._known[token] = viewer, min(expires, time.time() + REFRESH_SECONDS)
        return viewer

    async def _verified(self, token: str) -> tuple[Viewer, float]:
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid", ""))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                options={"require": ["sub", "exp", "iss", "aud"]},
            )
            role = Role(claims.get("role", ""))
        except (jwt.PyJWTError, ValueError) as error:
            raise BadToken(type(error).__name__) from error
        hospital_id = await self._hospital(str(claims.get("hospital", "")))
        return Viewer(subject=str(claims["sub"]), role=role, hospital_id=hospital_id), float(claims["exp"])

    async def _key(self, key_id: str) -> jwt.PyJWK:
        if key_id not in self._keys:
            async with self._reading:
                await self._refresh()
        if key_id not in self._keys:
            raise BadToken("unknown key")
        return self._keys[key_id]

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_at > REFRESH_SECONDS:
            self._read_at = time.monotonic()
            self._keys = await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, jwt.PyJWK]:
        keys: dict[str, jwt.PyJWK] = {}
        if self._settings.dev_key_file:
            public = _development_key(self._settings.dev_key_file).public_key()
            keys[DEV_KEY_ID] = jwt.PyJWK(OKPAlgorithm.to_jwk(public, as_dict=True))
        if self._settings.jwks_file:
            told = jwt.PyJWKSet.from_json(Path(self._settings.jwks_file).read_text(encoding="utf-8"))
            keys |= {each.key_id or "": each for each in told.keys}
        if self._settings.jwks_url:
            fetched = jwt.PyJWKClient(self._settings.jwks_url, timeout=5).get_jwk_set()
            keys |= {each.key_id or "": each for each in fetched.keys}
        return keys

    async def _hospital(self, code: str) -> int:
        if code not in self._hospitals:
            hospital = await Hospital.get_or_none(code=code)
            if hospital is None:
                raise BadToken("unknown hospital")
            self._hospitals[code] = hospital.id
        return self._hospitals[code]


def token_of(header: str) -> str:
    """The token in an Authorization header."""
    return header.removeprefix("Bearer ").removeprefix("bearer ").strip()


def development_token(settings: Tokens, *, subject: str, role: Role, hospital: str, lasts: timedelta) -> str:
    """A token signed with the development key. Raises ValueError where there is none."""
    if not settings.dev_key_file:
        raise ValueError("tokens are issued here only with tokens.dev_key_file (development)")
    claims = {
        "sub": subject,
        "role": role.value,
        "hospital": hospital,
        "iss": settings.issuer,
        "aud": settings.audience,
        "iat": clock.now(),
        "exp": clock.now() + lasts,
    }
    key = _development_key(settings.dev_key_file)
    return jwt.encode(claims, key, algorithm="EdDSA", headers={"kid": DEV_KEY_ID})


def _development_key(path: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(Path(path).read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the development key is an Ed25519 private key in PEM")
    return key
