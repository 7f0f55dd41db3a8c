"""E-receipts: the missing one, the list, and where a patient gets theirs."""

from __future__ import annotations

from app import models
from app.idempotency import Once
from app.settlement import reversal
from app.tokens import Role
from clients.errors import Refused
from clients.receipts.messages import Download, Receipt
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


def download(context: Context, invoice: models.Invoice) -> Download | None:
    """下载电子票据: where the patient gets it; None while there is no receipt, or none for the public."""
    if invoice.number is None:
        return None
    receipt = Receipt(
        batch_code=invoice.batch_code or "",
        number=invoice.number,
        check_code=invoice.check_code or "",
        public_url=invoice.public_url,
    )
    try:
        return context.installation.platforms.receipts.address(receipt)
    except Refused:
        return None
