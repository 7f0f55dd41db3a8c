"""Beginning a settlement: the row, its steps and its first job are one transaction; the platforms come after."""

from __future__ import annotations

from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from app import clock, events, idempotency, jobs, numbers, patients
from app.installation import Installation
from app.models import Direction, Order, OrderState, Patient, PayKind, Settlement, SettlementState, SettlementStep
from app.problems import Problem
from app.settlement import plans
from app.settlement.checkouts import Checkout

CONSENT_FIRST = (
    "医保在线授权缺失或已过期，请先完成授权 (no valid insurance authorisation: begin with patientAuthorizationStart)"
)
CLOSED = {
    OrderState.SETTLED: "ORDER_ALREADY_SETTLED",
    OrderState.SETTLING: "ORDER_BEING_SETTLED",
    OrderState.REFUNDED: "ORDER_REFUNDED",
    OrderState.EXPIRED: "ORDER_EXPIRED",
    OrderState.STALE: "FEES_CHANGED",
}


async def start(
    installation: Installation, order: Order, pay_kind: PayKind, checkout: Checkout, once: idempotency.Once
) -> Settlement:
    """Store a settlement of `order`, or of what refunds left of it, with all its steps pending, and the job for it.

    Raises Problem: the order is settled, being settled, expired, refunded or stale; the patient may not pay this way,
    or not there.
    """
    checkout.check(pay_kind)
    _payable(order)
    patient = await Patient.get(id=order.patient_id)
    checkout.allow(installation, patient, pay_kind)
    _consented(patient, pay_kind)
    number = await numbers.business_number(numbers.SETTLEMENT)
    try:
        async with in_transaction() as connection:
            settlement = await _store(connection, installation, order, pay_kind, checkout, number)
            await once.keep(connection, settlement.id)
            await jobs.enqueue(connection, jobs.ADVANCE_SETTLEMENT, settlement.id)
            await events.tell(connection, settlement.id)
    except IntegrityError as error:
        if "settlement_one_live_per_order" in str(error):
            raise Problem("ORDER_BEING_SETTLED") from error
        raise
    return settlement


def _payable(order: Order) -> None:
    if order.state in CLOSED:
        raise Problem(CLOSED[order.state])
    if order.expires_at <= clock.now():
        raise Problem("ORDER_EXPIRED")


def _consented(patient: Patient, pay_kind: PayKind) -> None:
    if pay_kind is PayKind.INSURANCE and not patients.authorized(patient):
        raise Problem("PAY_KIND_NOT_ALLOWED", reason=CONSENT_FIRST)


async def _store(
    connection: Any,
    installation: Installation,
    order: Order,
    pay_kind: PayKind,
    checkout: Checkout,
    number: str,
) -> Settlement:
    held = await Order.filter(id=order.id, state=OrderState.OPEN).using_db(connection).update(state=OrderState.SETTLING)
    if not held:
        raise Problem("ORDER_BEING_SETTLED")
    settlement = await Settlement.create(
        using_db=connection,
        number=number,
        hospital_id=order.hospital_id,
        patient_id=order.patient_id,
        order_id=order.id,
        pay_kind=pay_kind,
        state=SettlementState.OPENING,
        direction=Direction.SETTLE,
        total_fen=order.total_fen - order.refunded_fen,
        checkout_kind=checkout.kind,
        payer_sealed=checkout.sealed(installation, number),
        created_at=clock.now(),
    )
    await SettlementStep.bulk_create(
        [
            SettlementStep(settlement_id=settlement.id, position=place, kind=kind, direction=Direction.SETTLE)
            for place, kind in enumerate(plans.SETTLE[settlement.way], start=1)
        ],
        using_db=connection,
    )
    return settlement
