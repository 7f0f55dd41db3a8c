"""What is known of a doctor: the standing with the insurance, the face sign-in, the right to prescribe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from app import models
from resolvers.context import Context
from resolvers.reasons import prescribing_reason, step_problem
from schema.fields import Node, row_of, stored
from schema.problems import Problem, step_answer


@row_of(models.InsuranceStanding, "A doctor's standing with the insurance (医保医师身份), as 5102 last told. Tender 1.")
class InsuranceStanding(Node):
    """A row of `insurance_standing`."""

    insurance_doctor: bool | None = stored("Whether the doctor is an insurance doctor (医保医师标志).")
    valid_from: datetime | None = stored("From when the standing holds (开始时间).")
    valid_until: datetime | None = stored("Until when it holds (结束时间); null: no end was told.")
    checked_at: datetime | None = stored("When the platform told it (查询时间).")

    @strawberry.field(description="Why the last asking told nothing (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@row_of(models.FaceSignIn, "A doctor's face sign-in (医师人脸签到), as the platform last told. Tender 3.")
class FaceSignIn(Node):
    """A row of `face_sign_in`."""

    signed: bool = stored("Whether the doctor signed in (是否已签到).")
    signed_at: datetime | None = stored("When (签到时间).")
    valid_until: datetime | None = stored("Until when it holds (签到有效期).")
    checked_at: datetime = stored("When the platform told it (查询时间).")


@row_of(models.PrescribingRight, "What a doctor could prescribe when it was last verified (处方权). Tender 4.")
class PrescribingRight(Node):
    """A row of `prescribing_right`."""

    allowed: bool = stored("Whether the doctor could prescribe (是否有处方权).")
    classes: list[models.DrugClass] = stored("What the hospital grants (授权的处方权类别).")
    checked_at: datetime = stored("When it was verified (校验时间).")

    @strawberry.field(description="Why the doctor could not, and what to do next (原因).")
    def reason(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(prescribing_reason(row, info.context.language))
