"""The simulated centre's cashier: the page where the patient pays, and 6302 afterwards.

The page is local (mobile-payment.md 0.6, 1): only that 6201 may answer its address is known. A script can post its
form without cookies: `token` and `action` (`pay` or `cancel`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from html import escape
from typing import Any
from urllib.parse import parse_qs

import httpx
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from clients.faults import Fault, Faults
from clients.insurance.payment.sandbox_centre import Centre
from clients.insurance.payment.sandbox_orders import PRICED, SAVED, Order, yuan
from clients.insurance.sandbox_envelope import Rejection
from clients.sandbox_trust import trusted

CALLBACK_FAULTS = ("callback_never", "callback_twice", "callback_forged", "callback_early")
TRIES = 3
_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>医保移动支付</title><style>
body{{font:16px/1.6 system-ui,sans-serif;margin:0;background:#f2f5f9;color:#1f2d3d}}
main{{max-width:26rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:12px;box-shadow:0 2px 12px #0001}}
h1{{font-size:1.1rem;margin:0 0 1rem}}dl{{display:grid;grid-template-columns:1fr auto;gap:.4rem 1rem;margin:0 0 1.2rem}}
dd{{margin:0;text-align:right;font-variant-numeric:tabular-nums}}.sum{{font-weight:700;color:#0a63c9}}
button{{font:inherit;width:100%;padding:.7rem;margin-top:.6rem;border:0;border-radius:8px;background:#0a63c9;color:#fff}}
button.plain{{background:#e6ebf2;color:#1f2d3d}}p{{margin:.2rem 0}}small{{color:#69788c}}
</style></head><body><main><h1>医保移动支付（模拟）</h1>{body}</main></body></html>"""
_ROWS = (
    ("医疗费总额", "total"),
    ("医保基金支付", "fund"),
    ("个人账户支付", "account"),
    ("现金支付", "cash"),
)


class Cashier:
    """Pages by pay order id and page token; notices go out in the background."""

    def __init__(
        self, centre: Centre, faults: Faults, send_notice: Callable[[Order, Fault | None], Coroutine[Any, Any, None]]
    ) -> None:
        self._centre = centre
        self._faults = faults
        self._send_notice = send_notice
        self._tasks: set[asyncio.Task[None]] = set()

    async def page(self, request: Request) -> Response:
        """`GET`: what is to be paid."""
        order = self._order(request.path_params["pay_order_id"], request.query_params.get("token", ""))
        if order is None:
            return _told("页面不存在", 404)
        if order.settled:
            return _told("支付成功", 200)
        if order.state != PRICED:
            return _told("订单尚未预结算" if order.state == SAVED else "订单已撤销", 409)
        return HTMLResponse(_PAGE.format(body=_form(order)), headers=_HEADERS)

    async def act(self, request: Request) -> Response:
        """`POST`: 支付 pays, 取消 leaves everything as it is."""
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        token = form.get("token") or request.query_params.get("token", "")
        order = self._order(request.path_params["pay_order_id"], token)
        if order is None:
            return _told("页面不存在", 404)
        if form.get("action") != "pay":
            return _told("已取消支付", 200)
        return self._pay(order)

    def forget(self) -> None:
        """Send nothing more of what is still under way."""
        for task in tuple(self._tasks):  # one ends meanwhile, on its own thread
            task.get_loop().call_soon_threadsafe(task.cancel)

    def order_of(self, pay_order_id: str) -> Order | None:
        """A payment order, for another platform where it is paid."""
        return self._centre.orders.get(pay_order_id)

    def settle(self, order: Order) -> None:
        """The patient has paid, here or elsewhere; 6302 follows. Raises Rejection."""
        fault = self._faults.take("6302", *CALLBACK_FAULTS)
        self._centre.pay(order, fault.seconds if fault and fault.kind == "callback_early" else 0.0)
        task = asyncio.get_running_loop().create_task(self._send_notice(order, fault))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _pay(self, order: Order) -> Response:
        if order.settled:
            return _told("支付成功", 200)
        try:
            self.settle(order)
        except Rejection as no:
            return _told(str(no), 409)
        return _told("支付成功", 200)

    def _order(self, pay_order_id: str, token: str) -> Order | None:
        order = self._centre.orders.get(pay_order_id)
        return order if order and secrets.compare_digest(token.encode(), order.page_token.encode()) else None


async def post_notice(url: str, body: bytes, pause: float, tries: int) -> None:
    """Tell the hospital until it answers success, with `pause` seconds in between."""
    async with httpx.AsyncClient(timeout=5.0, trust_env=False, verify=trusted()) as client:
        for _ in range(tries):
            if await _accepted(client, url, body):
                return
            await asyncio.sleep(pause)


async def _accepted(client: httpx.AsyncClient, url: str, body: bytes) -> bool:
    try:
        answer = await client.post(url, content=body, headers={"content-type": "application/json; charset=utf-8"})
        return answer.status_code == 200 and answer.json().get("success") is True
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def _told(text: str, status: int) -> Response:
    return HTMLResponse(_PAGE.format(body=f"<p>{escape(text)}</p>"), status_code=status, headers=_HEADERS)


def _form(order: Order) -> str:
    rows = "".join(f"<dt>{label}</dt><dd>¥{yuan(getattr(order, name))}</dd>" for label, name in _ROWS)
    return (
        f'<dl>{rows}</dl><form method="post" action="{escape(order.pay_order_id)}">'
        f'<input type="hidden" name="token" value="{escape(order.page_token)}">'
        '<button name="action" value="pay">支付</button>'
        '<button class="plain" name="action" value="cancel">取消</button></form>'
        f"<p><small>支付订单号 {escape(order.pay_order_id)}</small></p>"
    )
