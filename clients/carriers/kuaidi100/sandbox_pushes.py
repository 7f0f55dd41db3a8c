"""How the sandbox pushes to whoever subscribed: signed, and wrongly when asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx

from clients.carriers.kuaidi100 import wire
from clients.carriers.kuaidi100.sandbox_parcels import ENDED, Parcel
from clients.faults import Faults
from clients.sandbox_trust import trusted

NEVER, TWICE, FORGED, ABORTED = "push_never", "push_twice", "push_forged", "push_aborted"


class Pushes:
    """Fault kinds of the transaction `push`: push_never, push_twice, push_forged (one with another salt comes first),
    push_aborted (快递100 gives up following the parcel, and says so).

    Parcels are moved from any thread, so each push is a thread of its own.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def send(self, parcel: Parcel) -> None:
        """Tell the subscriber of a parcel, if there is one; returns at once."""
        subscription = parcel.subscription
        if subscription is None or self._faults.take(wire.PUSH, NEVER):
            return
        bodies = self._bodies(parcel, subscription)
        threading.Thread(target=_deliver, args=(subscription["callbackurl"], bodies), daemon=True).start()

    def _bodies(self, parcel: Parcel, subscription: Mapping[str, Any]) -> list[bytes]:
        salt = str(subscription.get("salt") or "")
        param = wire.dump(self._told(parcel))
        true = wire.form(sign=wire.push_signature(param, salt), param=param)
        forged = wire.form(sign=wire.push_signature(param, f"not {salt}"), param=param)
        first = [forged] if self._faults.take(wire.PUSH, FORGED) else []
        return [*first, true, *([true] if self._faults.take(wire.PUSH, TWICE) else [])]

    def _told(self, parcel: Parcel) -> dict[str, Any]:
        if self._faults.take(wire.PUSH, ABORTED):
            parcel.subscription = None
            status, message = "abort", "3天查询无记录"
        else:
            status, message = ("shutdown" if parcel.state in ENDED else "polling"), ""
        return {
            "status": status,
            "billstatus": "check",
            "message": message,
            "autoCheck": "0",
            "comOld": "",
            "comNew": "",
            "lastResult": parcel.to_wire(),
        }


def _deliver(url: str, bodies: list[bytes]) -> None:
    """Once each: the real platform tries again after half an hour, three times."""
    with httpx.Client(timeout=5.0, trust_env=False, verify=trusted()) as client:
        for body in bodies:
            try:
                client.post(url, content=body, headers={"content-type": wire.FORM})
            except httpx.HTTPError:
                continue
