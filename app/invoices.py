"""E-receipts beside their steps: where a patient gets one."""

from __future__ import annotations

from app.installation import Installation
from app.models import Invoice
from clients.errors import Refused
from clients.receipts.messages import Download, Receipt

FILE = "receipt"  # the kind of links to it


def address(installation: Installation, invoice: Invoice) -> Download | None:
    """Where the platform shows the receipt to the public; None while there is none, or nowhere for the public.

    For the server's own eyes: people get a link of ours (app/links.py).
    """
    if invoice.number is None:
        return None
    receipt = Receipt(
        batch_code=invoice.batch_code or "",
        number=invoice.number,
        check_code=invoice.check_code or "",
        public_url=invoice.public_url,
    )
    try:
        return installation.platforms.receipts.address(receipt)
    except Refused:
        return None
