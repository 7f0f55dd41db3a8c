"""What can be done with prescriptions: write, advise, review, upload, take back, look again. Tender 4–8, 20."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from resolvers import prescriptions as resolve
from resolvers.context import Context
from schema.orders import Consultation
from schema.prescription_inputs import (
    ConsultationUploadInput,
    PrescriptionAdviseInput,
    PrescriptionApproveInput,
    PrescriptionCreateInput,
    PrescriptionRejectInput,
    PrescriptionReviewRefreshInput,
    PrescriptionTakingRefreshInput,
    PrescriptionUploadCancelInput,
    PrescriptionUploadInput,
)
from schema.prescriptions import Prescription
from schema.problems import (
    AuthorizationProblem,
    CirculationRefusal,
    DoctorProblem,
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    InsuranceRefusal,
    NotFoundProblem,
    PlatformUnavailableProblem,
    ProblemsAreAnswers,
    StateProblem,
)


@strawberry.type(description="The prescription as it is now (处方).")
class PrescriptionPayload:
    """The yes of whatever is done with a prescription."""

    prescription: Prescription = strawberry.field(description="The prescription (处方).")


@strawberry.type(description="The consultation that was uploaded (问诊).")
class ConsultationUploadPayload:
    """The yes of `consultationUpload`."""

    consultation: Consultation = strawberry.field(description="The consultation (问诊).")


PrescriptionCreateResult = Annotated[
    PrescriptionPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | DoctorProblem,
    strawberry.union("PrescriptionCreateResult", description="The prescription, or why there is none (开方结果)."),
]
PrescriptionAdviseResult = Annotated[
    PrescriptionPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | AuthorizationProblem
    | InsuranceRefusal
    | PlatformUnavailableProblem,
    strawberry.union("PrescriptionAdviseResult", description="The prescription with its hints, or why not (提醒结果)."),
]
PrescriptionUploadResult = Annotated[
    PrescriptionPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | DoctorProblem,
    strawberry.union("PrescriptionUploadResult", description="The upload that was begun, or why not (上传结果)."),
]
PrescriptionUploadCancelResult = Annotated[
    PrescriptionPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("PrescriptionUploadCancelResult", description="The prescription, or why not (撤销结果)."),
]
PrescriptionApproveResult = Annotated[
    PrescriptionPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("PrescriptionApproveResult", description="The prescription, or why not (审方结果)."),
]
PrescriptionRejectResult = Annotated[
    PrescriptionPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("PrescriptionRejectResult", description="The prescription, or why not (退回结果)."),
]
PrescriptionReviewRefreshResult = Annotated[
    PrescriptionPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | StateProblem
    | InsuranceRefusal
    | CirculationRefusal
    | PlatformUnavailableProblem,
    strawberry.union("PrescriptionReviewRefreshResult", description="The review, or why not (审方结果查询)."),
]
PrescriptionTakingRefreshResult = Annotated[
    PrescriptionPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | StateProblem
    | InsuranceRefusal
    | CirculationRefusal
    | PlatformUnavailableProblem,
    strawberry.union("PrescriptionTakingRefreshResult", description="What was taken, or why not (取药结果查询)."),
]
ConsultationUploadResult = Annotated[
    ConsultationUploadPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | AuthorizationProblem
    | InsuranceRefusal
    | PlatformUnavailableProblem,
    strawberry.union("ConsultationUploadResult", description="The consultation, or why not (问诊上传结果)."),
]


def _payload(row: Any) -> PrescriptionPayload:
    return PrescriptionPayload(prescription=row)


@strawberry.type
class PrescriptionMutation:
    """The write side."""

    @strawberry.mutation(
        description="Write a prescription (医师开方): for the doctor of the consultation. Tender 4.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_create(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PrescriptionCreateInput, strawberry.argument(description="What is prescribed (开方参数).")],
    ) -> PrescriptionCreateResult:
        """Nobody is told yet."""
        written, context = input.written(), info.context
        return _payload(
            await resolve.create(context, input.consultation_id, written, input.replaces_id, input.idempotency_key)
        )

    @strawberry.mutation(
        description="Ask the insurance what it remarks (事前提醒) → `hints`. Tender 5.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_advise(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PrescriptionAdviseInput, strawberry.argument(description="Which prescription (处方参数).")],
    ) -> PrescriptionAdviseResult:
        """3101."""
        return _payload(await resolve.advise(info.context, input.prescription_id, input.idempotency_key))

    @strawberry.mutation(
        description="Upload the record of a consultation (问诊过程数据上传). Tender 6.",
        extensions=[ProblemsAreAnswers()],
    )
    async def consultation_upload(
        self,
        info: strawberry.Info[Context],
        input: Annotated[ConsultationUploadInput, strawberry.argument(description="Which (问诊上传参数).")],
    ) -> ConsultationUploadResult:
        """4301."""
        row: Any = await resolve.upload_consultation(info.context, input.consultation_id, input.idempotency_key)
        return ConsultationUploadPayload(consultation=row)

    @strawberry.mutation(
        description="Upload the prescription (医师开方上传医保), or go on after a refusal: it is checked at once, and "
        "signed and uploaded when the pharmacist has approved it. Tender 7.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_upload(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PrescriptionUploadInput, strawberry.argument(description="Which prescription (处方参数).")],
    ) -> PrescriptionUploadResult:
        """D001, D002, D003."""
        return _payload(await resolve.upload(info.context, input.prescription_id, input.idempotency_key))

    @strawberry.mutation(
        description="Take the prescription back (医师开方上传取消), while nobody has used or ordered it. Tender 8.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_upload_cancel(
        self,
        info: strawberry.Info[Context],
        input: Annotated[
            PrescriptionUploadCancelInput, strawberry.argument(description="Which prescription (处方与原因).")
        ],
    ) -> PrescriptionUploadCancelResult:
        """D004."""
        row = await resolve.cancel(info.context, input.prescription_id, input.reason, input.idempotency_key)
        return _payload(row)

    @strawberry.mutation(
        description="Approve the prescription (审方通过): for pharmacists.", extensions=[ProblemsAreAnswers()]
    )
    async def prescription_approve(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PrescriptionApproveInput, strawberry.argument(description="Which prescription (处方参数).")],
    ) -> PrescriptionApproveResult:
        """The hospital's own review, before D002."""
        return _payload(await resolve.approve(info.context, input.prescription_id, input.idempotency_key))

    @strawberry.mutation(
        description="Send the prescription back to the doctor (审方退回): for pharmacists.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_reject(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PrescriptionRejectInput, strawberry.argument(description="Which prescription (处方与原因).")],
    ) -> PrescriptionRejectResult:
        """With the reason."""
        row = await resolve.reject(info.context, input.prescription_id, input.reason, input.idempotency_key)
        return _payload(row)

    @strawberry.mutation(
        description="Ask what the platform's pharmacist said (获取处方流转平台药师审方结果) → `review`. Tender 20.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_review_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[
            PrescriptionReviewRefreshInput, strawberry.argument(description="Which prescription (处方查询参数).")
        ],
    ) -> PrescriptionReviewRefreshResult:
        """D006."""
        return _payload(await resolve.refresh_review(info.context, input.prescription_id))

    @strawberry.mutation(
        description="Ask whether the drugs were taken (取药结果查询) → `taking`.", extensions=[ProblemsAreAnswers()]
    )
    async def prescription_taking_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[
            PrescriptionTakingRefreshInput, strawberry.argument(description="Which prescription (处方查询参数).")
        ],
    ) -> PrescriptionTakingRefreshResult:
        """D007."""
        return _payload(await resolve.refresh_taking(info.context, input.prescription_id))
