"""What a parcel may become: one table for all carriers (protocols/logistics.md C.4).

It never goes back, with one exception that has its name: after an EXCEPTION it may go on from wherever the carrier
found it again. What has ended stays as it ended. A return that is delivered after all (SIGNED after RETURNING) is told
by the carriers, a signed parcel that comes back is another waybill.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.models import ShipmentState

S = ShipmentState
ENDED = frozenset({S.SIGNED, S.RETURNED, S.CANCELLED})
ANYWHERE = frozenset({S.EXCEPTION, S.RETURNING}) | ENDED

NEXT: Mapping[ShipmentState, frozenset[ShipmentState]] = {
    S.CREATED: ANYWHERE | {S.PICKUP_FAILED, S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY},
    S.PICKUP_FAILED: ANYWHERE | {S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY},
    S.PICKED_UP: ANYWHERE | {S.IN_TRANSIT, S.OUT_FOR_DELIVERY},
    S.IN_TRANSIT: ANYWHERE | {S.OUT_FOR_DELIVERY},
    S.OUT_FOR_DELIVERY: ANYWHERE,
    S.RETURNING: ENDED | {S.EXCEPTION},
    S.EXCEPTION: ENDED | {S.PICKED_UP, S.IN_TRANSIT, S.OUT_FOR_DELIVERY, S.RETURNING},
    S.SIGNED: frozenset(),
    S.RETURNED: frozenset(),
    S.CANCELLED: frozenset(),
}


def after(state: ShipmentState, told: ShipmentState | None) -> ShipmentState:
    """What a parcel is after an event; None is an event whose code nobody knows, and changes nothing."""
    return told if told is not None and told in NEXT[state] else state
