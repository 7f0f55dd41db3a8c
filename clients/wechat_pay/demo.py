"""Fresh keys for tests and the demo; none is ever kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoKeys:
    """Both sides' RSA keys as PEM, and an APIv3 key."""

    merchant_private_key: str = field(repr=False)
    merchant_public_key: str
    platform_private_key: str = field(repr=False)
    platform_public_key: str
    api_v3_key: str = field(repr=False)


def demo_keys() -> DemoKeys:
    """Newly generated keys of 2048 bits; takes a fraction of a second."""
    merchant, platform = (generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    return DemoKeys(
        merchant_private_key=_private(merchant),
        merchant_public_key=_public(merchant),
        platform_private_key=_private(platform),
        platform_public_key=_public(platform),
        api_v3_key=secrets.token_hex(16),
    )


def _private(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
