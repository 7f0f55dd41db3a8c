"""医保挂号 and its undoing: 1101 → 2201 → 2203, and 2202 (insurance.md 2.2, 4.1).

An unknown 2201 is looked for by 5201: the settlement's own number is the visit number (门诊号), so what is found
is ours.
"""

from __future__ import annotations

from datetime import timedelta

from app import clock, patients
from app.patients import E_VOUCHER, OUTPATIENT
from app.settlement import charges, ledger
from app.settlement.work import Done, NotExecuted, Outcome, Release, Skip, Work
from clients.errors import Refused
from clients.insurance.core.messages import CancelRegistration, Diagnosis, QueryVisits, Register, UploadVisit
from clients.insurance.core.refusals import Reason


async def register(work: Work) -> Outcome:
    """Register the visit and upload its diagnoses; a registration that is on record is not made again."""
    if changed := await charges.hold(work):
        return changed
    if not await patients.insured(work.installation, work.patient):
        return Release("NOT_INSURED")
    if work.settlement.visit_id is None:
        request = await _registration(work)
        sent = await ledger.intend(work, "2201", await work.installation.sign_in.message_id(), request)
        try:
            found = await work.platforms.insurance_core.register(request, message_id=sent)
        except Refused as refused:
            if refused.reason != Reason.DUPLICATE or not await _look(work):
                raise
        else:
            await _keep(work, found.visit_id)
    visit = await _visit(work)
    sent = await ledger.intend(work, "2203", await work.installation.sign_in.message_id(), visit)
    await work.platforms.insurance_core.upload_visit(visit, message_id=sent)
    return Done(serial=work.settlement.visit_id)


async def find(work: Work) -> Outcome:
    """5201 by person and time; 2203 overwrites, so it may simply be sent again."""
    if work.settlement.visit_id is None:
        await _look(work)
    return NotExecuted()


async def _look(work: Work) -> bool:
    """Ask by 5201 for the registration of an attempt whose answer never came, and keep it. False: there is none."""
    visits = await work.platforms.insurance_core.query_visits(
        QueryVisits(
            insured_area=work.patient.insured_area or "",
            person_number=work.patient.person_number or "",
            begins_at=work.settlement.created_at - timedelta(days=1),
            ends_at=clock.now() + timedelta(days=1),
            medical_type=OUTPATIENT,
            sign_number=await work.installation.sign_in.number(),
        ),
        message_id=await work.installation.sign_in.message_id(),
    )
    ours = [visit for visit in visits if visit.visit_number == work.settlement.number]
    if ours:
        await _keep(work, ours[0].visit_id)
    return bool(ours)


async def _keep(work: Work, visit_id: str) -> None:
    """What the registration is, and under which insurance: the patient's may be another one later."""
    await ledger.keep(work, visit_id=visit_id, insurance_type=work.patient.insurance_type)


async def cancel(work: Work) -> Outcome:
    """2202; "already gone" is as good as done. A registration whose answer never came is looked for first."""
    if work.settlement.visit_id is None and not await _look(work):
        return Skip("nothing was registered")
    request = CancelRegistration(
        insured_area=work.patient.insured_area or "",
        person_number=work.patient.person_number or "",
        visit_id=work.settlement.visit_id or "",
        visit_number=work.settlement.number,
        sign_number=await work.installation.sign_in.number(),
    )
    sent = await ledger.intend(work, "2202", await work.installation.sign_in.message_id(), request)
    try:
        await work.platforms.insurance_core.cancel_registration(request, message_id=sent)
    except Refused as refused:
        if refused.reason != Reason.ALREADY_GONE:
            raise
    return Done(serial=work.settlement.visit_id)


async def not_cancelled(work: Work) -> Outcome:
    """An unknown 2202 is sent again (insurance.md 4.1): a second one finds the registration gone."""
    return NotExecuted()


async def _registration(work: Work) -> Register:
    order, patient = work.order, work.patient
    return Register(
        insured_area=patient.insured_area or "",
        person_number=patient.person_number or "",
        insurance_type=patient.insurance_type or "",
        began_at=work.settlement.created_at,
        certificate_type=E_VOUCHER,
        certificate_number=work.patient_text("authorization"),
        visit_number=work.settlement.number,
        doctor_code=order.doctor.code,
        doctor_name=order.doctor.name,
        department_code=order.department.code,
        department_name=order.department.name,
        department_category=order.department.category,
        sign_number=await work.installation.sign_in.number(),
    )


async def _visit(work: Work) -> UploadVisit:
    return UploadVisit(
        insured_area=work.patient.insured_area or "",
        visit_id=work.settlement.visit_id or "",
        person_number=work.patient.person_number or "",
        medical_type=OUTPATIENT,
        began_at=work.settlement.created_at,
        complaint=work.order.consultation.complaint,
        diagnoses=await work.diagnoses(Diagnosis),
        sign_number=await work.installation.sign_in.number(),
    )
