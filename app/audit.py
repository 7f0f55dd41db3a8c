"""Who did what: written in the transaction of the deed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tortoise.models import Model

from app import clock
from app.models import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person as the token names them."""

    subject: str
    role: str
    hospital_id: int | None = None


async def write(connection: Any, actor: Actor, action: str, row: Model, detail: dict[str, Any] | None = None) -> None:
    """Add one audit entry; `detail` must hold nothing personal."""
    await AuditEntry.create(
        using_db=connection,
        hospital_id=actor.hospital_id,
        subject=actor.subject,
        role=actor.role,
        action=action,
        object_type=type(row).__name__,
        object_id=row.pk,
        detail=detail or {},
        at=clock.now(),
    )
