"""Every exchange with a platform becomes a row: number, duration, outcome, digests. Never its content.

Only the raw answer of a `Garbled` exchange is kept, sealed: it is evidence.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from app import metrics
from app.models import Exchange as Row
from app.sealing import Sealer
from clients.http import Exchange, Journal

_about: ContextVar[tuple[int | None, int | None]] = ContextVar("journal_about", default=(None, None))


@contextlib.contextmanager
def about(settlement_id: int, step_id: int) -> Iterator[None]:
    """Exchanges inside the block belong to this step."""
    token = _about.set((settlement_id, step_id))
    try:
        yield
    finally:
        _about.reset(token)


def keeper(sealer: Sealer) -> Journal:
    """A journal that writes to the database, in its own statement, never inside another transaction."""

    async def keep(exchange: Exchange) -> None:
        settlement_id, step_id = _about.get()
        metrics.EXCHANGES.labels(exchange.platform, exchange.transaction, exchange.outcome).observe(
            exchange.duration_ms / 1000
        )
        await Row.create(
            settlement_id=settlement_id,
            step_id=step_id,
            platform=exchange.platform,
            transaction=exchange.transaction,
            message_id=exchange.message_id,
            outcome=exchange.outcome,
            http_status=exchange.http_status,
            request_digest=exchange.request_digest,
            answer_digest=exchange.answer_digest,
            raw_sealed=_evidence(sealer, exchange),
            started_at=exchange.started_at,
            duration_ms=exchange.duration_ms,
        )

    return keep


def _evidence(sealer: Sealer, exchange: Exchange) -> bytes | None:
    if not exchange.raw:
        return None
    return sealer.seal(exchange.raw.decode("utf-8", "backslashreplace"), f"exchange.raw:{exchange.message_id}")
