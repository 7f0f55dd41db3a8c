"""上传物流信息 (tender 21): whom we tell of a parcel. The insurance of each change (7205), WeChat once, of self-paid
goods.

Staff begins it (`request`); from then on every change is told by a job. What is about to be told is committed before it
is sent. A lost 7205 is told again under the same delivery number, since nothing asks for it and a repeat tells nothing
new; a lost upload to WeChat is asked for first, since a second one uses up the only correction (logistics.md C.1, C.2).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog
from tortoise.expressions import F, Q
from tortoise.transactions import in_transaction

from app import audit, clock
from app.audit import Actor
from app.failures import NO_PROBLEM, columns_of
from app.idempotency import Once
from app.installation import Installation
from app.models import Shipment, ShipmentUpload, StepState, UploadTarget
from app.problems import Problem
from app.settlement.ledger import request_digest
from app.shipments.creation import track_of
from app.shipments.permission import permitted, recipients
from clients.carriers.messages import COMPANIES
from clients.errors import NotSent, PlatformError, Refused
from clients.insurance.core.deliveries import UploadDelivery
from clients.insurance.core.refusals import Reason
from clients.wechat_shipping.messages import QueryPayment, UploadShipping

log = structlog.get_logger()

# What is in the parcel is nobody's business but the patient's: WeChat is told no more.
DESCRIPTION = "处方药品"
Tell = Callable[[Installation, Shipment, ShipmentUpload, str], Awaitable[None]]


async def request(installation: Installation, shipment: Shipment, actor: Actor, once: Once) -> None:
    """Tell everybody who must know, now. Raises Problem: not settled, not reviewed, nobody to tell; or PlatformError:
    then what was told stays told, and the rest is tried again."""
    settlement = await permitted(shipment)
    wanted = await recipients(installation, shipment, settlement)
    if not wanted:
        raise Problem("NOBODY_TO_TELL")
    for target, number in wanted:
        await ShipmentUpload.get_or_create(shipment_id=shipment.id, target=target, number=number)
    failures = await _send_all(installation, shipment, await _behind(installation, shipment, by_hand=True))
    if failures:
        raise failures[0]
    async with in_transaction() as connection:
        await once.keep(connection, shipment.id)
        await audit.write(connection, actor, "shipment.upload", shipment)


async def catch_up(installation: Installation, shipment: Shipment) -> timedelta | None:
    """Tell what changed since. Returns after what time to try again; None: nothing is left to try."""
    rows = await _behind(installation, shipment)
    if not rows:
        return None
    try:
        await permitted(shipment)
    except Problem as problem:
        log.info("shipment.not_uploaded", shipment=shipment.id, code=problem.code)
        return None
    await _send_all(installation, shipment, rows)
    left = [row for row in await _behind(installation, shipment) if row.state in (StepState.PENDING, StepState.UNKNOWN)]
    return max((installation.timing.distance(row.tries) for row in left), default=None)


async def _send_all(
    installation: Installation, shipment: Shipment, rows: list[ShipmentUpload]
) -> list[PlatformError | Problem]:
    failures: list[PlatformError | Problem] = []
    for row in rows:
        try:
            await _send(installation, shipment, row)
        except (PlatformError, Problem) as failure:
            failures.append(failure)
    return failures


async def _behind(installation: Installation, shipment: Shipment, *, by_hand: bool = False) -> list[ShipmentUpload]:
    """Who has not been told the present state. By itself one state is tried so often, and a refused one not again."""
    rows = await ShipmentUpload.filter(shipment_id=shipment.id).order_by("id")
    most = installation.timing.send_tries
    return [row for row in rows if _is_behind(row, shipment) and (by_hand or not _is_given_up(row, shipment, most))]


def _is_behind(row: ShipmentUpload, shipment: Shipment) -> bool:
    once = row.target == UploadTarget.WECHAT and row.told_state is not None
    return not once and row.told_state is not shipment.state


def _is_given_up(row: ShipmentUpload, shipment: Shipment, most: int) -> bool:
    return row.shipment_state is shipment.state and (row.state is StepState.REFUSED or row.tries >= most)


async def _send(installation: Installation, shipment: Shipment, row: ShipmentUpload, *, again: bool = True) -> None:
    """One attempt; another where the insurance forgot our sign-in."""
    message_id = await _intend(installation, shipment, row)
    if message_id is None:
        return None
    try:
        await TELL[UploadTarget(row.target)](installation, shipment, row, message_id)
    except (PlatformError, Problem) as failure:
        await _conclude(row, message_id, {"state": _state_of(failure), "tries": F("tries") + 1, **columns_of(failure)})
        if again and isinstance(failure, Refused) and failure.reason == Reason.SIGN_IN_REQUIRED:
            installation.sign_in.forget()
            return await _send(installation, shipment, row, again=False)
        raise
    told = {"state": StepState.DONE, "told_state": shipment.state, "finished_at": clock.now(), "tries": 0}
    return await _conclude(row, message_id, {**told, **NO_PROBLEM})


def _state_of(failure: PlatformError | Problem) -> StepState:
    if isinstance(failure, Refused | Problem):
        return StepState.REFUSED
    return StepState.PENDING if isinstance(failure, NotSent) else StepState.UNKNOWN


async def _intend(installation: Installation, shipment: Shipment, row: ShipmentUpload) -> str | None:
    """Commit what is about to be told, under which message id. None: another process is telling it."""
    insurance = row.target == UploadTarget.INSURANCE
    message_id = await installation.sign_in.message_id() if insurance else uuid4().hex
    moment = clock.now()
    again = row.shipment_state == shipment.state
    changes: dict[str, Any] = {
        "state": StepState.SENDING,
        "shipment_state": shipment.state,
        "message_id": message_id,
        "request_digest": request_digest([row.number, shipment.waybill_number, shipment.state, shipment.state_at]),
        "attempts": F("attempts") + 1,
        "tries": row.tries if again else 0,
        "started_at": row.started_at or moment,
        "leased_until": moment + installation.timing.lease,
    }
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=moment)
    return message_id if await ShipmentUpload.filter(free, id=row.id).update(**changes) else None


async def _conclude(row: ShipmentUpload, message_id: str, changes: Mapping[str, Any]) -> None:
    """What became of an attempt, unless another attempt was made since."""
    await ShipmentUpload.filter(id=row.id, message_id=message_id).update(leased_until=None, **changes)


async def _tell_insurance(installation: Installation, shipment: Shipment, row: ShipmentUpload, message_id: str) -> None:
    """7205."""
    upload = UploadDelivery(
        prescription_number=row.number,
        delivery_number=shipment.waybill_number,
        carrier_code=shipment.carrier,
        carrier_name=COMPANIES[shipment.carrier],
        state=shipment.state.value,
        at=shipment.state_at or shipment.created_at,
        sign_number=await installation.sign_in.number(),
    )
    await installation.platforms.insurance_core.upload_delivery(upload, message_id=message_id)


async def _tell_wechat(installation: Installation, shipment: Shipment, row: ShipmentUpload, message_id: str) -> None:
    """发货信息录入, unless WeChat has been told of the payment, by us or by hand. Raises Problem for a carrier that is
    not set up there."""
    platform = installation.platforms.shipping
    if platform is None or shipment.carrier not in platform.settings.companies:
        raise Problem("CARRIER_NOT_SET_UP")
    payment = await platform.payment(QueryPayment(trade_number=row.number), message_id=uuid4().hex)
    if payment.waybill_numbers:
        return
    upload = UploadShipping(
        trade_number=row.number,
        open_id=payment.open_id,
        company=shipment.carrier,
        waybill_number=shipment.waybill_number,
        description=DESCRIPTION,
        phone_tail=track_of(installation, shipment).phone_tail,
        at=clock.now(),
    )
    await platform.upload(upload, message_id=message_id)


TELL: Mapping[UploadTarget, Tell] = {UploadTarget.INSURANCE: _tell_insurance, UploadTarget.WECHAT: _tell_wechat}
