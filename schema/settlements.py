"""Settlements: where somebody's money is, step by step."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from app import models
from resolvers import invoices as resolve_invoices
from resolvers import settlements as resolve
from resolvers.context import Context
from resolvers.lists import listed
from resolvers.reads import step_problem
from schema.fields import Node, described, related, row_of, stored
from schema.invoices import Invoice
from schema.orders import Order
from schema.paging import Connection
from schema.problems import (
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    NotFoundProblem,
    PayKindProblem,
    Problem,
    ProblemsAreAnswers,
    StateProblem,
    step_answer,
)
from schema.scalars import Money

PayKind = described(
    models.PayKind,
    "Who pays (支付方式).",
    {
        "INSURANCE": "The medical insurance, with the patient's share (医保支付).",
        "SELF_PAY": "The patient alone (自费支付).",
    },
)

SettlementState = described(
    models.SettlementState,
    "Where somebody's money is (结算状态).",
    {
        "OPENING": "Being registered, uploaded and priced; nothing is charged (开单中).",
        "AWAITING_PAYMENT": "The page is open; the patient must pay (待支付).",
        "COMPLETING": "Paid; the HIS and the receipt follow (收尾中).",
        "COMPLETED": "Paid, confirmed, receipted (已完成).",
        "REVERSING": "Being undone (冲销中).",
        "REVERSED": "Undone; the money is given back (已冲销).",
        "FAILED": "Nothing was charged, and nothing is left behind on any platform (已失败).",
        "ATTENTION": "A person must look; the steps say why (需人工处理).",
    },
)

StepKind = described(
    models.StepKind,
    "The steps (步骤).",
    {
        "REGISTRATION": "Registration with the insurance (医保挂号). Tender 11.",
        "FEE_DETAILS": "Upload of the fee lines (医保费用明细上传). Tender 14.",
        "PREVIEW": "Settlement in advance: who will pay what (医保预结算). Tender 16.",
        "CHECKOUT": "The page where the patient pays (获取医保结算页面地址). Tender 13.",
        "RESULT": "What the platform says of the payment (获取医保结算结果). Tender 18.",
        "HIS_CONFIRMATION": "The HIS hears of the payment (结算结果确认). Tender 24.",
        "INVOICE": "The e-receipt (开具电子票据). Tender 26.",
        "REVERSE_REGISTRATION": "The registration is cancelled (医保挂号冲销). Tender 12.",
        "REVERSE_FEE_DETAILS": "The fee lines are taken back (医保费用明细上传冲销). Tender 15.",
        "REVERSE_SETTLEMENT": "The money is given back (医保结算冲销). Tender 17.",
        "HIS_CANCELLATION": "The HIS hears of the reversal (HIS 冲销).",
        "RED_INVOICE": "The red receipt (票据冲红).",
    },
)

StepState = described(
    models.StepState,
    "What became of a step (步骤状态).",
    {
        "PENDING": "Not begun, or to be done again (待执行).",
        "SENDING": "Under way (执行中).",
        "DONE": "Done (已完成).",
        "REFUSED": "The platform said no (被拒绝).",
        "UNKNOWN": "The platform did not answer; it is being asked (结果未知).",
        "SKIPPED": "Not needed (已跳过).",
    },
)


@row_of(models.SettlementStep, "One step of a settlement (结算步骤).")
class SettlementStep:
    """A row of `settlement_step`."""

    kind: StepKind = stored("Which step (步骤).")  # type: ignore[valid-type]
    state: StepState = stored("What became of it (步骤状态).")  # type: ignore[valid-type]
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
    pay_kind: PayKind = stored("Who pays (支付方式).")  # type: ignore[valid-type]
    state: SettlementState = stored("Where the money is (结算状态).")  # type: ignore[valid-type]
    total_amount: Money = stored("The whole amount (费用总额).")
    fund_amount: Money | None = stored("What the insurance fund pays (基金支付), once it is known.")
    account_amount: Money | None = stored("What the personal account pays (个人账户支付), once it is known.")
    cash_amount: Money | None = stored("What the patient pays in cash (现金支付), once it is known.")
    refunded_amount: Money = stored("What was given back (已退金额).")
    checkout_url: str | None = stored("Where the patient pays (结算页面地址). Tender 13.")
    checkout_expires_at: datetime | None = stored("Until when the page is open (页面失效时间).")
    platform_serial: str | None = stored("The insurance's serial number (医保流水号).")
    steps: list[SettlementStep] = related("The steps in the order in which they ran (步骤).")
    invoice: Invoice | None = related("The receipt (电子票据).")
    created_at: datetime = stored("When it was begun (创建时间).")
    settled_at: datetime | None = stored("When it was paid (结算时间).")
    reversed_at: datetime | None = stored("When it was undone (冲销时间).")


@strawberry.input(description="What to settle, and how (结算参数).")
class SettlementStartInput:
    """Of `settlementStart`."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")
    pay_kind: PayKind = strawberry.field(description="Who pays (支付方式).")  # type: ignore[valid-type]
    idempotency_key: str = strawberry.field(description="The same key and input give the same settlement (幂等键).")


@strawberry.input(description="Which settlement to look at again (查询参数).")
class SettlementRefreshInput:
    """Of `settlementRefresh`."""

    settlement_id: strawberry.ID = strawberry.field(description="The settlement (结算标识).")


@strawberry.input(description="What to undo, and why (冲销参数).")
class SettlementReverseInput:
    """Of `settlementReverse`."""

    settlement_id: strawberry.ID = strawberry.field(description="The settlement (结算标识).")
    reason: str = strawberry.field(description="Why (冲销原因), at most 200 characters.")
    idempotency_key: str = strawberry.field(description="The same key and input undo once (幂等键).")


