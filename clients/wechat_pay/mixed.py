"""医保自费混合收款: insurance and cash paid in one act. Source: mobile-payment.md 6; fen on the wire, yuan here.

The insurance parts are those of 6202; the cash part is an order of JSAPI下单 under the same number. What the protocol
leaves to the region and to Tencent's own people (order type, city, channel, position) are settings.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote, urlencode

from clients.wechat_pay import wire
from clients.wechat_pay.messages import REFUND_NUMBER, TRADE_NUMBER, Wire

MIX_TRADE_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
STATES = {f"MIX_PAY_{state}": state for state in ("CREATED", "SUCCESS", "REFUND", "FAIL")}
CASH_STATES = {"NO_SELF_PAY": "NONE"} | {f"SELF_PAY_{s}": s for s in STATES.values()}
INSURANCE_STATES = {"NO_MED_INS_PAY": "NONE"} | {f"MED_INS_PAY_{s}": s for s in STATES.values()}
# psn_cert_type → card_type
CARD_TYPES = {
    "01": "ID_CARD",
    "04": "MAINLAND_TRAVEL_PERMIT_FOR_HK",
    "05": "MAINLAND_TRAVEL_PERMIT_FOR_MO",
    "06": "MAINLAND_TRAVEL_PERMIT_FOR_TW",
    "07": "FOREIGN_PERMANENT_RESIDENT",
    "08": "FOREIGNER_PASSPORT",
}
# How long the platform takes each text; none is empty.
_LONGEST = {"order_number": 20, "pay_order_id": 64, "authorization": 40, "open_id": 128, "prepay_number": 64}
_LONGEST_SETTINGS = {"institution_name": 128, "institution_code": 32, "city_code": 8, "order_type": 32, "position": 40}
_LONGEST_SETTINGS |= {"channel_number": 32, "callback_url": 256}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

Encrypt = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedPaymentSettings:
    """What the hospital was told when it was admitted to mixed payment.

    `order_type` is the scene (INT_RE_DIAG_PAY 互联网复诊, INT_REG_PAY, INT_RX_PAY …); `city_code` and `channel_number`
    are Tencent's; `position` is longitude and latitude, of the hospital where the patient's is not known.
    `callback_url` has no query; without one the notices go where those of self-payment go. A text that the platform
    would not take raises ValueError.
    """

    institution_name: str
    institution_code: str
    city_code: str
    order_type: str = "INT_RE_DIAG_PAY"
    position: str = "0,0"
    channel_number: str | None = None
    callback_url: str | None = None
    test_environment: bool = False

    def __post_init__(self) -> None:
        _sized(self, _LONGEST_SETTINGS)

    def to_wire(self) -> Wire:
        """Its part of every order."""
        told: Wire = {
            "order_type": self.order_type,
            "geo_location": self.position,
            "city_id": self.city_code,
            "med_inst_name": self.institution_name,
            "med_inst_no": self.institution_code,
        }
        if self.channel_number:
            told["channel_no"] = self.channel_number
        return told | ({"med_ins_test_env": True} if self.test_environment else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedOrder:
    """医保自费混合收款下单 (POST /v3/med-ins/orders). `total` = fund + account + other + cash.

    `trade_number` is ours, and that of the cash order whose `prepay_number` is given exactly where there is `cash`;
    `order_number` is medOrgOrd, at most 20 characters. `pay_order_id` and `authorization` are those of 6201.
    """

    trade_number: str
    order_number: str
    pay_order_id: str
    authorization: str = field(repr=False)
    ordered_at: datetime
    open_id: str = field(repr=False)
    name: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    total: Decimal
    fund: Decimal
    account: Decimal
    other: Decimal
    cash: Decimal
    prepay_number: str | None = None

    def to_wire(self, encrypt: Encrypt) -> Wire:
        """The order's own part of the body. Raises ValueError."""
        self._check()
        cash = _fen(self.cash)
        return {
            "mix_pay_type": "CASH_AND_INSURANCE" if cash else "INSURANCE_ONLY",
            "openid": self.open_id,
            "payer": self._payer(encrypt),
            "pay_for_relatives": False,
            "out_trade_no": self.trade_number,
            "serial_no": self.order_number,
            "pay_order_id": self.pay_order_id,
            "pay_auth_no": self.authorization,
            "med_ins_order_create_time": wire.moment(self.ordered_at),
            "total_fee": _fen(self.total),
            "med_ins_gov_fee": _fen(self.fund),
            "med_ins_self_fee": _fen(self.account),
            "med_ins_other_fee": _fen(self.other),
            "med_ins_cash_fee": cash,
            "wechat_pay_cash_fee": cash,
            **({"prepay_id": self.prepay_number} if cash else {}),
        }

    def check_answer(self, body: Wire) -> None:
        """Raises ValueError, KeyError for the answer to another order."""
        wire.check_same(body, {"out_trade_no": self.trade_number, "total_fee": _fen(self.total)})

    def _check(self) -> None:
        if self.fund + self.account + self.other + self.cash != self.total or self.total <= 0:
            raise ValueError("the parts are not the total")
        if (self.cash > 0) != (self.prepay_number is not None):
            raise ValueError("a prepay id belongs to cash, and cash to a prepay id")
        _number(TRADE_NUMBER, self.trade_number)
        _sized(self, _LONGEST)

    def _payer(self, encrypt: Encrypt) -> Wire:
        if self.id_type not in CARD_TYPES:
            raise ValueError(f"no such kind of card here: {self.id_type}")
        return {
            "name": encrypt(self.name),
            "id_digest": encrypt(id_digest(self.id_number)),
            "card_type": CARD_TYPES[self.id_type],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryMixed:
    """使用商户订单号查看下单结果 (GET /v3/med-ins/orders/out-trade-no/{out_trade_no})."""

    trade_number: str

    def to_wire(self) -> str:
        """The path. Raises ValueError."""
        return f"/v3/med-ins/orders/out-trade-no/{quote(_number(TRADE_NUMBER, self.trade_number), safe='')}"

    def check_answer(self, body: Wire) -> None:
        """Raises ValueError, KeyError for the answer to another question."""
        wire.check_same(body, {"out_trade_no": self.trade_number})


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedStatus:
    """Where a mixed order stands: CREATED, SUCCESS (both parts), REFUND (both parts), FAIL; a part may be NONE."""

    mix_trade_number: str
    trade_number: str
    state: str
    cash_state: str
    insurance_state: str
    total: Decimal
    cash: Decimal
    paid_at: datetime | None = None

    @classmethod
    def from_wire(cls, body: Wire) -> MixedStatus:
        """Raises ValueError, KeyError; a paid order must tell when."""
        number = wire.text(body["mix_trade_no"])
        if not MIX_TRADE_NUMBER.fullmatch(number):
            raise ValueError("mix_trade_no is of another form")
        state = _known(STATES, body["mix_pay_status"])
        return cls(
            mix_trade_number=number,
            trade_number=wire.text(body["out_trade_no"]),
            state=state,
            cash_state=_known(CASH_STATES, body["self_pay_status"]),
            insurance_state=_known(INSURANCE_STATES, body["med_ins_pay_status"]),
            total=wire.yuan(body["total_fee"]),
            cash=wire.yuan(body["wechat_pay_cash_fee"]),
            paid_at=wire.read_moment(body["paid_time"]) if state == "SUCCESS" else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceRefunded:
    """医保退款通知 (POST /v3/med-ins/refunds/notify): we tell WeChat that 6203 gave the insurance parts back."""

    mix_trade_number: str
    refund_number: str
    refunded_at: datetime
    fund: Decimal
    account: Decimal
    other: Decimal

    def path(self) -> str:
        """With its query. Raises ValueError."""
        number = _number(MIX_TRADE_NUMBER, self.mix_trade_number)
        return f"/v3/med-ins/refunds/notify?{urlencode({'mix_trade_no': number})}"

    def to_wire(self) -> Wire:
        """The body. Raises ValueError, also for a refund of nothing."""
        return {
            "med_refund_total_fee": wire.fen(self.fund + self.account + self.other),
            "med_refund_gov_fee": _fen(self.fund),
            "med_refund_self_fee": _fen(self.account),
            "med_refund_other_fee": _fen(self.other),
            "refund_time": wire.moment(self.refunded_at),
            "out_refund_no": _number(REFUND_NUMBER, self.refund_number),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedNotice:
    """医保混合收款成功通知 (MEDICAL_INSURANCE.SUCCESS); it comes only on success, and not always."""

    notice_id: str
    trade_number: str
    mix_trade_number: str

    @classmethod
    def from_wire(cls, notice_id: str, resource: Wire) -> MixedNotice:
        """From the decrypted resource. Raises ValueError, KeyError."""
        told = MixedStatus.from_wire(resource)
        if told.state != "SUCCESS":
            raise ValueError(f"not of a success: {told.state}")
        return cls(notice_id=notice_id, trade_number=told.trade_number, mix_trade_number=told.mix_trade_number)


def id_digest(id_number: str) -> str:
    """MD5 of the upper-cased number in hex; an identity number of fifteen digits is made one of eighteen first."""
    number = id_number.upper()
    if re.fullmatch(r"\d{15}", number):
        body = f"{number[:6]}19{number[6:]}"
        number = body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
    return hashlib.md5(number.encode()).hexdigest()  # noqa: S324  # the protocol's


def _number(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(f"not a number of the form {pattern.pattern}: {value!r}")
    return value


def _sized(told: object, longest: Mapping[str, int]) -> None:
    for name, most in longest.items():
        value = getattr(told, name)
        if value is not None and not 1 <= len(value) <= most:
            raise ValueError(f"{name}: a text of 1 to {most} is expected, not of {len(value)}")


def _fen(yuan: Decimal) -> int:
    return wire.fen(yuan) if yuan else 0


def _known(states: dict[str, str], told: object) -> str:
    if not isinstance(told, str) or told not in states:
        raise ValueError(f"an unknown state: {told!r}")
    return states[told]
