"""结算结果确认 and its undoing: the HIS hears that its prescriptions are paid (his.md B.3).

An unknown confirm or cancel is asked for by `query`; only NOT_FOUND (CONFIRMED, for a cancel) allows the same
key again. HIS-JSON v1 cancels only as a whole, and a key is used once: after a refund of a part the rest is confirmed
under the settlement's number and a place behind it.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from app.models import CheckoutKind, PayKind, Refund, RefundState
from app.money import yuan
from app.patients import OUTPATIENT
from app.settlement import ledger
from app.settlement.lines import total_fen
from app.settlement.steps.settlement import refund_number
from app.settlement.work import Done, NotExecuted, Outcome, Skip, Stop, Work
from clients.errors import Refused
from clients.his.messages import Cancel, Confirm, InsuranceFacts, Payment, QuerySettlement, SettlementStatus
from clients.his.refusals import Reason


async def confirm(work: Work) -> Outcome:
    """The same prescriptions, amounts and fee digests that were listed."""
    request = await _request(work)
    sent = await ledger.intend(work, "confirm", uuid4().hex, request)
    confirmed = await work.platforms.his.confirm(request, message_id=sent)
    return _confirmed(confirmed.his_settlement_number)


async def find(work: Work) -> Outcome:
    """CONFIRMED is done, NOT_FOUND may be sent again with the same key, anything else is for a person."""
    status = await _status(work, await _confirming_as(work))
    if status.status == "CONFIRMED":
        return _confirmed(status.his_settlement_number)
    if status.status == "NOT_FOUND":
        return NotExecuted()
    raise Stop("AMOUNTS_DIFFER", reason=f"HIS {status.status}")


async def cancel(work: Work) -> Outcome:
    """Cancel all that the HIS has confirmed; what it does not know needs no cancelling."""
    known_as = await _known_as(work)
    status = await _status(work, known_as)
    if status.status != "CONFIRMED":
        return Skip(f"the HIS says {status.status}")
    request = Cancel(
        settlement_number=known_as,
        refund_number=work.part.number if work.part else refund_number(work.settlement.number),
        amount=yuan(total_fen(await work.lines.standing())),
        reason=work.reason,
    )
    sent = await ledger.intend(work, "cancel", uuid4().hex, request)
    try:
        await work.platforms.his.cancel(request, message_id=sent)
    except Refused as refused:
        if refused.reason != Reason.VOID:
            raise
    return Done(serial=work.settlement.his_settlement_number)


async def find_cancelled(work: Work) -> Outcome:
    """After an unknown cancel."""
    status = await _status(work, await _known_as(work))
    done = status.status != "CONFIRMED"
    return Done(serial=work.settlement.his_settlement_number) if done else NotExecuted()


async def _status(work: Work, number: str) -> SettlementStatus:
    return await work.platforms.his.query(QuerySettlement(settlement_number=number), message_id=uuid4().hex)


async def _known_as(work: Work) -> str:
    """The number under which the HIS knows the settlement now."""
    return _in_place(work, await _parts_given_back(work) + 1)


async def _confirming_as(work: Work) -> str:
    """The number under which it is being confirmed: the next one where a part is given back."""
    return _in_place(work, await _parts_given_back(work) + (2 if work.part else 1))


async def _parts_given_back(work: Work) -> int:
    if not work.settlement.partly_refunded_fen:
        return 0
    return await Refund.filter(settlement_id=work.settlement.id, state=RefundState.DONE, given_at__isnull=False).count()


def _in_place(work: Work, place: int) -> str:
    return work.settlement.number if place == 1 else f"{work.settlement.number}-{place}"


def _confirmed(number: str | None) -> Done:
    return Done({"his_settlement_number": number}, serial=number)


async def _request(work: Work) -> Confirm:
    digests = await work.lines.fee_digests(work.refund)
    total, settlement = yuan(total_fen(await work.lines.standing(work.refund))), work.settlement
    return Confirm(
        settlement_number=await _confirming_as(work),
        prescription_numbers=tuple(digests),
        total=total,
        fee_digests=digests,
        payments=_payments(work, total),
        insurance=_insurance(work) if settlement.pay_kind is PayKind.INSURANCE else None,
        settled_at=settlement.settled_at or settlement.created_at,
        lock_number=None if work.part else settlement.his_lock_number,
    )


def _payments(work: Work, total: Decimal) -> tuple[Payment, ...]:
    """Who paid what. The patient's own part of an insurance settlement went through the payment centre (OTHER), unless
    it was paid beside it.
    """
    settlement, serial = work.settlement, work.settlement.platform_serial
    if settlement.pay_kind is PayKind.SELF_PAY:
        return (Payment(kind="WECHAT", amount=total, trade_number=serial),)
    cash, beside = settlement.cash_fen or 0, settlement.checkout_kind is CheckoutKind.MIXED
    parts = (
        ("INSURANCE_FUND", settlement.fund_fen or 0, serial),
        ("INSURANCE_ACCOUNT", settlement.account_fen or 0, serial),
        ("WECHAT", cash if beside else 0, settlement.cash_serial),
        ("OTHER", settlement.other_fen if beside else cash + settlement.other_fen, serial),
    )
    return tuple(Payment(kind=kind, amount=yuan(part), trade_number=number) for kind, part, number in parts if part)


def _insurance(work: Work) -> InsuranceFacts:
    settlement = work.settlement
    return InsuranceFacts(
        visit_id=settlement.visit_id or "",
        settlement_id=settlement.platform_serial,
        pay_order_id=settlement.pay_order_id,
        medical_type=OUTPATIENT,
        fund=yuan(settlement.fund_fen or 0),
        account=yuan(settlement.account_fen or 0),
        cash=yuan(settlement.cash_fen or 0),
        insured_area=work.patient.insured_area,
    )
