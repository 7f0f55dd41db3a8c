"""Holding prescriptions while the patient pays: `lock` and `unlock`. Source: protocols/his.md B.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from clients.his import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """`lock` 处方锁定 (an optional capability): nobody else may settle these for `ttl_seconds`.

    A lock that has run out or was given back needs a new number: the HIS remembers the first answer for good.
    """

    prescription_numbers: tuple[str, ...]
    lock_number: str
    ttl_seconds: int = 900

    @property
    def idempotency_key(self) -> str:
        """The Idempotency-Key: the lock's number."""
        return self.lock_number

    def to_wire(self) -> dict[str, object]:
        """The members of the request."""
        return {
            "prescriptionNos": list(self.prescription_numbers),
            "lockNo": self.lock_number,
            "ttlSeconds": self.ttl_seconds,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """The answer of `lock`: held until `expires_at`."""

    lock_number: str
    expires_at: datetime

    @classmethod
    def from_wire(cls, data: object, request: Lock) -> Self:
        """Read the answer. Raises ValueError."""
        row = wire.answered("lock", data)
        wire.same("lockNo", row["lockNo"], request.lock_number)
        return cls(lock_number=row["lockNo"], expires_at=datetime.fromtimestamp(int(row["expiresAt"]), wire.CHINA))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlock:
    """`unlock` 处方解锁: give a lock back before its time."""

    lock_number: str

    @property
    def idempotency_key(self) -> str:
        """The Idempotency-Key: the lock's number."""
        return self.lock_number

    def to_wire(self) -> dict[str, object]:
        """The members of the request."""
        return {"lockNo": self.lock_number}

    def read(self, data: object) -> None:
        """Hold the answer, which says nothing new, against the request. Raises ValueError."""
        wire.same("lockNo", wire.answered("unlock", data)["lockNo"], self.lock_number)
