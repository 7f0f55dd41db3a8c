"""What the patient would see: the pages of the sandbox, plain HTML in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from starlette.responses import HTMLResponse

from clients.wechat_pay.sandbox_book import Order

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
<p>支付金额 <strong>¥{order.total // 100}.{order.total % 100:02d}</strong></p>
<form method="post">{hidden}
<button name="action" value="pay">确认支付</button>
<button name="action" value="cancel">取消支付</button></form>""")


def told(words: str, *, status: int = 200, back: str = "") -> HTMLResponse:
    """A page that only says how it went, with the way back to the merchant's page, if that is a web address."""
    link = f'<p><a href="{escape(back)}">返回商户</a></p>' if back.startswith(("https://", "http://")) else ""
    return _page(f"<p>{escape(words)}</p>{link}", status)


def _page(content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(content=content), status_code=status)
