from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from tortoise.context import TortoiseContext

from app import clock, database, tokens
from app.demo.configuration import INSTITUTION
from app.settings import Tokens
from app.tokens import BadToken, Role, Verifier, Viewer
from tests.fixtures.hospital import RunningHospital

RSA = generate_rsa(65537, 2048)
ED = Ed25519PrivateKey.generate()
EC = generate_private_key(SECP256R1())
KEYS: dict[str, Any] = {"RS256": RSA, "EdDSA": ED, "ES256": EC}
NAMES = {"RS256": "rsa-1", "EdDSA": "ed-1", "ES256": "ec-1"}


@pytest.fixture(scope="module")
def jwks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three public keys, as an identity provider publishes them."""
    told = (
        RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True) | {"kid": "rsa-1", "alg": "RS256", "use": "sig"},
        OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True) | {"kid": "ed-1"},
        ECAlgorithm.to_jwk(EC.public_key(), as_dict=True) | {"kid": "ec-1"},
    )
    path = tmp_path_factory.mktemp("jwks") / "jwks.json"
    path.write_text(json.dumps({"keys": told}), encoding="utf-8")
    return path


@pytest.fixture
def believed(jwks: Path) -> Tokens:
    return Tokens(jwks_file=str(jwks), issuer="https://id.example", audience="yiqiao")


def token(algorithm: str = "EdDSA", kid: str | None = None, key: Any = None, **changes: Any) -> str:
    claims = {
        "sub": "cashier-07",
        "role": "cashier",
        "hospital": INSTITUTION,
        "iss": "https://id.example",
        "aud": "yiqiao",
        "exp": clock.now() + timedelta(minutes=5),
    } | changes
    told = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(told, key or KEYS[algorithm], algorithm=algorithm, headers={"kid": kid or NAMES[algorithm]})


def viewers(hospital: RunningHospital, believed: Tokens, *given: str) -> list[Viewer]:
    """Who is behind these tokens, asked all at once."""

    async def ask() -> list[Viewer]:
        async with TortoiseContext() as context:
            await context.init(config=database.tortoise_config(hospital.settings.database_url, 2))
            verifier = Verifier(believed)
            return list(await asyncio.gather(*(verifier.viewer(each) for each in given)))

    return asyncio.run(ask())


@pytest.mark.parametrize("algorithm", KEYS)
def test_keys_of_a_jwks_are_believed(hospital: RunningHospital, believed: Tokens, algorithm: str) -> None:
    (viewer,) = viewers(hospital, believed, token(algorithm))
    (row,) = hospital.sql("SELECT id FROM hospital WHERE code = $1", INSTITUTION)
    assert viewer == Viewer(subject="cashier-07", role=Role.CASHIER, hospital_id=row["id"])


def test_the_first_tokens_may_come_all_at_once(hospital: RunningHospital, believed: Tokens) -> None:
    given = [token(algorithm, sub=f"cashier-{n:02d}") for n in range(10) for algorithm in KEYS]
    assert len(viewers(hospital, believed, *given)) == 30


PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def unsigned() -> str:
    return jwt.encode({"sub": "x", "exp": 9e9}, "", algorithm="none", headers={"kid": "ed-1"})


def by_public_key() -> str:
    """HS256 with the public key as its secret, against whoever lets the token choose."""

    def part(told: bytes) -> str:
        return base64.urlsafe_b64encode(told).rstrip(b"=").decode()

    head = part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "rsa-1"}).encode())
    body = part(json.dumps(jwt.decode(token(), options={"verify_signature": False})).encode())
    return f"{head}.{body}.{part(hmac.digest(PEM, f'{head}.{body}'.encode(), hashlib.sha256))}"


def tampered() -> str:
    head, _, signature = token().split(".")
    body = token(role="admin").split(".")[1]
    return f"{head}.{body}.{signature}"


WRONG: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "garbage": lambda: "x.y.z",
    "expired": lambda: token(exp=clock.now() - timedelta(seconds=1)),
    "without an end": lambda: token(exp=None),
    "not yet": lambda: token(nbf=clock.now() + timedelta(minutes=1)),
    "of another issuer": lambda: token(iss="https://evil.example"),
    "for another audience": lambda: token(aud="another"),
    "without an audience": lambda: token(aud=None),
    "without a subject": lambda: token(sub=None),
    "of an unknown key": lambda: token(kid="ed-2"),
    "of the development key": lambda: token(kid=tokens.DEV_KEY_ID),
    "signed by another key of that name": lambda: token(key=Ed25519PrivateKey.generate()),
    "signed by another kind of key": lambda: token("RS256", kid="ed-1"),
    "signed by yet another kind of key": lambda: token("EdDSA", kid="rsa-1"),
    "not signed": unsigned,
    "signed with the public key": by_public_key,
    "tampered with": tampered,
    "of no role": lambda: token(role=None),
    "of an unknown role": lambda: token(role="root"),
    "of no hospital": lambda: token(hospital=None),
    "of an unknown hospital": lambda: token(hospital="H00000000000"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_is_refused(hospital: RunningHospital, believed: Tokens, what: str) -> None:
    with pytest.raises(BadToken) as refused:
        viewers(hospital, believed, WRONG[what]())
    assert "cashier-07" not in str(refused.value)


def test_the_server_answers_401_to_each_of_them(hospital: RunningHospital) -> None:
    for what, make in WRONG.items():
        answer = hospital.http.post(
            f"{hospital.server_url}/graphql",
            json={"query": "{ viewer { role } }"},
            headers={"authorization": f"Bearer {make() or '.'}"},
        )
        assert answer.status_code == 401, what


def test_a_key_that_was_added_is_found(
    hospital: RunningHospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "jwks.json"

    def publish(**keys: RSAPrivateKey) -> None:
        told = [RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name} for name, key in keys.items()]
        path.write_text(json.dumps({"keys": told}), encoding="utf-8")

    fresh = generate_rsa(65537, 2048)
    publish(old=RSA)
    monkeypatch.setattr(tokens, "REFRESH_SECONDS", 0.0)

    async def ask() -> tuple[Viewer, Viewer]:
        async with TortoiseContext() as context:
            await context.init(config=database.tortoise_config(hospital.settings.database_url, 2))
            verifier = Verifier(Tokens(jwks_file=str(path), issuer="https://id.example"))
            before = await verifier.viewer(token("RS256", kid="old"))
            publish(old=RSA, new=fresh)
            return before, await verifier.viewer(token("RS256", kid="new", key=fresh))

    before, after = asyncio.run(ask())
    assert before == after


def test_development_tokens_need_the_development_key(believed: Tokens) -> None:
    with pytest.raises(ValueError, match="dev_key_file"):
        tokens.development_token(believed, subject="x", role=Role.ADMIN, hospital=INSTITUTION, lasts=timedelta(hours=1))


@pytest.mark.parametrize("role", list(Role))
def test_every_role_may_be_in_a_token(hospital: RunningHospital, role: Role) -> None:
    answer = hospital.http.post(
        f"{hospital.server_url}/graphql",
        json={"query": "{ viewer { role subject } }"},
        headers={"authorization": f"bearer {hospital.token(role, 'someone')}"},
    )
    assert answer.json()["data"] == {"viewer": {"role": role.name, "subject": "someone"}}
