"""医保在线服务授权验证: the patient consents on the platform's page, and the code from there becomes a payAuthNo.

The number is a secret: sealed in the patient's row, in no log, no exchange and no answer of the graph.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from tortoise.transactions import in_transaction

from app import audit, clock, patients
from app.audit import Actor
from app.installation import Installation
from app.models import Patient
from app.patients import Keep
from app.problems import Problem
from clients.authorization.gateway import AuthorizationGateway
from clients.authorization.messages import Authorization, RedeemCode


@dataclass(frozen=True, slots=True)
class Page:
    """Where the patient consents, and until when the code from there is worth handing in."""

    url: str
    expires_at: datetime


async def start(installation: Installation, patient: Patient, actor: Actor, keep: Keep) -> None:
    """Note that the patient is sent to consent. Raises Problem where the hospital has no such platform."""
    _platform(installation)
    async with in_transaction() as connection:
        await Patient.filter(id=patient.id).using_db(connection).update(authorization_asked_at=clock.now())
        await audit.write(connection, actor, "patientAuthorizationStart", patient)
        await keep(connection, patient.id)


def page(installation: Installation, patient: Patient) -> Page:
    """The page of the last `start`."""
    asked_at = patient.authorization_asked_at or clock.now()
    return Page(_platform(installation).page(), asked_at + installation.timing.consent)


async def refresh(installation: Installation, patient: Patient, request: RedeemCode, actor: Actor, keep: Keep) -> None:
    """Redeem the code and keep the number for as long as the settings say.

    Raises a `PlatformError`, and Problem: somebody else pays, or the consent is somebody else's.
    """
    told = await _platform(installation).redeem(request, message_id=uuid4().hex)
    _own(installation, patient, told)
    moment = clock.now()
    columns = {
        "authorization_sealed": patients.sealed(installation, patient, "authorization", told.number),
        "authorization_expires_at": moment + installation.timing.authorization,
        "authorization_checked_at": moment,
    }
    async with in_transaction() as connection:
        await Patient.filter(id=patient.id).using_db(connection).update(**columns)
        await audit.write(connection, actor, "patientAuthorizationRefresh", patient)
        await keep(connection, patient.id)


def _own(installation: Installation, patient: Patient, told: Authorization) -> None:
    if told.family:
        raise Problem("FAMILY_PAYMENT")
    if told.id_number is not None and told.id_number != patients.opened(installation, patient, "id_number"):
        raise Problem("AUTHORIZATION_OF_ANOTHER")


def _platform(installation: Installation) -> AuthorizationGateway:
    platform = installation.platforms.authorization
    if platform is None:
        raise Problem("AUTHORIZATION_UNAVAILABLE")
    return platform
