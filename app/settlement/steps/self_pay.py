"""统一支付: the patient pays alone, through the hospital's provider (`clients/wechat_pay`).

The settlement's number is the provider's trade number, so the same order can be paid once only; before the page is left
open for nobody it is closed. A refund of a part carries the refund's own number, a refund of all that is left the
settlement's one refund number.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

import orjson

from app import clock
from app.models.settlements import CheckoutKind, Direction
from app.money import fen, yuan
from app.settlement import charges, checkouts, ledger
from app.settlement.steps.result import seconds_left
from app.settlement.steps.settlement import all_given_back, refund_number
from app.settlement.work import By, Done, NotExecuted, Outcome, PaidAfterAll, Release, Skip, Stop, Wait, Work
from clients.errors import NotSent, Refused, Unanswered
from clients.wechat_pay.gateway import SelfPayGateway
from clients.wechat_pay.messages import (
    Checkout,
    PaymentRequest,
    PaymentStatus,
    Prepay,
    QueryPayment,
    QueryRefund,
    Refund,
    RefundStatus,
)
from clients.wechat_pay.refusals import Reason

LONGEST_DESCRIPTION = 127  # characters
LONGEST_REASON = 80  # bytes


def provider(work: Work) -> SelfPayGateway:
    """The hospital's provider; without one no self-pay settlement is ever opened."""
    if work.platforms.self_pay is None:
        raise Stop("PAY_KIND_NOT_ALLOWED", reason="SELF_PAY")
    return work.platforms.self_pay


async def checkout(work: Work) -> Outcome:
    """Open the provider's page, or sign what the mini-program pays with."""
    if changed := await charges.hold(work):
        return changed
    if work.settlement.checkout_kind is CheckoutKind.MINI_PROGRAM:
        told = await prepay(work, yuan(work.settlement.total_fen))
        return Done({"checkout_parameters_sealed": parameters(work, told)}, serial=work.settlement.number)
    request = Checkout(
        trade_number=work.settlement.number,
        description=_description(work),
        amount=yuan(work.settlement.total_fen),
        client_ip=checkouts.opened(work).client_ip or checkouts.ANYWHERE,
        expires_at=await _expiry(work),
    )
    sent = await ledger.intend(work, "h5", uuid4().hex, request)
    page = await provider(work).checkout(request, message_id=sent)
    return Done({"checkout_url": page.url}, serial=work.settlement.number)


async def prepay(work: Work, amount: Decimal) -> PaymentRequest:
    """Order `amount` (yuan) for the patient's own WeChat user. The same order again gives the same answer."""
    request = Prepay(
        trade_number=work.settlement.number,
        description=_description(work),
        amount=amount,
        open_id=checkouts.opened(work).open_id or "",
        expires_at=await _expiry(work),
    )
    sent = await ledger.intend(work, "jsapi", uuid4().hex, request)
    return await provider(work).prepay(request, message_id=sent)


def parameters(work: Work, told: PaymentRequest) -> bytes:
    """What the patient's mini-program is given, sealed."""
    given = {
        "app_id": told.app_id,
        "time_stamp": told.timestamp,
        "nonce_str": told.nonce,
        "package": told.package,
        "sign_type": told.sign_type,
        "pay_sign": told.signature,
    }
    return work.sealed("checkout_parameters", orjson.dumps(given).decode())


def reason(work: Work) -> str:
    """Why money is given back, as short as the provider wants it."""
    return work.reason.encode()[:LONGEST_REASON].decode(errors="ignore")


def _description(work: Work) -> str:
    return f"{work.hospital.name} 在线问诊"[-LONGEST_DESCRIPTION:]


async def _expiry(work: Work) -> datetime:
    """Until when the patient may pay: committed before the order, which must stay the same when it is sent again."""
    expires_at = work.settlement.checkout_expires_at
    if expires_at is None:
        expires_at = clock.now() + work.installation.timing.checkout
        own = work.settlement.pay_order_id or work.settlement.number
        await ledger.keep(work, checkout_expires_at=expires_at, pay_order_id=own)
    return expires_at


async def find_checkout(work: Work) -> Outcome:
    """The same order again gives the same page: nothing was charged by opening it."""
    return NotExecuted()


