"""The file of an export, for `GET /files/export/…`: its pieces one after another, never the whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

from app import clock
from app.models.exports import ExportFormat, ExportState, ReportExport, ReportExportChunk

FILE = "export"  # the kind of its links
MEDIA = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def ready(export: ReportExport) -> bool:
    """Whether there is a file now. `export` has at least the columns that are read here."""
    return export.state == ExportState.DONE and export.expires_at is not None and export.expires_at > clock.now()


def name(export: ReportExport) -> str:
    """What the file is called."""
    moment = clock.local(export.created_at)
    return f"{export.kind.value.lower()}-{moment:%Y%m%d-%H%M%S}.{export.format.value.lower()}"


async def pieces(export: ReportExport) -> AsyncIterator[bytes]:
    """The file."""
    stored = ReportExportChunk.filter(export_id=export.id, attempt=export.attempt)
    for position in await stored.order_by("position").values_list("position", flat=True):
        piece = await stored.get(position=position)
        yield piece.content
