"""The HIS over HIS-JSON v1: one method an operation, one request a method. Source: protocols/his.md B.3."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeVar

from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.his import refusals, wire
from clients.his.messages import (
    Cancel,
    Cancellation,
    Confirm,
    Confirmation,
    DayList,
    GetPrescription,
    ListDay,
    ListUnpaid,
    Lock,
    Locked,
    Prescription,
    QuerySettlement,
    SettlementStatus,
    Unlock,
    refusal_facts,
)
from clients.http import HTTP, Answer, Call, Journal, no_journal

T = TypeVar("T")

PLATFORM = "his"
NONCE_REUSED = "HIS-1003"
_CODE = re.compile(r"HIS-[0-9]{4}")
_NONSENSE = (ValueError, KeyError, TypeError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class HISSettings:
    """Where one hospital's HIS is and who we are to it; `timeout` in seconds.

    `capabilities`: the protocol calls `lock`/`unlock` optional and has no way to ask, so the hospital says it here.
    """

    base_url: str
    app_id: str
    secret: str = field(repr=False)
    hospital_id: str
    timeout: float = 15.0
    capabilities: frozenset[str] = frozenset({"lock"})


class _Request(Protocol):
    def to_wire(self) -> dict[str, object]: ...


@dataclass(frozen=True, slots=True)
class _Sent:
    """What an answer is held against."""

    op: str
    nonce: str
    message_id: str


class HISClient:
    """A `HISGateway` for a HIS that speaks HIS-JSON v1.

    Raises `Refused` for a verified no and for HTTP 401; `NotSent` also for a verified "busy, nothing was done";
    `Unanswered` for HTTP 5xx and "unknown outcome"; `Garbled` for an answer whose signature, request id, form, totals
    or digests do not hold.
    """

    def __init__(self, settings: HISSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def list_unpaid(self, request: ListUnpaid, *, message_id: str) -> tuple[Prescription, ...]:
        """`unpaid` 待缴费处方查询; each total and digest has been held against its lines."""
        return await self._ask("unpaid", request, message_id, lambda data: Prescription.listed(data, request))

    async def get_prescription(self, request: GetPrescription, *, message_id: str) -> Prescription:
        """`get` 处方详情查询; its total and digest have been held against its lines."""
        return await self._ask("get", request, message_id, lambda data: Prescription.asked(data, request))

    async def lock(self, request: Lock, *, message_id: str) -> Locked:
        """`lock` 处方锁定."""
        return await self._ask("lock", request, message_id, lambda data: Locked.from_wire(data, request))

    async def unlock(self, request: Unlock, *, message_id: str) -> None:
        """`unlock` 处方解锁."""
        await self._ask("unlock", request, message_id, request.read)

    async def confirm(self, request: Confirm, *, message_id: str) -> Confirmation:
        """`confirm` 缴费结算确认. After `Unanswered`, `query` decides."""
        return await self._ask("confirm", request, message_id, lambda data: Confirmation.from_wire(data, request))

    async def query(self, request: QuerySettlement, *, message_id: str) -> SettlementStatus:
        """`query` 结算状态查询."""
        return await self._ask("query", request, message_id, lambda data: SettlementStatus.from_wire(data, request))

    async def cancel(self, request: Cancel, *, message_id: str) -> Cancellation:
        """`cancel` 结算撤销. After `Unanswered`, `query` decides."""
        return await self._ask("cancel", request, message_id, Cancellation.from_wire)

    async def list_day(self, request: ListDay, *, message_id: str) -> DayList:
        """`list` 对账明细查询, one page."""
        return await self._ask("list", request, message_id, lambda data: DayList.from_wire(data, request))

    def capabilities(self) -> frozenset[str]:
        """What the settings say of this HIS."""
        return self._settings.capabilities

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(self, op: str, request: _Request, message_id: str, read: Callable[[Any], T]) -> T:
        sent = _Sent(op, secrets.token_hex(16), message_id)
        call = self._call(sent, request)
        return await self._http.call(call, lambda answer: self._read(sent, answer, read))

    def _call(self, sent: _Sent, request: _Request) -> Call:
        body = wire.request_body(self._settings.hospital_id, request.to_wire())
        headers = wire.request_headers(
            app_id=self._settings.app_id,
            secret=self._settings.secret,
            op=sent.op,
            body=body,
            message_id=sent.message_id,
            timestamp=int(time.time()),
            nonce=sent.nonce,
            key=getattr(request, "idempotency_key", None),
        )
        return Call(
            transaction=sent.op, message_id=sent.message_id, path=wire.path(sent.op), body=body, headers=headers
        )

    def _read(self, sent: _Sent, answer: Answer, read: Callable[[Any], T]) -> T:
        if answer.status == 401:
            raise _not_admitted(sent.op, answer)
        if answer.status >= 500:
            raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=sent.op)
        try:
            return self._believe(sent, answer, read)
        except _NONSENSE as error:
            why = str(error) if isinstance(error, ValueError) else type(error).__name__
            raise Garbled(why, platform=PLATFORM, transaction=sent.op, raw=answer.body) from None

    def _believe(self, sent: _Sent, answer: Answer, read: Callable[[Any], T]) -> T:
        if answer.status != 200:
            raise ValueError(f"HTTP {answer.status}")
        secret = self._settings.secret
        if not wire.signed_by(secret, str(answer.status), sent.op, sent.nonce, answer.headers, answer.body):
            raise ValueError("signature does not hold")
        envelope = wire.answered("envelope", wire.decode(answer.body), "envelope")
        wire.same("requestId", envelope["requestId"], sent.message_id)
        if envelope["code"] != "0":
            _refuse(sent.op, envelope)
        return read(envelope.get("data"))


def _refuse(op: str, envelope: Any) -> NoReturn:
    code, message = envelope["code"], envelope.get("message") or ""
    if not _CODE.fullmatch(code):
        raise ValueError("code: not a code of HIS-JSON v1")
    refusal = refusals.of(code, envelope.get("retry") or "")
    told = f"{code} {message}"
    if refusal.retry is refusals.Retry.QUERY_FIRST:
        raise Unanswered(told, platform=PLATFORM, transaction=op)
    if refusal.retry is refusals.Retry.SAME_KEY:
        raise NotSent(told, platform=PLATFORM, transaction=op)
    facts = refusal_facts(envelope.get("data"))
    raise Refused(message, platform=PLATFORM, transaction=op, code=code, reason=refusal.reason, data=facts)


def _not_admitted(op: str, answer: Answer) -> Refused | Unanswered:
    """HTTP 401 needs no signature: who is not admitted shares no secret with the HIS.

    Our nonces are always fresh, so a nonce that was "used before" means that an earlier copy of this very request (a
    proxy's resend) arrived and may have been executed.
    """
    try:
        envelope = wire.answered("envelope", wire.decode(answer.body), "envelope")
    except ValueError:
        envelope = {"code": "401", "message": "HTTP 401"}
    message, code = envelope.get("message") or "", envelope["code"]
    if code == NONCE_REUSED:
        return Unanswered(message, platform=PLATFORM, transaction=op)
    reason = refusals.Reason.AUTHENTICATION
    return Refused(message, platform=PLATFORM, transaction=op, code=code, reason=reason)
