"""E-receipts."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from resolvers import invoices as resolve
from resolvers.context import Context
from resolvers.lists import listed
from resolvers.reasons import step_problem
from schema.fields import Node, related, row_of, stored
from schema.filters import After, First
from schema.paging import Connection
from schema.patients import Patient
from schema.problems import Problem, step_answer
from schema.scalars import Money

if TYPE_CHECKING:
    from schema.settlements import Settlement


@strawberry.type(description="Where a patient gets the receipt (票据下载). Tender 27.")
class InvoiceDownload:
    """A link of our own, never an address of the receipt platform."""

    kind: str = strawberry.field(description="How it is got (下载方式): H5_URL, PDF or OFD.")
    url: str = strawberry.field(description="A short-lived link of this server's own, for the one who asked (地址).")
    expires_at: datetime = strawberry.field(description="Until when it works (有效期): then ask again.")


@row_of(models.Invoice, "An e-receipt (医疗收费电子票据). Tender 26.")
class Invoice(Node):
    """A row of `invoice`."""

    business_number: str = stored("Our number for it (业务流水号).")
    state: models.InvoiceState = stored("What became of it (票据状态).")
    total_amount: Money = stored("The amount on its face (金额).")
    batch_code: str | None = stored("Receipt code (票据代码), once issued.")
    number: str | None = stored("Receipt number (票据号码), once issued.")
    check_code: str | None = stored("Check code (校验码), once issued.")
    red_batch_code: str | None = stored("Code of the red receipt (红票代码).")
    red_number: str | None = stored("Number of the red receipt (红票号码).")
    created_at: datetime = stored("When it was asked for (申请时间).")
    issued_at: datetime | None = stored("When it was issued (开具时间).")
    red_at: datetime | None = stored("When it was written off (冲红时间).")
    settlement: Annotated[Settlement, strawberry.lazy("schema.settlements")] = related(
        "The settlement it is for (结算)."
    )
    patient: Patient = related("Whose it is (患者).")

    @strawberry.field(
        description="Where the patient gets it (下载电子票据); null while there is nothing to get. Tender 27."
    )
    def download(self, info: strawberry.Info[Context]) -> InvoiceDownload | None:
        """Tender 27; `self` is the row."""
        row: Any = self
        told = resolve.download(info.context, row)
        if told is None:
            return None
        kind, link = told
        return InvoiceDownload(kind=kind, url=link.url, expires_at=link.expires_at)


@row_of(models.MissingInvoice, "A paid settlement without a valid receipt (缺票). Tender 26.")
class MissingInvoice(Node):
    """A row of the view `missing_invoice`."""

    settlement: Annotated[Settlement, strawberry.lazy("schema.settlements")] = related(
        "The settlement (结算); `invoiceIssue` issues what it lacks."
    )
    since: datetime = stored("Since when it lacks one: when it was paid (缺票起始时间).")
    step: models.StepKind = stored("The step that it waits for (等待的步骤).")

    @strawberry.field(description="Why that step stopped (原因); null while it is under way.")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@strawberry.type
class InvoiceQuery:
    """The read side."""

    @strawberry.field(description="Receipts you may see, newest first (电子票据查询).")
    async def invoices(
        self,
        info: strawberry.Info[Context],
        first: First = 20,
        after: After = None,
        state: Annotated[
            models.InvoiceState | None, strawberry.argument(description="Only in this state (状态).")
        ] = None,
    ) -> Connection[Invoice]:
        """The list."""
        return Connection(page=await listed(info.context, "invoices", first=first, after=after, state=state))

    @strawberry.field(
        description="Paid settlements without a valid receipt, the latest first (缺票清单); for the staff. Tender 26."
    )
    async def invoices_missing(
        self,
        info: strawberry.Info[Context],
        first: Annotated[int, strawberry.argument(description="Rows on the page, 1–200 (每页条数).")] = 20,
        after: Annotated[str | None, strawberry.argument(description="`endCursor` of the page before (游标).")] = None,
    ) -> Connection[MissingInvoice]:
        """The inbox of finance."""
        return Connection(page=await listed(info.context, "invoicesMissing", first=first, after=after))
