"""Before a payment platform hears of an order: the HIS still tells its very charges, and holds them for us.

A charge that was changed, voided or paid elsewhere since the order was made ends the settlement with FEES_CHANGED and
makes the order stale (his.md B.3: the fee digest). Where the HIS has locks they are taken first, so that nothing slips
in between; a lock is given back as soon as nobody is going to pay, and runs out by itself at the latest.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import structlog

from app import clock
from app.models import OrderState
from app.settlement import ledger
from app.settlement.work import Release, Work
from clients.errors import PlatformError, Refused
from clients.his.messages import ListUnpaid, Lock, Unlock
from clients.his.refusals import Reason

log = structlog.get_logger()
LOCKS = "lock"
# Until the page is open before the patient's time to pay, and until the HIS is told after it.
MARGIN = timedelta(minutes=5)
NOT_PAYABLE = frozenset({Reason.VOID, Reason.SETTLED_BY_ANOTHER, Reason.NOT_FOUND, Reason.NOT_AUDITED})


async def hold(work: Work) -> Release | None:
    """None: the charges are unchanged, and held. Raises a `PlatformError`; asking again is safe, the key is the same.

    Once the HIS has said so it is not asked again for this settlement.
    """
    if work.settlement.fees_checked_at is not None:
        return None
    charged = await work.lines.fee_digests()
    if LOCKS in work.platforms.his.capabilities() and not await _locked(work, tuple(charged)):
        return _stale()
    if await _changed(work, charged):
        return _stale()
    await ledger.keep(work, fees_checked_at=clock.now())
    return None


async def let_go(work: Work) -> None:
    """Give the lock back, unless the HIS has settled what it held. A HIS that is away lets it run out by itself."""
    number = work.settlement.his_lock_number
    if number is None or work.settlement.his_settlement_number is not None:
        return
    try:
        await work.platforms.his.unlock(Unlock(lock_number=number), message_id=uuid4().hex)
    except PlatformError as error:
        log.warning("his.lock_left", settlement=work.settlement.number, why=type(error).__name__)


def _stale() -> Release:
    return Release("FEES_CHANGED", OrderState.STALE)


async def _locked(work: Work, numbers: tuple[str, ...]) -> bool:
    """Whether the HIS holds them now; False: one of them cannot be paid any more."""
    number = work.settlement.number
    await ledger.keep(work, his_lock_number=number)
    seconds = work.installation.timing.checkout + MARGIN
    request = Lock(
        prescription_numbers=numbers,
        lock_number=number,
        ttl_seconds=int(seconds.total_seconds()),
    )
    try:
        await work.platforms.his.lock(request, message_id=uuid4().hex)
    except Refused as refused:
        if refused.reason not in NOT_PAYABLE:
            raise
        return False
    return True


async def _changed(work: Work, charged: dict[str, str]) -> bool:
    request = ListUnpaid(patient_id=work.patient.his_patient_id, visit_number=work.order.consultation.visit_number)
    listed = await work.platforms.his.list_unpaid(request, message_id=uuid4().hex)
    payable = {each.prescription_number: each.fee_digest for each in listed if each.audit_status == "PASSED"}
    return any(payable.get(number) != digest for number, digest in charged.items())
