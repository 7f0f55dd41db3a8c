"""医保预结算: 6202 prices the order before anybody pays (mobile-payment.md 3.2)."""

from __future__ import annotations

from app.settlement import ledger
from app.settlement.steps.amounts import amounts
from app.settlement.steps.result import order_status
from app.settlement.work import Done, NotExecuted, Outcome, Work
from clients.insurance.payment.messages import PlaceOrder
from clients.insurance.payment.states import OrderState


async def place(work: Work) -> Outcome:
    """6202. The business serial is new for every call; the batch is the one of 6201."""
    serial = f"{work.settlement.number}{work.step.attempts + 1:02d}"
    request = PlaceOrder(
        pay_auth_number=work.patient_text("authorization"),
        pay_order_id=work.settlement.pay_order_id or "",
        pay_token=work.opened("pay_token"),
        business_serial=serial,
        batch_number=work.settlement.number,
        visit_id=work.settlement.visit_id or "",
        use_account=True,
    )
    sent = await ledger.intend(work, "6202", serial, request)
    placed = await work.platforms.insurance_payment.place_order(request, message_id=sent)
    return Done(amounts(work, placed.amounts), serial=placed.pay_order_id)


async def find(work: Work) -> Outcome:
    """After an unknown 6202: 6301 with the same order. Before payment it may tell no amounts; the result will."""
    status = await order_status(work)
    if status.state is OrderState.SAVED:
        return NotExecuted()
    return Done(amounts(work, status.amounts) if status.amounts else {}, serial=status.pay_order_id)
