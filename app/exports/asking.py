"""Asking for an export: the row, its job and the audit are one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tortoise.transactions import in_transaction

from app import audit, clock, jobs
from app.audit import Actor
from app.idempotency import Once
from app.models.exports import ExportFormat, ExportKind, ReportExport
from app.models.lists import ListSort
from app.problems import Problem

ENDS = (("since", "until", "until"), ("min_amount", "max_amount", "maxAmount"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be in the file. `filter` has plain values: days as text, ids of rows, amounts in fen."""

    kind: ExportKind
    format: ExportFormat
    filter: Mapping[str, Any]
    sort: ListSort

    def check(self) -> None:
        """Raises Problem for a range that ends before it begins."""
        for first, last, field in ENDS:
            if first in self.filter and last in self.filter and self.filter[first] > self.filter[last]:
                raise Problem("INVALID_INPUT", field=field, reason="终点早于起点 (it ends before it begins)")


async def ask(actor: Actor, language: int, wanted: Wanted, once: Once) -> ReportExport:
    """Store an export of the actor's hospital for a worker to write. Raises Problem."""
    wanted.check()
    async with in_transaction() as connection:
        export = await ReportExport.create(
            using_db=connection,
            hospital_id=actor.hospital_id,
            subject=actor.subject,
            role=actor.role,
            language=language,
            kind=wanted.kind,
            format=wanted.format,
            filters=dict(wanted.filter),
            sort=wanted.sort,
            created_at=clock.now(),
        )
        await once.keep(connection, export.id)
        await jobs.enqueue(connection, jobs.EXPORT_REPORT, export.id)
        detail = {"kind": wanted.kind.value, "format": wanted.format.value, "filter": dict(wanted.filter)}
        await audit.write(connection, actor, "reportExport", export, detail)
    return export
