"""The consultation as the insurance knows it (医保就诊, 2201): prescriptions and records need its 就诊ID.

A settlement registers a visit of its own; this one belongs to the consultation, and it stays. The row is the intent:
its number is the visit number (门诊号), so what 5201 finds under it is ours (insurance.md 4.1).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from app import clock, numbers, patients
from app.installation import Installation
from app.models import Consultation, InsuranceVisit
from app.patients import OUTPATIENT
from app.problems import Problem
from app.settlement.ledger import request_digest
from app.sign_in import signed_in
from clients.errors import Refused
from clients.insurance.core.messages import QueryVisits, Register, Visit
from clients.insurance.core.refusals import Reason

Intend = Callable[[str, object], Awaitable[str]]


async def registered(installation: Installation, consultation: Consultation, intend: Intend) -> InsuranceVisit:
    """The visit with its 就诊ID; registered now where it is not. `consultation` has patient, doctor and department.

    `intend` commits that a transaction is about to be sent and gives its message id. Raises a `PlatformError`, and
    Problem: the patient has no active insurance, or must consent first.
    """
    if not await patients.insured(installation, consultation.patient):
        raise Problem("NOT_INSURED")
    visit = await _row(consultation)
    if visit.visit_id is None and not (visit.message_id and await _look(installation, visit)):
        await _register(installation, consultation, visit, intend)
    return visit


async def found(installation: Installation, consultation: Consultation) -> bool:
    """Whether the visit is on record, here or (5201) there. Raises a `PlatformError`."""
    visit = await InsuranceVisit.get_or_none(consultation_id=consultation.id)
    return visit is not None and (visit.visit_id is not None or await _look(installation, visit))


async def _register(
    installation: Installation, of: Consultation, visit: InsuranceVisit, intend: Intend, *, again: bool = True
) -> None:
    """One attempt; another, with its own intent, where the insurance forgot our sign-in."""
    request = await _registration(installation, of, visit)
    sent = await intend(request.transaction, request)
    digest = request_digest(request)
    await InsuranceVisit.filter(id=visit.id).update(message_id=sent, request_digest=digest)
    try:
        answer = await installation.platforms.insurance_core.register(request, message_id=sent)
    except Refused as refused:
        if again and refused.reason == Reason.SIGN_IN_REQUIRED:
            installation.sign_in.forget()
            return await _register(installation, of, visit, intend, again=False)
        if refused.reason != Reason.DUPLICATE or not await _look(installation, visit):
            raise
    else:
        await _keep(visit, answer.visit_id)


async def _row(of: Consultation) -> InsuranceVisit:
    patient = of.patient
    visit, _ = await InsuranceVisit.get_or_create(
        {
            "number": await numbers.business_number(numbers.VISIT),
            "person_number": patient.person_number or "",
            "insurance_type": patient.insurance_type or "",
            "insured_area": patient.insured_area or "",
            "created_at": clock.now(),
        },
        consultation_id=of.id,
    )
    return visit


async def _registration(installation: Installation, of: Consultation, visit: InsuranceVisit) -> Register:
    kind, number = patients.certificate(installation, of.patient)
    return Register(
        insured_area=visit.insured_area,
        person_number=visit.person_number,
        insurance_type=visit.insurance_type,
        began_at=of.began_at,
        certificate_type=kind,
        certificate_number=number,
        visit_number=visit.number,
        doctor_code=of.doctor.code,
        doctor_name=of.doctor.name,
        department_code=of.department.code,
        department_name=of.department.name,
        department_category=of.department.category,
        sign_number=await installation.sign_in.number(),
    )


async def _look(installation: Installation, visit: InsuranceVisit) -> bool:
    """Ask by 5201 for a registration whose answer never came, and keep it. False: there is none."""
    consultation = await Consultation.get(id=visit.consultation_id)

    async def query(sign_number: str, message_id: str) -> Sequence[Visit]:
        asked = QueryVisits(
            insured_area=visit.insured_area,
            person_number=visit.person_number,
            begins_at=consultation.began_at - timedelta(days=1),
            ends_at=clock.now() + timedelta(days=1),
            medical_type=OUTPATIENT,
            sign_number=sign_number,
        )
        return await installation.platforms.insurance_core.query_visits(asked, message_id=message_id)

    ours = [each for each in await signed_in(installation.sign_in, query) if each.visit_number == visit.number]
    if ours:
        await _keep(visit, ours[0].visit_id)
    return bool(ours)


async def _keep(visit: InsuranceVisit, visit_id: str) -> None:
    visit.visit_id = visit_id
    await InsuranceVisit.filter(id=visit.id).update(visit_id=visit_id)
