"""The patient, masked: insurance, consent, and how both are asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app import models
from resolvers import patients as resolve
from resolvers.context import Context
from schema.fields import Node, row_of, stored
from schema.problems import (
    AuthorizationProblem,
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    InsuranceRefusal,
    NotFoundProblem,
    PlatformUnavailableProblem,
    ProblemsAreAnswers,
)
from schema.scalars import Money


@strawberry.type(description="What the insurance told of a patient (参保信息). Tender 9.")
class PatientInsurance:
    """The insurance that pays; where none is active, the first one that was told."""

    active: bool = strawberry.field(description="Whether there is an insurance in use (是否正常参保).")
    person_number: str | None = strawberry.field(description="Person number, masked (人员编号，脱敏).")
    insurance_type: str | None = strawberry.field(description="Insurance type (险种类型): 310 employee, 390 resident.")
    area: str | None = strawberry.field(description="Where the patient is insured (参保地医保区划).")
    balance: Money | None = strawberry.field(description="The personal account (个人账户余额), where it is told.")
    status: str | None = strawberry.field(description="Insurance status (人员参保状态): 1 normal … 4 ended.")
    checked_at: datetime = strawberry.field(description="When the platform told it (查询时间).")
    benefit: bool | None = strawberry.field(
        description="Whether any fund pays for outpatients now (待遇享受标志); null where it was not told."
    )
    benefit_reason: str | None = strawberry.field(
        description="Why no fund pays (待遇检查结果), in the platform's words."
    )
    benefit_checked_at: datetime | None = strawberry.field(description="When the benefit was told (待遇检查时间).")


@strawberry.type(description="The patient's consent to online insurance services (医保在线授权). Tender 10.")
class PatientAuthorization:
    """The authorisation number itself is never told."""

    authorized: bool = strawberry.field(description="Whether it holds now (是否已授权).")
    expires_at: datetime = strawberry.field(description="Until when it holds (授权失效时间).")
    checked_at: datetime | None = strawberry.field(description="When the platform told it (查询时间).")


@row_of(models.Patient, "A patient (患者). Personal data is masked.")
class Patient(Node):
    """A row of `patient`."""

    name: str = stored("Name, masked (姓名，脱敏): 张*.")
    id_number: str = stored("Identity number, masked (证件号码，脱敏): 3502**********1234.")
    phone: str = stored("Telephone, masked (电话，脱敏): 138****0001.")
    gender: str = stored("Gender (性别): 1 male, 2 female.")
    insurance_type: str | None = stored(
        "Insurance type (险种类型) as the platform last told: 310 employee, 390 resident."
    )
    insured_area: str | None = stored("Where the patient is insured (参保地医保区划), as the platform last told.")
    insurance_checked_at: datetime | None = stored("When the platform last told the insurance (参保信息查询时间).")

    @strawberry.field(description="What the insurance last told (参保信息); null while nobody has asked. Tender 9.")
    def insurance(self, info: strawberry.Info[Context]) -> PatientInsurance | None:
        """Tender 9; `self` is the row."""
        row: Any = self
        told = resolve.insured(row)
        if told is None:
            return None
        return PatientInsurance(
            active=told.active,
            person_number=row.person_number_masked,
            insurance_type=row.insurance_type,
            area=row.insured_area,
            balance=Money(told.balance) if told.balance is not None else None,
            status=row.insurance_status,
            checked_at=row.insurance_checked_at,
            benefit=row.benefit_enjoyed,
            benefit_reason=row.benefit_reason,
            benefit_checked_at=row.benefit_checked_at,
        )

    @strawberry.field(description="The last consent (医保在线授权); null where there never was one. Tender 10.")
    def authorization(self, info: strawberry.Info[Context]) -> PatientAuthorization | None:
        """Tender 10; `self` is the row."""
        row: Any = self
        holds = resolve.authorized(row.authorization_expires_at)
        if holds is None:
            return None
        return PatientAuthorization(
            authorized=holds, expires_at=row.authorization_expires_at, checked_at=row.authorization_checked_at
        )


@strawberry.input(description="Whose insurance to verify (参保验证参数).")
class PatientInsuranceVerifyInput:
    """Of `patientInsuranceVerify`."""

    patient_id: strawberry.ID = strawberry.field(description="The patient (患者标识).")
    idempotency_key: str = strawberry.field(description="The same key and input ask once (幂等键).")


@strawberry.input(description="Who is to consent (发起授权参数).")
class PatientAuthorizationStartInput:
    """Of `patientAuthorizationStart`."""

    patient_id: strawberry.ID = strawberry.field(description="The patient (患者标识).")
    idempotency_key: str = strawberry.field(description="The same key and input start once (幂等键).")


@strawberry.input(description="What came back from the page (授权结果参数).")
class PatientAuthorizationRefreshInput:
    """Of `patientAuthorizationRefresh`."""

    patient_id: strawberry.ID = strawberry.field(description="The patient (患者标识).")
    auth_code: str = strawberry.field(description="The code from the page (授权码); it works once.")
    open_id: str | None = strawberry.field(
        default=None, description="The WeChat user (微信用户标识), where the platform asks for it; it is not kept."
    )
    idempotency_key: str = strawberry.field(description="The same key and input redeem once (幂等键).")


@strawberry.type(description="The patient as now known (患者结果).")
class PatientPayload:
    """The yes of what is asked about a patient."""

    patient: Patient = strawberry.field(description="The patient (患者).")


@strawberry.type(description="Where the patient consents (授权页面). Tender 10.")
class PatientAuthorizationStartPayload:
    """A mini-program's path, or the address of a page."""

    patient: Patient = strawberry.field(description="The patient (患者).")
    url: str = strawberry.field(
        description="Address of the page, or the path to open in the insurance mini-program (授权页面地址); open it "
        "as it is, without encoding it again."
    )
    expires_at: datetime = strawberry.field(
        description="Until when the code from there should be handed in (页面失效时间)."
    )


