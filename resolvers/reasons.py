"""Why something stopped, or may not be, as a row tells it."""

from __future__ import annotations

from dataclasses import dataclass

from app import models
from app.problems import CHINESE, SENTENCES, sentence


@dataclass(frozen=True, slots=True)
class StepProblem:
    """Why a step stopped, as its row tells it."""

    code: str
    message: str
    platform: str | None
    platform_code: str | None


Stopped = (
    models.SettlementStep
    | models.PrescriptionStep
    | models.InsuranceStanding
    | models.ConsultationUpload
    | models.Refund
    | models.MissingInvoice
    | models.Shipment
    | models.ShipmentUpload
)


def prescribing_reason(right: models.PrescribingRight, language: int) -> StepProblem | None:
    """Why a doctor may not prescribe, as the row of the last verification tells it."""
    code = right.reason_code
    return None if code is None else StepProblem(code, sentence(code, {"classes": ""}, language), None, None)


def step_problem(step: Stopped, language: int) -> StepProblem | None:
    """The problem of a row that has one; what a platform said stays in its own words."""
    if step.problem_code is None:
        return None
    words = {"platform": step.problem_platform or "", "text": step.problem_message or "", "reason": ""}
    told = language == CHINESE or step.problem_code not in SENTENCES
    message = (step.problem_message or "") if told else sentence(step.problem_code, words, language)
    return StepProblem(step.problem_code, message, step.problem_platform, step.problem_platform_code)
