"""A strict counterpart of WeChat Pay API v3. Source: its public documentation (direct merchant)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients.faults import Faults
from clients.wechat_pay import sandbox_bills, sandbox_pages, wire
from clients.wechat_pay.sandbox_answers import Answers
from clients.wechat_pay.sandbox_bills import Bills
from clients.wechat_pay.sandbox_book import Book, Order, RefundRow, Refusal
from clients.wechat_pay.sandbox_gate import Gate
from clients.wechat_pay.sandbox_mixed import MixedOrders
from clients.wechat_pay.sandbox_mixed_pages import MixedPages
from clients.wechat_pay.sandbox_notices import Notices

OWN_FAULTS = (
    "refused",
    "refund_processing",
    "notice_never",
    "notice_twice",
    "notice_forged",
    *sandbox_bills.OWN_FAULTS,
)
CARRIED = ("redirect_url", "timeStamp", "nonceStr", "package", "signType", "paySign")

Message = dict[str, Any]
Business = Callable[[Message], Message | bytes | None]


class WeChatPaySandbox:
    """WeChat Pay for one merchant, over its real wire. `faults` knows, besides the kinds of the wire:

    - `refused`, text "CODE message", for any transaction
    - `refund_processing` for `refund`: that refund is PROCESSING at first and for `times` queries, and then ends as
      `text` says (SUCCESS, ABNORMAL or CLOSED; SUCCESS by default)
    - `notice_never`, `notice_twice`, `notice_forged` for `notice`
    - `bill_without`, `bill_amounts`, `bill_hash` for `tradebill` (sandbox_bills.py)

    `GET /pay/{token}` is the cashier's page. For a mini-program order the token is the prepay id, and the five
    parameters of wx.requestPayment go in its query: their signature is verified. `GET /med-ins/pay/{mix_trade_no}` is
    what wx.requestMedicalInsurancePay opens. `clock` tells the time of the orders, never that of the signatures.
    """

    name = "wechat_pay"

    def __init__(
        self,
        *,
        app_id: str,
        merchant_id: str,
        merchant_serial: str,
        merchant_public_key: str,
        platform_serial: str,
        platform_private_key: str,
        api_v3_key: str,
        public_url: str,
        notify: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.faults = Faults(*OWN_FAULTS)
        self.clock = clock
        self.notify = notify
        self._app_id, self._merchant_id = app_id, merchant_id
        key = wire.private_key(platform_private_key)
        self._merchant_key = wire.public_key(merchant_public_key)
        self._public_url = public_url.rstrip("/")
        self._book = Book()
        self._gate = Gate(app_id=app_id, merchant_id=merchant_id, serial=merchant_serial, key=self._merchant_key)
        self._notices = Notices(faults=self.faults, key=key, serial=platform_serial, api_v3_key=api_v3_key)
        self._answers = Answers(key, platform_serial)
        self._bills = Bills(self._book, self.faults, self._now, self._public_url)
        self.mixed = MixedOrders(self._book, key, self._now)
        self.app = Starlette(routes=self._routes())

    def books(self) -> dict[str, object]:
        """Every order with its state; amounts in fen. An open payment is paid and not wholly refunded."""
        orders = list(self._book.orders.values())
        paid = [order for order in orders if order.transaction_id]
        return {
            "payments": [_booked(order) for order in orders],
            "paid_fen": sum(order.total - order.refunded for order in paid),
            "open_payments": sum(order.refunded < order.total for order in paid),
            "mixed_payments": [order.row() for order in self.mixed.orders.values()],
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Add orders: `{"payments": [{"trade_number", "description", "total_fen", "state"}]}`.

        `state` is NOTPAY, SUCCESS or CLOSED. They have no notify_url, so that nobody is told of them.
        Raises KeyError, Refusal.
        """
        for row in data.get("payments", ()):
            content = self._demonstration(row)
            order = self._book.order("MWEB", content, self.clock())
            if row.get("state") == "SUCCESS":
                self._book.pay(order, self.clock())
            elif row.get("state") == "CLOSED":
                self._book.close(order.trade_number)

    def paid_in_mini_program(self, trade_number: str) -> tuple[str, str, bool] | None:
        """Transaction id, payer's openid and whether all was given back, of an order that a mini-program paid."""
        order = self._book.orders.get(trade_number)
        if order is None or order.trade_type != "JSAPI" or not order.transaction_id:
            return None
        return order.transaction_id, order.content["payer"]["openid"], order.refunded >= order.total

    def reset(self) -> None:
        """Forget orders, refunds, nonces and faults."""
        self._book.clear()
        self._bills.forget()
        self.mixed.orders.clear()
        self._gate.forget()
        self.faults.clear()

    def _now(self) -> datetime:
        return self.clock()

    def _demonstration(self, row: Mapping[str, Any]) -> Message:
        return {
            "appid": self._app_id,
            "mchid": self._merchant_id,
            "description": row["description"],
            "out_trade_no": row["trade_number"],
            "amount": {"total": row["total_fen"], "currency": "CNY"},
        }

    def _routes(self) -> list[Route]:
        orders, refunds = "/v3/pay/transactions", "/v3/refund/domestic/refunds"
        return [
            Route(f"{orders}/h5", self._api("h5", self._h5), methods=["POST"]),
            Route(f"{orders}/jsapi", self._api("jsapi", self._jsapi), methods=["POST"]),
            Route(f"{orders}/out-trade-no/{{out_trade_no}}", self._api("query", self._query), methods=["GET"]),
            Route(f"{orders}/out-trade-no/{{out_trade_no}}/close", self._api("close", self._close), methods=["POST"]),
            Route(refunds, self._api("refund", self._refund), methods=["POST"]),
            Route(f"{refunds}/{{out_refund_no}}", self._api("query_refund", self._query_refund), methods=["GET"]),
            Route("/v3/bill/tradebill", self._api("tradebill", self._bills.ask), methods=["GET"]),
            Route("/v3/billdownload/file", self._api("billdownload", self._bills.file), methods=["GET"]),
            *self._mixed_routes(),
            Route("/pay/{token}", self._page, methods=["GET"]),
            Route("/pay/{token}", self._pressed, methods=["POST"]),
        ]

    def _mixed_routes(self) -> list[Route]:
        orders, page = "/v3/med-ins/orders", "/med-ins/pay/{mix_trade_no}"
        query, pages = self._api("med_ins_query", self.mixed.query), MixedPages(self.mixed, self._tell)
        refunded = self._api("med_ins_refund", self.mixed.told_of_refund)
        return [
            Route(orders, self._api("med_ins_order", self.mixed.order), methods=["POST"]),
            Route(f"{orders}/mix-trade-no/{{mix_trade_no}}", query, methods=["GET"]),
            Route(f"{orders}/out-trade-no/{{out_trade_no}}", query, methods=["GET"]),
            Route("/v3/med-ins/refunds/notify", refunded, methods=["POST"]),
            Route(page, pages.show, methods=["GET"]),
            Route(page, pages.press, methods=["POST"]),
        ]

    def _api(self, transaction: str, business: Business) -> Callable[[Request], Awaitable[Response]]:
        self.faults.serves(transaction)

        async def endpoint(request: Request) -> Response:
            body = await request.body()

            async def effect() -> Response:
                try:
                    return self._answers.yes(self._let_in(transaction, request, body, business))
                except Refusal as refusal:
                    return self._answers.no(refusal)

            return await self.faults.serve(transaction, request, effect)

        return endpoint

    def _let_in(self, transaction: str, request: Request, body: bytes, business: Business) -> Message | bytes | None:
        self._gate.authenticate(request, body)
        ordered = self.faults.take(transaction, "refused")
        if ordered is not None:
            code, _, words = ordered.text.partition(" ")
            raise Refusal(code or "INVALID_REQUEST", words)
        message = {**_body(body), **request.query_params, **request.path_params}
        self._gate.check(transaction, message)
        return business(message)

    def _h5(self, message: Message) -> Message:
        return {"h5_url": f"{self._public_url}/pay/{self._book.order('MWEB', message, self.clock()).token}"}

    def _jsapi(self, message: Message) -> Message:
        return {"prepay_id": self._book.order("JSAPI", message, self.clock()).token}

    def _query(self, message: Message) -> Message:
        return self._book.of_number(message["out_trade_no"]).to_wire()

    def _close(self, message: Message) -> None:
        self._book.close(message["out_trade_no"])

    def _refund(self, message: Message) -> Message:
        row, new = self._book.refund(message, self.clock())
        if new:
            self._hold_back(row)
            if not row.waits:
                self._end(row)
        return row.to_wire()

    def _hold_back(self, row: RefundRow) -> None:
        while fault := self.faults.take("refund", "refund_processing"):
            row.waits, row.end = row.waits + 1, fault.text or "SUCCESS"

    def _query_refund(self, message: Message) -> Message:
        row = self._book.of_refund(message["out_refund_no"])
        if row.status == "PROCESSING" and not row.waits:
            self._end(row)
        row.waits = max(0, row.waits - 1)
        return row.to_wire()

    def _end(self, row: RefundRow) -> None:
        self._book.end_refund(row, self.clock())
        self._tell(row.content.get("notify_url"), f"REFUND.{row.status}", row.to_notice())

    def _tell(self, url: str | None, event: str, resource: Message) -> None:
        if self.notify and url:
            self._notices.send(url, event, resource)

    async def _page(self, request: Request) -> Response:
        order = self._book.of_token(request.path_params["token"])
        if order is None:
            return sandbox_pages.told("订单不存在", status=404)
        carried = {name: request.query_params[name] for name in CARRIED if name in request.query_params}
        return sandbox_pages.cashier(order, carried)

    async def _pressed(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        order = self._book.of_token(request.path_params["token"])
        if order is None:
            return sandbox_pages.told("订单不存在", status=404)
        if form.get("action") == "cancel":
            return sandbox_pages.told("已取消支付", back=form.get("redirect_url", ""))
        if form.get("action") != "pay":
            return sandbox_pages.told("请选择支付或取消", status=400)
        return self._pay(order, form)

    def _pay(self, order: Order, form: Mapping[str, str]) -> Response:
        if order.trade_type == "JSAPI" and not self._may_request_payment(order, form):
            return sandbox_pages.told("支付验证签名失败", status=403)
        try:
            self._book.pay(order, self.clock())
        except Refusal as refusal:
            return sandbox_pages.told(refusal.message, status=409, back=form.get("redirect_url", ""))
        self._tell(order.content.get("notify_url"), "TRANSACTION.SUCCESS", order.to_wire())
        return sandbox_pages.told("支付成功", back=form.get("redirect_url", ""))

    def _may_request_payment(self, order: Order, form: Mapping[str, str]) -> bool:
        package = form.get("package", "")
        text = wire.payment_text(self._app_id, form.get("timeStamp", ""), form.get("nonceStr", ""), package)
        signed = form.get("signType") == "RSA" and wire.verify(self._merchant_key, text, form.get("paySign", ""))
        return signed and package == f"prepay_id={order.token}"


def _body(body: bytes) -> Message:
    try:
        return wire.load(body) if body else {}
    except ValueError:
        raise Refusal("PARAM_ERROR", "请求体不是JSON对象") from None


def _booked(order: Order) -> dict[str, object]:
    return {
        "trade_number": order.trade_number,
        "state": order.state,
        "total_fen": order.total,
        "refunded_fen": order.refunded,
    }
