"""The same key and the same input give the same answer; the same key and another input are a `Problem`.

Only successes are remembered: a refused request may be corrected and sent again under its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tortoise.exceptions import IntegrityError

from app import clock
from app.models import IdempotencyKey
from app.problems import Problem, checked
from app.settlement.ledger import request_digest

LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class Once:
    """One person's use of one key for one operation at one hospital."""

    hospital_id: int
    subject: str
    operation: str
    key: str
    digest: str

    async def answered(self) -> int | None:
        """The id of the object that was the answer before, if there was one. Raises Problem for another input."""
        row = await IdempotencyKey.get_or_none(
            hospital_id=self.hospital_id, subject=self.subject, operation=self.operation, key=self.key
        )
        if row is None:
            return None
        if row.input_digest != self.digest:
            raise Problem("IDEMPOTENCY_KEY_REUSED", field="idempotencyKey")
        return int(row.object_id)

    async def keep(self, connection: Any, object_id: int) -> None:
        """Remember the answer in the transaction that makes it. Raises `Twice` when another request was quicker."""
        try:
            await IdempotencyKey.create(
                using_db=connection,
                hospital_id=self.hospital_id,
                subject=self.subject,
                operation=self.operation,
                key=self.key,
                input_digest=self.digest,
                object_id=object_id,
                created_at=clock.now(),
            )
        except IntegrityError as error:
            raise Twice from error


class Twice(Exception):
    """The same key arrived twice at once; the other request's answer is the answer."""


def once(hospital_id: int, subject: str, operation: str, key: str, input_: object) -> Once:
    """Raises Problem for an empty or overlong key."""
    checked(key, field="idempotencyKey", longest=LONGEST_KEY)
    return Once(hospital_id, subject, operation, key, request_digest(input_))
