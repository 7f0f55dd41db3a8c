"""What the patient would see: the pages of the sandbox, plain HTML in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

from clients.wechat_pay.sandbox_book import Order
from clients.wechat_pay.sandbox_mixed import MixedOrder

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>微信支付(沙箱)</title></head><body><h1>微信支付(沙箱)</h1>
{content}
</body></html>
"""


def cashier(order: Order, carried: Mapping[str, str]) -> HTMLResponse:
    """The page with the amount and the two buttons; `carried` goes along unseen."""
    hidden = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in carried.items())
    return _page(f"""<p>{escape(order.content["description"])}</p>
<p>商户订单号 <code>{escape(order.trade_number)}</code></p>
<p>支付金额 <strong>¥{_yuan(order.total)}</strong></p>
<form method="post">{hidden}
<button name="action" value="pay">确认支付</button>
<button name="action" value="cancel">取消支付</button></form>""")


def mixed_cashier(order: MixedOrder) -> HTMLResponse:
    """What wx.requestMedicalInsurancePay shows: the insurance parts, the cash, and the two buttons."""
    names = {"医保统筹": "med_ins_gov_fee", "医保个账": "med_ins_self_fee", "现金支付": "wechat_pay_cash_fee"}
    rows = "".join(f"<p>{label} ¥{_yuan(order.content.get(name) or 0)}</p>" for label, name in names.items())
    return _page(f"""<p>混合订单号 <code>{escape(order.number)}</code></p>{rows}
<p>合计 <strong>¥{_yuan(order.content["total_fee"])}</strong></p>
<form method="post">
<button name="action" value="pay">确认支付</button>
<button name="action" value="cancel">取消支付</button></form>""")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def told(words: str, *, status: int = 200, back: str = "") -> HTMLResponse:
    """A page that only says how it went, with the way back to the merchant's page, if that is a web address."""
    link = f'<p><a href="{escape(back)}">返回商户</a></p>' if back.startswith(("https://", "http://")) else ""
    return _page(f"<p>{escape(words)}</p>{link}", status)


def _page(content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(content=content), status_code=status)
