"""医保费用明细上传 and its undoing: 6201 and 6401 (mobile-payment.md 3.1, 3.6; insurance.md 4.1).

6201 is the one transaction that cannot be asked for: without payOrdId there is no public query. Where the hospital's
centre answers a repeated medOrgOrd with the first order (`Hospital.fee_upload_repeatable`), it is sent again;
elsewhere a person must ask operations, and resuming the settlement sends it again.
"""

from __future__ import annotations

from typing import Any

from app.models import SettlementStep, StepKind, StepState
from app.models.settlements import Direction
from app.money import yuan
from app.patients import E_VOUCHER, OUTPATIENT
from app.settlement import ledger
from app.settlement.steps.result import order_status
from app.settlement.work import Done, NotExecuted, Outcome, PaidAfterAll, Skip, Stop, Work
from clients.errors import Refused
from clients.insurance.payment.messages import Diagnosis, FeeLine, RevokeOrder, UploadFeeDetails
from clients.insurance.payment.refusals import Reason
from clients.insurance.payment.states import OrderState

GONE = ("CANCELLED", "REFUNDED")


async def upload(work: Work) -> Outcome:
    """6201: every line of the order; the answer opens the payment order."""
    changes = await _open(work)
    return Done(changes, serial=changes["pay_order_id"])


async def _open(work: Work) -> dict[str, Any]:
    request = await _request(work)
    mark = "F" if work.step.kind is StepKind.FEE_DETAILS else "G"
    sent = await ledger.intend(work, "6201", f"{work.settlement.number}-{mark}{work.step.attempts + 1}", request)
    opened = await work.platforms.insurance_payment.upload_fee_details(request, message_id=sent)
    return {
        "pay_order_id": opened.pay_order_id,
        "pay_token_sealed": work.sealed("pay_token", opened.pay_token),
        "cashier_url_sealed": work.sealed("cashier_url", opened.cashier_url) if opened.cashier_url else None,
    }


async def find(work: Work) -> Outcome:
    """The same order number again where that is safe; elsewhere only operations can tell."""
    if work.hospital.fee_upload_repeatable:
        return NotExecuted()
    raise Stop("OUTCOME_UNKNOWN", platform="insurance.payment")


async def revoke(work: Work) -> Outcome:
    """6401, by what 6301 says of the order: nothing to do when it is gone, not possible when it was just paid."""
    if work.settlement.pay_order_id is None and not await _recovered(work):
        return Skip("no fee details were uploaded")
    status = await order_status(work)
    if status.state.kind in GONE or status.state is OrderState.INSURANCE_REFUNDED:
        return Skip(f"gone already: {status.state.value}")
    if status.state.kind == "PAID" and _releasing(work):
        return PaidAfterAll()
    request = RevokeOrder(**_same_fields(work))
    sent = await ledger.intend(work, "6401", f"{work.settlement.number}-K{work.step.attempts + 1}", request)
    try:
        await work.platforms.insurance_payment.revoke_order(request, message_id=sent)
    except Refused as refused:
        if _releasing(work) and (await order_status(work)).state.kind == "PAID":
            return PaidAfterAll()
        if refused.reason != Reason.ALREADY_REVOKED:
            raise
    return await _unpaid(work)


async def _unpaid(work: Work) -> Done:
    """Done, unless the patient paid between our question and the revocation of an order that was to be given up."""
    if _releasing(work) and (await order_status(work)).state.kind == "PAID":
        raise Stop("AMOUNTS_DIFFER", reason="6401 / 6301: 6")
    return Done(serial=work.settlement.pay_order_id)


async def find_revoked(work: Work) -> Outcome:
    """After an unknown 6401: done when 6301 says so, else it may be sent again."""
    if work.settlement.pay_order_id is None:
        return NotExecuted()
    status = await order_status(work)
    return Done(serial=work.settlement.pay_order_id) if status.state.kind in GONE else NotExecuted()


def _releasing(work: Work) -> bool:
    return work.settlement.direction is Direction.RELEASE


async def _recovered(work: Work) -> bool:
    """Learn the order of an upload that was never answered, by the same upload. False: nothing was uploaded.

    Where an upload cannot be repeated a person must ask operations first; that one resumed says that one did.
    """
    uploads = SettlementStep.filter(settlement_id=work.settlement.id, kind=StepKind.FEE_DETAILS)
    if not await uploads.filter(state__in=(StepState.SENDING, StepState.UNKNOWN)).exists():
        return False
    if work.hospital.fee_upload_repeatable:
        await ledger.keep(work, **await _open(work))
        return True
    if work.step.problem_code is None:
        raise Stop("OUTCOME_UNKNOWN", platform="insurance.payment")
    return False


def _same_fields(work: Work) -> dict[str, str]:
    return {
        "pay_order_id": work.settlement.pay_order_id or "",
        "pay_token": work.opened("pay_token"),
        "id_number": work.patient_text("id_number"),
        "name": work.patient_text("name"),
        "id_type": work.patient.id_type,
    }


async def _request(work: Work) -> UploadFeeDetails:
    order, patient, settlement = work.order, work.patient, work.settlement
    return UploadFeeDetails(
        person_number=patient.person_number or "",
        insurance_type=patient.insurance_type or "",
        order_number=settlement.number,
        began_at=settlement.created_at,
        id_number=work.patient_text("id_number"),
        name=work.patient_text("name"),
        id_type=patient.id_type,
        pay_auth_number=work.patient_text("authorization"),
        area=patient.insured_area or "",
        insured_area=patient.insured_area or "",
        visit_number=settlement.number,
        doctor_code=order.doctor.code,
        doctor_name=order.doctor.name,
        department_code=order.department.code,
        department_name=order.department.name,
        department_category=order.department.category,
        visit_id=settlement.visit_id or "",
        medical_type=OUTPATIENT,
        total=yuan(settlement.total_fen),
        batch_number=settlement.number,
        certificate_type=E_VOUCHER,
        use_account=True,
        diagnoses=await work.diagnoses(Diagnosis),
        lines=await _lines(work),
    )


async def _lines(work: Work) -> tuple[FeeLine, ...]:
    order = work.order
    return tuple(
        FeeLine(
            serial=line.serial,
            prescription_number=line.prescription_number,
            occurred_at=order.created_at,
            catalogue_code=line.insurance_code,
            item_code=line.item_code,
            name=line.name,
            spec=line.spec,
            amount=yuan(line.amount_fen),
            quantity=line.quantity,
            price=line.price,
            department_code=order.department.code,
            department_name=order.department.name,
            doctor_code=order.doctor.code,
            doctor_name=order.doctor.name,
        )
        for line in await work.lines.standing()
    )
