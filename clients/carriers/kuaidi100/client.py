"""快递100 as a `Carrier`: the query, the subscription and the push."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from clients.carriers.kuaidi100 import messages, wire
from clients.carriers.kuaidi100.refusals import AGAIN, BROKEN, NOT_YET, reason_of
from clients.carriers.kuaidi100.wire import Kuaidi100Settings
from clients.carriers.messages import Push, Track, Tracking
from clients.errors import Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal

__all__ = ["PLATFORM", "Kuaidi100Client", "Kuaidi100Settings"]

PLATFORM = "kuaidi100"

T = TypeVar("T")


class Kuaidi100Client:
    """One customer's line to 快递100.

    Raises `Refused` for a no; `Unanswered` for HTTP 5xx and for its own failures (501, 502); `Garbled` for an answer
    that has not its form, or is about another parcel. The message id is ours alone: the wire has none.
    """

    def __init__(self, settings: Kuaidi100Settings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    @property
    def pushes(self) -> bool:
        """Whether there is an address to push to."""
        return self._settings.callback_url is not None

    def knows(self, company: str) -> bool:
        """Whether 快递100 has a code for this carrier."""
        return company in messages.CODES_OF_COMPANIES

    def needs_phone(self, company: str) -> bool:
        """Whether this carrier (SF) wants the end of a telephone."""
        return company in messages.PHONE_NEEDED

    async def track(self, request: Track, *, message_id: str) -> Tracking | None:
        """实时查询."""
        query = messages.Query(track=request)
        param = wire.dump(query.to_wire())
        sign = wire.query_signature(param, self._settings.key, self._settings.customer)
        body = wire.form(customer=self._settings.customer, sign=sign, param=param)
        try:
            return await self._ask(wire.QUERY, body, message_id, query.read)
        except Refused as refused:
            if refused.code == NOT_YET:
                return None
            raise

    async def subscribe(self, request: Track, *, message_id: str) -> None:
        """订阅; a parcel that is subscribed already is as asked. Raises ValueError without a callback address."""
        if self._settings.callback_url is None:
            raise ValueError("nothing is pushed without a callback_url")
        subscription = messages.Subscription(
            track=request,
            key=self._settings.key,
            callback_url=self._settings.callback_url,
            salt=self._settings.salt,
        )
        body = wire.form(schema="json", param=wire.dump(subscription.to_wire()))
        try:
            await self._ask(wire.SUBSCRIBE, body, message_id, lambda told: None)
        except Refused as refused:
            if refused.code != AGAIN:
                raise

    def read_push(self, body: bytes) -> Push:
        """A push whose signature holds. Raises `Garbled`."""
        try:
            told = wire.read_form(body)
            wanted = wire.push_signature(told["param"], self._settings.salt)
            if not self._settings.salt or not wire.same_signature(told.get("sign", ""), wanted):
                raise ValueError("signature does not hold")
            return messages.push_from_wire(wire.load(told["param"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Garbled(_why(error), platform=PLATFORM, transaction=wire.PUSH, raw=body) from None

    def push_answer(self, taken: bool, text: str) -> dict[str, Any]:
        """A no makes 快递100 push again in half an hour, three times."""
        return {"result": taken, "returnCode": wire.OK if taken else "500", "message": text}

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(self, transaction: str, body: bytes, message_id: str, read: Callable[[object], T]) -> T:
        call = Call(
            transaction=transaction,
            message_id=message_id,
            path=wire.PATHS[transaction],
            body=body,
            headers={"content-type": wire.FORM},
        )
        return await self._http.call(call, lambda answer: _read(transaction, answer, read))


def _read(transaction: str, answer: Answer, read: Callable[[object], T]) -> T:
    if answer.status != 200:
        raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
    try:
        told = wire.load(answer.body)
        code, text = _verdict(told)
        if code == wire.OK:
            return read(told)
    except (ValueError, KeyError, TypeError) as error:
        raise Garbled(_why(error), platform=PLATFORM, transaction=transaction, raw=answer.body) from None
    if code in BROKEN[transaction]:
        raise Unanswered(f"{code} {text}", platform=PLATFORM, transaction=transaction)
    raise Refused(text, platform=PLATFORM, transaction=transaction, code=code, reason=reason_of(transaction, code))


def _verdict(told: Any) -> tuple[str, str]:
    """The code and its words; a good query has neither `result` nor `returnCode`, but a `status`."""
    code = told["returnCode"] if "returnCode" in told else told["status"]
    if not isinstance(code, str) or (told.get("result") is False and code == wire.OK):
        raise ValueError("returnCode: not a code")
    return code, str(told.get("message") or code)


def _why(error: Exception) -> str:
    """What is wrong, without what was told: that may name a courier."""
    return str(error) if type(error) is ValueError else type(error).__name__
