"""The mobile-payment centre (移动支付中心, P2): one method an interface, one request a method.

Source: mobile-payment.md 2 and 3; what each doubt demands is insurance.md 4.1: after 6201, 6202, 6203 or 6401
without an answer, query by 6301, never open a second order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote

from clients.errors import Contradictory, Garbled, Refused, Unanswered
from clients.http import HTTP, Answer, Call, Journal, no_journal
from clients.insurance.envelope import Form, SmEnvelope, dumps, loads
from clients.insurance.payment.answers import (
    FeeOrder,
    Notice,
    OrderStatus,
    PlacedOrder,
    RefundReceipt,
    said_no,
)
from clients.insurance.payment.messages import PlaceOrder, QueryOrder, Refund, RevokeOrder, UploadFeeDetails
from clients.insurance.payment.refusals import reason
from clients.insurance.payment.wire import (
    IDENTITIES,
    JSON_HEADERS,
    NO_DISEASE,
    PATHS,
    AccountProfile,
    BrokenSum,
    broken_identities,
    demanded,
    of_institution,
    plain,
    timestamp,
)
from clients.insurance.sm import DEFAULT_ID, PrivateKey, PublicKey, Signer

PLATFORM = "insurance.payment"

T = TypeVar("T")
# What decoding nonsense raises: not only ValueError, since an amount of 1E+99 is ArithmeticError.
_NONSENSE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettings:
    """How this hospital speaks to its centre. Keys are Base64 or hex; `timeout` is seconds.

    Where the protocol is silent: `sm2_id` and `form` (0.2, 0.3: prove both on the first day), `cashier_url` (the
    page, with {pay_order_id} and {pay_token}, where 6201 names none), `account_profile` (insurance.md 4.3),
    `stopping_identities` (the broken ones that make an answer Garbled), `empty_disease_fields` (3.1: some centres want
    diseCodg and diseName though empty). A `signer` takes the place of `private_key`.
    """

    base_url: str
    app_id: str
    app_secret: str = field(repr=False)
    private_key: str = field(default="", repr=False)
    platform_public_key: str
    institution_code: str
    path_prefix: str = "/org/local/api/hos"
    sm2_id: str = field(default=DEFAULT_ID, repr=False)
    version: str = "2.0.1"
    cashier_url: str | None = None
    timeout: float = 15.0
    form: Form = Form.STRINGS
    account_profile: AccountProfile = AccountProfile.OUTSIDE_FUND
    stopping_identities: frozenset[str] = IDENTITIES
    empty_disease_fields: bool = False
    signer: Signer | None = field(default=None, repr=False)

    def envelope(self) -> SmEnvelope:
        """Our end of the channel. Raises ValueError for a key that is none."""
        return SmEnvelope(
            app_id=self.app_id,
            app_secret=self.app_secret,
            signer=self.signer or PrivateKey.read(self.private_key, self.sm2_id),
            verifier=PublicKey.read(self.platform_public_key, self.sm2_id),
            version=self.version,
            form=self.form,
        )


class InsurancePaymentClient:
    """One hospital's channel to the centre.

    Every method raises `Refused` (a no), `NotSent`, `Unanswered` or `Garbled`. The wire has no message id: it is the
    journal's; the centre recognises orders, serials and refunds by the numbers in the requests.
    """

    def __init__(self, settings: PaymentSettings, journal: Journal = no_journal) -> None:
        self._settings = settings
        self._envelope = settings.envelope()
        self._http = HTTP(platform=PLATFORM, base_url=settings.base_url, timeout=settings.timeout, journal=journal)

    async def upload_fee_details(self, request: UploadFeeDetails, *, message_id: str) -> FeeOrder:
        """6201 费用明细上传: open an order. Its answer is the only place where the order's number is told."""
        unused = NO_DISEASE if self._settings.empty_disease_fields else {}
        data = self._own() | request.to_wire() | unused
        return await self._ask("6201", data, message_id, self._fee_order)

    async def place_order(self, request: PlaceOrder, *, message_id: str) -> PlacedOrder:
        """6202 支付下单: have the order priced. Amounts that do not add up are `Contradictory`, naming the
        identity."""
        read = partial(self._placed_order, request.pay_order_id)
        return await self._ask("6202", self._own() | request.to_wire(), message_id, read)

    async def refund(self, request: Refund, *, message_id: str) -> RefundReceipt:
        """6203 医保退费: give money back."""
        return await self._ask("6203", request.to_wire(), message_id, RefundReceipt.from_wire)

    async def query_order(self, request: QueryOrder, *, message_id: str) -> OrderStatus:
        """6301 结算结果查询: the truth about an order."""
        read = partial(_status_of, request.pay_order_id)
        return await self._ask("6301", self._own() | request.to_wire(), message_id, read)

    async def revoke_order(self, request: RevokeOrder, *, message_id: str) -> None:
        """6401 费用明细上传撤销: take the fee details back."""
        await self._ask("6401", self._own() | request.to_wire(), message_id, _done)

    def read_notice(self, body: bytes) -> Notice:
        """6302 结算结果通知: verify, decrypt and decode what the centre sent us. Raises `Garbled`."""
        try:
            return Notice.from_wire(self._envelope.open(_object(body)))
        except _NONSENSE as error:
            raise _garbled("6302", error, body) from None

    @staticmethod
    def notice_answer(accepted: bool, message: str) -> dict[str, object]:
        """What the centre wants to hear after a notice (3.4)."""
        return {"success": accepted, "message": message}

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.close()

    async def _ask(
        self, transaction: str, data: Mapping[str, Any], message_id: str, decode: Callable[[Mapping[str, Any]], T]
    ) -> T:
        call = Call(
            transaction=transaction,
            message_id=message_id,
            path=f"{self._settings.path_prefix}/{PATHS[transaction]}",
            body=dumps(self._envelope.seal(data, timestamp=timestamp())).encode(),
            headers=JSON_HEADERS,
        )
        return await self._http.call(call, partial(self._read, transaction, decode))

    def _read(self, transaction: str, decode: Callable[[Mapping[str, Any]], T], answer: Answer) -> T:
        if answer.status != 200:
            raise Unanswered(f"HTTP {answer.status}", platform=PLATFORM, transaction=transaction)
        try:
            wire = _object(answer.body)
            code, message = demanded(wire, "code").strip(), plain(wire.get("message")) or ""
            if code != "0":
                raise _refused(transaction, code, message)
            data = self._envelope.open(wire)
            if said_no(wire, data):
                raise _refused(transaction, code, plain(data.get("message")) or message)
            return decode(data)
        except _NONSENSE as error:
            raise _garbled(transaction, error, answer.body) from None

    def _own(self) -> dict[str, str]:
        return of_institution(self._settings.institution_code)

    def _fee_order(self, data: Mapping[str, Any]) -> FeeOrder:
        order = FeeOrder.from_wire(data)
        if order.cashier_url or not self._settings.cashier_url:
            return order
        page = self._settings.cashier_url.format(
            pay_order_id=quote(order.pay_order_id, safe=""), pay_token=quote(order.pay_token, safe="")
        )
        return FeeOrder(
            pay_order_id=order.pay_order_id, pay_token=order.pay_token, cashier_url=page, visit_id=order.visit_id
        )

    def _placed_order(self, pay_order_id: str, data: Mapping[str, Any]) -> PlacedOrder:
        placed = PlacedOrder.from_wire(data)
        _same(pay_order_id, placed.pay_order_id)
        broken = broken_identities(placed.presettlement or {}, self._settings.account_profile)
        stopping = [text for text in broken if text.split()[0] in self._settings.stopping_identities]
        if stopping:
            raise BrokenSum(f"extData.preSetl breaks {', '.join(stopping)}")
        return placed


def _status_of(pay_order_id: str, data: Mapping[str, Any]) -> OrderStatus:
    status = OrderStatus.from_wire(data)
    _same(pay_order_id, status.pay_order_id)
    return status


def _same(asked: str, answered: str) -> None:
    if asked != answered:
        raise ValueError("payOrdId is not the one that was asked for")


def _done(data: Mapping[str, Any]) -> None:
    return None


def _object(body: bytes) -> Mapping[str, Any]:
    wire = loads(body)
    if not isinstance(wire, dict):
        raise ValueError("not a JSON object")
    return wire


def _refused(transaction: str, code: str, message: str) -> Refused:
    return Refused(message, platform=PLATFORM, transaction=transaction, code=code, reason=reason(message))


def _garbled(transaction: str, error: Exception, raw: bytes) -> Garbled:
    kind = Contradictory if isinstance(error, BrokenSum) else Garbled
    return kind(f"{type(error).__name__}: {error}", platform=PLATFORM, transaction=transaction, raw=raw)
