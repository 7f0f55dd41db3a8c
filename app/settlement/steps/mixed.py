"""医保自费混合支付: the insurance parts and the cash of one settlement, paid in one act (mobile-payment.md 6).

It is an insured settlement up to 6202. Then the cash becomes an order at the self-pay provider, and both parts one
mixed order, whose number the mini-program opens. Paid is what the mixed order, 6301 and the cash order agree on.
Undoing gives back the insurance parts (6203, HI) and the cash under one refund number, then tells WeChat of the former.
"""

from __future__ import annotations

from uuid import uuid4

from app import clock
from app.models.settlements import Direction
from app.money import fen, yuan
from app.settlement import checkouts, ledger
from app.settlement.steps import self_pay
from app.settlement.steps.result import order_status, overdue, paid, seconds_left
from app.settlement.steps.settlement import all_given_back, give_back, refund_number
from app.settlement.work import Done, NotExecuted, Outcome, PaidAfterAll, Release, Skip, Stop, Wait, Work
from clients.errors import NotSent, Unanswered
from clients.insurance.payment.answers import OrderStatus
from clients.insurance.payment.states import OrderState
from clients.wechat_pay.messages import QueryRefund, Refund
from clients.wechat_pay.mixed import InsuranceRefunded, MixedOrder, MixedStatus, QueryMixed
from clients.wechat_pay.mixed_client import MixedPaymentGateway

INSURANCE_IS_BACK = frozenset(
    {OrderState.INSURANCE_REFUNDED, OrderState.INSURANCE_AND_SOME_CASH_REFUNDED, OrderState.REFUNDED}
)


def taker(work: Work) -> MixedPaymentGateway:
    """Who takes both parts; without anybody no such settlement is ever opened."""
    if work.platforms.mixed is None:
        raise Stop("PAY_KIND_NOT_ALLOWED", reason="MIXED")
    return work.platforms.mixed


async def checkout(work: Work) -> Outcome:
    """Order the cash, if there is any, and then both parts together."""
    settlement = work.settlement
    if settlement.fund_fen is None or settlement.cash_fen is None:
        raise Stop("AMOUNTS_DIFFER", reason="6202: -")
    cash = yuan(settlement.cash_fen)
    prepaid = await self_pay.prepay(work, cash) if cash else None
    request = MixedOrder(
        trade_number=settlement.number,
        order_number=settlement.number,
        pay_order_id=settlement.pay_order_id or "",
        authorization=work.patient_text("authorization"),
        ordered_at=settlement.created_at,
        open_id=checkouts.opened(work).open_id or "",
        name=work.patient_text("name"),
        id_type=work.patient.id_type,
        id_number=work.patient_text("id_number"),
        total=yuan(settlement.total_fen),
        fund=yuan(settlement.fund_fen),
        account=yuan(settlement.account_fen or 0),
        other=yuan(settlement.other_fen),
        cash=cash,
        prepay_number=prepaid.number if prepaid else None,
    )
    sent = await ledger.intend(work, "med_ins_order", uuid4().hex, request)
    return _opened(work, await taker(work).order(request, message_id=sent))


async def find_checkout(work: Work) -> Outcome:
    """After an unknown order: by our own number; one that is not there is ordered again."""
    found = await _status(work)
    return NotExecuted() if found is None else _opened(work, found)


async def ask(work: Work) -> Outcome:
    """Both parts paid, not yet, or given up."""
    try:
        return await _asked(work)
    except (NotSent, Unanswered):
        return overdue(work)


async def refund(work: Work) -> Outcome:
    """Close an unpaid order; give back both parts of a paid one. Each part is asked for before it is sent."""
    if work.settlement.direction is Direction.RELEASE:
        return await _close(work)
    status = await order_status(work)
    if status.state.kind == "PROCESSING":
        return Wait(work.installation.timing.distance(work.step.tries))
    if status.state not in INSURANCE_IS_BACK:
        if status.state.kind != "PAID":
            raise Stop("AMOUNTS_DIFFER", reason=f"order state {status.state.value}")
        await give_back(work, "HI")
    if waiting := await _cash_back(work):
        return waiting
    await _tell(work)
    number = refund_number(work.settlement.number)
    return Done(all_given_back(work), serial=number)


