"""医保结算冲销: 6203, the whole settlement (mobile-payment.md 3.5).

The refund number is made of the settlement's own, so that no attempt can ever be a second refund; EXP means unknown.
"""

from __future__ import annotations

from typing import Any

from app import clock
from app.money import yuan
from app.settlement import ledger
from app.settlement.steps.result import order_status
from app.settlement.work import Done, NotExecuted, Outcome, Stop, Wait, Work
from clients.errors import Refused, Unanswered
from clients.insurance.payment.answers import OrderStatus
from clients.insurance.payment.messages import Refund, RefundKind

PLATFORM = "insurance.payment"


def refund_number(settlement_number: str) -> str:
    """S… → R…: one whole refund for one settlement."""
    return f"R{settlement_number[1:]}"


async def refund(work: Work) -> Outcome:
    """6203 of everything, after 6301 said that there is something to give back."""
    status = await order_status(work)
    if status.state.kind != "PAID":
        return _not_paid(work, status)
    return _refunded(work, await give_back(work, "ALL"))


async def give_back(work: Work, kind: RefundKind) -> str:
    """6203 of everything (ALL) or of the insurance parts (HI); the platform's number for it."""
    request = _request(work, kind)
    sent = await ledger.intend(work, "6203", request.refund_number, request)
    receipt = await work.platforms.insurance_payment.refund(request, message_id=sent)
    if receipt.status == "EXP":
        raise Unanswered("EXP", platform=PLATFORM, transaction="6203")
    if receipt.status != "SUCC":
        raise Refused("退费失败", platform=PLATFORM, transaction="6203", code=receipt.status)
    return receipt.insurance_refund_serial or receipt.refund_serial or request.refund_number


async def find_refund(work: Work) -> Outcome:
    """After an unknown 6203: 6301 decides; still settled means that the same refund number may be sent again."""
    status = await order_status(work)
    return NotExecuted() if status.state.kind == "PAID" else _not_paid(work, status)


def _not_paid(work: Work, status: OrderStatus) -> Outcome:
    if status.state.kind == "REFUNDED":
        return _refunded(work, None)
    if status.state.kind == "PROCESSING":
        return Wait(work.installation.timing.distance(work.step.tries))
    raise Stop("AMOUNTS_DIFFER", reason=f"order state {status.state.value}")


def _refunded(work: Work, serial: str | None) -> Done:
    return Done(all_given_back(work), serial=serial)


def all_given_back(work: Work) -> dict[str, Any]:
    """The settlement's columns once nothing of it is left; nobody can ask for more."""
    return {"refunded_fen": work.settlement.paid_fen, "asked_fen": 0, "refunded_at": clock.now()}


def _request(work: Work, kind: RefundKind) -> Refund:
    settlement = work.settlement
    cash_fen = 0 if kind == "HI" else settlement.cash_fen or 0
    return Refund(
        pay_order_id=settlement.pay_order_id or "",
        refund_number=refund_number(settlement.number),
        refunded_at=work.step.started_at or clock.now(),
        total=yuan((settlement.fund_fen or 0) + (settlement.account_fen or 0) + cash_fen),
        account=yuan(settlement.account_fen or 0),
        fund=yuan(settlement.fund_fen or 0),
        cash=yuan(cash_fen),
        pay_auth_number=work.patient_text("authorization"),
        kind=kind,
    )
