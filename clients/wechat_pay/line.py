"""One merchant's signed line to WeChat Pay API v3: what every interface of it has in common.

Every answer but SIGN_ERROR and FREQUENCY_LIMITED must carry a signature that holds, or it is `Garbled`; HTTP 5xx is
`Unanswered`; FREQUENCY_LIMITED is `NotSent`; another code is `Refused`. Source: its public documentation.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal
from clients.wechat_pay import wire
from clients.wechat_pay.messages import Wire
from clients.wechat_pay.refusals import NOT_SENT, UNANSWERED, Reason, reason
from clients.wechat_pay.settings import WeChatPaySettings

T = TypeVar("T")

PLATFORM = "wechat_pay"
# A request whose signature fails is answered without one, and the gate that limits rates stands before the signer.
_MAY_BE_UNSIGNED = NOT_SENT | {"SIGN_ERROR"}
_NONSENSE = (ValueError, KeyError, TypeError, AttributeError)


class Line:
    """Signs what is sent, and believes nothing that is not signed. A malformed request raises ValueError."""

    def __init__(self, settings: WeChatPaySettings, journal: Journal) -> None:
        self.settings = settings
        self.private_key = wire.private_key(settings.merchant_private_key)
        self.platform_key = wire.public_key(settings.platform_public_key)
        self.parties = wire.parties(app_id=settings.app_id, merchant_id=settings.merchant_id)
        self._prefix = urlsplit(settings.base_url).path.rstrip("/")
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def post(self, transaction: str, path: str, message: Wire, message_id: str, read: Callable[[Wire], T]) -> T:
        """Send a message and read the answer's."""
        call = self._call(transaction, "POST", path, wire.dump(message), message_id)
        return await self._http.call(call, lambda answer: self._read(transaction, answer, read))

    async def tell(self, transaction: str, path: str, message: Wire, message_id: str) -> None:
        """Send a message whose answer says nothing but yes or no."""
        call = self._call(transaction, "POST", path, wire.dump(message), message_id)
        await self._http.call(call, lambda answer: self._believe(transaction, answer))

    async def get(
        self,
        transaction: str,
        path: str,
        message_id: str,
        read: Callable[[Wire], T],
        absent: T,
        gone: Reason = Reason.NOT_FOUND,
    ) -> T:
        """Ask; a refusal for the reason `gone` is the answer `absent`."""

        def read_or_absent(answer: Answer) -> T:
            try:
                return self._read(transaction, answer, read)
            except Refused as refusal:
                if refusal.reason == gone:
                    return absent
                raise

        return await self._http.call(self._call(transaction, "GET", path, b"", message_id), read_or_absent)

    async def download(self, transaction: str, url: str, message_id: str, read: Callable[[bytes], T]) -> T:
        """A file, whose answer is not signed: `read` holds it against what a signed answer said of it."""

        def file(answer: Answer) -> T:
            if answer.status != 200:
                self._believe(transaction, answer)
                raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
            try:
                return read(answer.body)
            except _NONSENSE as error:  # the file is too large, and too personal, to be kept as evidence
                raise Garbled(why(error), platform=PLATFORM, transaction=transaction) from error

        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return await self._http.call(self._signed(transaction, "GET", url, target, b"", message_id), file)

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    def _call(self, transaction: str, method: str, path: str, body: bytes, message_id: str) -> Call:
        return self._signed(transaction, method, path, self._prefix + path, body, message_id)

    def _signed(self, transaction: str, method: str, path: str, target: str, body: bytes, message_id: str) -> Call:
        headers = {
            "Authorization": self._authorization(method, target, body),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Wechatpay-Serial": self.settings.platform_serial,
        }
        return Call(
            transaction=transaction, message_id=message_id, path=path, body=body, headers=headers, method=method
        )

    def _authorization(self, method: str, target: str, body: bytes) -> str:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16).upper()
        return wire.authorization(
            merchant_id=self.settings.merchant_id,
            serial=self.settings.merchant_serial,
            nonce=nonce,
            timestamp=timestamp,
            signature=wire.sign(self.private_key, wire.request_text(method, target, timestamp, nonce, body)),
        )

    def _read(self, transaction: str, answer: Answer, read: Callable[[Wire], T]) -> T:
        self._believe(transaction, answer)
        try:
            return read(wire.load(answer.body))
        except _NONSENSE as error:
            raise Garbled(why(error), platform=PLATFORM, transaction=transaction, raw=answer.body) from error

    def _believe(self, transaction: str, answer: Answer) -> None:
        if answer.status >= 500 or answer.status // 100 not in (2, 4):
            raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
        try:
            refusal = wire.load(answer.body) if answer.status >= 400 else None
            code = "" if refusal is None else wire.text(refusal["code"])
            if wire.is_signed(answer.headers) or code not in _MAY_BE_UNSIGNED:
                self._check_signature(answer)
        except (ValueError, KeyError) as error:
            raise Garbled(why(error), platform=PLATFORM, transaction=transaction, raw=answer.body) from error
        if refusal is not None:
            _refuse(transaction, code, refusal)

    def _check_signature(self, answer: Answer) -> None:
        now, serial = datetime.now(UTC), self.settings.platform_serial
        wire.check_answer(answer.headers, answer.body, serial=serial, key=self.platform_key, now=now)


def _refuse(transaction: str, code: str, refusal: Wire) -> NoReturn:
    message = str(refusal.get("message", ""))
    told: dict[str, Any] = {"platform": PLATFORM, "transaction": transaction}
    if code in NOT_SENT:
        raise NotSent(f"{code} {message}", **told)
    if code in UNANSWERED:
        raise Unanswered(f"{code} {message}", **told)
    detail = refusal.get("detail")
    data = detail if isinstance(detail, dict) else {}
    raise Refused(message, code=code, reason=reason(code, message), data=data, **told)


def why(error: Exception) -> str:
    """What is wrong with a message, in few words."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error) or type(error).__name__
