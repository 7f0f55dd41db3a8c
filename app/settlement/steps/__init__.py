"""The steps: for each way of paying and each step, how it is sent and how its outcome is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from app.models import StepKind, Way
from app.settlement.steps import (
    checkout,
    fee_details,
    his_confirmation,
    invoice,
    mixed,
    preview,
    registration,
    result,
    self_pay,
)
from app.settlement.steps import settlement as insurance_settlement
from app.settlement.work import Outcome, Work

Act = Callable[[Work], Awaitable[Outcome]]
K, SELF_PAY, INSURED = StepKind, Way.SELF_PAY, (Way.INSURANCE, Way.MIXED)


@dataclass(frozen=True, slots=True)
class Step:
    """`send` does it; `inquire` asks the platform after an attempt whose outcome is unknown."""

    send: Act
    inquire: Act


STEPS: Mapping[tuple[Way, StepKind], Step] = {
    **{
        (way, kind): step
        for way in INSURED
        for kind, step in {
            K.REGISTRATION: Step(registration.register, registration.find),
            K.FEE_DETAILS: Step(fee_details.upload, fee_details.find),
            K.PREVIEW: Step(preview.place, preview.find),
            K.CHECKOUT: Step(checkout.open_page, checkout.open_page),
            K.RESULT: Step(result.ask, result.ask),
            K.REVERSE_REGISTRATION: Step(registration.cancel, registration.not_cancelled),
            K.REVERSE_FEE_DETAILS: Step(fee_details.revoke, fee_details.find_revoked),
            K.REVERSE_SETTLEMENT: Step(insurance_settlement.refund, insurance_settlement.find_refund),
        }.items()
    },
    (SELF_PAY, K.CHECKOUT): Step(self_pay.checkout, self_pay.find_checkout),
    (SELF_PAY, K.RESULT): Step(self_pay.ask, self_pay.ask),
    (SELF_PAY, K.REVERSE_SETTLEMENT): Step(self_pay.refund, self_pay.find_refund),
    (Way.MIXED, K.CHECKOUT): Step(mixed.checkout, mixed.find_checkout),
    (Way.MIXED, K.RESULT): Step(mixed.ask, mixed.ask),
    (Way.MIXED, K.REVERSE_SETTLEMENT): Step(mixed.refund, mixed.refund),
    **{
        (way, kind): step
        for way in Way
        for kind, step in {
            K.HIS_CONFIRMATION: Step(his_confirmation.confirm, his_confirmation.find),
            K.INVOICE: Step(invoice.issue, invoice.find),
            K.HIS_CANCELLATION: Step(his_confirmation.cancel, his_confirmation.find_cancelled),
            K.RED_INVOICE: Step(invoice.red, invoice.find_red),
        }.items()
    },
}
