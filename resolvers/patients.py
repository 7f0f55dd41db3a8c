"""Patients: verify the insurance, send them to consent, redeem what they bring back, and what is known of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import authorization, clock, models, patients
from app.authorization import Page
from app.idempotency import Once
from app.money import yuan_text
from app.problems import checked
from app.tokens import Role
from clients.authorization.messages import RedeemCode
from resolvers import ids
from resolvers.context import Context
from resolvers.once import answer_once

LONGEST_CODE = 256


@dataclass(frozen=True, slots=True)
class Insured:
    """What 1101 and 2001 last told."""

    active: bool
    balance: str | None


async def verify(context: Context, patient_id: str, key: str) -> models.Patient:
    """参保人员身份信息验证."""
    context.allow(Role.PATIENT, Role.DOCTOR, Role.CASHIER)
    patient = await ids.find(context.viewer, models.Patient, patient_id, "patientId")

    async def act(once: Once) -> int:
        await patients.verify(context.installation, patient, context.actor, once.keep)
        return int(patient.id)

    return await answer_once(context, models.Patient, "patientInsuranceVerify", key, patient_id, act)


async def authorization_start(context: Context, patient_id: str, key: str) -> tuple[models.Patient, Page]:
    """Where the patient consents."""
    context.allow(Role.PATIENT)
    patient = await ids.find(context.viewer, models.Patient, patient_id, "patientId")

    async def act(once: Once) -> int:
        await authorization.start(context.installation, patient, context.actor, once.keep)
        return int(patient.id)

    asked = await answer_once(context, models.Patient, "patientAuthorizationStart", key, patient_id, act)
    return asked, authorization.page(context.installation, asked)


async def authorization_refresh(
    context: Context, patient_id: str, code: str, open_id: str | None, key: str
) -> models.Patient:
    """医保在线服务授权验证: what the code that came back from the page stands for."""
    context.allow(Role.PATIENT)
    patient = await ids.find(context.viewer, models.Patient, patient_id, "patientId")
    request = RedeemCode(
        code=checked(code, field="authCode", longest=LONGEST_CODE),
        open_id="" if open_id is None else checked(open_id, field="openId", longest=LONGEST_CODE),
    )

    async def act(once: Once) -> int:
        await authorization.refresh(context.installation, patient, request, context.actor, once.keep)
        return int(patient.id)

    given = [patient_id, code, open_id]
    return await answer_once(context, models.Patient, "patientAuthorizationRefresh", key, given, act)


def insured(row: Any) -> Insured | None:
    """What is known of the insurance; None while nobody asked. `row` has the columns that reads.py names."""
    if row.insurance_checked_at is None:
        return None
    fen = row.insurance_balance_fen
    return Insured(row.insurance_status == patients.ACTIVE, None if fen is None else yuan_text(fen))


def authorized(expires_at: datetime | None) -> bool | None:
    """Whether the consent still holds; None where there never was one."""
    return None if expires_at is None else expires_at > clock.now()
