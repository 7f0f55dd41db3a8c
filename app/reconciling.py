"""`yiqiao reconcile`: every hospital's day against its provider's bill, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from app import clock, reconciliation
from app.composition import installed
from app.installation import Installation
from app.models import Hospital
from app.money import yuan_text
from app.reconciliation import Reconciliation
from app.settings import Settings
from clients.errors import PlatformError


async def reconcile(settings: Settings, day: date | None) -> tuple[list[str], bool]:
    """The lines to print, and whether all books agree; a bill that cannot be had is no agreement."""
    day = day or clock.day_of(clock.now()) - timedelta(days=1)
    lines: list[str] = []
    agreed = True
    async with installed(settings) as installations:
        for each in installations:
            if each.platforms.self_pay is not None:
                told, good = await _of_hospital(each, day)
                lines += [f"{each.settings.code} {line}" for line in told]
                agreed = agreed and good
    return lines, agreed


async def _of_hospital(installation: Installation, day: date) -> tuple[list[str], bool]:
    hospital = await Hospital.get(code=installation.settings.code)
    try:
        told = await reconciliation.self_pay(installation, hospital.id, day)
    except PlatformError as error:
        return [f"{day} {type(error).__name__} {error.message}"], False
    return list(_lines(told)), not told.differences


def _lines(told: Reconciliation) -> Iterator[str]:
    for name, sums in (("payments", told.payments), ("refunds", told.refunds)):
        ours, theirs = yuan_text(sums.ours_fen), yuan_text(sums.theirs_fen)
        yield f"{told.day} {name}: ours {sums.ours} / {ours}, theirs {sums.theirs} / {theirs}"
    for each in told.differences:
        ours, theirs = (yuan_text(fen) if fen is not None else "-" for fen in (each.ours_fen, each.theirs_fen))
        yield f"{told.day} {each.kind} {each.movement} {each.trade_number}: ours {ours}, theirs {theirs}"
