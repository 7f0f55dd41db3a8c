"""Our self-payments of a day against the provider's daily bill (交易账单): what only one side has, and what differs.

Ours are self-paid settlements and the cash part of mixed ones, by the settlement's number, which is the trade number.
Payments count on the provider's day of payment; a refund on the day on which we learned of it, so that one around
midnight may stand on another day there (DAYS_DIFFER).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import uuid4

from tortoise.expressions import Q

from app import clock
from app.installation import Installation
from app.models import CheckoutKind, PayKind, Refund, Settlement
from app.money import fen
from app.problems import Problem
from clients.wechat_pay.bills import AskBill, BillRow

CASH = Q(pay_kind=PayKind.SELF_PAY, paid_fen__gt=0) | Q(
    checkout_kind=CheckoutKind.MIXED, paid_fen__gt=0, cash_fen__gt=0
)
FAILED_REFUNDS = frozenset({"FAIL", "CLOSED", "ABNORMAL", "CHANGE"})


class DifferenceKind(StrEnum):
    """How the two books disagree."""

    OURS_ONLY = "OURS_ONLY"
    THEIRS_ONLY = "THEIRS_ONLY"
    AMOUNTS_DIFFER = "AMOUNTS_DIFFER"
    DAYS_DIFFER = "DAYS_DIFFER"


class Movement(StrEnum):
    """Which way money went."""

    PAYMENT = "PAYMENT"
    REFUND = "REFUND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One trade number on which the books disagree, in fen; a side that has nothing is None."""

    kind: DifferenceKind
    movement: Movement
    trade_number: str
    settlement_id: int | None
    ours_fen: int | None
    theirs_fen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A day's payments or refunds on both sides, in fen."""

    ours: int
    ours_fen: int
    theirs: int
    theirs_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What became of comparing a day; no difference means that the books agree."""

    day: date
    checked_at: datetime
    payments: Sums
    refunds: Sums
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What one side has under a trade number."""

    amount_fen: int
    settlement_id: int | None = None


Book = Mapping[str, Entry]


async def self_pay(installation: Installation, hospital_id: int, day: date) -> Reconciliation:
    """Compare a day. Raises a `PlatformError`, and Problem where the hospital has no self-pay provider."""
    provider = installation.platforms.self_pay
    if provider is None:
        raise Problem("PAY_KIND_NOT_ALLOWED", reason="未开通自费支付 (no self-pay provider)")
    bill = await provider.day_bill(AskBill(day=day), message_id=uuid4().hex)
    ours = {Movement.PAYMENT: await _paid(hospital_id, day), Movement.REFUND: await _refunded(hospital_id, day)}
    theirs = {movement: _theirs(bill.rows, movement) for movement in Movement}
    differences = [each for movement in Movement for each in _compared(movement, ours[movement], theirs[movement])]
    return Reconciliation(
        day=day,
        checked_at=clock.now(),
        payments=_sums(ours[Movement.PAYMENT], theirs[Movement.PAYMENT]),
        refunds=_sums(ours[Movement.REFUND], theirs[Movement.REFUND]),
        differences=tuple([await _known(hospital_id, each) for each in differences]),
    )


async def _paid(hospital_id: int, day: date) -> Book:
    rows = await Settlement.filter(CASH, hospital_id=hospital_id, **_on("settled_at", day))
    return {row.number: Entry(_cash(row), row.id) for row in rows}


async def _refunded(hospital_id: int, day: date) -> Book:
    """What refunds of a part gave back on the day, and what undoing whole settlements did."""
    sums: dict[str, Entry] = {}
    for row in await Settlement.filter(CASH, hospital_id=hospital_id, **_on("refunded_at", day)):
        if whole := _given_back_whole(row):
            sums[row.number] = Entry(whole, row.id)
    parts = Refund.filter(hospital_id=hospital_id, settlement__pay_kind=PayKind.SELF_PAY, **_on("given_at", day))
    for part in await parts.select_related("settlement"):
        number = part.settlement.number
        so_far = sums[number].amount_fen if number in sums else 0
        sums[number] = Entry(so_far + part.amount_fen, part.settlement_id)
    return sums


def _given_back_whole(row: Settlement) -> int:
    """What undoing the settlement gave back through the provider, beside its refunds of a part."""
    whole: int = row.refunded_fen - row.partly_refunded_fen
    return min(whole, _cash(row))


def _cash(row: Settlement) -> int:
    """What went through the provider."""
    return row.paid_fen if row.pay_kind is PayKind.SELF_PAY else row.cash_fen or 0


def _on(column: str, day: date) -> dict[str, datetime]:
    begins = datetime.combine(day, time(), clock.SHANGHAI)
    return {f"{column}__gte": begins, f"{column}__lt": begins + timedelta(days=1)}


def _theirs(rows: Iterable[BillRow], movement: Movement) -> Book:
    """The bill's lines by trade number: several refunds of one payment count together."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        refund = row.refund_number is not None
        if refund is (movement is Movement.REFUND) and not (refund and row.state in FAILED_REFUNDS):
            sums[row.trade_number] += fen(row.amount)
    return {number: Entry(total) for number, total in sums.items()}


def _compared(movement: Movement, ours: Book, theirs: Book) -> Iterable[Difference]:
    for number in sorted(ours.keys() | theirs.keys()):
        mine, their = ours.get(number), theirs.get(number)
        if mine and their and mine.amount_fen == their.amount_fen:
            continue
        only = DifferenceKind.THEIRS_ONLY if mine is None else DifferenceKind.OURS_ONLY
        yield Difference(
            kind=DifferenceKind.AMOUNTS_DIFFER if mine and their else only,
            movement=movement,
            trade_number=number,
            settlement_id=mine.settlement_id if mine else None,
            ours_fen=mine.amount_fen if mine else None,
            theirs_fen=their.amount_fen if their else None,
        )


async def _known(hospital_id: int, difference: Difference) -> Difference:
    """What only they have may be a settlement of ours after all: of another day, or one that is not paid here."""
    if difference.kind is not DifferenceKind.THEIRS_ONLY:
        return difference
    row = await Settlement.get_or_none(number=difference.trade_number, hospital_id=hospital_id)
    if row is None:
        return difference
    amount = _cash(row) if difference.movement is Movement.PAYMENT else min(row.refunded_fen, _cash(row))
    return Difference(
        kind=DifferenceKind.DAYS_DIFFER if amount == difference.theirs_fen else difference.kind,
        movement=difference.movement,
        trade_number=difference.trade_number,
        settlement_id=row.id,
        ours_fen=amount or None,
        theirs_fen=difference.theirs_fen,
    )


def _sums(ours: Book, theirs: Book) -> Sums:
    return Sums(
        ours=len(ours),
        ours_fen=sum(each.amount_fen for each in ours.values()),
        theirs=len(theirs),
        theirs_fen=sum(each.amount_fen for each in theirs.values()),
    )
