"""What a doctor gives to write a prescription; each kind has its own required fields."""

from __future__ import annotations

import strawberry

import schema.prescription_enums  # noqa: F401  # enums are described before a type shows them
from app import models
from app.prescribing.written import (
    DiagnosisKind,
    Written,
    WrittenDecoction,
    WrittenDiagnosis,
    WrittenItem,
)


@strawberry.input(description="A diagnosis (诊断).")
class DiagnosisInput:
    """Of `PrescriptionCreateInput`."""

    code: str = strawberry.field(description="Diagnosis code (诊断编码), at most 20 characters.")
    name: str = strawberry.field(description="Diagnosis (诊断名称), at most 100 characters.")
    main: bool = strawberry.field(default=False, description="Whether it is the main one (主诊断); exactly one is.")
    kind: DiagnosisKind = strawberry.field(
        default=DiagnosisKind.WESTERN, description="Western or Chinese medicine (诊断类别)."
    )


@strawberry.input(description="A drug of the hospital's formulary (处方药品).")
class PrescriptionItemInput:
    """Of `PrescriptionCreateInput`."""

    item_code: str = strawberry.field(description="The hospital's code (院内编码).")
    quantity: str = strawberry.field(description="How much is dispensed (数量): a decimal, at most two places.")
    dose: str = strawberry.field(
        description="What is taken each time (单次剂量): a decimal; of a herbal piece, what goes into one dose (剂)."
    )
    dose_unit: str = strawberry.field(description="Its unit (剂量单位).")
    days: int | None = strawberry.field(default=None, description="For how many days (用药天数), 1–84; not herbal.")
    way_code: str | None = strawberry.field(default=None, description="Way, code (用药途径编码); not herbal.")
    way_name: str | None = strawberry.field(default=None, description="Way (用药途径); not herbal.")
    frequency_code: str | None = strawberry.field(default=None, description="Frequency, code (频次编码); not herbal.")
    frequency_name: str | None = strawberry.field(default=None, description="Frequency (频次); not herbal.")
    footnote: str | None = strawberry.field(default=None, description="How to prepare a herbal piece (草药脚注).")
    self_paid: bool | None = strawberry.field(
        default=None, description="Whether the patient pays (是否自费); must be said of a drug of limited use."
    )


@strawberry.input(description="How a herbal prescription is taken (饮片用法).")
class DecoctionInput:
    """Of `PrescriptionCreateInput`."""

    doses: int = strawberry.field(description="Number of doses (剂数), 1–60.")
    days: int = strawberry.field(description="For how many days (用药天数), 1–84.")
    way_code: str = strawberry.field(description="Way, code (用法编码).")
    way_name: str = strawberry.field(description="Way (用法), for instance 水煎服.")
    frequency_code: str = strawberry.field(description="Frequency, code (频次编码).")
    frequency_name: str = strawberry.field(description="Frequency (频次).")
    dose: str = strawberry.field(description="What is taken each time (单次用量): a decimal.")
    dose_unit: str = strawberry.field(description="Its unit (用量单位).")
    instructions: str | None = strawberry.field(default=None, description="Instructions (医嘱说明).")


@strawberry.input(description="What is prescribed (开方参数).")
class PrescriptionCreateInput:
    """Of `prescriptionCreate`."""

    consultation_id: strawberry.ID = strawberry.field(description="The doctor's own consultation (问诊标识).")
    kind: models.PrescriptionKind = strawberry.field(description="Western, Chinese patent or herbal (处方类别).")
    diagnoses: list[DiagnosisInput] = strawberry.field(description="Diagnoses (诊断), 1–10.")
    items: list[PrescriptionItemInput] = strawberry.field(description="Drugs (药品): at most 5, herbal 50.")
    decoction: DecoctionInput | None = strawberry.field(
        default=None, description="How it is taken (饮片用法): of a herbal prescription, and of no other."
    )
    valid_days: int = strawberry.field(default=3, description="For how many days it is valid (有效天数), 1–3.")
    replaces_id: strawberry.ID | None = strawberry.field(
        default=None, description="The rejected or cancelled prescription that this one takes the place of (重开)."
    )
    idempotency_key: str = strawberry.field(description="The same key and input write it once (幂等键).")

    def written(self) -> Written:
        """As the hospital's process takes it."""
        return Written(
            kind=self.kind,
            diagnoses=[WrittenDiagnosis(**vars(each)) for each in self.diagnoses],
            items=[WrittenItem(**vars(each)) for each in self.items],
            decoction=WrittenDecoction(**vars(self.decoction)) if self.decoction else None,
            valid_days=self.valid_days,
        )


@strawberry.input(description="Which prescription (处方参数).")
class PrescriptionAdviseInput:
    """Of `prescriptionAdvise`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")
    idempotency_key: str = strawberry.field(description="The same key and input ask once (幂等键).")


@strawberry.input(description="Which prescription (处方参数).")
class PrescriptionUploadInput:
    """Of `prescriptionUpload`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")
    idempotency_key: str = strawberry.field(description="The same key and input upload once (幂等键).")


@strawberry.input(description="Which prescription, and why (处方与原因).")
class PrescriptionUploadCancelInput:
    """Of `prescriptionUploadCancel`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")
    reason: str = strawberry.field(description="Why (撤销原因), 1–200 characters.")
    idempotency_key: str = strawberry.field(description="The same key and input take it back once (幂等键).")


@strawberry.input(description="Which prescription (处方参数).")
class PrescriptionApproveInput:
    """Of `prescriptionApprove`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")
    idempotency_key: str = strawberry.field(description="The same key and input approve once (幂等键).")


@strawberry.input(description="Which prescription, and why (处方与原因).")
class PrescriptionRejectInput:
    """Of `prescriptionReject`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")
    reason: str = strawberry.field(description="What the doctor must change (退回原因), 1–500 characters.")
    idempotency_key: str = strawberry.field(description="The same key and input reject once (幂等键).")


@strawberry.input(description="Which prescription to ask for (处方查询参数).")
class PrescriptionReviewRefreshInput:
    """Of `prescriptionReviewRefresh`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")


@strawberry.input(description="Which prescription to ask for (处方查询参数).")
class PrescriptionTakingRefreshInput:
    """Of `prescriptionTakingRefresh`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")


@strawberry.input(description="Which consultation to upload (问诊上传参数).")
class ConsultationUploadInput:
    """Of `consultationUpload`."""

    consultation_id: strawberry.ID = strawberry.field(description="The consultation (问诊标识).")
    idempotency_key: str = strawberry.field(description="The same key and input upload once (幂等键).")
