"""Settlements: where somebody's money is, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from app import models
from app.models.lists import ListSort
from resolvers import settlements as resolve
from resolvers import watching
from resolvers.context import Context
from resolvers.lists import listed
from resolvers.reasons import step_problem
from schema.checkouts import CheckoutParameters
from schema.fields import Node, related, row_of, stored
from schema.filters import (
    After,
    First,
    MaxAmount,
    MinAmount,
    Number,
    OfDepartment,
    OfDoctor,
    OfPatient,
    PaidBy,
    Since,
    Sorted,
    Until,
)
from schema.invoices import Invoice
from schema.orders import Order
from schema.paging import Connection
from schema.problems import (
    Problem,
    step_answer,
)
from schema.refunds import Refund
from schema.scalars import Money


@row_of(models.SettlementStep, "One step of a settlement (结算步骤).")
class SettlementStep:
    """A row of `settlement_step`."""

    kind: models.StepKind = stored("Which step (步骤).")
    state: models.StepState = stored("What became of it (步骤状态).")
    transaction: str | None = stored("The platform's transaction number or operation (交易编号).")
    attempts: int = stored("How often it was sent (发送次数).")
    started_at: datetime | None = stored("When it was first sent (开始时间).")
    finished_at: datetime | None = stored("When its outcome was known (完成时间).")
    platform_serial: str | None = stored("The platform's number for it (平台流水号).")

    @strawberry.field(description="Why it stopped (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@row_of(models.Settlement, "One attempt to have an order paid (结算): a list of steps. Tender 29.")
class Settlement(Node):
    """A row of `settlement`."""

    number: str = stored("Settlement number (结算单号), at most 20 characters; also sent as medOrgOrd.")
    order: Order = related("What is paid (订单).")
    pay_kind: models.PayKind = stored("Who pays (支付方式).")
    state: models.SettlementState = stored("Where the money is (结算状态).")
    total_amount: Money = stored("The whole amount (费用总额).")
    fund_amount: Money | None = stored("What the insurance fund pays (基金支付), once it is known.")
    account_amount: Money | None = stored("What the personal account pays (个人账户支付), once it is known.")
    cash_amount: Money | None = stored("What the patient pays in cash (现金支付), once it is known.")
    refunded_amount: Money = stored("What was given back (已退金额).")
    checkout: models.CheckoutKind = stored("In which kind of place the patient pays (支付入口).")
    checkout_url: str | None = stored("Where the patient pays (结算页面地址). Tender 13.")
    checkout_expires_at: datetime | None = stored("Until when the patient may pay (支付失效时间).")
    mix_trade_number: str | None = stored(
        "What wx.requestMedicalInsurancePay takes (医保自费混合订单号), where insurance and cash are paid at once.",
        name="mixTradeNo",
    )
    platform_serial: str | None = stored("The insurance's serial number (医保流水号).")
    steps: list[SettlementStep] = related("The steps in the order in which they ran (步骤).")
    invoice: Invoice | None = related("The receipt (电子票据); the newest, where a refund made a new one.")
    refunds: list[Refund] = related("Refunds that were asked for, oldest first (退费).")
    created_at: datetime = stored("When it was begun (创建时间).")
    settled_at: datetime | None = stored("When it was paid (结算时间).")
    reversed_at: datetime | None = stored("When it was undone (冲销时间).")

    @strawberry.field(
        description="What wx.requestPayment takes (小程序支付参数): for the patient alone, while it can be paid."
    )
    def checkout_parameters(self, info: strawberry.Info[Context]) -> CheckoutParameters | None:
        """`self` is the row."""
        row: Any = self
        told = resolve.checkout_parameters(info.context, row)
        return None if told is None else CheckoutParameters(**told)


@strawberry.type
class SettlementQuery:
    """The read side."""

    @strawberry.field(
        description="Settlements you may see (支付结算明细查询), the newest first unless sorted. Tender 29."
    )
    async def settlements(
        self,
        info: strawberry.Info[Context],
        first: First = 20,
        after: After = None,
        sort: Sorted = ListSort.CREATED_DESC,
        state: Annotated[
            models.SettlementState | None, strawberry.argument(description="Only in this state (状态).")
        ] = None,
        pay_kind: PaidBy = None,
        since: Since = None,
        until: Until = None,
        department_id: OfDepartment = None,
        doctor_id: OfDoctor = None,
        patient_id: OfPatient = None,
        min_amount: MinAmount = None,
        max_amount: MaxAmount = None,
        number: Number = None,
    ) -> Connection[Settlement]:
        """Tender 29."""
        page = await listed(
            info.context,
            "settlements",
            first=first,
            after=after,
            sort=sort,
            state=state,
            pay_kind=pay_kind,
            since=since,
            until=until,
            department_id=department_id,
            doctor_id=doctor_id,
            patient_id=patient_id,
            min_amount=min_amount,
            max_amount=max_amount,
            number=number,
        )
        return Connection(page=page)


@strawberry.type
class SettlementSubscription:
    """The live side."""

    @strawberry.subscription(description="A settlement, now and after every change (结算变更).")
    async def settlement_changed(
        self,
        info: strawberry.Info[Context],
        settlement_id: Annotated[strawberry.ID, strawberry.argument(description="The settlement (结算标识).")],
    ) -> AsyncIterator[Settlement]:
        """The first event is the present state."""
        async for row in watching.changes(info.context, "settlementChanged", settlement_id):
            yield row
