"""The steps of an upload: how each is done, and how the platform is asked when its answer was lost.

Which of the two the protocol wants after silence is told by the channel (`PrescriptionCirculation.steps`): a step that
may be repeated simply is; an upload or a cancellation is asked for by `status` first.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app import clock, visits
from app.installation import Installation
from app.models import CirculationState, PrescriptionSignature
from app.models import PrescriptionStepKind as K
from app.prescribing import ledger, words
from app.prescribing.ledger import Work
from app.prescription_pdf import render
from app.problems import Problem
from clients.circulation.gateway import (
    Cancel,
    PrescriptionCirculation,
    Remedy,
    Sign,
    Signed,
    State,
    Status,
    Step,
    Upload,
    Verified,
    Verify,
)
from clients.circulation.prescription import Approval, Prescription
from clients.circulation.refusals import Reason
from clients.errors import Refused


@dataclass(frozen=True, slots=True)
class Done:
    """It is done; `changes` are columns of the prescription."""

    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Again:
    """The platform knows nothing of it, or may be told again: send."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Somebody else must act first; who acts wakes us."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The pharmacist said no."""


Outcome = Done | Again | Rest | Rejected


def circulation(installation: Installation) -> PrescriptionCirculation:
    """The platform. Raises Problem where the hospital has none."""
    platform = installation.platforms.circulation
    if platform is None:
        raise Problem("CIRCULATION_NOT_SET_UP")
    return platform


async def _visit(work: Work) -> Outcome:
    async def intend(transaction: str, request: object) -> str:
        return await ledger.intend(work, transaction, await work.installation.sign_in.message_id(), request)

    await visits.registered(work.installation, work.prescription.consultation, intend)
    return Done()


async def _find_visit(work: Work) -> Outcome:
    """5201; a number of ours is registered once, so where there is none it is sent again."""
    known = await visits.found(work.installation, work.prescription.consultation)
    return Done() if known else Again()


async def _check(work: Work) -> Outcome:
    request = Verify(
        prescription=await words.prescription(work.installation, work.prescription),
        credential=words.credential(work.installation, work.prescription.consultation.patient),
    )
    sent = await ledger.intend(work, Step.VERIFY.value, await work.installation.sign_in.message_id(), request)
    told = await circulation(work.installation).verify(request, message_id=sent)
    return Done({"trace_code": told.trace_code, "insurance_number": told.number})


async def _review(work: Work) -> Outcome:
    await work.prescription.refresh_from_db(fields=["approved", "audited_at", "pharmacist_id"])
    if work.prescription.approved is None:
        return Rest()
    return Done() if work.prescription.approved else Rejected()


async def _sign(work: Work) -> Outcome:
    told = await words.prescription(work.installation, work.prescription)
    approval = await words.approval(work.prescription)
    document = await _document(work, told, approval)
    request = Sign(prescription=told, approval=approval, verified=_verified(work), document=document)
    sent = await ledger.intend(work, Step.SIGN.value, await work.installation.sign_in.message_id(), request)
    await _keep_signature(work, await circulation(work.installation).sign(request, message_id=sent))
    return Done()


async def _upload(work: Work) -> Outcome:
    platform = circulation(work.installation)
    told = await words.prescription(work.installation, work.prescription)
    approval = await words.approval(work.prescription)
    signed = await _signed(work) if Step.SIGN in platform.steps else None
    request = Upload(
        prescription=told,
        approval=approval,
        document=signed.document if signed else await _document(work, told, approval),
        verified=_verified(work) if Step.VERIFY in platform.steps else None,
        signed=signed,
    )
    sent = await ledger.intend(work, Step.UPLOAD.value, await work.installation.sign_in.message_id(), request)
    answer = await platform.upload(request, message_id=sent)
    return _on_platform(answer.number, answer.state)


async def _cancel(work: Work) -> Outcome:
    prescription = work.prescription
    request = Cancel(
        number=prescription.insurance_number or "",
        doctor=words.doctor(work.installation, prescription),
        reason=prescription.cancellation_reason or "",
        cancelled_at=clock.now(),
    )
    sent = await ledger.intend(work, Step.CANCEL.value, await work.installation.sign_in.message_id(), request)
    try:
        state = await circulation(work.installation).cancel(request, message_id=sent)
    except Refused as refused:
        if refused.reason != Reason.ALREADY_CANCELLED:
            raise
        state = State.REVOKED
    return _taken_back(state or State.REVOKED)


async def _repeat(work: Work) -> Outcome:
    """Nothing that lasts came of it, and the same call gives the same answer."""
    return Again()


async def _find_upload(work: Work) -> Outcome:
    told = await _asked(work, Step.UPLOAD)
    return Again() if told is None else _on_platform(told.number, told.state)


async def _find_cancellation(work: Work) -> Outcome:
    told = await _asked(work, Step.CANCEL)
    return Again() if told is None or told.state is not State.REVOKED else _taken_back(told.state)


async def _asked(work: Work, step: Step) -> Status | None:
    """What the platform knows of the prescription; None: nothing, or the channel wants the call repeated."""
    platform = circulation(work.installation)
    if platform.steps[step] is Remedy.REPEAT:
        return None
    try:
        asked = await words.ask(work.installation, work.prescription)
        return await platform.status(asked, message_id=await work.installation.sign_in.message_id())
    except Refused as refused:
        if refused.reason != Reason.NOT_FOUND:
            raise
        return None


def _on_platform(number: str, state: State | None) -> Done:
    known = CirculationState(state.value) if state else None
    return Done({"insurance_number": number, "insurance_state": known, "uploaded_at": clock.now()})


def _taken_back(state: State) -> Done:
    return Done({"insurance_state": CirculationState(state.value), "cancelled_at": clock.now()})


def _verified(work: Work) -> Verified:
    prescription = work.prescription
    return Verified(trace_code=prescription.trace_code or "", number=prescription.insurance_number or "")


async def _document(work: Work, told: Prescription, approval: Approval) -> bytes:
    """处方笺 as a PDF; the same prescription gives the same bytes. ValueError for what cannot be printed."""
    return await asyncio.to_thread(render, told, approval, hospital=work.prescription.hospital.name)


async def _keep_signature(work: Work, signed: Signed) -> None:
    text = base64.b64encode(signed.document).decode()
    facts = {
        "document_sealed": work.installation.sealer.seal(text, _bound(work)),
        "digest": signed.digest,
        "certificate_serial": signed.certificate_serial,
        "certificate_subject": signed.certificate_subject,
        "signed_at": clock.now(),
    }
    await PrescriptionSignature.update_or_create(facts, prescription_id=work.prescription.id)


async def _signed(work: Work) -> Signed:
    kept = await PrescriptionSignature.get(prescription_id=work.prescription.id)
    return Signed(
        document=base64.b64decode(work.installation.sealer.open(kept.document_sealed, _bound(work))),
        digest=kept.digest,
        certificate_serial=kept.certificate_serial,
        certificate_subject=kept.certificate_subject,
    )


def _bound(work: Work) -> str:
    return f"prescription_signature.document:{work.prescription.number}"


Act = Callable[[Work], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Acts:
    """How a step is done, and how it is asked for when its outcome is not known."""

    send: Act
    inquire: Act


STEPS: Mapping[K, Acts] = {
    K.VISIT: Acts(_visit, _find_visit),
    K.CHECK: Acts(_check, _repeat),
    K.REVIEW: Acts(_review, _review),
    K.SIGNATURE: Acts(_sign, _repeat),
    K.UPLOAD: Acts(_upload, _find_upload),
    K.CANCELLATION: Acts(_cancel, _find_cancellation),
}
