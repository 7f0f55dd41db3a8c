"""`GET /files/{kind}/{token}`: what a link of ours opens. A handler for each kind; each download is audited."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from tortoise.models import Model
from tortoise.transactions import in_transaction

from app import audit, invoices
from app.exports import download
from app.installation import Installation, Installations
from app.links import BadLink, Claim, ExpiredLink
from app.models import Invoice, ReportExport

HEADERS = {"cache-control": "private, no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}
REFUSAL = "链接无效或已过期 (this link is not valid, or not any more)"


@dataclass(frozen=True, slots=True)
class File:
    """The row that was asked for, and how it is answered."""

    row: Model
    response: Response


Handler = Callable[[Installation, Claim], Awaitable[File | None]]


async def receipt(installation: Installation, claim: Claim) -> File | None:
    """电子票据: the platform's public page; its inner address is never told (receipts.md A.5)."""
    invoice = await Invoice.get_or_none(id=claim.object_id, hospital_id=claim.hospital_id)
    page = invoices.address(installation, invoice) if invoice else None
    if invoice is None or page is None:
        return None
    return File(invoice, RedirectResponse(page.url, HTTPStatus.FOUND))


async def export(installation: Installation, claim: Claim) -> File | None:
    """导出: the file, for whoever asked for it."""
    row = await ReportExport.get_or_none(
        id=claim.object_id, hospital_id=claim.hospital_id, subject=claim.subject, role=claim.role
    )
    if row is None or not download.ready(row):
        return None
    headers = {
        "content-disposition": f'attachment; filename="{download.name(row)}"',
        "content-length": str(row.size_bytes),
    }
    return File(row, StreamingResponse(download.pieces(row), media_type=download.MEDIA[row.format], headers=headers))


HANDLERS: Mapping[str, Handler] = {invoices.FILE: receipt, download.FILE: export}


def files(installations: Installations) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint. An expired link is 410, anything else that does not open is 404; neither tells more."""

    async def answer(request: Request) -> Response:
        kind, token = request.path_params["kind"], request.path_params["token"]
        try:
            claim = installations.first.links.read(kind, token)
        except ExpiredLink:
            return _refused(HTTPStatus.GONE)
        except BadLink:
            return _refused(HTTPStatus.NOT_FOUND)
        installation = await installations.of(claim.hospital_id)
        file = await HANDLERS[kind](installation, claim) if installation and kind in HANDLERS else None
        if file is None:
            return _refused(HTTPStatus.NOT_FOUND)
        await _keep(claim, kind, file.row)
        file.response.headers.update(HEADERS)
        return file.response

    return answer


async def _keep(claim: Claim, kind: str, row: Model) -> None:
    """Who downloaded what: the person for whom the link was made."""
    actor = audit.Actor(subject=claim.subject, role=claim.role, hospital_id=claim.hospital_id)
    async with in_transaction() as connection:
        await audit.write(connection, actor, "file.download", row, {"kind": kind})


def _refused(status: HTTPStatus) -> Response:
    return PlainTextResponse(REFUSAL, status, HEADERS)
