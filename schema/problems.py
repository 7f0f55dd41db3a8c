"""The failures that are answers: each implements `Problem`, and only this module turns a failure into its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension

import schema.enums  # noqa: F401  # enums are described before a type shows them
from app.problems import NEXT_STEPS, NextStep, sentence
from app.problems import Problem as Failure
from clients.errors import Garbled, NotSent, PlatformError, Refused
from resolvers.context import Context
from resolvers.reasons import StepProblem


@strawberry.interface(description="An expected failure (业务失败): `code` never changes, `message` is for the person.")
class Problem:
    """What every failure has."""

    code: str = strawberry.field(description="What went wrong, for programs (错误代码); stable.")
    message: str = strawberry.field(description="What went wrong, for people (提示): Chinese, or English where asked.")


@strawberry.type(description="An input that cannot be used (输入有误).")
class InputProblem(Problem):
    """Names the field."""

    field: str | None = strawberry.field(description="The input field that is wrong (字段).")


@strawberry.type(description="The object does not exist, or is not yours to see (不存在).")
class NotFoundProblem(Problem):
    """Absent and forbidden look the same."""


@strawberry.type(description="Your role may not do this (无权限).")
class ForbiddenProblem(Problem):
    """The role is wrong, or a second person is needed."""


@strawberry.type(description="The idempotencyKey was used with another input (幂等键冲突).")
class IdempotencyProblem(Problem):
    """The same key must mean the same request."""


@strawberry.type(description="The object is in a state that does not allow this (状态不允许).")
class StateProblem(Problem):
    """Look at the object's state and its steps."""


@strawberry.type(description="This way of paying is not available to the patient (支付方式不可用).")
class PayKindProblem(Problem):
    """The message says why."""


@strawberry.type(
    description="The patient's consent to online insurance services is missing or unusable (医保授权问题)."
)
class AuthorizationProblem(Problem):
    """See `code` and `message`: consent first, in person, or at a hospital that has it."""


@strawberry.type(description="The charges changed since they were listed (费用已变更): list them again.")
class FeesChangedProblem(Problem):
    """The fee digest of a prescription is another one now."""


@strawberry.type(description="A platform does not answer (平台无应答); nothing was lost.")
class PlatformUnavailableProblem(Problem):
    """Try again later."""

    platform: str | None = strawberry.field(description="Which platform (平台).")


@strawberry.type(description="The insurance platform said no (医保平台拒绝).")
class InsuranceRefusal(Problem):
    """In the platform's own words."""

    platform_code: str | None = strawberry.field(description="The platform's own code (平台错误码).")


@strawberry.type(description="The hospital information system said no (HIS 拒绝).")
class HISRefusal(Problem):
    """In the HIS's own words."""

    platform_code: str | None = strawberry.field(description="The HIS's own code (HIS 错误码).")


@strawberry.type(description="The e-receipt platform said no (电子票据平台拒绝).")
class ReceiptRefusal(Problem):
    """In the platform's own words."""

    platform_code: str | None = strawberry.field(description="The platform's own code (平台错误码).")


@strawberry.type(description="The self-pay provider said no (统一支付拒绝).")
class SelfPayRefusal(Problem):
    """In the provider's own words."""

    platform_code: str | None = strawberry.field(description="The provider's own code (平台错误码).")


@strawberry.type(description="The doctor may not prescribe (不能开方): what to do next stands beside it.")
class DoctorProblem(Problem):
    """Standing, face sign-in or grant is missing."""

    next_step: NextStep = strawberry.field(description="What to do next (下一步).")


@strawberry.type(description="The face sign-in platform said no (人脸签到平台拒绝).")
class FaceSignInRefusal(Problem):
    """In the platform's own words."""

    platform_code: str | None = strawberry.field(description="The platform's own code (平台错误码).")


@strawberry.type(description="The file could not be written (导出失败): see `code` and `message`.")
class ExportProblem(Problem):
    """Too many rows, or several attempts failed."""


@strawberry.type(description="Whoever follows parcels, or is told of them, said no (物流平台拒绝).")
class DeliveryRefusal(Problem):
    """In their own words."""

    platform_code: str | None = strawberry.field(description="Their own code (平台错误码).")


@strawberry.type(description="The prescription circulation platform said no (处方流转平台拒绝).")
class CirculationRefusal(Problem):
    """In the platform's own words."""

    platform_code: str | None = strawberry.field(description="The platform's own code (平台错误码).")


@strawberry.type(description="A step stopped for a reason of its own (步骤中止): see `code` and `message`.")
class StepStopped(Problem):
    """Amounts that disagree, a page that expired, a patient without insurance."""


REFUSALS: Mapping[str, type[Problem]] = {
    "insurance": InsuranceRefusal,
    "insurance.payment": InsuranceRefusal,
    "authorization": InsuranceRefusal,
    "circulation": CirculationRefusal,
    "his": HISRefusal,
    "receipts": ReceiptRefusal,
    "face_sign_in": FaceSignInRefusal,
    "wechat_pay": SelfPayRefusal,
    "kuaidi100": DeliveryRefusal,
    "wechat_shipping": DeliveryRefusal,
}