PatientInsuranceVerifyResult = Annotated[
    PatientPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | AuthorizationProblem
    | InsuranceRefusal
    | PlatformUnavailableProblem,
    strawberry.union(
        "PatientInsuranceVerifyResult", description="The patient, or why nothing is known (参保验证结果)."
    ),
]
PatientAuthorizationStartResult = Annotated[
    PatientAuthorizationStartPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | AuthorizationProblem,
    strawberry.union("PatientAuthorizationStartResult", description="The page, or why there is none (发起授权结果)."),
]
PatientAuthorizationRefreshResult = Annotated[
    PatientPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | AuthorizationProblem
    | InsuranceRefusal
    | PlatformUnavailableProblem,
    strawberry.union("PatientAuthorizationRefreshResult", description="The patient, or why not (授权结果)."),
]


@strawberry.type
class PatientMutation:
    """The write side."""

    @strawberry.mutation(
        description="Ask the insurance who the patient is to it, and whether it pays (参保人员身份信息验证). Tender 9.",
        extensions=[ProblemsAreAnswers()],
    )
    async def patient_insurance_verify(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PatientInsuranceVerifyInput, strawberry.argument(description="Whose (参保验证参数).")],
    ) -> PatientInsuranceVerifyResult:
        """Tender 9."""
        row: Any = await resolve.verify(info.context, input.patient_id, input.idempotency_key)
        return PatientPayload(patient=row)

    @strawberry.mutation(
        description="Where the patient consents to online insurance services (发起医保在线授权). Tender 10.",
        extensions=[ProblemsAreAnswers()],
    )
    async def patient_authorization_start(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PatientAuthorizationStartInput, strawberry.argument(description="Who (发起授权参数).")],
    ) -> PatientAuthorizationStartResult:
        """Tender 10; for the patient alone."""
        asked: Any
        asked, page = await resolve.authorization_start(info.context, input.patient_id, input.idempotency_key)
        return PatientAuthorizationStartPayload(patient=asked, url=page.url, expires_at=page.expires_at)

    @strawberry.mutation(
        description="Redeem the code that came back from the page (医保在线服务授权验证). Tender 10.",
        extensions=[ProblemsAreAnswers()],
    )
    async def patient_authorization_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PatientAuthorizationRefreshInput, strawberry.argument(description="What (授权结果参数).")],
    ) -> PatientAuthorizationRefreshResult:
        """Tender 10; for the patient alone."""
        row: Any = await resolve.authorization_refresh(
            info.context, input.patient_id, input.auth_code, input.open_id, input.idempotency_key
        )
        return PatientPayload(patient=row)
