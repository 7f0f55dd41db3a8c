"""发货信息管理 simulated, strictly: tokens, field tables, one upload and one correction for each payment, faults.

Which payments there are is told by `payments`, for they are made at WeChat Pay. Faults beside those of the wire:
`refused` (nothing is done, `text` is "code words"), `token_over` (the token that came is over).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients.faults import Faults
from clients.wechat_shipping import wire

REFUSED, TOKEN_OVER = "refused", "token_over"
TOKEN_SECONDS = 7200
_PHONE_NEEDED = "SF"
_WAITING, _SHIPPED = 1, 2

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidOrder:
    """A payment as WeChat Pay knows it; one that was given back cannot be shipped."""

    transaction_id: str
    open_id: str = field(repr=False)
    refunded: bool = False


Payments = Callable[[str], PaidOrder | None]


class Refuse(Exception):
    """The sandbox says no, with a code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class WeChatShippingSandbox:
    """One mini-program of one merchant; `payments` finds a paid order by the merchant's number."""

    name = "wechat-shipping"

    def __init__(
        self,
        *,
        app_id: str,
        app_secret: str,
        merchant_id: str,
        payments: Payments,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.faults = Faults(REFUSED, TOKEN_OVER)
        self.fetched = 0
        self._app_id, self._app_secret, self._merchant_id = app_id, app_secret, merchant_id
        self._payments, self._clock = payments, clock
        self._token, self._ends_at = "", 0.0
        self._uploads: dict[str, list[Row]] = {}
        served = {wire.TOKEN: self._give_token, wire.UPLOAD: self._upload, wire.ORDER: self._order}
        self.faults.serves(*served)
        routes = [Route(wire.PATHS[name], self._endpoint(name, act), methods=["POST"]) for name, act in served.items()]
        self.app = Starlette(routes=routes)

    def books(self) -> dict[str, object]:
        """What was told of which payment."""
        rows = [
            {
                "trade_number": number,
                "uploads": len(uploads),
                "company": uploads[-1]["shipping_list"][0]["express_company"],
                "number": uploads[-1]["shipping_list"][0]["tracking_no"],
            }
            for number, uploads in self._uploads.items()
        ]
        return {"shipped": rows, "tokens": self.fetched}

    def load(self, data: dict[str, Any]) -> None:
        """Nothing can be loaded: payments are WeChat Pay's. Raises ValueError."""
        if data:
            raise ValueError("payments are loaded into wechat-pay")

    def reset(self) -> None:
        """Forget everything."""
        self.faults.clear()
        self._uploads.clear()
        self._token, self._ends_at, self.fetched = "", 0.0, 0

    def _endpoint(self, transaction: str, business: Callable[[Row], Row]) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            body = await request.body()

            async def effect() -> Response:
                try:
                    told = {"errcode": wire.OK, "errmsg": "ok", **self._done(transaction, request, body, business)}
                except Refuse as no:
                    told = {"errcode": no.code, "errmsg": str(no)}
                return Response(wire.dump(told), media_type="application/json; charset=UTF-8")

            return await self.faults.serve(transaction, request, effect)

        return serve

    def _done(self, transaction: str, request: Request, body: bytes, business: Callable[[Row], Row]) -> Row:
        if transaction != wire.TOKEN:
            self._admit(transaction, request.query_params.get("access_token", ""))
        refused = self.faults.take(transaction, REFUSED)
        if refused is not None:
            code, _, words = refused.text.partition(" ")
            raise Refuse(int(code), words or code)
        try:
            return business(wire.checked(transaction, "in", "request", wire.load(body)))
        except ValueError as error:
            raise Refuse(47001, f"data format error: {error}") from None

    def _admit(self, transaction: str, token: str) -> None:
        if self.faults.take(transaction, TOKEN_OVER):
            self._token = ""
        if not token:
            raise Refuse(41001, "access_token missing")
        if token != self._token:
            raise Refuse(40001, "invalid credential, access_token is invalid or not latest")
        if self._clock() >= self._ends_at:
            raise Refuse(42001, "access_token expired")

    def _give_token(self, asked: Row) -> Row:
        if asked["appid"] != self._app_id:
            raise Refuse(40013, "appid: invalid appid")
        if asked["secret"] != self._app_secret:
            raise Refuse(40125, "secret: invalid appsecret")
        if not self._token or self._clock() >= self._ends_at or asked.get("force_refresh"):
            self._token, self._ends_at = secrets.token_hex(64), self._clock() + TOKEN_SECONDS
        self.fetched += 1
        return {"access_token": self._token, "expires_in": int(self._ends_at - self._clock())}

    def _upload(self, asked: Row) -> Row:
        number = self._number(asked["order_key"])
        payment = self._payment(number)
        _complete(asked)
        if asked["payer"]["openid"] != payment.open_id:
            raise Refuse(10060031, "payer.openid: 该笔支付单不属于 openid 所指定的用户")
        if payment.refunded:
            raise Refuse(10060004, "支付单处于不可发货的状态")
        self._keep(number, asked)
        return {}

    def _keep(self, number: str, asked: Row) -> None:
        """The first one, or the one correction; word by word the same is no change."""
        uploads = self._uploads.setdefault(number, [])
        if uploads and _content(uploads[-1]) == _content(asked):
            raise Refuse(10060023, "发货信息未更新")
        if len(uploads) > 1:
            raise Refuse(10060003, "支付单已使用重新发货机会")
        if uploads and not _time(asked) > _time(uploads[-1]):
            raise Refuse(268485216, "upload_time: 上传时间必须晚于之前的请求")
        uploads.append(asked)

    def _order(self, asked: Row) -> Row:
        if asked["merchant_id"] != self._merchant_id:
            raise Refuse(10060001, "merchant_id: 支付单不存在")
        number = asked["merchant_trade_no"]
        payment = self._payment(number)
        uploads = self._uploads.get(number) or []
        parcels = uploads[-1]["shipping_list"] if uploads else []
        return {
            "order": {
                "transaction_id": payment.transaction_id,
                "merchant_id": self._merchant_id,
                "merchant_trade_no": number,
                "openid": payment.open_id,
                "order_state": _SHIPPED if uploads else _WAITING,
                "shipping": {"finish_shipping": bool(uploads), "shipping_list": parcels},
            }
        }

    def _number(self, key: Mapping[str, Any]) -> str:
        if key["order_number_type"] != wire.BY_MERCHANT:
            raise Refuse(268485194, "order_key.order_number_type: 订单单号类型非法")
        if key.get("mchid") != self._merchant_id or not key.get("out_trade_no"):
            raise Refuse(268485196, "order_key.mchid: 商户侧单号形式下必须设置")
        return str(key["out_trade_no"])

    def _payment(self, number: str) -> PaidOrder:
        payment = self._payments(number)
        if payment is None:
            raise Refuse(10060001, "支付单不存在")
        return payment


def _complete(asked: Row) -> None:
    """What the tables cannot say: an express parcel has its number and carrier, SF a telephone as well."""
    parcels = asked["shipping_list"]
    if asked["delivery_mode"] == wire.UNIFIED and len(parcels) != 1:
        raise Refuse(268485228, "shipping_list: 统一发货模式下,物流信息列表长度必须为 1")
    for parcel in parcels if asked["logistics_type"] == wire.EXPRESS else ():
        if not parcel.get("tracking_no"):
            raise Refuse(268485226, "shipping_list[0].tracking_no: 物流单号不能为空")
        if not parcel.get("express_company"):
            raise Refuse(268485227, "shipping_list[0].express_company: 物流公司编码不能为空")
        contact = parcel.get("contact") or {}
        if parcel["express_company"] == _PHONE_NEEDED and not contact.get("receiver_contact"):
            raise Refuse(10060014, "shipping_list[0].contact.receiver_contact: 顺丰必须填写联系方式")


def _content(upload: Mapping[str, Any]) -> Row:
    return {name: value for name, value in upload.items() if name != "upload_time"}


def _time(upload: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(upload["upload_time"])
