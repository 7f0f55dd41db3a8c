"""Exports: ask for a file of what a list or a report shows, see how far it is, get it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

from app import models
from app.exports import asking, download
from app.exports.asking import Wanted
from app.idempotency import Once
from app.links import Link
from app.models import ExportFormat, ExportKind, ExportState, ListSort
from app.problems import Problem, sentence
from resolvers.connections import STORED
from resolvers.context import Context
from resolvers.once import answer_once
from resolvers.reasons import StepProblem
from resolvers.scopes import EXPORTERS

STATES = {"order_state": "orderState", "settlement_state": "settlementState"}


async def ask(
    context: Context, kind: ExportKind, format_: ExportFormat, filter_: Mapping[str, Any], sort: ListSort, key: str
) -> models.ReportExport:
    """Store an export for a worker to write. Raises Problem."""
    context.allow(*EXPORTERS)
    told = _filter(kind, filter_)
    wanted = Wanted(kind=kind, format=format_, filter=told, sort=sort)

    async def act(once: Once) -> int:
        return int((await asking.ask(context.actor, context.language, wanted, once)).id)

    given = [kind, format_, told, sort]
    return await answer_once(context, models.ReportExport, "reportExport", key, given, act)


def _filter(kind: ExportKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """The filter by the names of the lists. Raises Problem for a value that is none, or the state of something else."""
    told = {name: _plain(name, value) for name, value in given.items() if value is not None}
    state = told.pop("order_state" if kind is ExportKind.ORDERS else "settlement_state", None)
    for name, field in STATES.items():
        if name in told:
            raise Problem("INVALID_INPUT", field=field, reason=f"不适用于 {kind.value} (nothing of the kind has it)")
    return told if state is None else told | {"state": state}


def _plain(name: str, given: Any) -> Any:
    """A filter's value as it is stored: a row's id, fen, a day as text, an enum's word. Raises Problem."""
    value = STORED[name](given) if name in STORED else given
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def progress(export: Any) -> float | None:
    """From 0 to 1; None while nobody knows how many rows there will be."""
    if export.state == ExportState.DONE:
        return 1.0
    if export.rows_total is None:
        return None
    return round(export.rows_done / export.rows_total, 3) if export.rows_total else 0.0


def problem(export: Any, language: int) -> StepProblem | None:
    """Why there is no file."""
    code = export.problem_code
    return None if code is None else StepProblem(code, sentence(code, {}, language), None, None)


def file(context: Context, export: Any) -> tuple[str, Link] | None:
    """The file's name and a link to it, for the viewer; None while there is no file."""
    if not download.ready(export):
        return None
    viewer = context.viewer
    link = context.installation.links.make(
        download.FILE, export.id, hospital_id=viewer.hospital_id, role=viewer.role.value, subject=viewer.subject
    )
    return download.name(export), link
