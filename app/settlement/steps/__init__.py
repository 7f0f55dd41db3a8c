"""The steps: for each kind of payment and each step, how it is sent and how its outcome is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from app.models import PayKind, StepKind
from app.settlement.steps import (
    checkout,
    fee_details,
    his_confirmation,
    invoice,
    preview,
    registration,
    result,
    self_pay,
)
from app.settlement.steps import settlement as insurance_settlement
from app.settlement.work import Outcome, Work

Act = Callable[[Work], Awaitable[Outcome]]
K, INSURANCE, SELF_PAY = StepKind, PayKind.INSURANCE, PayKind.SELF_PAY


@dataclass(frozen=True, slots=True)
class Step:
    """`send` does it; `inquire` asks the platform after an attempt whose outcome is unknown."""

    send: Act
    inquire: Act


STEPS: Mapping[tuple[PayKind, StepKind], Step] = {
    (INSURANCE, K.REGISTRATION): Step(registration.register, registration.find),
    (INSURANCE, K.FEE_DETAILS): Step(fee_details.upload, fee_details.find),
    (INSURANCE, K.PREVIEW): Step(preview.place, preview.find),
    (INSURANCE, K.CHECKOUT): Step(checkout.open_page, checkout.open_page),
    (INSURANCE, K.RESULT): Step(result.ask, result.ask),
    (INSURANCE, K.REVERSE_REGISTRATION): Step(registration.cancel, registration.not_cancelled),
    (INSURANCE, K.REVERSE_FEE_DETAILS): Step(fee_details.revoke, fee_details.find_revoked),
    (INSURANCE, K.REVERSE_SETTLEMENT): Step(insurance_settlement.refund, insurance_settlement.find_refund),
    (SELF_PAY, K.CHECKOUT): Step(self_pay.checkout, self_pay.find_checkout),
    (SELF_PAY, K.RESULT): Step(self_pay.ask, self_pay.ask),
    (SELF_PAY, K.REVERSE_SETTLEMENT): Step(self_pay.refund, self_pay.find_refund),
    **{
        (pay_kind, kind): step
        for pay_kind in PayKind
        for kind, step in {
            K.HIS_CONFIRMATION: Step(his_confirmation.confirm, his_confirmation.find),
            K.INVOICE: Step(invoice.issue, invoice.find),
            K.HIS_CANCELLATION: Step(his_confirmation.cancel, his_confirmation.find_cancelled),
            K.RED_INVOICE: Step(invoice.red, invoice.find_red),
        }.items()
    },
}