BY_CODE: Mapping[str, type[Problem]] = {
    "INVALID_INPUT": InputProblem,
    "PRESCRIPTIONS_DIFFER": InputProblem,
    "PRESCRIPTION_WITHDRAWN": InputProblem,
    "DRUG_UNKNOWN": InputProblem,
    "NOTHING_PAYABLE": InputProblem,
    "NOT_FOUND": NotFoundProblem,
    **dict.fromkeys(
        ("FORBIDDEN", "HOSPITAL_NOT_SET_UP", "REFUND_BY_SAME_PERSON", "OWN_PRESCRIPTION", "PHARMACIST_UNKNOWN"),
        ForbiddenProblem,
    ),
    "REFUND_TOO_MUCH": InputProblem,
    "IDEMPOTENCY_KEY_REUSED": IdempotencyProblem,
    "PAY_KIND_NOT_ALLOWED": PayKindProblem,
    "FEES_CHANGED": FeesChangedProblem,
    **dict.fromkeys(NEXT_STEPS, DoctorProblem),
    **dict.fromkeys(
        ("AUTHORIZATION_NEEDED", "AUTHORIZATION_OF_ANOTHER", "FAMILY_PAYMENT", "AUTHORIZATION_UNAVAILABLE"),
        AuthorizationProblem,
    ),
    **dict.fromkeys(
        (
            "ORDER_ALREADY_SETTLED",
            "ORDER_BEING_SETTLED",
            "ORDER_EXPIRED",
            "ORDER_REFUNDED",
            "NOT_REVERSIBLE",
            "NOT_RESUMABLE",
            "CHANGED_MEANWHILE",
            "NOT_INVOICEABLE",
            "NOT_REFUNDABLE",
            "NOT_DECIDABLE",
            "ALREADY_DISPENSED",
            "FACE_SIGN_IN_NOT_SET_UP",
            "FACE_SIGN_IN_NOT_STARTED",
            "SHIPMENT_EXISTS",
            "SHIPMENT_NOT_SETTLED",
            "PRESCRIPTION_NOT_APPROVED",
            "NOBODY_TO_TELL",
            "TRACKING_NOT_SET_UP",
            "CARRIER_NOT_SET_UP",
            "NOT_INSURED",
            "NOT_REPLACEABLE",
            "NOT_ADVISABLE",
            "NOT_UPLOADABLE",
            "NOT_REVIEWABLE",
            "NOT_CANCELLABLE",
            "NOT_UPLOADED",
            "ADVICE_NEEDED",
            "ADVICE_BLOCKS",
            "CIRCULATION_NOT_SET_UP",
            "PRESCRIPTION_ORDERED",
            "DRUGS_TAKEN",
            "DOCTOR_CERTIFICATE_MISSING",
            "NOTHING_DIAGNOSED",
        ),
        StateProblem,
    ),
}

UNAVAILABLE = ("PLATFORM_UNAVAILABLE", "OUTCOME_UNKNOWN", "ANSWER_GARBLED")


def answer(failure: Failure, language: int) -> Problem:
    """A failure of ours as its type."""
    kind = BY_CODE[failure.code]
    more: dict[str, Any] = {"field": failure.field} if kind is InputProblem else _next_step(failure.code)
    return kind(code=failure.code, message=failure.message(language), **more)


def _next_step(code: str) -> dict[str, Any]:
    return {"next_step": NEXT_STEPS[code]} if code in NEXT_STEPS else {}


def platform_answer(error: PlatformError, language: int) -> Problem:
    """A platform's failure as its type."""
    if isinstance(error, Refused):
        return _refusal(error.platform, error.message, error.code)
    code = "PLATFORM_UNAVAILABLE" if isinstance(error, NotSent) else "OUTCOME_UNKNOWN"
    code = "ANSWER_GARBLED" if isinstance(error, Garbled) else code
    message = sentence(code, {"platform": error.platform}, language)
    return PlatformUnavailableProblem(code=code, message=message, platform=error.platform)


def step_answer(told: StepProblem | None) -> Problem | None:
    """Why a step stopped, as a type."""
    if told is None:
        return None
    if told.code == "PLATFORM_REFUSED" and told.platform:
        return _refusal(told.platform, told.message, told.platform_code)
    if told.code == "FEES_CHANGED":
        return FeesChangedProblem(code=told.code, message=told.message)
    if told.code in UNAVAILABLE:
        return PlatformUnavailableProblem(code=told.code, message=told.message, platform=told.platform)
    if told.code in NEXT_STEPS:
        return DoctorProblem(code=told.code, message=told.message, **_next_step(told.code))
    return StepStopped(code=told.code, message=told.message)


def _refusal(platform: str, message: str, platform_code: str | None) -> Problem:
    kind: Any = REFUSALS[platform]
    refused: Problem = kind(
        code=f"{kind.__name__.removesuffix('Refusal').upper()}_REFUSED", message=message, platform_code=platform_code
    )
    return refused


class ProblemsAreAnswers(FieldExtension):
    """No resolver catches: what it raises as an expected failure is a member of the field's result union."""

    async def resolve_async(self, next_: Any, source: Any, info: strawberry.Info[Context], **kwargs: Any) -> Any:
        """The field's answer, or its failure as one."""
        try:
            return await next_(source, info, **kwargs)
        except Failure as failure:
            return answer(failure, info.context.language)
        except PlatformError as error:
            return platform_answer(error, info.context.language)


TYPES = (
    InputProblem,
    NotFoundProblem,
    ForbiddenProblem,
    IdempotencyProblem,
    StateProblem,
    PayKindProblem,
    AuthorizationProblem,
    FeesChangedProblem,
    PlatformUnavailableProblem,
    InsuranceRefusal,
    HISRefusal,
    ReceiptRefusal,
    SelfPayRefusal,
    DoctorProblem,
    FaceSignInRefusal,
    DeliveryRefusal,
    CirculationRefusal,
    StepStopped,
    ExportProblem,
)
