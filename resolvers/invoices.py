"""E-receipts: the missing one, the list, and where a patient gets theirs."""

from __future__ import annotations

from app import invoices, models
from app.idempotency import Once
from app.links import Link
from app.settlement import reversal
from app.tokens import Role
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once


async def issue(context: Context, settlement_id: str, key: str) -> models.Settlement:
    """Issue the receipt that a paid settlement lacks."""
    context.allow(Role.CASHIER, Role.FINANCE)
    settlement = await ids.find(context.viewer, models.Settlement, settlement_id, "settlementId")

    async def act(once: Once) -> int:
        await reversal.issue_invoice(settlement, context.actor, once)
        return int(settlement.pk)

    return await answer_once(context, models.Settlement, "invoiceIssue", key, settlement_id, act)


def download(context: Context, invoice: models.Invoice) -> tuple[str, Link] | None:
    """下载电子票据: how and where the viewer gets it, by a link of ours; None while there is nothing to get."""
    page = invoices.address(context.installation, invoice)
    if page is None:
        return None
    viewer = context.viewer
    link = context.installation.links.make(
        invoices.FILE, invoice.id, hospital_id=viewer.hospital_id, role=viewer.role.value, subject=viewer.subject
    )
    return page.kind, link
