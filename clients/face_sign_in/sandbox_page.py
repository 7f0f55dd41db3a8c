"""What a doctor would see: a plain page in Chinese whose form a script can post (`action`: `sign` or `cancel`)."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>医师人脸签到(沙箱)</title></head><body><h1>医师人脸签到(沙箱)</h1>
{content}
</body></html>
"""
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def form(name: str, code: str) -> HTMLResponse:
    """The page with the two buttons."""
    return _page(f"""<p>{escape(name)} <code>{escape(code)}</code></p>
<form method="post" action="">
<button name="action" value="sign">人脸签到</button>
<button name="action" value="cancel">取消</button></form>""")


def told(words: str, *, status: int = 200, back: str = "") -> HTMLResponse:
    """A page that only says how it went, with the way back, if that is a web address."""
    link = f'<p><a href="{escape(back)}">返回</a></p>' if back.startswith(("https://", "http://")) else ""
    return _page(f"<p>{escape(words)}</p>{link}", status)


def action(body: bytes) -> str:
    """Which button was pressed."""
    return parse_qs(body.decode(errors="replace")).get("action", [""])[-1]


def _page(content: str, status: int = 200) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(content=content), status_code=status, headers=_HEADERS)