@strawberry.input(description="Which settlement to drive on (续办参数).")
class SettlementResumeInput:
    """Of `settlementResume`."""

    settlement_id: strawberry.ID = strawberry.field(description="The settlement (结算标识).")


@strawberry.input(description="Which settlement lacks its receipt (补开票据参数).")
class InvoiceIssueInput:
    """Of `invoiceIssue`."""

    settlement_id: strawberry.ID = strawberry.field(description="The settlement (结算标识).")
    idempotency_key: str = strawberry.field(description="The same key and input issue once (幂等键).")


@strawberry.type(description="The settlement as it stands (结算结果).")
class SettlementPayload:
    """The yes of every mutation of a settlement."""

    settlement: Settlement = strawberry.field(description="The settlement (结算).")


SettlementStartResult = Annotated[
    SettlementPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | PayKindProblem,
    strawberry.union("SettlementStartResult", description="The settlement, or why there is none (结算结果)."),
]
SettlementRefreshResult = Annotated[
    SettlementPayload | InputProblem | NotFoundProblem,
    strawberry.union("SettlementRefreshResult", description="The settlement, or why not (查询结果)."),
]
SettlementReverseResult = Annotated[
    SettlementPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("SettlementReverseResult", description="The settlement, or why it stays (冲销结果)."),
]
SettlementResumeResult = Annotated[
    SettlementPayload | InputProblem | NotFoundProblem | ForbiddenProblem | StateProblem,
    strawberry.union("SettlementResumeResult", description="The settlement, or why it stays (续办结果)."),
]
InvoiceIssueResult = Annotated[
    SettlementPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("InvoiceIssueResult", description="The settlement, or why there is no receipt (补开结果)."),
]


def _payload(row: Any) -> SettlementPayload:
    return SettlementPayload(settlement=row)


@strawberry.type
class SettlementQuery:
    """The read side."""

    @strawberry.field(description="Settlements you may see, newest first (支付结算明细查询). Tender 29.")
    async def settlements(
        self,
        info: strawberry.Info[Context],
        first: Annotated[int, strawberry.argument(description="Rows on the page, 1–200 (每页条数).")] = 20,
        after: Annotated[str | None, strawberry.argument(description="`endCursor` of the page before (游标).")] = None,
        state: Annotated[SettlementState | None, strawberry.argument(description="Only in this state (状态).")] = None,  # type: ignore[valid-type]
        pay_kind: Annotated[PayKind | None, strawberry.argument(description="Only paid this way (支付方式).")] = None,  # type: ignore[valid-type]
        since: Annotated[date | None, strawberry.argument(description="Begun on this day or later (起始日期).")] = None,
        until: Annotated[
            date | None, strawberry.argument(description="Begun on this day or before (截止日期).")
        ] = None,
    ) -> Connection[Settlement]:
        """Tender 29."""
        page = await listed(
            info.context,
            "settlements",
            first=first,
            after=after,
            state=state,
            pay_kind=pay_kind,
            since=since,
            until=until,
        )
        return Connection(page=page)


@strawberry.type
class SettlementMutation:
    """The write side."""

    @strawberry.mutation(
        description="Begin to settle an order (发起结算); returns as soon as it is stored. Tender 11, 13, 14, 16.",
        extensions=[ProblemsAreAnswers()],
    )
    async def settlement_start(
        self,
        info: strawberry.Info[Context],
        input: Annotated[SettlementStartInput, strawberry.argument(description="What, and how (结算参数).")],
    ) -> SettlementStartResult:
        """The steps go on by themselves, and every change is pushed."""
        return _payload(await resolve.start(info.context, input.order_id, input.pay_kind, input.idempotency_key))

    @strawberry.mutation(
        description="Ask the platform for the result now (获取医保结算结果). Tender 18.",
        extensions=[ProblemsAreAnswers()],
    )
    async def settlement_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[SettlementRefreshInput, strawberry.argument(description="Which (查询参数).")],
    ) -> SettlementRefreshResult:
        """Tender 18."""
        return _payload(await resolve.refresh(info.context, input.settlement_id))

    @strawberry.mutation(
        description="Undo a settlement in the hospital's order (结算冲销). Tender 12, 15, 17.",
        extensions=[ProblemsAreAnswers()],
    )
    async def settlement_reverse(
        self,
        info: strawberry.Info[Context],
        input: Annotated[SettlementReverseInput, strawberry.argument(description="What, and why (冲销参数).")],
    ) -> SettlementReverseResult:
        """For cashiers and finance."""
        settlement = await resolve.reverse(info.context, input.settlement_id, input.reason, input.idempotency_key)
        return _payload(settlement)

    @strawberry.mutation(
        description="Drive a settlement in ATTENTION on, after the cause is gone (人工续办).",
        extensions=[ProblemsAreAnswers()],
    )
    async def settlement_resume(
        self,
        info: strawberry.Info[Context],
        input: Annotated[SettlementResumeInput, strawberry.argument(description="Which (续办参数).")],
    ) -> SettlementResumeResult:
        """For cashiers and finance."""
        return _payload(await resolve.resume(info.context, input.settlement_id))

    @strawberry.mutation(
        description="Issue the receipt that a paid settlement lacks (补开电子票据). Tender 26.",
        extensions=[ProblemsAreAnswers()],
    )
    async def invoice_issue(
        self,
        info: strawberry.Info[Context],
        input: Annotated[InvoiceIssueInput, strawberry.argument(description="For which (补开票据参数).")],
    ) -> InvoiceIssueResult:
        """For cashiers and finance."""
        return _payload(await resolve_invoices.issue(info.context, input.settlement_id, input.idempotency_key))


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
        async for row in resolve.changes(info.context, settlement_id):
            event: Any = row
            yield event
