"""Prescriptions: those that can be paid, as the HIS tells them, those written here, those an order was made of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from clients.his.prescriptions import Prescription as Listed
from resolvers import prescription_payments as resolve_payments
from resolvers.context import Context
from resolvers.orders import Payable
from schema.circulation import (
    Decoction,
    Pharmacist,
    PrescriptionDiagnosis,
    PrescriptionHint,
    PrescriptionReview,
    PrescriptionStep,
    PrescriptionTaking,
    decoction_of,
    diagnoses_of,
)
from schema.fields import Node, related, row_of, stored
from schema.hospitals import Doctor
from schema.patients import Patient
from schema.problems import (
    ForbiddenProblem,
    HISRefusal,
    InputProblem,
    NotFoundProblem,
    PlatformUnavailableProblem,
    Problem,
    ProblemsAreAnswers,
)
from schema.scalars import Money

if TYPE_CHECKING:
    from schema.orders import Consultation, Order


@row_of(models.PrescriptionItem, "One line of a prescription (处方明细).")
class PrescriptionItem:
    """A row of `prescription_item`."""

    serial: str = stored("Fee line number (费用明细流水号).")
    name: str = stored("Name (名称).")
    spec: str = stored("Specification (规格).")
    unit: str = stored("Unit (单位).")
    quantity: str = stored("Quantity as a decimal (数量).")
    price: str = stored("Price of one unit in yuan, up to six decimals (单价).")
    amount: Money = stored("What the line costs (金额).")
    usage: str | None = stored("How to use it (用法).")
    item_code: str = stored("The hospital's code (院内编码).")
    insurance_code: str = stored("National catalogue code (医保目录编码).")
    days: int | None = stored("For how many days (用药天数), where it was written here.")


@strawberry.type(description="What the HIS told of a prescription (处方支付信息) at `checkedAt`. Tender 25.")
class PrescriptionPayment:
    """The `payment_*` columns of a prescription."""

    state: models.PaymentState | None = stored("What became of its money (支付状态).")
    paid_at: datetime | None = stored("When it was paid (支付时间).")
    dispensing: models.DispenseState | None = stored("What became of its medicine (发药状态).")
    fees_changed: bool | None = stored("Whether the HIS now has other charges than the order (费用是否已变更).")
    checked_at: datetime = stored("When the HIS was asked (查询时间).")

    @classmethod
    def of(cls, row: Any) -> PrescriptionPayment | None:
        """Null until the HIS was asked."""
        if row.payment_checked_at is None:
            return None
        return cls(
            state=models.PaymentState(row.payment_state),
            paid_at=row.payment_paid_at,
            dispensing=models.DispenseState(row.payment_dispense_state),
            fees_changed=row.payment_fees_changed,
            checked_at=row.payment_checked_at,
        )


@row_of(models.Prescription, "A prescription (处方): written here by a doctor, or told by the HIS. Tender 7, 20.")
class Prescription(Node):
    """A row of `prescription`."""

    number: str = stored("Its number (处方号).")
    kind: models.PrescriptionKind = stored("What it is of (处方类别).")
    state: models.PrescriptionState | None = stored("Where it stands (处方状态); null: it was written in the HIS.")
    total_amount: Money = stored("What it costs (总金额).")
    issued_at: datetime = stored("When it was written (开方时间).")
    items: list[PrescriptionItem] = related("Its lines (处方明细).")
    patient: Patient = related("Whom it is for (患者).")
    doctor: Doctor = related("Who wrote it (医师).")
    consultation: Annotated[Consultation, strawberry.lazy("schema.orders")] = related("Its consultation (问诊).")
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = related("The order made of it (订单).")
    replaces: Annotated[Prescription, strawberry.lazy("schema.prescriptions")] | None = related(
        "The rejected or cancelled one that it takes the place of (原处方)."
    )
    valid_days: int | None = stored("For how many days it is valid (有效天数).")
    advised_at: datetime | None = stored("When the insurance was asked for hints (事前提醒时间).")
    blocked: bool | None = stored("Whether a hint forbids the upload (是否被阻断).")
    hints: list[PrescriptionHint] = related("What the insurance remarked (事前提醒). Tender 5.")
    approved: bool | None = stored("What the hospital's pharmacist found (院内审方结果); null: not yet reviewed.")
    pharmacist: Pharmacist | None = related("Who reviewed it (审方药师).")
    audited_at: datetime | None = stored("When it was reviewed (审方时间).")
    rejection_reason: str | None = stored("Why the pharmacist sent it back (退回原因).")
    insurance_number: str | None = stored("The platform's number (医保处方编号).")
    insurance_state: models.CirculationState | None = stored("How it stood on the platform (平台处方状态).")
    uploaded_at: datetime | None = stored("When it was uploaded (上传时间).")
    cancelled_at: datetime | None = stored("When it was taken back on the platform (撤销时间).")
    cancellation_reason: str | None = stored("Why it was taken back (撤销原因).")
    steps: list[PrescriptionStep] = related("The steps of the upload (上传步骤).")
    review: PrescriptionReview | None = related("What the platform's pharmacist said (药师审方结果). Tender 20.")
    taking: PrescriptionTaking | None = related("What became of the drugs (取药结果).")

    @strawberry.field(description="Diagnoses (诊断).")
    def diagnoses(self, info: strawberry.Info[Context]) -> list[PrescriptionDiagnosis]:
        """`self` is the row."""
        return diagnoses_of(self)

    @strawberry.field(description="How a herbal prescription is taken (饮片用法).")
    def decoction(self, info: strawberry.Info[Context]) -> Decoction | None:
        """`self` is the row."""
        return decoction_of(self)

    @strawberry.field(description="What the HIS last told of its money and medicine (支付信息). Tender 25.")
    def payment(self, info: strawberry.Info[Context]) -> PrescriptionPayment | None:
        """`self` is the row."""
        row: Any = self
        return PrescriptionPayment.of(row)


@strawberry.type(description="One line that can be paid (待缴费明细), as the HIS tells it.")
class PayableItem:
    """Of `PayablePrescription`."""

    serial: str = stored("Fee line number (费用明细流水号).")
    name: str = stored("Name (名称).")
    spec: str | None = stored("Specification (规格).")
    unit: str | None = stored("Unit (单位).")
    quantity: str = stored("Quantity as a decimal (数量).")
    amount: Money = stored("What the line costs (金额).")


@strawberry.type(description="A prescription that can be paid (待扣费处方), as the HIS tells it. Tender 23.")
class PayablePrescription:
    """Not stored: an order is made of it."""

    number: str = stored("The HIS's number (处方号).")
    visit_number: str = stored("The visit it belongs to (门诊号).")
    kind: models.PrescriptionKind = stored("What it is of (处方类别).")
    department_name: str = stored("Department (科室).")
    doctor_name: str = stored("Doctor (医师).")
    issued_at: datetime = stored("When it was written (开方时间).")
    total_amount: Money = stored("What it costs (总金额).")
    fee_digest: str = stored("Fingerprint of the charges (费用指纹): give it to `orderCreate`.")
    payable: bool = stored("Whether it can be paid now (是否可支付): audited, unpaid, not locked by another channel.")
    items: list[PayableItem] = stored("Its lines (明细).")

    @classmethod
    def of(cls, told: Listed) -> PayablePrescription:
        """As the HIS's client read it."""
        return cls(
            number=told.prescription_number,
            visit_number=told.visit_number,
            kind=models.PrescriptionKind(told.kind),
            department_name=told.department_name,
            doctor_name=told.doctor_name,
            issued_at=told.issued_at,
            total_amount=Money(f"{told.total:.2f}"),
            fee_digest=told.fee_digest,
            payable=told.pay_status == "UNPAID" and told.audit_status == "PASSED",
            items=[
                PayableItem(
                    serial=item.serial,
                    name=item.name,
                    spec=item.spec,
                    unit=item.unit,
                    quantity=str(item.quantity),
                    amount=Money(f"{item.amount:.2f}"),
                )
                for item in told.items
            ],
        )


