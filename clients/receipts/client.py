"""The Bosi medical e-receipt platform (博思医疗收费电子票据) as a `ReceiptGateway`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from clients.errors import Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal
from clients.receipts import wire
from clients.receipts.messages import (
    Download,
    FindReceipt,
    IssueReceipt,
    Pending,
    Receipt,
    ReceiptState,
    ReceiptStatus,
    RedReceipt,
)
from clients.receipts.refusals import Reason, reason_of
from clients.receipts.settings import BosiSettings

__all__ = ["BosiClient", "BosiSettings"]

T = TypeVar("T")

_PLATFORM = "receipts"
_ISSUE: Mapping[str, str] = {"OUTPATIENT": "invoiceEBillOutpatient", "REGISTRATION": "invEBillRegistration"}


class BosiClient:
    """One method an API, one request a method (receipts.md A.3).

    `message_id` goes out as the noise, which the platform takes only once. Raises `NotSent`; `Unanswered` for silence
    and for any HTTP status but 200; `Garbled` for an answer whose signature or form does not hold; `Refused` for a
    verified failure, with a reason of `refusals`.
    """

    def __init__(self, settings: BosiSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._http = HTTP(platform=_PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def issue(self, request: IssueReceipt, *, message_id: str) -> Receipt | Pending:
        """invoiceEBillOutpatient 门诊, invEBillRegistration 挂号. Raises ValueError before sending, see `to_wire`."""

        def read(told: Mapping[str, Any]) -> Receipt | Pending:
            return Receipt.from_wire_or_pending(told, request.business_number)

        return await self._ask(_ISSUE[request.kind], request.to_wire(self._settings), message_id, read)

    async def find(self, request: FindReceipt, *, message_id: str) -> Receipt | Pending | None:
        """getEBillByBusNo 根据业务流水号获取电子票据; None when the platform knows no such receipt."""

        def read(told: Mapping[str, Any]) -> Receipt | Pending:
            return Receipt.from_wire_or_pending(told, request.business_number)

        try:
            return await self._ask("getEBillByBusNo", request.to_wire(), message_id, read)
        except Refused as refused:
            if refused.reason == Reason.NOT_FOUND:
                return None
            raise

    async def status(self, request: ReceiptStatus, *, message_id: str) -> ReceiptState:
        """getEBillStatesByBillInfo 电子票据状态查询."""
        return await self._ask("getEBillStatesByBillInfo", request.to_wire(), message_id, ReceiptState.from_wire)

    async def red(self, request: RedReceipt, *, message_id: str) -> Receipt:
        """writeOffEBill 电子票据冲红 → the red receipt."""
        return await self._ask("writeOffEBill", request.to_wire(self._settings), message_id, Receipt.from_red_wire)

    def address(self, receipt: Receipt) -> Download:
        """The page on the Internet (外网H5页面); Bosi has no file to give. Asks nobody."""
        if receipt.public_url is None:
            raise Refused(
                "票据没有外网地址 (the receipt has no public address)",
                platform=_PLATFORM,
                transaction="download",
                code="",
                reason=Reason.NO_PUBLIC_ADDRESS,
            )
        return Download(kind="H5_URL", url=receipt.public_url)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(
        self, method: str, message: Mapping[str, object], message_id: str, read: Callable[[Mapping[str, Any]], T]
    ) -> T:
        call = Call(
            transaction=method,
            message_id=message_id,
            path=f"/{self._settings.service}/api/medical/{method}",
            body=wire.request(message, message_id, self._settings.seal),
            headers={"content-type": "application/json; charset=utf-8"},
        )
        return await self._http.call(call, lambda answer: self._read(method, answer, read))

    def _read(self, method: str, answer: Answer, read: Callable[[Mapping[str, Any]], T]) -> T:
        if answer.status != 200:
            raise Unanswered(f"HTTP {answer.status}", platform=_PLATFORM, transaction=method)
        try:
            told = wire.read_answer(answer.body, self._settings.seal)
            if told.result == wire.SUCCESS:
                return read(wire.object_of(told.message))
        except ValueError as error:
            # `from None`: a decoder's error carries the text that it could not read, and that may name a patient.
            raise Garbled(_plain(error), platform=_PLATFORM, transaction=method, raw=answer.body) from None
        raise Refused(
            told.message, platform=_PLATFORM, transaction=method, code=told.result, reason=reason_of(told.message)
        )


def _plain(error: ValueError) -> str:
    return str(error) if type(error) is ValueError else f"the answer cannot be decoded ({type(error).__name__})"
