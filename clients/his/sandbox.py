"""A strict HIS to practise with: HIS-JSON v1 over real HTTP, with a memory and with faults. Never imports the client.

Source: protocols/his.md B.3. Where it is silent: a lock number that never was is HIS-3003; a foreign hospitalId is
HIS-2003; after `cancel` the prescriptions are UNPAID again; a payment is listed on the day of its settledAt, a refund
on the HIS's own day; an answer to an unknown app is not signed, for there is no common secret.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients.faults import Faults
from clients.his import sandbox_prescriptions, wire
from clients.his.sandbox_admission import Admission
from clients.his.sandbox_checks import KEYS, checked
from clients.his.sandbox_ledger import OPERATIONS, Ledger
from clients.his.sandbox_prescriptions import Row
from clients.his.sandbox_refusal import Refuse

Headers = Mapping[str, str]

REFUSED = "refused"  # nothing is done, the answer is the fault's text: "HIS-nnnn message"
BUSY = "busy"  # nothing is done, HIS-5001
UNKNOWN_OUTCOME = "unknown_outcome"  # done, HIS-5002
BAD_SIGNATURE = "bad_signature"  # done, the answer is signed with another secret


class HISSandbox:
    """One hospital's HIS.

    Besides the faults of the wire it knows `refused`, `busy`, `unknown_outcome` and `bad_signature`. `page_size` is
    that of `list`; `clock` tells unix seconds.
    """

    name = "his"

    def __init__(
        self,
        *,
        app_id: str,
        secret: str,
        hospital_id: str,
        page_size: int = 100,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._app_id = app_id
        self._secret = secret
        self._hospital_id = hospital_id
        self._page_size = page_size
        self._clock = clock
        self.faults = Faults(REFUSED, BUSY, UNKNOWN_OUTCOME, BAD_SIGNATURE)
        self.faults.serves(*OPERATIONS)
        self.app = Starlette(routes=[Route("/his/v1/{op}", self._serve, methods=["POST"])])
        self.reset()

    def reset(self) -> None:
        """Forget everything, faults included."""
        self.faults.clear()
        self._admission = Admission(self._app_id, self._secret, self._clock)
        self._ledger = Ledger(self._clock, self._page_size)
        self._remembered: dict[tuple[str, str], tuple[str, Row]] = {}

    def load(self, data: dict[str, Any]) -> None:
        """Add `prescriptions` (wire form, without digest and statuses), or do what a HIS user does.

        `change` {prescriptionNo, items}, `void`, `dispense`, `foreign_settlement` (a prescriptionNo each).
        Raises ValueError naming the field.
        """
        sandbox_prescriptions.load(self._ledger.prescriptions, data, self._ledger.now())

    def books(self) -> dict[str, object]:
        """How many are unpaid, all settlements, how many are open, and what is confirmed; amounts in fen."""
        return self._ledger.books()

    async def _serve(self, request: Request) -> Response:
        op, body = request.path_params["op"], await request.body()

        async def effect() -> Response:
            return self._answer(op, request.headers, body)

        return await self.faults.serve(op, request, effect)

    def _answer(self, op: str, headers: Headers, body: bytes) -> Response:
        try:
            self._admission.admit(op, headers, body)
            data = self._perform(op, headers, body)
        except Refuse as no:
            return self._reply(op, headers, no.status, _envelope(headers, no.code, no.message, no.retry, no.data))
        return self._reply(op, headers, 200, _envelope(headers, "0", "ok", "never", data))

    def _perform(self, op: str, headers: Headers, raw: bytes) -> Row:
        if op not in OPERATIONS:
            raise Refuse("HIS-2004", "op: unknown operation")
        body = checked(op, headers, raw, self._hospital_id)
        if fault := self.faults.take(op, REFUSED, BUSY):
            raise _asked_for(fault.kind, fault.text)
        data = self._once(op, body)
        if self.faults.take(op, UNKNOWN_OUTCOME):
            raise Refuse("HIS-5002", "unknown outcome")
        return data

    def _once(self, op: str, body: Row) -> Row:
        """Do it, or tell what was told the first time; only a success is remembered, and for good."""
        if op not in KEYS:
            return OPERATIONS[op](self._ledger, body)
        key = (op, body[KEYS[op]])
        content = json.dumps(body, sort_keys=True, default=str)
        if key in self._remembered:
            return _replayed(*self._remembered[key], content)
        data = OPERATIONS[op](self._ledger, body)
        self._remembered[key] = (content, data)
        return data

    def _reply(self, op: str, headers: Headers, status: int, envelope: Row) -> Response:
        body = wire.encode(envelope)
        if not self._admission.knows(headers):
            return Response(body, status, media_type="application/json")
        signed = wire.answer_headers(
            secret=f"not {self._secret}" if self.faults.take(op, BAD_SIGNATURE) else self._secret,
            status=status,
            op=op,
            body=body,
            message_id=headers.get("x-request-id", ""),
            timestamp=int(self._clock()),
            nonce=headers.get("x-nonce", ""),
        )
        return Response(body, status, headers=signed, media_type="application/json")


def _envelope(headers: Headers, code: str, message: str, retry: str, data: Mapping[str, object] | None) -> Row:
    told = {"code": code, "message": message, "requestId": headers.get("x-request-id", ""), "retry": retry}
    return told if data is None else {**told, "data": data}


def _asked_for(kind: str, text: str) -> Refuse:
    code, _, message = text.partition(" ")
    return Refuse("HIS-5001", "busy") if kind == BUSY else Refuse(code or "HIS-3010", message or "refused")


def _replayed(before: str, data: Row, content: str) -> Row:
    if before != content:
        raise Refuse("HIS-3012", "Idempotency-Key: used before with another body")
    return {**data, "replayed": True} if "replayed" in data else data
