"""The older circulation channel (7101, 7102, 7104, 7105) through the core platform's client.

It has no counterpart for pre-check, signing and the queries: those steps are `Refused` with `NOT_OFFERED`. Its
message ids are the core's (insurance.md 3.1). As on the other channel, a request that the platform's tables do not
take is `Refused` here, and nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Protocol, TypeVar

from clients import fields
from clients.circulation.fsi.messages import RevokePrescription, UploadPayment, UploadPrescription, UploadReview
from clients.circulation.gateway import (
    Ask,
    Cancel,
    Remedy,
    ReportPayment,
    ReportReview,
    Review,
    Sign,
    Signed,
    Status,
    Step,
    Taking,
    Upload,
    Uploaded,
    Verified,
    Verify,
)
from clients.circulation.refusals import not_offered, reason
from clients.circulation.settings import FSISettings
from clients.errors import NotSent, Refused
from clients.insurance.core import wire
from clients.insurance.core.client import PLATFORM, InsuranceCoreClient
from clients.insurance.core.nodes import Request
from clients.insurance.core.refusals import Reason as CoreReason

STEPS: Final[Mapping[Step, Remedy]] = MappingProxyType(
    dict.fromkeys((Step.UPLOAD, Step.CANCEL, Step.REPORT_REVIEW, Step.REPORT_PAYMENT), Remedy.REPEAT)
)

T = TypeVar("T")


class SignedIn(Protocol):
    """The present sign-in to the core (9001)."""

    async def number(self) -> str:
        """The sign-in number; empty where the region wants none."""
        ...

    def forget(self) -> None:
        """The platform does not know the number any more."""
        ...


class FSICirculation:
    """One hospital's older channel; `institution` is its national number and name."""

    steps = STEPS

    def __init__(
        self, settings: FSISettings, core: InsuranceCoreClient, sign_in: SignedIn, institution: tuple[str, str]
    ) -> None:
        self._settings, self._core, self._sign_in, self._institution = settings, core, sign_in, institution
        self._tables, self._codes = fields.table(wire.FIELDS), fields.codes(wire.CODES)

    async def verify(self, request: Verify, *, message_id: str) -> Verified:
        """Not offered: 7101 checks when it uploads."""
        raise not_offered(PLATFORM, Step.VERIFY)

    async def sign(self, request: Sign, *, message_id: str) -> Signed:
        """Not offered: 7101 takes the document as it is."""
        raise not_offered(PLATFORM, Step.SIGN)

    async def upload(self, request: Upload, *, message_id: str) -> Uploaded:
        """7101 电子处方上传. Unanswered: send again with the same prescription number."""
        number = await self._sign_in.number()
        sent = UploadPrescription(asked=request, settings=self._settings, sign_number=number)
        return await self._ask(sent, message_id, _uploaded)

    async def cancel(self, request: Cancel, *, message_id: str) -> None:
        """7104 处方撤销. Unanswered: send again; `ALREADY_CANCELLED` then counts as done."""
        sent = RevokePrescription(asked=request, sign_number=await self._sign_in.number())
        await self._ask(sent, message_id, _nothing)

    async def status(self, request: Ask, *, message_id: str) -> Status:
        """Not offered."""
        raise not_offered(PLATFORM, Step.STATUS)

    async def review(self, request: Ask, *, message_id: str) -> Review | None:
        """Not offered: 7102 tells a review, and asks for none."""
        raise not_offered(PLATFORM, Step.REVIEW)

    async def taking(self, request: Ask, *, message_id: str) -> Taking:
        """Not offered."""
        raise not_offered(PLATFORM, Step.TAKING)

    async def report_review(self, request: ReportReview, *, message_id: str) -> None:
        """7102 处方审核. Unanswered: send again."""
        sent = UploadReview(
            asked=request,
            settings=self._settings,
            institution=self._institution,
            sign_number=await self._sign_in.number(),
        )
        await self._ask(sent, message_id, _nothing)

    async def report_payment(self, request: ReportPayment, *, message_id: str) -> None:
        """7105 处方支付状态. Unanswered: send again."""
        number = await self._sign_in.number()
        await self._ask(UploadPayment(asked=request, settings=self._settings, sign_number=number), message_id, _nothing)

    async def close(self) -> None:
        """The connections are the core client's."""

    async def _ask(self, request: Request, message_id: str, read: Callable[[object], T]) -> T:
        self._check(request)
        try:
            return await self._core.transact(request, message_id=message_id, read=read)
        except Refused as refused:
            if refused.reason == CoreReason.SIGN_IN_REQUIRED:
                self._sign_in.forget()
                raise NotSent("not signed in any more", platform=PLATFORM, transaction=request.transaction) from refused
            raise _refused(request.transaction, refused.message, refused.code) from refused

    def _check(self, request: Request) -> None:
        try:
            content = request.to_wire()
        except ValueError as error:
            raise _refused(request.transaction, f"格式: {error}") from None
        wrong = fields.check(self._tables[request.transaction]["in"], content, self._codes)
        if wrong:
            raise _refused(request.transaction, str(wrong[0]))


def _uploaded(output: object) -> Uploaded:
    number = output.get("hi_rxno") if isinstance(output, Mapping) else None
    if not isinstance(number, str) or not number:
        raise ValueError("hi_rxno is missing")
    return Uploaded(number=number, state=None)


def _nothing(output: object) -> None:
    """7102, 7104 and 7105 answer with yes alone."""


def _refused(transaction: str, message: str, code: str = "") -> Refused:
    return Refused(message, platform=PLATFORM, transaction=transaction, code=code, reason=reason(message))
