"""医师人脸签到: a page for a doctor, and what the platform says of it afterwards."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import uuid4

from tortoise.transactions import in_transaction

from app import audit, clock
from app.audit import Actor
from app.doctors import replace
from app.idempotency import Once
from app.installation import Installation
from app.models import Doctor, FaceSignIn, FaceSignInTicket
from app.problems import Problem
from clients.face_sign_in.gateway import DoctorFaceSignIn
from clients.face_sign_in.messages import AskStatus, CreatePage, Page, Status

LONGEST_URL = 500
LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def start(
    installation: Installation, doctor: Doctor, return_url: str | None, actor: Actor, once: Once
) -> FaceSignInTicket:
    """A page on which the doctor signs in. Raises Problem, or a `PlatformError`: then another start is safe."""
    gateway = _gateway(installation)
    request = CreatePage(doctor_code=doctor.code, return_url=_web_address(return_url))
    intent = await FaceSignInTicket.create(doctor_id=doctor.id, message_id=uuid4().hex, created_at=clock.now())
    page = await gateway.create_url(request, message_id=intent.message_id)
    async with in_transaction() as connection:
        changes = _sealed(installation, intent, page)
        await FaceSignInTicket.filter(id=intent.id).using_db(connection).update(**changes)
        await once.keep(connection, intent.id)
        await audit.write(connection, actor, "doctor.face_sign_in_start", doctor)
    return intent


async def refresh(installation: Installation, doctor: Doctor) -> None:
    """获取医师人脸签到数据 of the newest page. A sign-in of before that still holds is not taken away by a new page.

    Raises Problem where no page was opened, or a `PlatformError`.
    """
    gateway = _gateway(installation)
    ticket = await FaceSignInTicket.filter(doctor_id=doctor.id, ticket_sealed__isnull=False).order_by("-id").first()
    if ticket is None:
        raise Problem("FACE_SIGN_IN_NOT_STARTED")
    number = installation.sealer.open(ticket.ticket_sealed or b"", _bound("ticket", ticket))
    asked = AskStatus(doctor_code=doctor.code, ticket=number)
    await _keep(doctor, await gateway.status(asked, message_id=uuid4().hex))


def url_of(installation: Installation, ticket: FaceSignInTicket) -> str:
    """The page of a ticket."""
    return installation.sealer.open(ticket.url_sealed or b"", _bound("url", ticket))


async def _keep(doctor: Doctor, told: Status) -> None:
    moment = clock.now()
    holds = await FaceSignIn.exists(doctor_id=doctor.id, signed=True, valid_until__gt=moment)
    row = FaceSignIn(
        doctor_id=doctor.id,
        signed=told.signed,
        signed_at=told.signed_at,
        valid_until=told.valid_until,
        checked_at=moment,
    )
    facts = () if holds and not told.signed else ("signed", "signed_at", "valid_until")
    await replace(row, "checked_at", *facts)


def _gateway(installation: Installation) -> DoctorFaceSignIn:
    gateway = installation.platforms.face_sign_in
    if gateway is None:
        raise Problem("FACE_SIGN_IN_NOT_SET_UP")
    return gateway


def _web_address(given: str | None) -> str | None:
    """Raises Problem for anything but an https address (or one of this machine), without blanks, not too long."""
    if given is None:
        return None
    try:
        told = urlsplit(given)
        host = told.hostname
    except ValueError:
        told, host = urlsplit(""), None
    safe = told.scheme == "https" or (told.scheme == "http" and host in LOOPBACK)
    if not (host and safe and given.isprintable() and " " not in given and len(given) <= LONGEST_URL):
        raise Problem("INVALID_INPUT", field="returnUrl", reason=f"https://…, ≤ {LONGEST_URL}")
    return given


def _sealed(installation: Installation, ticket: FaceSignInTicket, page: Page) -> dict[str, object]:
    return {
        "ticket_sealed": installation.sealer.seal(page.ticket, _bound("ticket", ticket)),
        "url_sealed": installation.sealer.seal(page.url, _bound("url", ticket)),
        "expires_at": page.expires_at,
    }


def _bound(column: str, ticket: FaceSignInTicket) -> str:
    return f"face_sign_in_ticket.{column}:{ticket.message_id}"