@strawberry.type(description="What a patient owes (待扣费处方信息), as the HIS told it at `checkedAt`. Tender 23.")
class PayablePrescriptions:
    """`prescriptions` is null where the HIS told nothing; `problem` then says why."""

    checked_at: datetime = stored("When the HIS was asked (查询时间).")
    prescriptions: list[PayablePrescription] | None = stored("What can be paid (待扣费处方); null: not known.")
    problem: Problem | None = stored("Why nothing is known (失败原因).")

    @classmethod
    def of(cls, told: Payable, problem: Problem | None) -> PayablePrescriptions:
        """The resolver's answer."""
        listed = None if told.prescriptions is None else [PayablePrescription.of(each) for each in told.prescriptions]
        return cls(checked_at=told.checked_at, prescriptions=listed, problem=problem)


@strawberry.input(description="Of which prescription to ask the HIS (查询处方支付参数).")
class PrescriptionPaymentRefreshInput:
    """Of `prescriptionPaymentRefresh`."""

    prescription_id: strawberry.ID = strawberry.field(description="The prescription (处方标识).")


@strawberry.type(description="The prescription as now known (处方查询结果).")
class PrescriptionPaymentPayload:
    """The yes of `prescriptionPaymentRefresh`."""

    prescription: Prescription = strawberry.field(description="The prescription (处方).")


PrescriptionPaymentRefreshResult = Annotated[
    PrescriptionPaymentPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | HISRefusal
    | PlatformUnavailableProblem,
    strawberry.union("PrescriptionPaymentRefreshResult", description="The prescription, or why not (处方查询结果)."),
]


@strawberry.type
class PrescriptionPaymentMutation:
    """The write side."""

    @strawberry.mutation(
        description="Ask the HIS what became of a prescription (获取处方信息): paid, void, dispensed. Tender 25.",
        extensions=[ProblemsAreAnswers()],
    )
    async def prescription_payment_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[PrescriptionPaymentRefreshInput, strawberry.argument(description="Which (查询处方支付参数).")],
    ) -> PrescriptionPaymentRefreshResult:
        """Tender 25."""
        row: Any = await resolve_payments.refresh(info.context, input.prescription_id)
        return PrescriptionPaymentPayload(prescription=row)