async def _status(work: Work) -> MixedStatus | None:
    return await taker(work).query(QueryMixed(trade_number=work.settlement.number), message_id=uuid4().hex)


def _opened(work: Work, told: MixedStatus) -> Done:
    expires_at = work.settlement.checkout_expires_at or clock.now() + work.installation.timing.checkout
    changes = {"mix_trade_number": told.mix_trade_number, "checkout_expires_at": expires_at}
    return Done(changes, serial=told.mix_trade_number)


async def _asked(work: Work) -> Outcome:
    told = await _status(work)
    if told is None or told.state == "REFUND":
        raise Stop("AMOUNTS_DIFFER", reason=f"mixed order {told.state if told else '-'}")
    if told.state == "CREATED" and seconds_left(work) > 0:
        return Wait(work.installation.timing.distance(work.step.tries, at_most=seconds_left(work)))
    insured = await order_status(work)
    if told.state == "SUCCESS":
        return await _both(work, told, insured) if insured.state.kind == "PAID" else overdue(work)
    if insured.state.kind == "PAID":
        return overdue(work)
    return Release("PAYMENT_FAILED" if told.state == "FAIL" else "PAYMENT_EXPIRED")


async def _both(work: Work, told: MixedStatus, insured: OrderStatus) -> Done:
    """The amounts of 6301, and of the cash order its own; the moment is that of the mixed order."""
    done = paid(work, insured)
    done = Done(dict(done.changes) | {"settled_at": told.paid_at or clock.now()}, done.serial, done.transaction)
    cash = work.settlement.cash_fen or 0
    if not cash:
        return done
    status = await self_pay.payment_status(work)
    if status.state != "SUCCESS" or status.amount is None or fen(status.amount) != cash:
        raise Stop("AMOUNTS_DIFFER", reason=f"cash {status.state} {status.amount}")
    return Done(dict(done.changes) | {"cash_serial": status.transaction_id}, done.serial, done.transaction)


async def _close(work: Work) -> Outcome:
    """Without cash there is nothing to close: the fee details, which are revoked next, are all there is."""
    told = await _status(work)
    if told is not None and told.state == "SUCCESS":
        return PaidAfterAll()
    if not work.settlement.cash_fen:
        return Skip("no cash was ordered")
    return await self_pay.close(work, await self_pay.payment_status(work))


async def _cash_back(work: Work) -> Outcome | None:
    """None: the cash is back, or there was none."""
    if not work.settlement.cash_fen:
        return None
    number, cash = refund_number(work.settlement.number), yuan(work.settlement.cash_fen)
    found = await self_pay.provider(work).query_refund(QueryRefund(refund_number=number), message_id=uuid4().hex)
    if found is None:
        request = Refund(
            trade_number=work.settlement.number,
            refund_number=number,
            amount=cash,
            total=cash,
            reason=self_pay.reason(work),
        )
        sent = await ledger.intend(work, "refund", uuid4().hex, request)
        found = await self_pay.provider(work).refund(request, message_id=sent)
    if found.status == "PROCESSING":
        return Wait(work.installation.timing.distance(work.step.tries))
    if found.status != "SUCCESS":
        raise Stop("AMOUNTS_DIFFER", reason=f"refund {found.status}")
    return None


async def _tell(work: Work) -> None:
    """医保退款通知; the same number and the same moment again are the same notice."""
    settlement = work.settlement
    if not settlement.paid_fen - (settlement.cash_fen or 0):
        return
    request = InsuranceRefunded(
        mix_trade_number=settlement.mix_trade_number or "",
        refund_number=refund_number(settlement.number),
        refunded_at=work.step.started_at or clock.now(),
        fund=yuan(settlement.fund_fen or 0),
        account=yuan(settlement.account_fen or 0),
        other=yuan(settlement.other_fen),
    )
    sent = await ledger.intend(work, "med_ins_refund", uuid4().hex, request)
    await taker(work).insurance_refunded(request, message_id=sent)
