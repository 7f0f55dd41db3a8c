"""SM2 signatures, SM3 digests and SM4-ECB: the one module that knows which libraries make them.

Sources: GB/T 32918 (SM2), GB/T 32905 (SM3), GB/T 32907 (SM4); key and signature texts by mobile-payment.md 2.4.
A hospital's certified signer (签名验签服务器, HSM) takes the place of `PrivateKey` by being a `Signer`.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.padding import PKCS7
from gmssl_pyx import sm2_sign_sm3_digest, sm2_verify_sm3_digest

DEFAULT_ID = "1234567812345678"

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)

Point = tuple[int, int] | None


@runtime_checkable
class Signer(Protocol):
    """Whatever holds the private key and signs with it."""

    def sign(self, message: bytes) -> bytes:
        """The SM2 signature over the message: r‖s, 64 bytes."""
        ...


class Verifier(Protocol):
    """Whatever can tell whether the other side signed."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether r‖s is the other side's signature over the message; never raises for a bad signature."""
        ...


def sm3(data: bytes) -> bytes:
    """SM3, 32 bytes."""
    state = Hash(SM3())
    state.update(data)
    return state.finalize()


def sm4_encrypt(key: bytes, plain: bytes) -> bytes:
    """SM4-ECB with PKCS#7 under a key of 16 bytes."""
    padder, cipher = PKCS7(128).padder(), _ecb(key).encryptor()
    return cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()


def sm4_decrypt(key: bytes, sealed: bytes) -> bytes:
    """The other way round. Raises ValueError when length or padding do not hold."""
    unpadder, cipher = PKCS7(128).unpadder(), _ecb(key).decryptor()
    return unpadder.update(cipher.update(sealed) + cipher.finalize()) + unpadder.finalize()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve, x‖y in 64 bytes, and the user id that its owner signs under."""

    point: bytes
    sm2_id: str = field(default=DEFAULT_ID, repr=False)

    @classmethod
    def read(cls, text: str, sm2_id: str = DEFAULT_ID) -> PublicKey:
        """Base64 or hex of x‖y or 04‖x‖y. Raises ValueError for anything that is not a point of the curve."""
        raw = _octets(text)
        point = raw[1:] if len(raw) == 65 and raw[0] == 4 else raw
        if len(point) != 64 or not _on_curve(_number(point[:32]), _number(point[32:])):
            raise ValueError("not an SM2 public key")
        return cls(point, sm2_id)

    def digest(self, message: bytes) -> bytes:
        """e = SM3(ZA ‖ M), which is what SM2 signs."""
        return sm3(self._za() + message)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` (r‖s) is over `message` by the owner of this key."""
        r, s = _number(signature[:32]), _number(signature[32:])
        if len(signature) != 64 or not (0 < r < _N and 0 < s < _N):
            return False
        return bool(sm2_verify_sm3_digest(self.point, self.digest(message), encode_dss_signature(r, s)))

    def _za(self) -> bytes:
        name = self.sm2_id.encode()
        curve = b"".join(_word(n) for n in (_A, _B, *_G))
        return sm3((len(name) * 8).to_bytes(2, "big") + name + curve + self.point)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key in memory: the `Signer` of a hospital without an HSM."""

    secret: bytes = field(repr=False)
    public: PublicKey

    @classmethod
    def read(cls, text: str, sm2_id: str = DEFAULT_ID) -> PrivateKey:
        """Base64 or hex of an unsigned integer in 32 bytes, or 33 with a leading zero. Raises ValueError."""
        secret = _number(_octets(text))
        if not 0 < secret < _N - 1:
            raise ValueError("not an SM2 private key")
        point = _multiply(secret, _G)
        assert point is not None  # noqa: S101 -- the range above leaves no multiple at infinity
        return cls(_word(secret), PublicKey(_word(point[0]) + _word(point[1]), sm2_id))

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new random key, for demonstrations and tests."""
        return cls.read(f"{secrets.randbelow(_N - 2) + 1:064x}")

    def sign(self, message: bytes) -> bytes:
        """r‖s, 64 bytes, with a random k."""
        r, s = decode_dss_signature(sm2_sign_sm3_digest(self.secret, self.public.digest(message)))
        return _word(r) + _word(s)


def _ecb(key: bytes) -> Cipher[modes.ECB]:
    return Cipher(SM4(key), modes.ECB())  # noqa: S305 -- the mode is the protocol's


def _octets(text: str) -> bytes:
    """Keys of 32, 33, 64 or 65 bytes: hex is told from Base64 by its length, which no Base64 of such a key has."""
    if len(text) in (64, 66, 128, 130) and re.fullmatch(r"[0-9a-fA-F]+", text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("a key is neither Base64 nor hex") from None


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _on_curve(x: int, y: int) -> bool:
    return x < _P and y < _P and (y * y - (x**3 + _A * x + _B)) % _P == 0


def _add(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % _P == 0:
        return None
    rise, run = (3 * p[0] * p[0] + _A, 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    slope = rise * pow(run, -1, _P) % _P
    x = (slope * slope - p[0] - q[0]) % _P
    return x, (slope * (p[0] - x) - p[1]) % _P


def _multiply(times: int, point: Point) -> Point:
    """Used once a key, to learn its public half; signing itself is done by the C library."""
    total: Point = None
    while times:
        if times & 1:
            total = _add(total, point)
        point, times = _add(point, point), times >> 1
    return total
