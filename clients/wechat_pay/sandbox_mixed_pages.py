"""What wx.requestMedicalInsurancePay opens in the sandbox: a page with both parts, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from clients.wechat_pay import sandbox_pages
from clients.wechat_pay.sandbox_book import Refusal
from clients.wechat_pay.sandbox_mixed import MixedOrder, MixedOrders

Tell = Callable[[str | None, str, dict[str, Any]], None]


class MixedPages:
    """Pages by the number of the mixed order; `tell` sends a notice."""

    def __init__(self, orders: MixedOrders, tell: Tell) -> None:
        self._orders = orders
        self._tell = tell

    async def show(self, request: Request) -> Response:
        """`GET`: both parts."""
        order = self._order(request)
        return sandbox_pages.told("订单不存在", status=404) if order is None else sandbox_pages.mixed_cashier(order)

    async def press(self, request: Request) -> Response:
        """`POST`: 确认支付 pays both parts, 取消支付 leaves everything as it is."""
        form = dict(parse_qsl((await request.body()).decode()))
        order = self._order(request)
        if order is None:
            return sandbox_pages.told("订单不存在", status=404)
        if form.get("action") != "pay":
            return sandbox_pages.told("已取消支付")
        return self._pay(order)

    def _order(self, request: Request) -> MixedOrder | None:
        return self._orders.of_page(request.path_params["mix_trade_no"])

    def _pay(self, order: MixedOrder) -> Response:
        try:
            self._orders.pay(order)
        except Refusal as refusal:
            return sandbox_pages.told(refusal.message, status=409)
        if order.cash is not None:
            self._tell(order.cash.content.get("notify_url"), "TRANSACTION.SUCCESS", order.cash.to_wire())
        self._tell(order.content["callback_url"], "MEDICAL_INSURANCE.SUCCESS", order.to_wire())
        return sandbox_pages.told("支付成功")
