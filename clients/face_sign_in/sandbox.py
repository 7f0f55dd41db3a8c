"""The face sign-in simulated, strictly: signatures, field tables, memory, faults, and the page where a doctor signs in.

Faults beside those of the wire: `refused` (nothing is done, `text` is the word) and `bad_signature` (done, the answer
is signed with another secret). Decided here, since no protocol exists: a page is open for `page_seconds`; signing in
holds until the end of the day in Asia/Shanghai; a ticket is one doctor's.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients import fields
from clients.face_sign_in import refusals, sandbox_page, wire
from clients.faults import Faults

REFUSED = "refused"
BAD_SIGNATURE = "bad_signature"
Row = dict[str, Any]


class Refuse(Exception):
    """The sandbox says no, with a code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A page and what became of it."""

    number: str = field(repr=False)
    doctor_code: str
    return_url: str
    expires_at: datetime
    signed_at: datetime | None = None

    @property
    def valid_until(self) -> datetime | None:
        """The midnight after the sign-in."""
        if self.signed_at is None:
            return None
        return self.signed_at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


class FaceSignInSandbox:
    """One platform; `clock` gives seconds since 1970, `public_url` is where doctors reach it."""

    name = "face-sign-in"

    def __init__(
        self,
        *,
        app_id: str,
        secret: str,
        public_url: str,
        page_seconds: float = 600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.faults = Faults(REFUSED, BAD_SIGNATURE)
        self.doctors: dict[str, str] = {}
        self.tickets: dict[str, Ticket] = {}
        self.page_seconds = page_seconds
        self._app_id, self._secret, self._public_url, self._clock = app_id, secret, public_url, clock
        self._nonces: set[str] = set()
        self._operations: Mapping[str, Callable[[Row], Row]] = {"create": self._create, "status": self._status}
        self.faults.serves(*self._operations)
        self.app = Starlette(
            routes=[
                Route(wire.path("{op}"), self._serve, methods=["POST"]),
                Route("/pages/{ticket}", self._page, methods=["GET", "POST"]),
            ]
        )

    def books(self) -> dict[str, object]:
        """Who signed in when; the tickets stay secret."""
        rows = [
            {"doctor_code": each.doctor_code, "signed_at": each.signed_at and wire.time_text(each.signed_at)}
            for each in self.tickets.values()
        ]
        return {
            "doctors": len(self.doctors),
            "tickets": rows,
            "signed": sum(row["signed_at"] is not None for row in rows),
        }

    def load(self, data: dict[str, Any]) -> None:
        """`{"doctors": [{"code": …, "name": …}]}`: whose faces are known. Raises KeyError for a member left out."""
        self.doctors |= {row["code"]: row["name"] for row in data.get("doctors", ())}

    def reset(self) -> None:
        """Forget everything."""
        self.faults.clear()
        self.doctors.clear()
        self.tickets.clear()
        self._nonces.clear()

    async def _serve(self, request: Request) -> Response:
        op, body = request.path_params["op"], await request.body()

        async def effect() -> Response:
            return self._answer(op, request.headers, body)

        return await self.faults.serve(op, request, effect)

    def _answer(self, op: str, headers: Mapping[str, str], body: bytes) -> Response:
        if not self._admitted(op, headers, body):
            return Response(wire.encode({"code": refusals.AUTHENTICATION, "message": "not admitted"}), 401)
        try:
            told: Row = {"code": wire.OK, "message": "ok", "data": self._done(op, body)}
        except Refuse as no:
            told = {"code": no.code, "message": str(no)}
        return self._signed(op, headers, wire.encode(told))

    def _admitted(self, op: str, headers: Mapping[str, str], body: bytes) -> bool:
        timestamp, nonce = headers.get("x-timestamp", ""), headers.get("x-nonce", "")
        fresh = re.fullmatch(r"[0-9]{1,12}", timestamp) and abs(int(timestamp) - self._clock()) <= wire.WINDOW_SECONDS
        known = headers.get("x-app-id") == self._app_id and wire.signed_by(self._secret, "POST", op, headers, body)
        if not (fresh and known and re.fullmatch(r"[0-9a-f]{32}", nonce)) or nonce in self._nonces:
            return False
        self._nonces.add(nonce)
        return True

    def _done(self, op: str, body: bytes) -> Row:
        if op not in self._operations:
            raise Refuse(refusals.OPERATION_UNKNOWN, "op: 操作不存在 (unknown operation)")
        refused = self.faults.take(op, REFUSED)
        if refused is not None:
            raise Refuse("FS-9001", refused.text or "refused")
        return self._operations[op](_checked(op, body))

    def _create(self, asked: Row) -> Row:
        if asked["doctorCode"] not in self.doctors:
            raise Refuse(refusals.DOCTOR_UNKNOWN, "doctorCode: 未采集该医师人脸 (nobody of this code)")
        ticket = Ticket(
            number=secrets.token_hex(16),
            doctor_code=asked["doctorCode"],
            return_url=asked.get("returnUrl") or "",
            expires_at=self._now() + timedelta(seconds=self.page_seconds),
        )
        self.tickets[ticket.number] = ticket
        return {
            "doctorCode": ticket.doctor_code,
            "url": f"{self._public_url}/pages/{ticket.number}",
            "ticket": ticket.number,
            "expiresAt": wire.time_text(ticket.expires_at),
        }

    def _status(self, asked: Row) -> Row:
        ticket = self.tickets.get(asked["ticket"])
        if ticket is None or ticket.doctor_code != asked["doctorCode"]:
            raise Refuse(refusals.TICKET_UNKNOWN, "ticket: 签到凭据不存在 (no such ticket of this doctor)")
        told = {"doctorCode": ticket.doctor_code, "signed": ticket.signed_at is not None}
        times = {"signedAt": ticket.signed_at, "validUntil": ticket.valid_until}
        return told | {name: wire.time_text(moment) for name, moment in times.items() if moment is not None}

    async def _page(self, request: Request) -> Response:
        ticket = self.tickets.get(request.path_params["ticket"])
        if ticket is None:
            return sandbox_page.told("页面不存在", status=404)
        if ticket.signed_at is None and ticket.expires_at <= self._now():
            return sandbox_page.told("页面已失效", status=410)
        if request.method == "GET" and ticket.signed_at is None:
            return sandbox_page.form(self.doctors.get(ticket.doctor_code, ""), ticket.doctor_code)
        return await self._acted(ticket, request)

    async def _acted(self, ticket: Ticket, request: Request) -> Response:
        action = sandbox_page.action(await request.body())
        if ticket.signed_at is None and action != "sign":
            return sandbox_page.told("未签到", back=ticket.return_url)
        ticket.signed_at = ticket.signed_at or self._now()
        return sandbox_page.told("签到成功", back=ticket.return_url)

    def _signed(self, op: str, headers: Mapping[str, str], body: bytes) -> Response:
        told = wire.headers(
            app_id=self._app_id,
            secret=f"not {self._secret}" if self.faults.take(op, BAD_SIGNATURE) else self._secret,
            first="200",
            op=op,
            body=body,
            timestamp=int(self._clock()),
            nonce=headers.get("x-nonce", ""),
            message_id=headers.get("x-message-id", ""),
        )
        return Response(body, headers=told)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(int(self._clock()), wire.SHANGHAI)


def _checked(op: str, body: bytes) -> Row:
    try:
        asked = wire.decode(body)
    except ValueError:
        asked = None
    wrong = fields.check_node(fields.table(wire.FIELDS)[op]["in"], "request", asked)
    if wrong or not isinstance(asked, dict):
        raise Refuse(refusals.FORM, "；".join(map(str, wrong)) or "request: 应为对象 (an object is expected)")
    return asked
