"""The hospital's side of the core platform (P1): one method a transaction, one request a method.

Every method may raise `Refused` (with a `Reason`), `NotSent`, `Unanswered` or `Garbled` (clients/errors.py), and
ValueError for a request that cannot be written down. Source: protocols/insurance.md 2.2, 3.1, 4.1.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

from clients.errors import Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal
from clients.insurance.core import gateway, wire
from clients.insurance.core.advice import Advise, Hint, hints_from_wire
from clients.insurance.core.benefits import Benefit, CheckBenefits, benefits_from_wire
from clients.insurance.core.consultations import UploadConsultation
from clients.insurance.core.deliveries import RegionalDelivery, UploadDelivery
from clients.insurance.core.messages import (
    CancelRegistration,
    Person,
    QueryPerson,
    QueryVisits,
    Register,
    Registration,
    Request,
    SignedIn,
    SignIn,
    UploadVisit,
    Visit,
    visits_from_wire,
)
from clients.insurance.core.refusals import GATEWAY_CODE, SIGN_IN_CODE, Reason, reason_of
from clients.insurance.core.staff import QueryStaff, StaffMember, staff_from_wire
from clients.insurance.core.wire import CoreSettings

__all__ = ["PLATFORM", "CoreSettings", "InsuranceCoreClient"]

PLATFORM = "insurance"

T = TypeVar("T")


class InsuranceCoreClient:
    """Speaks for one institution; safe to share between tasks."""

    def __init__(self, settings: CoreSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def sign_in(self, request: SignIn, *, message_id: str) -> SignedIn:
        """9001 签到. Unanswered: simply sign in again."""
        return await self._call(request, message_id, SignedIn.from_wire)

    async def query_person(self, request: QueryPerson, *, message_id: str) -> Person:
        """1101 人员信息获取. Unanswered: send again."""
        return await self._call(request, message_id, Person.from_wire)

    async def check_benefits(self, request: CheckBenefits, *, message_id: str) -> tuple[Benefit, ...]:
        """2001 人员待遇享受检查; an empty answer tells nothing. Unanswered: send again."""
        return await self._call(request, message_id, lambda output: benefits_from_wire(output, request))

    async def register(self, request: Register, *, message_id: str) -> Registration:
        """2201 门诊挂号. Unanswered: 5201 first; send again only when no visit is found there."""
        return await self._call(request, message_id, lambda output: Registration.from_wire(output).answers(request))

    async def upload_visit(self, request: UploadVisit, *, message_id: str) -> None:
        """2203 门诊就诊信息上传. Unanswered: send again, it overwrites."""
        await self._call(request, message_id, _nothing)

    async def cancel_registration(self, request: CancelRegistration, *, message_id: str) -> None:
        """2202 门诊挂号撤销. Unanswered: send again; `Reason.ALREADY_GONE` then counts as done."""
        await self._call(request, message_id, _nothing)

    async def query_visits(self, request: QueryVisits, *, message_id: str) -> tuple[Visit, ...]:
        """5201 就诊信息查询. Unanswered: send again."""
        return await self._call(request, message_id, lambda output: visits_from_wire(output, request))

    async def query_staff(self, request: QueryStaff, *, message_id: str) -> tuple[StaffMember, ...]:
        """5102 医执人员信息查询; nobody of that code is an empty answer. Unanswered: send again."""
        return await self._call(request, message_id, lambda output: staff_from_wire(output, request))

    async def upload_delivery(self, request: UploadDelivery, *, message_id: str) -> None:
        """7205 配送信息上传. Unanswered: send again, the same delivery number tells the same parcel."""
        await self._call(RegionalDelivery(request, self._settings), message_id, _nothing)

    async def advise(self, request: Advise, *, message_id: str) -> tuple[Hint, ...]:
        """3101 明细审核事前分析; no hint is an empty answer. Unanswered: send again."""
        return await self._call(request, message_id, lambda output: hints_from_wire(output, request))

    async def upload_consultation(self, request: UploadConsultation, *, message_id: str) -> None:
        """4301 门急诊诊疗记录. Unanswered: send again, it overwrites."""
        await self._call(request, message_id, _nothing)

    async def transact(self, request: Request, *, message_id: str, read: Callable[[object], T]) -> T:
        """A transaction that another capability runs through the core (7101…); `read` decodes its output."""
        return await self._call(request, message_id, read)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _call(self, request: Request, message_id: str, decode: Callable[[object], T]) -> T:
        self._require_sign_in(request)
        call = Call(
            transaction=request.transaction,
            message_id=message_id,
            path=self._settings.path.format(infno=request.transaction),
            body=self._body(request, message_id),
            headers={**_JSON, **_SIGNED[self._settings.gateway](self._settings)},
        )
        return await self._http.call(call, lambda answer: _read(request.transaction, answer, decode))

    def _body(self, request: Request, message_id: str) -> bytes:
        return wire.envelope(
            self._settings,
            transaction=request.transaction,
            message_id=message_id,
            at=datetime.now(UTC),
            insured_area=request.insured_area,
            sign_number=request.sign_number,
            content=request.to_wire(),
        )

    def _require_sign_in(self, request: Request) -> None:
        if self._settings.sign_in_required and not request.sign_number and not isinstance(request, SignIn):
            text = "未签到 (not signed in; not sent)"
            raise _refused(request.transaction, text, SIGN_IN_CODE, Reason.SIGN_IN_REQUIRED)


def _x_tif(settings: CoreSettings) -> dict[str, str]:
    return gateway.tif_headers(
        paas_id=settings.paas_id,
        token=settings.token,
        seconds=int(time.time()),
        nonce=secrets.token_hex(8),
        upper=settings.hex_case == "upper",
    )


def _csb(settings: CoreSettings) -> dict[str, str]:
    return gateway.csb_headers(
        access_key=settings.csb_access_key,
        secret_key=settings.csb_secret_key,
        api_name=settings.csb_api_name,
        api_version=settings.csb_api_version,
        milliseconds=int(time.time() * 1000),
    )


_JSON = {"content-type": "application/json;charset=UTF-8"}
_SIGNED: dict[str, Callable[[CoreSettings], dict[str, str]]] = {"x-tif": _x_tif, "csb": _csb, "none": lambda _: {}}


def _read(transaction: str, answer: Answer, decode: Callable[[object], T]) -> T:
    told = {"platform": PLATFORM, "transaction": transaction}
    _believe_gateway(transaction, answer)
    try:
        reply = wire.read_reply(answer.body)
        if reply is not None and reply.accepted:
            return decode(reply.output)
    except (ValueError, KeyError) as error:
        raise Garbled(f"the answer cannot be read: {error}", **told, raw=answer.body) from error
    if reply is None:
        raise Unanswered("a gateway answered in the platform's place", **told)
    if not reply.text:
        raise Unanswered(f"result {reply.code} without a text", **told)
    raise _refused(transaction, reply.text, reply.code, reason_of(reply.text))


def _believe_gateway(transaction: str, answer: Answer) -> None:
    if answer.status == 401:
        raise _refused(transaction, "the gateway refused our signature", GATEWAY_CODE, Reason.GATEWAY)
    if answer.status != 200:
        raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)


def _refused(transaction: str, text: str, code: str, reason: Reason) -> Refused:
    return Refused(text, platform=PLATFORM, transaction=transaction, code=code, reason=reason)


def _nothing(output: object) -> None:
    """2202, 2203, 4301 and 7205 answer with yes alone; whatever else comes is ignored."""
