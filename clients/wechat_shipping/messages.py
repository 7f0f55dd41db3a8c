"""What is told to the mini-program's shipping duty, and asked of it. Source: protocols/logistics.md C.2.

`get_order` is not in that file; it is in WeChat's public documentation beside `upload_shipping_info`, and is how an
upload whose answer was lost is asked for. Answers that cannot be one are a ValueError, KeyError or TypeError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from clients.wechat_shipping import wire
from clients.wechat_shipping.wire import Wire

LONGEST_DESCRIPTION = 120
PHONE_NEEDED = "SF"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """获取稳定版接口调用凭据: good for `seconds`."""

    token: str = field(repr=False)
    seconds: int

    @classmethod
    def from_wire(cls, told: Wire) -> AccessToken:
        """The answer."""
        answer = wire.checked(wire.TOKEN, "out", "answer", told)
        return cls(token=answer["access_token"], seconds=answer["expires_in"])


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPayment:
    """查询订单发货状态 of a payment by our number."""

    trade_number: str

    def to_wire(self, merchant_id: str) -> Wire:
        """The body."""
        return {"merchant_id": merchant_id, "merchant_trade_no": self.trade_number}


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How a payment stands: who paid (`open_id`), and the waybills that WeChat has been told."""

    open_id: str = field(repr=False)
    waybill_numbers: frozenset[str]

    @classmethod
    def from_wire(cls, told: Wire, request: QueryPayment) -> Payment:
        """The answer to `request`. Raises ValueError for one about another payment."""
        order = wire.checked(wire.ORDER, "out", "order", told.get("order"))
        if order.get("merchant_trade_no") != request.trade_number:
            raise ValueError("merchant_trade_no: not the one asked for")
        parcels = (order.get("shipping") or {}).get("shipping_list") or ()
        return cls(open_id=order["openid"], waybill_numbers=frozenset(each["tracking_no"] for each in parcels))


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadShipping:
    """发货信息录入: all goods of one payment went out in one parcel. `at` must grow from upload to upload.

    `company` is our code of the carrier, `description` says what is in the parcel (cut at 120 characters);
    `phone_tail` is told to SF alone, masked.
    """

    trade_number: str
    open_id: str = field(repr=False)
    company: str
    waybill_number: str
    description: str
    phone_tail: str | None = field(default=None, repr=False)
    at: datetime

    def to_wire(self, settings: wire.WeChatShippingSettings) -> Wire:
        """The body. Raises ValueError for a carrier without a code at WeChat, and for SF without a telephone."""
        parcel: Wire = {
            "tracking_no": self.waybill_number,
            "express_company": self._code(settings),
            "item_desc": self.description[:LONGEST_DESCRIPTION],
        }
        if self.company == PHONE_NEEDED:
            parcel["contact"] = {"receiver_contact": self._masked()}
        return {
            "order_key": {
                "order_number_type": wire.BY_MERCHANT,
                "mchid": settings.merchant_id,
                "out_trade_no": self.trade_number,
            },
            "logistics_type": wire.EXPRESS,
            "delivery_mode": wire.UNIFIED,
            "shipping_list": [parcel],
            "upload_time": wire.moment(self.at),
            "payer": {"openid": self.open_id},
        }

    def _code(self, settings: wire.WeChatShippingSettings) -> str:
        if self.company not in settings.companies:
            raise ValueError(f"companies: WeChat's code for {self.company} is not set up")
        return settings.companies[self.company]

    def _masked(self) -> str:
        if self.phone_tail is None:
            raise ValueError("the end of the telephone is needed")
        return f"****{self.phone_tail}"
