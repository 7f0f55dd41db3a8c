"""获取物流信息结果: what a carrier tells of a parcel, asked seldom and stored once (tender 22).

Our own nodes come first: the carrier is asked again only after `timing.parcel_apart`, whoever wants to know.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from app import clock
from app.failures import NO_PROBLEM, columns_of
from app.installation import Installation
from app.models import Shipment, ShipmentNode, ShipmentState
from app.problems import Problem
from app.shipments import running
from app.shipments.creation import track_of
from app.shipments.states import ENDED, after
from clients.carriers.gateway import Carrier
from clients.carriers.messages import Node, ParcelState, Tracking
from clients.errors import PlatformError

LONGEST_TEXT, LONGEST_PLACE, LONGEST_CODE = 500, 200, 20


async def refresh(installation: Installation, shipment: Shipment) -> None:
    """Ask the carrier, unless it was asked lately or all is told. Raises Problem where nobody can be asked, or
    PlatformError."""
    carrier = installation.platforms.carrier
    if carrier is None or not carrier.knows(shipment.carrier):
        raise Problem("TRACKING_NOT_SET_UP")
    if shipment.state not in ENDED and await _claim(installation, shipment):
        await _ask(installation, carrier, shipment)


async def keep(shipment_id: int, told: Tracking | None) -> None:
    """Store what a carrier told: each event once, and the state that follows. What changed is uploaded by a job."""
    async with in_transaction() as connection:
        shipment = await Shipment.filter(id=shipment_id).using_db(connection).select_for_update().get()
        changes: dict[str, Any] = {"checked_at": clock.now(), **NO_PROBLEM}
        if told is not None:
            changes |= await _apply(connection, shipment, told)
        await Shipment.filter(id=shipment_id).using_db(connection).update(**changes)
        if changes.get("state", shipment.state) != shipment.state:
            await running.plan(connection, shipment_id)


async def subscribe(installation: Installation, shipment: Shipment) -> None:
    """Have changes pushed, once. Raises a `PlatformError`."""
    carrier = installation.platforms.carrier
    if carrier is None or not carrier.pushes or shipment.subscribed_at is not None:
        return
    await carrier.subscribe(track_of(installation, shipment), message_id=uuid4().hex)
    await Shipment.filter(id=shipment.id).update(subscribed_at=clock.now())


async def _claim(installation: Installation, shipment: Shipment) -> bool:
    """One question in each period, however many processes and people ask."""
    long_ago = clock.now() - installation.timing.parcel_apart
    unasked = Q(asked_at__isnull=True) | Q(asked_at__lte=long_ago)
    return bool(await Shipment.filter(unasked, id=shipment.id).update(asked_at=clock.now()))


async def _ask(installation: Installation, carrier: Carrier, shipment: Shipment) -> None:
    try:
        told = await carrier.track(track_of(installation, shipment), message_id=uuid4().hex)
    except PlatformError as failure:
        await Shipment.filter(id=shipment.id).update(**columns_of(failure))
        raise
    await keep(shipment.id, told)


async def _apply(connection: Any, shipment: Shipment, told: Tracking) -> dict[str, Any]:
    """Store the events that are new; only those that are not older than the newest known one move the parcel."""
    known = await ShipmentNode.filter(shipment_id=shipment.id).using_db(connection)
    keys = {(row.at, row.raw_code, row.text) for row in known}
    newest = max((row.at for row in known), default=None)
    fresh = [node for node in _unique(told.nodes) if key_of(node) not in keys]
    moving = [node for node in fresh if newest is None or node.at >= newest]
    await ShipmentNode.bulk_create([_row(shipment, node) for node in fresh], using_db=connection)
    state, at = _moved(shipment, moving)
    if _is_news(told, newest):
        final = after(state, _ours(told.state))
        at = at if final == state else told.nodes[-1].at
        state = final
    return {} if state == shipment.state else {"state": state, "state_at": at}


def _moved(shipment: Shipment, nodes: Iterable[Node]) -> tuple[ShipmentState, datetime | None]:
    """The state after these events, and when it became so."""
    state, at = ShipmentState(shipment.state), shipment.state_at
    for node in nodes:
        became = after(state, _ours(node.state))
        at = at if became == state else node.at
        state = became
    return state, at


def _is_news(told: Tracking, newest: datetime | None) -> bool:
    """Whether the carrier's own word on the present speaks of a moment that we do not know better."""
    return bool(told.nodes) and (newest is None or told.nodes[-1].at >= newest)


def _unique(nodes: Iterable[Node]) -> list[Node]:
    return list({key_of(node): node for node in nodes}.values())


def key_of(node: Node) -> tuple[datetime, str, str]:
    """By what an event is known again."""
    return node.at, node.raw_code[:LONGEST_CODE], node.text[:LONGEST_TEXT]


def _row(shipment: Shipment, node: Node) -> ShipmentNode:
    at, raw_code, text = key_of(node)
    return ShipmentNode(
        shipment_id=shipment.id,
        at=at,
        raw_code=raw_code,
        text=text,
        state=_ours(node.state) or shipment.state,
        location=node.location[:LONGEST_PLACE] if node.location else None,
    )


def _ours(state: ParcelState | None) -> ShipmentState | None:
    return None if state is None else ShipmentState(state.value)
