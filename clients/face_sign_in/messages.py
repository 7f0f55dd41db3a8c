"""Requests and answers of the face sign-in. An answer that cannot be one is a ValueError; tickets stay out of reprs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clients.face_sign_in import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePage:
    """`create`: a page for one doctor. `return_url` is where the doctor goes afterwards, None: nowhere."""

    doctor_code: str
    return_url: str | None = None

    def to_wire(self) -> dict[str, object]:
        """The members of the body."""
        told: dict[str, object] = {"doctorCode": self.doctor_code}
        return told if self.return_url is None else told | {"returnUrl": self.return_url}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`create`, answer: the page's address is for this doctor alone."""

    url: str = field(repr=False)
    ticket: str = field(repr=False)
    expires_at: datetime

    @classmethod
    def from_wire(cls, data: object, request: CreatePage) -> Page:
        """The data of the answer to `request`."""
        row = wire.answered("create", data)
        wire.same("doctorCode", row["doctorCode"], request.doctor_code)
        return cls(url=row["url"], ticket=row["ticket"], expires_at=wire.moment(row["expiresAt"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStatus:
    """`status`: what became of a ticket."""

    doctor_code: str
    ticket: str = field(repr=False)

    def to_wire(self) -> dict[str, object]:
        """The members of the body."""
        return {"doctorCode": self.doctor_code, "ticket": self.ticket}


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`status`, answer: when the doctor signed in and until when that holds; both None while nobody signed in."""

    signed: bool
    signed_at: datetime | None
    valid_until: datetime | None

    @classmethod
    def from_wire(cls, data: object, request: AskStatus) -> Status:
        """The data of the answer to `request`."""
        row = wire.answered("status", data)
        wire.same("doctorCode", row["doctorCode"], request.doctor_code)
        return cls._of(row)

    @classmethod
    def _of(cls, row: dict[str, Any]) -> Status:
        times = [wire.moment(row[name]) if row.get(name) else None for name in ("signedAt", "validUntil")]
        if row["signed"] is not all(times) or row["signed"] is not any(times):
            raise ValueError("signedAt: told exactly when somebody signed in")
        return cls(signed=row["signed"], signed_at=times[0], valid_until=times[1])
