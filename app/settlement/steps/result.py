"""获取医保结算结果: only 6301 says that somebody has paid (mobile-payment.md 3.3, 3.7)."""

from __future__ import annotations

from uuid import uuid4

from app import clock
from app.settlement.steps.amounts import amounts
from app.settlement.work import Done, Outcome, Release, Stop, Wait, Work
from clients.errors import NotSent, Unanswered
from clients.insurance.payment.answers import OrderStatus
from clients.insurance.payment.messages import QueryOrder
from clients.insurance.payment.states import OrderState

UNPAID = frozenset({OrderState.SAVED, OrderState.PRICED, OrderState.PAYING})


async def order_status(work: Work) -> OrderStatus:
    """6301 for this settlement's payment order."""
    request = QueryOrder(
        pay_order_id=work.settlement.pay_order_id or "",
        pay_token=work.opened("pay_token"),
        id_number=work.patient_text("id_number"),
        name=work.patient_text("name"),
        id_type=work.patient.id_type,
    )
    return await work.platforms.insurance_payment.query_order(request, message_id=uuid4().hex)


async def ask(work: Work) -> Outcome:
    """Paid, not yet, given up, or a state that only a person can judge."""
    try:
        status = await order_status(work)
    except (NotSent, Unanswered):
        return overdue(work)
    kind = status.state.kind
    if kind == "PAID":
        return paid(work, status)
    if kind in ("FAILED", "CANCELLED"):
        return Release("PAYMENT_FAILED")
    if kind in ("PROCESSING", "UNKNOWN"):
        return _not_yet(work, status)
    raise Stop("AMOUNTS_DIFFER", reason=f"order state {status.state.value}")


def paid(work: Work, status: OrderStatus) -> Done:
    """The settled order's amounts must be the order's and those of the preview."""
    if status.amounts is None:
        raise Stop("AMOUNTS_DIFFER", reason="6301: -")
    return Done(
        amounts(work, status.amounts)
        | {
            "paid_fen": work.settlement.total_fen,
            "platform_serial": status.platform_serial or status.pay_order_id,
            "settled_at": clock.now(),
        },
        serial=status.platform_serial or status.pay_order_id,
        transaction="6301",
    )


def _not_yet(work: Work, status: OrderStatus) -> Outcome:
    """Past the page's time an untouched order is given up; one that money has touched waits for its end."""
    left = seconds_left(work)
    if left > 0:
        return Wait(work.installation.timing.distance(work.step.tries, at_most=left))
    if status.state in UNPAID:
        return Release("PAYMENT_EXPIRED")
    return overdue(work)


def overdue(work: Work) -> Outcome:
    """Ask again, until it is so late that a person must."""
    if -seconds_left(work) > work.installation.timing.overdue.total_seconds():
        raise Stop("OUTCOME_UNKNOWN", platform="insurance.payment")
    return Wait(work.installation.timing.distance(work.step.tries))


def seconds_left(work: Work) -> float:
    """Until the page expires; negative when it has."""
    expires = work.settlement.checkout_expires_at
    return (expires - clock.now()).total_seconds() if expires else 0.0
