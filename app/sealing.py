"""Personal data and platform secrets at rest: AES-256-GCM with key id and row-bound data, and a blind index.

Sealed form: one byte with the length of the key id, the key id, a 12-byte nonce, the ciphertext with its tag.
`bound_to` names the column and the row; a value moved to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Unsealable(Exception):
    """The value was sealed with a key that is not here, for another row, or was changed."""


class Sealer:
    """Seals with the active key, opens with any key that is still known; the index key is a separate one."""

    def __init__(self, keys: Mapping[str, bytes], active: str, index_key: bytes) -> None:
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._active = active
        self._index_key = index_key

    def seal(self, text: str, bound_to: str) -> bytes:
        """Encrypt `text` for the column and row named by `bound_to`."""
        key_id, nonce = self._active.encode(), os.urandom(NONCE)
        sealed = self._keys[self._active].encrypt(nonce, text.encode(), bound_to.encode())
        return bytes([len(key_id)]) + key_id + nonce + sealed

    def open(self, sealed: bytes, bound_to: str) -> str:
        """The text that was sealed. Raises `Unsealable`."""
        sealed = bytes(sealed)
        try:
            start = 1 + sealed[0]
            key = self._keys[sealed[1:start].decode()]
            nonce, body = sealed[start : start + NONCE], sealed[start + NONCE :]
            return key.decrypt(nonce, body, bound_to.encode()).decode()
        except (LookupError, ValueError, InvalidTag) as error:
            raise Unsealable(bound_to) from error

    def index(self, text: str) -> str:
        """HMAC-SHA256 in hex: equal texts can be found, no text can be read."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).hexdigest()
