"""The file of an export, for `GET /files/export/…`: its pieces one after another, never the whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

from app import clock
from app.models.exports import ExportFormat, ExportKind, ExportState, ReportExport, ReportExportChunk

FILE = "export"  # the kind of its links
MEDIA = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def ready(export: ReportExport) -> bool:
    """Whether there is a file now. `export` has at least the columns that are read here."""
    return bool(export.state == ExportState.DONE and export.expires_at and _moment(export.expires_at) > clock.now())


def name(export: ReportExport) -> str:
    """What the file is called."""
    moment = clock.local(_moment(export.created_at))
    kind, form = ExportKind(export.kind).value.lower(), ExportFormat(export.format).value.lower()
    return f"{kind}-{moment:%Y%m%d-%H%M%S}.{form}"


def _moment(told: datetime | str) -> datetime:
    """A read that PostgreSQL wrote as text tells moments as text."""
    return clock.moment(told) if isinstance(told, str) else told


async def pieces(export: ReportExport) -> AsyncIterator[bytes]:
    """The file."""
    stored = ReportExportChunk.filter(export_id=export.id, attempt=export.attempt)
    for position in await stored.order_by("position").values_list("position", flat=True):
        piece = await stored.get(position=position)
        yield piece.content
