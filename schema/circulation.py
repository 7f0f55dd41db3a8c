"""What the platforms tell of a prescription: hints, steps of the upload, the review there, what became of the drugs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

import schema.prescription_enums  # noqa: F401  # enums are described before a type shows them
from app import models
from app.prescribing.written import DiagnosisKind
from resolvers.context import Context
from resolvers.reads import parsed
from resolvers.reasons import step_problem
from schema.fields import Node, row_of, stored
from schema.problems import Problem, step_answer
from schema.scalars import Money


@row_of(models.Pharmacist, "A pharmacist of the hospital (药师).")
class Pharmacist(Node):
    """A row of `pharmacist`."""

    code: str = stored("National pharmacist code (国家医保药师代码).")
    name: str = stored("Name (姓名).")
    title: str = stored("Professional title (职称).")


@row_of(models.PrescriptionHint, "What the insurance remarks of a prescription (事前提醒). Tender 5.")
class PrescriptionHint:
    """A row of `prescription_hint`."""

    rule_code: str = stored("The rule (规则编码).")
    rule_name: str = stored("Its name (规则名称).")
    content: str = stored("What is remarked (提醒内容).")
    severity: models.Severity = stored("How bad it is (严重程度).")
    severity_code: str = stored("The platform's own code of it (严重程度代码).")
    evidence: str | None = stored("What the rule rests on (依据).")
    amount: Money | None = stored("The amount it is about (涉及金额).")
    blocking: bool = stored("Whether it forbids the upload at this hospital (是否阻断上传).")
    serials: list[str] = stored("The lines it is about (涉及明细); of an earlier prescription: number-line.")


@row_of(models.PrescriptionStep, "One step of an upload (上传步骤). Tender 7, 8.")
class PrescriptionStep:
    """A row of `prescription_step`."""

    kind: models.PrescriptionStepKind = stored("Which step (步骤).")
    state: models.StepState = stored("What became of it (步骤状态).")
    transaction: str | None = stored("What was asked of the platform (交易).")
    attempts: int = stored("How often it was sent (发送次数).")
    started_at: datetime | None = stored("When it was first sent (开始时间).")
    finished_at: datetime | None = stored("When its outcome was known (完成时间).")

    @strawberry.field(description="Why it stopped (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@row_of(models.PrescriptionReview, "What the platform's pharmacist said (药师审方结果). Tender 20.")
class PrescriptionReview:
    """A row of `prescription_review`."""

    verdict: models.ReviewVerdict | None = stored("The verdict (审核结果); null: nobody has reviewed it yet.")
    opinion: str | None = stored("In the pharmacist's words (审核意见).")
    pharmacist_name: str | None = stored("Who reviewed it (审方药师).")
    reviewed_at: datetime | None = stored("When (审核时间).")
    checked_at: datetime = stored("When the platform told it (查询时间).")


@strawberry.type(description="A drug that a pharmacy handed out (取药明细).")
class TakenDrug:
    """Of `PrescriptionTaking`."""

    insurance_code: str = strawberry.field(description="National catalogue code (医保目录编码).")
    name: str = strawberry.field(description="Name (名称).")
    spec: str = strawberry.field(description="Specification (规格).")
    quantity: str = strawberry.field(description="Quantity as a decimal (数量).")
    batch: str | None = strawberry.field(description="Batch (批号), where the pharmacy told one.")
    taken: bool = strawberry.field(description="Whether it was taken (是否取药).")


@row_of(models.PrescriptionTaking, "What became of the drugs at the pharmacies (取药结果).")
class PrescriptionTaking:
    """A row of `prescription_taking`."""

    state: models.CirculationState = stored("How the prescription stands (处方状态).")
    use: models.DrugUse = stored("Whether the drugs were taken (使用状态).")
    use_name: str = stored("The platform's own word for it (使用状态名称).")
    settled_at: datetime | None = stored("When they were paid at the pharmacy (结算时间).")
    checked_at: datetime = stored("When the platform told it (查询时间).")

    @strawberry.field(description="The drugs that were handed out (取药明细).")
    def drugs(self, info: strawberry.Info[Context]) -> list[TakenDrug]:
        """`self` is the row."""
        row: Any = self
        return [
            TakenDrug(
                insurance_code=told["insuranceCode"],
                name=told["name"],
                spec=told["spec"],
                quantity=told["quantity"],
                batch=told["batch"] or None,
                taken=told["taken"],
            )
            for told in parsed(row.drugs)
        ]


@strawberry.type(description="A diagnosis of a prescription (诊断).")
class PrescriptionDiagnosis:
    """Of `Prescription`."""

    code: str = strawberry.field(description="Diagnosis code (诊断编码).")
    name: str = strawberry.field(description="Diagnosis (诊断名称).")
    main: bool = strawberry.field(description="Whether it is the main one (是否主诊断).")
    kind: DiagnosisKind = strawberry.field(description="Western or Chinese medicine (诊断类别).")


@strawberry.type(description="How a herbal prescription is taken (饮片用法).")
class Decoction:
    """Of `Prescription`."""

    doses: int = strawberry.field(description="Number of doses (剂数).")
    way_code: str | None = strawberry.field(description="Way, national code (用法编码).")
    way_name: str | None = strawberry.field(description="Way (用法).")
    frequency_code: str | None = strawberry.field(description="Frequency, national code (频次编码).")
    frequency_name: str | None = strawberry.field(description="Frequency (频次).")
    dose: str | None = strawberry.field(description="What is taken each time, as a decimal (单次用量).")
    dose_unit: str | None = strawberry.field(description="Its unit (用量单位).")
    instructions: str | None = strawberry.field(description="In the doctor's words (医嘱说明).")


def diagnoses_of(row: Any) -> list[PrescriptionDiagnosis]:
    """Those of a prescription's row."""
    return [
        PrescriptionDiagnosis(
            code=told["code"],
            name=told["name"],
            main=bool(told.get("main")),
            kind=DiagnosisKind(told.get("kind", "1")),
        )
        for told in parsed(row.diagnoses)
    ]


def decoction_of(row: Any) -> Decoction | None:
    """That of a prescription's row; none for what is not herbal."""
    if row.doses is None:
        return None
    return Decoction(
        doses=row.doses,
        way_code=row.way_code,
        way_name=row.way_name,
        frequency_code=row.frequency_code,
        frequency_name=row.frequency_name,
        dose=None if row.dose is None else str(row.dose),
        dose_unit=row.dose_unit,
        instructions=row.instructions,
    )
