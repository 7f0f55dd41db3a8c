"""What can be done to a settlement: begin it, look again, undo it, drive it on, issue its missing receipt."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from app import models
from app.settlement.checkouts import Checkout
from resolvers import invoices as resolve_invoices
from resolvers import settlements as resolve
from resolvers.context import Context
from schema.problems import (
    FeesChangedProblem,
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    NotFoundProblem,
    PayKindProblem,
    ProblemsAreAnswers,
    StateProblem,
)
from schema.settlements import Settlement


@strawberry.input(description="What to settle, and how (结算参数).")
class SettlementStartInput:
    """Of `settlementStart`."""

    order_id: strawberry.ID = strawberry.field(description="The order (订单标识).")
    pay_kind: models.PayKind = strawberry.field(description="Who pays (支付方式).")
    checkout: models.CheckoutKind = strawberry.field(
        default=models.CheckoutKind.PAGE, description="Where the patient pays (支付入口): a web page by default."
    )
    open_id: str | None = strawberry.field(
        default=None, description="The WeChat user in the hospital's app (微信用户标识); needed in a mini-program."
    )
    client_ip: str | None = strawberry.field(
        default=None,
        description="From which address the patient pays (用户终端地址): a page's provider checks it.",
    )
    idempotency_key: str = strawberry.field(description="The same key and input give the same settlement (幂等键).")

    def where(self) -> Checkout:
        """What the process is told of the place."""
        return Checkout(kind=self.checkout, open_id=self.open_id, client_ip=self.client_ip)


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
    | FeesChangedProblem
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
        begun = await resolve.start(info.context, input.order_id, input.pay_kind, input.where(), input.idempotency_key)
        return _payload(begun)

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
