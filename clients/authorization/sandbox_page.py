"""The page on which a patient consents: plain HTML in Chinese, whose form a script can post."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse

_PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>医保在线授权（模拟）</title><style>
body{{font:16px/1.6 system-ui,sans-serif;margin:0;background:#f2f5f9;color:#1f2d3d}}
main{{max-width:26rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:12px;box-shadow:0 2px 12px #0001}}
h1{{font-size:1.1rem;margin:0 0 1rem}}label{{display:block;margin:.6rem 0}}
input{{font:inherit;width:100%;box-sizing:border-box}}
button{{font:inherit;width:100%;padding:.7rem;margin-top:.6rem;border:0;border-radius:8px;background:#0a63c9;color:#fff}}
button.plain{{background:#e6ebf2;color:#1f2d3d}}code{{font-size:1.2rem;word-break:break-all}}
</style></head><body><main><h1>医保在线授权（模拟）</h1>{body}</main></body></html>"""
_FORM = """<p>机构 <code>{institution}</code> 申请使用您的医保电子凭证办理线上就医。</p>
<form method="post">
<label>证件号码 <input name="id_number" autocomplete="off" required></label>
<label>亲情付：付款人证件号码（本人支付不填） <input name="payer_id_number" autocomplete="off"></label>
<button name="action" value="agree">同意授权</button>
<button class="plain" name="action" value="refuse" formnovalidate>暂不授权</button></form>"""
_HEADERS = {"cache-control": "no-store"}


def consent(institution_code: str) -> HTMLResponse:
    """Who asks, and the two buttons."""
    return _page(_FORM.format(institution=escape(institution_code)))


def code_given(code: str) -> HTMLResponse:
    """The code that a mini-program would hand back; a script reads the element `auth-code`."""
    return _page(f'<p>授权成功，授权码：</p><p><code id="auth-code">{escape(code)}</code></p>')


def told(words: str, status: int = 200) -> HTMLResponse:
    """A page that only says how it went."""
    return _page(f"<p>{escape(words)}</p>", status)


def _page(body: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(body=body), status_code=status, headers=_HEADERS)
