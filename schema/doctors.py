"""Doctors: verify who they are, have them sign in by face, verify what they may prescribe."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from resolvers import doctors as resolve
from resolvers.context import Context
from schema.hospitals import Doctor
from schema.problems import (
    FaceSignInRefusal,
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    InsuranceRefusal,
    NotFoundProblem,
    PlatformUnavailableProblem,
    ProblemsAreAnswers,
    StateProblem,
)


@strawberry.input(description="Whose identity to verify (医师身份验证参数).")
class DoctorIdentityVerifyInput:
    """Of `doctorIdentityVerify`."""

    doctor_id: strawberry.ID = strawberry.field(description="The doctor (医师标识).")
    idempotency_key: str = strawberry.field(description="The same key and input ask once (幂等键).")


@strawberry.input(description="Who signs in by face (人脸签到参数).")
class DoctorFaceSignInStartInput:
    """Of `doctorFaceSignInStart`."""

    doctor_id: strawberry.ID = strawberry.field(description="The doctor (医师标识).")
    return_url: str | None = strawberry.field(
        default=None, description="Where the page leads back to (返回地址): https, at most 500 characters."
    )
    idempotency_key: str = strawberry.field(description="The same key and input open the same page (幂等键).")


@strawberry.input(description="Whose face sign-in to ask for (人脸签到查询参数).")
class DoctorFaceSignInRefreshInput:
    """Of `doctorFaceSignInRefresh`."""

    doctor_id: strawberry.ID = strawberry.field(description="The doctor (医师标识).")


@strawberry.input(description="Whose right to verify (处方权校验参数).")
class DoctorPrescribingRightVerifyInput:
    """Of `doctorPrescribingRightVerify`."""

    doctor_id: strawberry.ID = strawberry.field(description="The doctor (医师标识).")
    idempotency_key: str = strawberry.field(description="The same key and input verify once (幂等键).")


@strawberry.type(description="The doctor as now known (医师).")
class DoctorPayload:
    """The yes of what is asked of a platform about a doctor."""

    doctor: Doctor = strawberry.field(description="The doctor (医师).")


@strawberry.type(description="The page on which the doctor signs in (人脸签到页面).")
class DoctorFaceSignInStartPayload:
    """The yes of `doctorFaceSignInStart`."""

    url: str = strawberry.field(description="The page's address, for this doctor alone (签到页面地址).")
    expires_at: datetime = strawberry.field(description="Until when it is open (页面失效时间).")


DoctorIdentityVerifyResult = Annotated[
    DoctorPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | InsuranceRefusal
    | PlatformUnavailableProblem,
    strawberry.union("DoctorIdentityVerifyResult", description="The doctor, or why nothing was told (身份验证结果)."),
]
DoctorFaceSignInStartResult = Annotated[
    DoctorFaceSignInStartPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | FaceSignInRefusal
    | PlatformUnavailableProblem,
    strawberry.union("DoctorFaceSignInStartResult", description="The page, or why there is none (签到页面结果)."),
]
DoctorFaceSignInRefreshResult = Annotated[
    DoctorPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | StateProblem
    | FaceSignInRefusal
    | PlatformUnavailableProblem,
    strawberry.union("DoctorFaceSignInRefreshResult", description="The doctor, or why not (签到数据结果)."),
]
DoctorPrescribingRightVerifyResult = Annotated[
    DoctorPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | InsuranceRefusal
    | PlatformUnavailableProblem,
    strawberry.union(
        "DoctorPrescribingRightVerifyResult", description="The doctor, or why nothing was told (处方权校验结果)."
    ),
]


def _payload(row: Any) -> DoctorPayload:
    return DoctorPayload(doctor=row)


@strawberry.type
class DoctorMutation:
    """The write side."""

    @strawberry.mutation(
        description="Ask the insurance who the doctor is, now (医师身份验证). Tender 1.",
        extensions=[ProblemsAreAnswers()],
    )
    async def doctor_identity_verify(
        self,
        info: strawberry.Info[Context],
        input: Annotated[DoctorIdentityVerifyInput, strawberry.argument(description="Whose (身份验证参数).")],
    ) -> DoctorIdentityVerifyResult:
        """For the doctor, cashiers and administrators."""
        return _payload(await resolve.verify_identity(info.context, input.doctor_id, input.idempotency_key))

    @strawberry.mutation(
        description="Open a page on which the doctor signs in by face (医师人脸签到). Tender 2.",
        extensions=[ProblemsAreAnswers()],
    )
    async def doctor_face_sign_in_start(
        self,
        info: strawberry.Info[Context],
        input: Annotated[DoctorFaceSignInStartInput, strawberry.argument(description="Who (人脸签到参数).")],
    ) -> DoctorFaceSignInStartResult:
        """For the doctor alone."""
        page = await resolve.start_face_sign_in(info.context, input.doctor_id, input.return_url, input.idempotency_key)
        return DoctorFaceSignInStartPayload(url=page.url, expires_at=page.expires_at)

    @strawberry.mutation(
        description="Ask whether the doctor signed in by face (获取医师人脸签到数据). Tender 3.",
        extensions=[ProblemsAreAnswers()],
    )
    async def doctor_face_sign_in_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[DoctorFaceSignInRefreshInput, strawberry.argument(description="Whose (签到查询参数).")],
    ) -> DoctorFaceSignInRefreshResult:
        """For the doctor, cashiers and administrators."""
        return _payload(await resolve.refresh_face_sign_in(info.context, input.doctor_id))

    @strawberry.mutation(
        description="Verify what the doctor may prescribe (处方权校验). Tender 4.", extensions=[ProblemsAreAnswers()]
    )
    async def doctor_prescribing_right_verify(
        self,
        info: strawberry.Info[Context],
        input: Annotated[DoctorPrescribingRightVerifyInput, strawberry.argument(description="Whose (校验参数).")],
    ) -> DoctorPrescribingRightVerifyResult:
        """For the doctor, cashiers and administrators."""
        return _payload(await resolve.verify_right(info.context, input.doctor_id, input.idempotency_key))