async def ask(work: Work) -> Outcome:
    """Paid, not yet, or given up."""
    try:
        status = await payment_status(work)
    except (NotSent, Unanswered):
        return _overdue(work)
    if status.state == "SUCCESS":
        return _paid(work, status)
    if status.state in ("CLOSED", "PAYERROR", "NOT_FOUND"):
        return Release("PAYMENT_FAILED")
    if status.state == "REFUND":
        raise Stop("AMOUNTS_DIFFER", reason="REFUND")
    return _not_yet(work)


async def refund(work: Work) -> Outcome:
    """Close an unpaid order; give back a part of a paid one, or all that is left of it."""
    status = await payment_status(work)
    if work.settlement.direction is Direction.RELEASE:
        return await close(work, status)
    request = Refund(
        trade_number=work.settlement.number,
        refund_number=_refund_number(work),
        amount=yuan(_giving_fen(work)),
        total=yuan(work.settlement.total_fen),
        reason=reason(work),
    )
    sent = await ledger.intend(work, "refund", uuid4().hex, request)
    return _refund_outcome(work, await provider(work).refund(request, message_id=sent))


async def find_refund(work: Work) -> Outcome:
    """After an unknown close or refund: the provider knows the number or it does not."""
    if work.settlement.direction is Direction.RELEASE:
        return NotExecuted()
    found = await provider(work).query_refund(QueryRefund(refund_number=_refund_number(work)), message_id=uuid4().hex)
    return NotExecuted() if found is None else _refund_outcome(work, found)


async def close(work: Work, status: PaymentStatus) -> Outcome:
    """See to it that an unpaid order can no longer be paid."""
    if status.state == "SUCCESS":
        return PaidAfterAll()
    if status.state in ("CLOSED", "NOT_FOUND"):
        return Skip(f"the payment is {status.state}")
    request = QueryPayment(trade_number=work.settlement.number)
    sent = await ledger.intend(work, "close", uuid4().hex, request)
    try:
        await provider(work).close_payment(request, message_id=sent)
    except Refused as refused:
        if refused.reason != Reason.ORDER_PAID:
            raise
        return PaidAfterAll()
    return Done(serial=work.settlement.number)


async def payment_status(work: Work) -> PaymentStatus:
    """What the provider says of the order under the settlement's number."""
    return await provider(work).query(QueryPayment(trade_number=work.settlement.number), message_id=uuid4().hex)


def _paid(work: Work, status: PaymentStatus) -> Done:
    if status.amount is None or fen(status.amount) != work.settlement.total_fen:
        raise Stop("AMOUNTS_DIFFER", reason=str(status.amount))
    return Done(
        {
            "cash_fen": work.settlement.total_fen,
            "fund_fen": 0,
            "account_fen": 0,
            "paid_fen": work.settlement.total_fen,
            "platform_serial": status.transaction_id,
            "settled_at": status.paid_at or clock.now(),
        },
        serial=status.transaction_id,
        transaction="query",
    )


def _not_yet(work: Work) -> Outcome:
    left = seconds_left(work)
    if left <= 0:
        return Release("PAYMENT_EXPIRED")
    return Wait(work.installation.timing.distance(work.step.tries, at_most=left))


def _overdue(work: Work) -> Outcome:
    """A silent provider is asked again, until it is so late that a person must."""
    if -seconds_left(work) > work.installation.timing.overdue.total_seconds():
        raise Stop("OUTCOME_UNKNOWN", platform="wechat_pay")
    return Wait(work.installation.timing.distance(work.step.tries))


def _refund_number(work: Work) -> str:
    return work.part.number if work.part else refund_number(work.settlement.number)


def _giving_fen(work: Work) -> int:
    left: int = work.settlement.paid_fen - work.settlement.refunded_fen
    return work.part.amount_fen if work.part else left


def _given_back(work: Work, serial: str) -> Done:
    if work.part is None:
        return Done(all_given_back(work), serial=serial)
    more, moment = By(work.part.amount_fen), clock.now()
    changes = {"refunded_fen": more, "partly_refunded_fen": more, "asked_fen": By(-more.fen), "refunded_at": moment}
    return Done(changes, serial=serial, refund={"given_at": moment})


def _refund_outcome(work: Work, status: RefundStatus) -> Outcome:
    if status.status == "SUCCESS":
        return _given_back(work, status.refund_id)
    if status.status == "PROCESSING":
        return Wait(work.installation.timing.distance(work.step.tries))
    raise Stop("AMOUNTS_DIFFER", reason=f"refund {status.status}")
