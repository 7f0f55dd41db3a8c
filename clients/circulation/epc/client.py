"""The prescription centre (医保电子处方中心, P3): D001 to D007, one request a method.

Source: mobile-payment.md 2 and 4.1, insurance.md 2.3. A request is held against the centre's own tables before it
leaves: one that would be refused for its form is `Refused` here, with the field's name, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, TypeVar

from clients import fields
from clients.circulation.epc import answers, messages, wire
from clients.circulation.gateway import (
    Ask,
    Cancel,
    Remedy,
    ReportPayment,
    ReportReview,
    Review,
    Sign,
    Signed,
    State,
    Status,
    Step,
    Taking,
    Upload,
    Uploaded,
    Verified,
    Verify,
)
from clients.circulation.refusals import NOT_REVIEWED, not_offered, reason
from clients.circulation.settings import EPCSettings
from clients.errors import Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal
from clients.insurance.envelope import dumps, loads

PLATFORM = "circulation"
STEPS: Final[Mapping[Step, Remedy]] = MappingProxyType(
    {
        Step.VERIFY: Remedy.REPEAT,
        Step.SIGN: Remedy.REPEAT,
        Step.UPLOAD: Remedy.ASK,
        Step.CANCEL: Remedy.ASK,
        Step.STATUS: Remedy.REPEAT,
        Step.REVIEW: Remedy.REPEAT,
        Step.TAKING: Remedy.REPEAT,
    }
)

T = TypeVar("T")
Data = Mapping[str, Any]
# What decoding nonsense raises: not only ValueError, since a quantity of 1E+9999999 is ArithmeticError.
_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


class EPCClient:
    """One hospital's channel to the centre. The wire has no message id: it is the journal's."""

    steps = STEPS

    def __init__(self, settings: EPCSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._envelope = settings.envelope()
        self._own = messages.Institution(
            code=settings.institution_code,
            name=settings.institution_name,
            business=settings.business_type,
            attribute=settings.attribute,
            kinds=settings.kinds,
        )
        self._tables, self._codes = fields.table(wire.FIELDS), fields.codes(wire.CODES)
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def verify(self, request: Verify, *, message_id: str) -> Verified:
        """D001 上传预核验. Unanswered: send again."""
        return await self._ask("D001", lambda: messages.verify(request, self._own), message_id, answers.verified)

    async def sign(self, request: Sign, *, message_id: str) -> Signed:
        """D002 医保电子签名. Unanswered: send again."""
        return await self._ask("D002", lambda: messages.sign(request, self._own), message_id, answers.signed)

    async def upload(self, request: Upload, *, message_id: str) -> Uploaded:
        """D003 处方上传. Unanswered: ask by D005."""
        verified, signed = request.verified, request.signed
        if verified is None or signed is None:
            raise ValueError("D003 uploads what D001 verified and D002 signed")
        read = partial(answers.uploaded, asked=verified.number)
        data = partial(messages.upload, request, verified, signed, self._own)
        return await self._ask("D003", data, message_id, read)

    async def cancel(self, request: Cancel, *, message_id: str) -> State:
        """D004 处方撤销. Unanswered: ask by D005."""
        read = partial(answers.cancelled, asked=request.number)
        return await self._ask("D004", lambda: messages.cancel(request, self._own), message_id, read)

    async def status(self, request: Ask, *, message_id: str) -> Status:
        """D005 处方信息查询."""
        read = partial(answers.status, asked=request.number, uses=self._settings.uses)
        return await self._ask("D005", lambda: messages.ask(request, self._own), message_id, read)

    async def review(self, request: Ask, *, message_id: str) -> Review | None:
        """D006 审核结果查询. The centre may also refuse to answer while nobody has reviewed: that is None as well."""
        read = partial(answers.review, asked=request.number, verdicts=self._settings.verdicts)
        try:
            return await self._ask("D006", lambda: messages.ask(request, self._own), message_id, read)
        except Refused as refused:
            if NOT_REVIEWED not in refused.message:
                raise
            return None

    async def taking(self, request: Ask, *, message_id: str) -> Taking:
        """D007 取药结果查询."""
        read = partial(answers.taking, asked=request.number, uses=self._settings.uses)
        return await self._ask("D007", lambda: messages.ask(request, self._own), message_id, read)

    async def report_review(self, request: ReportReview, *, message_id: str) -> None:
        """Not offered: D002 and D003 carry the hospital's own review."""
        raise not_offered(PLATFORM, Step.REPORT_REVIEW)

    async def report_payment(self, request: ReportPayment, *, message_id: str) -> None:
        """Not offered: the centre learns of it from the settlement."""
        raise not_offered(PLATFORM, Step.REPORT_PAYMENT)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(self, transaction: str, data: Callable[[], Data], message_id: str, decode: Callable[[Data], T]) -> T:
        call = Call(
            transaction=transaction,
            message_id=message_id,
            path=f"{self._settings.path_prefix}/{wire.PATHS[transaction]}",
            body=dumps(self._envelope.seal(self._sound(transaction, data), timestamp=wire.timestamp())).encode(),
            headers=wire.JSON_HEADERS,
        )
        return await self._http.call(call, partial(self._read, transaction, decode))

    def _sound(self, transaction: str, data: Callable[[], Data]) -> Data:
        """What may be sent. Raises `Refused` for what the centre's tables do not take."""
        try:
            written = data()
        except ValueError as error:
            raise _refused(transaction, f"格式: {error}", code="") from None
        wrong = fields.check_node(self._tables[transaction]["in"], "data", written, self._codes)
        if wrong:
            raise _refused(transaction, str(wrong[0]), code="")
        return written

    def _read(self, transaction: str, decode: Callable[[Data], T], answer: Answer) -> T:
        if answer.status != 200:
            raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
        try:
            reply = _object(answer.body)
            code, message = wire.demanded(reply, "code").strip(), wire.plain(reply.get("message")) or ""
            if code != "0":
                raise _refused(transaction, message, code=code)
            return decode(self._envelope.open(reply))
        except _NONSENSE as error:
            text = f"{type(error).__name__}: {error}"
            raise Garbled(text, platform=PLATFORM, transaction=transaction, raw=answer.body) from None


def _object(body: bytes) -> Data:
    reply = loads(body)
    if not isinstance(reply, dict):
        raise ValueError("not a JSON object")
    return reply


def _refused(transaction: str, message: str, *, code: str) -> Refused:
    return Refused(message, platform=PLATFORM, transaction=transaction, code=code, reason=reason(message))
