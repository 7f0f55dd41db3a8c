"""Refunds of a part of a settlement: asked for, decided by another person, given back."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from resolvers import refunds as resolve
from resolvers.context import Context
from resolvers.lists import listed
from resolvers.reasons import step_problem
from schema.fields import Node, related, row_of, stored
from schema.orders import FeeDetail
from schema.paging import Connection
from schema.patients import Patient
from schema.problems import (
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    NotFoundProblem,
    Problem,
    ProblemsAreAnswers,
    StateProblem,
    step_answer,
)
from schema.scalars import Money

if TYPE_CHECKING:
    from schema.settlements import Settlement


@row_of(models.RefundLine, "How much of a fee line is given back (退费明细).")
class RefundLine:
    """A row of `refund_line`."""

    fee_detail: FeeDetail = related("The line (费用明细).")
    quantity: str = stored("How much of it, as a decimal (退费数量); 0 where only a part of its money is given back.")
    amount: Money = stored("How much money (退费金额).")


@row_of(models.Refund, "A refund of some lines of a settlement (退费).")
class Refund(Node):
    """A row of `refund`."""

    number: str = stored("Refund number (退费单号).")
    state: models.RefundState = stored("What became of it (退费状态).")
    amount: Money = stored("How much is given back (退费金额).")
    reason: str = stored("Why it was asked for (退费原因).")
    by_patient: bool = stored("Whether the patient asked for it, and not a cashier (是否患者申请).")
    rejection_reason: str | None = stored("Why it was rejected (驳回原因).")
    created_at: datetime = stored("When it was asked for (申请时间).")
    decided_at: datetime | None = stored("When it was approved or rejected (审批时间).")
    finished_at: datetime | None = stored("When it came to its end (完成时间).")
    settlement: Annotated[Settlement, strawberry.lazy("schema.settlements")] = related(
        "What it gives back a part of (结算); its steps show how far it is."
    )
    patient: Patient = related("Whose money it is (患者).")
    lines: list[RefundLine] = related("What is given back, line by line (退费明细).")

    @strawberry.field(description="Why it failed (失败原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@strawberry.input(
    description="A line to give back (退费明细): some of it, or some of its money; neither: all that is left."
)
class RefundLineInput:
    """Of `RefundRequestInput`."""

    serial: str = strawberry.field(description="`FeeDetail.serial` (费用明细流水号).")
    quantity: str | None = strawberry.field(default=None, description="How much, at most two decimals (退费数量).")
    amount: Money | None = strawberry.field(
        default=None, description="How much of its money (退费金额); not of an insurance settlement."
    )


@strawberry.input(description="What to give back, and why (退费申请参数).")
class RefundRequestInput:
    """Of `refundRequest`."""

    settlement_id: strawberry.ID = strawberry.field(description="The settlement (结算标识).")
    lines: list[RefundLineInput] = strawberry.field(description="The lines (退费明细), 1–200, each once.")
    reason: str = strawberry.field(description="Why (退费原因), at most 200 characters.")
    idempotency_key: str = strawberry.field(description="The same key and input ask once (幂等键).")


@strawberry.input(description="Which refund to approve (退费审批参数).")
class RefundApproveInput:
    """Of `refundApprove`."""

    refund_id: strawberry.ID = strawberry.field(description="The refund (退费标识).")
    idempotency_key: str = strawberry.field(description="The same key and input approve once (幂等键).")


@strawberry.input(description="Which refund to reject, and why (退费驳回参数).")
class RefundRejectInput:
    """Of `refundReject`."""

    refund_id: strawberry.ID = strawberry.field(description="The refund (退费标识).")
    reason: str = strawberry.field(description="Why (驳回原因), at most 200 characters.")
    idempotency_key: str = strawberry.field(description="The same key and input reject once (幂等键).")


@strawberry.type(description="The refund as it stands (退费结果).")
class RefundPayload:
    """The yes of every mutation of a refund."""

    refund: Refund = strawberry.field(description="The refund (退费).")


RefundRequestResult = Annotated[
    RefundPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("RefundRequestResult", description="The refund, or why there is none (退费申请结果)."),
]
RefundApproveResult = Annotated[
    RefundPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("RefundApproveResult", description="The refund, or why it is not approved (退费审批结果)."),
]
RefundRejectResult = Annotated[
    RefundPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("RefundRejectResult", description="The refund, or why it is not rejected (退费驳回结果)."),
]


@strawberry.type
class RefundQuery:
    """The read side."""

    @strawberry.field(description="Refunds you may see, newest first (退费查询).")
    async def refunds(
        self,
        info: strawberry.Info[Context],
        first: Annotated[int, strawberry.argument(description="Rows on the page, 1–200 (每页条数).")] = 20,
        after: Annotated[str | None, strawberry.argument(description="`endCursor` of the page before (游标).")] = None,
        state: Annotated[
            models.RefundState | None, strawberry.argument(description="Only in this state (状态).")
        ] = None,
        since: Annotated[
            date | None, strawberry.argument(description="Asked for on this day or later (起始日期).")
        ] = None,
        until: Annotated[
            date | None, strawberry.argument(description="Asked for on this day or before (截止日期).")
        ] = None,
    ) -> Connection[Refund]:
        """The list."""
        page = await listed(info.context, "refunds", first=first, after=after, state=state, since=since, until=until)
        return Connection(page=page)


@strawberry.type
class RefundMutation:
    """The write side."""

    @strawberry.mutation(
        description="Ask for some lines of a settlement back (退费申请). Another person decides.",
        extensions=[ProblemsAreAnswers()],
    )
    async def refund_request(
        self,
        info: strawberry.Info[Context],
        input: Annotated[RefundRequestInput, strawberry.argument(description="What, and why (退费申请参数).")],
    ) -> RefundRequestResult:
        """For the patient and cashiers."""
        lines = [(each.serial, each.quantity, each.amount) for each in input.lines]
        refund: Any = await resolve.request(
            info.context, input.settlement_id, lines, input.reason, input.idempotency_key
        )
        return RefundPayload(refund=refund)

    @strawberry.mutation(
        description=(
            "Approve a refund that another person asked for (退费审批): self-pay gives the part back; an insurance "
            "settlement is reversed as a whole, and the patient pays the rest by a new settlement of the same order."
        ),
        extensions=[ProblemsAreAnswers()],
    )
    async def refund_approve(
        self,
        info: strawberry.Info[Context],
        input: Annotated[RefundApproveInput, strawberry.argument(description="Which (退费审批参数).")],
    ) -> RefundApproveResult:
        """For cashiers, finance and administrators."""
        refund: Any = await resolve.approve(info.context, input.refund_id, input.idempotency_key)
        return RefundPayload(refund=refund)

    @strawberry.mutation(
        description="Reject a refund that another person asked for (退费驳回).",
        extensions=[ProblemsAreAnswers()],
    )
    async def refund_reject(
        self,
        info: strawberry.Info[Context],
        input: Annotated[RefundRejectInput, strawberry.argument(description="Which, and why (退费驳回参数).")],
    ) -> RefundRejectResult:
        """For cashiers, finance and administrators."""
        refund: Any = await resolve.reject(info.context, input.refund_id, input.reason, input.idempotency_key)
        return RefundPayload(refund=refund)
