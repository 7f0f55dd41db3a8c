"""Reconciliation (对账): our books of a day against the self-pay provider's bill."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from app import models
from app.money import yuan_text
from app.reconciliation import Difference, DifferenceKind, Movement, Reconciliation, Sums
from resolvers import reconciliation as resolve
from resolvers.context import Context
from schema.fields import stored
from schema.problems import (
    ForbiddenProblem,
    PayKindProblem,
    PlatformUnavailableProblem,
    ProblemsAreAnswers,
    SelfPayRefusal,
    StateProblem,
)
from schema.scalars import Money
from schema.settlements import Settlement


def _money(fen: int | None) -> Money | None:
    return None if fen is None else Money(yuan_text(fen))


@strawberry.type(description="A day's payments or refunds on both sides (双方合计).")
class ReconciliationSums:
    """Counts are of trade numbers."""

    ours: int = stored("How many we have (本方笔数).")
    our_amount: Money = stored("What we have (本方金额).")
    theirs: int = stored("How many the provider has (对方笔数).")
    their_amount: Money = stored("What the provider has (对方金额).")

    @classmethod
    def of(cls, told: Sums) -> ReconciliationSums:
        """From fen."""
        ours, theirs = Money(yuan_text(told.ours_fen)), Money(yuan_text(told.theirs_fen))
        return cls(ours=told.ours, our_amount=ours, theirs=told.theirs, their_amount=theirs)


@strawberry.type(description="A trade number on which the books disagree (差异).")
class ReconciliationDifference:
    """Of a `SelfPayReconciliation`."""

    kind: DifferenceKind = stored("How they disagree (差异类型).")
    movement: Movement = stored("Paid or given back (收付方向).")
    trade_number: str = stored("The trade number (商户订单号): the settlement's number.")
    our_amount: Money | None = stored("What we have (本方金额).")
    their_amount: Money | None = stored("What the provider has (对方金额).")
    settlement_id: strawberry.Private[int | None] = None

    @strawberry.field(description="The settlement (结算), where the number is one of ours.")
    async def settlement(self, info: strawberry.Info[Context]) -> Settlement | None:
        """Within the viewer's scope."""
        row: Any = await info.context.loaders.row(info.context.viewer, models.Settlement, self.settlement_id)
        found: Settlement | None = row
        return found

    @classmethod
    def of(cls, told: Difference) -> ReconciliationDifference:
        """From fen."""
        return cls(
            kind=told.kind,
            movement=told.movement,
            trade_number=told.trade_number,
            our_amount=_money(told.ours_fen),
            their_amount=_money(told.theirs_fen),
            settlement_id=told.settlement_id,
        )


@strawberry.type(description="Our books of a day against the provider's bill (自费支付对账).")
class SelfPayReconciliation:
    """The yes of `selfPayReconciliation`."""

    day: date = stored("The day (对账日期).")
    checked_at: datetime = stored("When the bill was fetched (对账时间).")
    payments: ReconciliationSums = stored("Paid on that day (收款).")
    refunds: ReconciliationSums = stored("Given back on that day (退款).")
    differences: list[ReconciliationDifference] = stored("Where the books disagree (差异明细); none: they agree.")

    @classmethod
    def of(cls, told: Reconciliation) -> SelfPayReconciliation:
        """The process's answer."""
        return cls(
            day=told.day,
            checked_at=told.checked_at,
            payments=ReconciliationSums.of(told.payments),
            refunds=ReconciliationSums.of(told.refunds),
            differences=[ReconciliationDifference.of(each) for each in told.differences],
        )


SelfPayReconciliationResult = Annotated[
    SelfPayReconciliation
    | ForbiddenProblem
    | StateProblem
    | PayKindProblem
    | SelfPayRefusal
    | PlatformUnavailableProblem,
    strawberry.union("SelfPayReconciliationResult", description="The comparison, or why there is none (对账结果)."),
]


@strawberry.type
class ReconciliationQuery:
    """The read side."""

    @strawberry.field(
        description="Our self-payments of a day against the provider's bill (自费支付对账), fetched now; the bill of a "
        "day is there from ten o'clock on the next.",
        extensions=[ProblemsAreAnswers()],
    )
    async def self_pay_reconciliation(
        self,
        info: strawberry.Info[Context],
        day: Annotated[date, strawberry.argument(description="The day in Asia/Shanghai (对账日期).")],
    ) -> SelfPayReconciliationResult:
        """For finance and auditors."""
        return SelfPayReconciliation.of(await resolve.self_pay(info.context, day))
