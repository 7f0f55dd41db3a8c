"""获取医保结算页面地址: where the patient pays (insurance.md A7: the address format is local).

The page is the one that 6201 named, or else the one that the hospital's setting makes of payOrdId and payToken.
"""

from __future__ import annotations

from app import clock
from app.settlement.work import Done, Outcome, Release, Work


async def open_page(work: Work) -> Outcome:
    """No call: the address becomes visible, and the time to pay begins."""
    if work.settlement.cashier_url_sealed is None:
        return Release("PAYMENT_FAILED")
    return Done(
        {
            "checkout_url": work.opened("cashier_url"),
            "checkout_expires_at": clock.now() + work.installation.timing.checkout,
        },
        serial=work.settlement.pay_order_id,
        transaction="cashier",
    )
