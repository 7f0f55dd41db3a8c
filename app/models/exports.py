"""Files of orders and settlements that staff asked for: what was asked, how far it is, and the file in pieces."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.models import Model

from app.models.hospitals import Hospital
from app.models.lists import ListSort


class ExportKind(StrEnum):
    """The rows of a list, or PAYMENTS: each payment and each refund as a line of its own day."""

    ORDERS = "ORDERS"
    SETTLEMENTS = "SETTLEMENTS"
    PAYMENTS = "PAYMENTS"


class ExportFormat(StrEnum):
    """CSV: UTF-8 with a byte order mark, as Excel wants it. XLSX: with a second sheet that says what was asked."""

    CSV = "CSV"
    XLSX = "XLSX"


class ExportState(StrEnum):
    """QUEUED → RUNNING → DONE or FAILED."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class ReportExport(Model):
    """An export (导出). `filters` has the stored values; only the attempt whose number it is may write it."""

    id = fields.BigIntField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Hospital] = fields.ForeignKeyField(
        "models.Hospital", related_name="exports", on_delete=fields.OnDelete.RESTRICT
    )
    hospital_id: int
    subject = fields.CharField(64)
    role = fields.CharField(16)
    language = fields.SmallIntField(default=0)
    kind = fields.CharEnumField(ExportKind, max_length=16)
    format = fields.CharEnumField(ExportFormat, max_length=8)
    filters: Any = fields.JSONField(default=dict)
    sort = fields.CharEnumField(ListSort, max_length=16, default=ListSort.CREATED_DESC)
    state = fields.CharEnumField(ExportState, max_length=16, default=ExportState.QUEUED)
    attempt = fields.IntField(default=0)
    leased_until = fields.DatetimeField(null=True)
    rows_done = fields.IntField(default=0)
    rows_total = fields.IntField(null=True)
    size_bytes = fields.BigIntField(null=True)
    problem_code = fields.CharField(40, null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)

    class Meta:
        table = "report_export"
        indexes = (("hospital_id", "subject", "created_at", "id"), ("state",))


class ReportExportChunk(Model):
    """A piece of an export's file, as one attempt wrote it."""

    id = fields.BigIntField(primary_key=True)
    export: fields.ForeignKeyRelation[ReportExport] = fields.ForeignKeyField(
        "models.ReportExport", related_name="chunks", on_delete=fields.OnDelete.CASCADE
    )
    export_id: int
    attempt = fields.IntField()
    position = fields.IntField()
    content = fields.BinaryField()

    class Meta:
        table = "report_export_chunk"
        indexes = (("export_id", "attempt", "position"),)
