"""What the centre's pharmacist and the pharmacy see: a plain page in Chinese whose forms a script can post."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse

from clients.circulation.epc.sandbox_book import STATE_NAMES, UNUSED, USE_NAMES, VALID, VERDICT_NAMES, Prescription

_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>处方流转平台(沙箱)</title></head><body><h1>处方流转平台(沙箱)</h1>
{content}
</body></html>
"""
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_REVIEW = '<input name="opinion" value=""><button name="action" value="approve">审核通过</button>'
_REJECT = '<button name="action" value="reject">审核不通过</button>'
_TAKE = '<button name="action" value="take">全部取药</button>'


def desk(prescriptions: Iterable[Prescription]) -> HTMLResponse:
    """Every uploaded prescription, with what can be done to it."""
    return told("".join(map(_entry, prescriptions)) or "<p>暂无处方</p>", safe=True)


def told(words: str, *, status: int = 200, safe: bool = False) -> HTMLResponse:
    """A page that only says how it went; `safe` words are HTML already."""
    content = words if safe else f'<p>{escape(words)}</p><p><a href="">返回</a></p>'
    return HTMLResponse(_PAGE.format(content=content), status_code=status, headers=_HEADERS)


def form(body: bytes) -> dict[str, str]:
    """The fields that were posted; of a name that comes twice the last."""
    return {name: values[-1] for name, values in parse_qs(body.decode(errors="replace")).items()}


def _entry(each: Prescription) -> str:
    words = [STATE_NAMES.get(each.state, "已核验"), USE_NAMES[each.use]]
    words += [VERDICT_NAMES[each.review.verdict]] if each.review else []
    drugs = "".join(f"<li>{escape(drug['drugGenname'])} {escape(drug['drugCnt'])}</li>" for drug in each.drugs)
    return (
        f"<section><h2>{escape(each.number)}</h2><p>{' · '.join(words)}</p><ul>{drugs}</ul>"
        f'<form method="post" action=""><input type="hidden" name="number" value="{escape(each.number)}">'
        f"{_buttons(each)}</form></section>"
    )


def _buttons(each: Prescription) -> str:
    if each.state != VALID:
        return ""
    if each.review is None:
        return _REVIEW + _REJECT
    return _TAKE if each.use == UNUSED else ""
