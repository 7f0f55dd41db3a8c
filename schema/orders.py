"""Orders and their fee lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from app.models.lists import ListSort
from resolvers import orders as resolve
from resolvers.context import Context
from resolvers.lists import listed
from resolvers.reasons import step_problem
from schema.fields import Node, related, row_of, stored
from schema.filters import (
    After,
    First,
    MaxAmount,
    MinAmount,
    Number,
    OfDepartment,
    OfDoctor,
    OfPatient,
    Since,
    Sorted,
    Until,
)
from schema.hospitals import Department, Doctor
from schema.paging import Connection
from schema.patients import Patient
from schema.prescriptions import PayablePrescriptions, Prescription
from schema.problems import (
    FeesChangedProblem,
    ForbiddenProblem,
    HISRefusal,
    IdempotencyProblem,
    InputProblem,
    NotFoundProblem,
    PlatformUnavailableProblem,
    Problem,
    ProblemsAreAnswers,
    platform_answer,
    step_answer,
)
from schema.scalars import Money
from schema.shipments import Shipment

if TYPE_CHECKING:
    from schema.settlements import Settlement


@row_of(models.ConsultationUpload, "A consultation's record at the insurance (问诊过程数据上传). Tender 6.")
class ConsultationUpload:
    """A row of `consultation_upload`."""

    state: models.StepState = stored("What became of the last upload (上传状态).")
    attempts: int = stored("How often it was sent (发送次数).")
    uploaded_at: datetime | None = stored("When it was last uploaded (上传时间).")
    checked_at: datetime = stored("When that was known (更新时间).")

    @strawberry.field(description="Why the last upload stopped (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@row_of(models.Consultation, "An online consultation (问诊).")
class Consultation(Node):
    """A row of `consultation`."""

    visit_number: str = stored("The HIS's number of the visit (门诊号).")
    complaint: str = stored("Chief complaint (主诉).")
    began_at: datetime = stored("When it began (开始时间).")
    patient: Patient = related("The patient (患者).")
    doctor: Doctor = related("The doctor (医师).")
    department: Department = related("The department (科室).")
    prescriptions: list[Prescription] = related("What was prescribed (处方).")
    upload: ConsultationUpload | None = related("Its record at the insurance (问诊上传). Tender 6.")


@row_of(models.FeeDetail, "One fee line of an order (费用明细).")
class FeeDetail:
    """A row of `fee_detail`."""

    line_number: int = stored("Its place in the order (序号).")
    serial: str = stored("Fee line number (费用明细流水号).")
    name: str = stored("Name (名称).")
    spec: str = stored("Specification (规格).")
    unit: str = stored("Unit (单位).")
    quantity: str = stored("Quantity as a decimal (数量).")
    price: str = stored("Price of one unit in yuan, up to six decimals (单价).")
    amount: Money = stored("What the line costs (金额).")


@row_of(models.Order, "An order (订单): what a patient owes for one visit. Tender 28.")
class Order(Node):
    """A row of `orders`."""

    number: str = stored("Order number (订单号).")
    state: models.OrderState = stored("What became of it (订单状态).")
    total_amount: Money = stored("What it costs (总金额).")
    refunded_amount: Money = stored("What was given back of it (已退金额); an open order costs what is left.")
    created_at: datetime = stored("When it was made (创建时间).")
    expires_at: datetime = stored("Until when it can be paid (失效时间).")
    patient: Patient = related("Who owes it (患者).")
    doctor: Doctor = related("The doctor (医师).")
    department: Department = related("The department (科室).")
    consultation: Consultation = related("The consultation it is for (问诊).")
    prescriptions: list[Prescription] = related("What it is made of (处方).")
    fee_details: list[FeeDetail] = related("Its lines (费用明细).")
    settlements: list[Annotated[Settlement, strawberry.lazy("schema.settlements")]] = related(
        "Every attempt to pay it, oldest first (结算记录)."
    )
    settlement: Annotated[Settlement, strawberry.lazy("schema.settlements")] | None = related(
        "The newest attempt to pay it (最近一次结算)."
    )
    shipments: list[Shipment] = related("Its parcels (物流).")


@strawberry.input(description="A prescription to pay (待支付处方).")
class PayablePrescriptionInput:
    """Of `OrderCreateInput`."""

    number: str = strawberry.field(description="The HIS's number (处方号).")
    fee_digest: str | None = strawberry.field(
        default=None,
        description="The fingerprint that was shown (费用指纹); if the charges changed since, nothing is ordered.",
    )


@strawberry.input(description="What to order (下单参数).")
class OrderCreateInput:
    """Of `orderCreate`."""

    patient_id: strawberry.ID = strawberry.field(description="Who pays (患者标识).")
    prescriptions: list[PayablePrescriptionInput] = strawberry.field(
        description="What to pay (处方): at most 50, all of one visit."
    )
    idempotency_key: str = strawberry.field(description="The same key and input give the same order (幂等键).")


@strawberry.type(description="The order that was made (下单结果).")
class OrderCreatePayload:
    """The yes of `orderCreate`."""

    order: Order = strawberry.field(description="The order (订单).")


OrderCreateResult = Annotated[
    OrderCreatePayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | FeesChangedProblem
    | HISRefusal
    | PlatformUnavailableProblem,
    strawberry.union("OrderCreateResult", description="The order, or why there is none (下单结果)."),
]


OfPayKind = Annotated[
    models.PayKind | None,
    strawberry.argument(description="Only with an attempt to pay it this way that has not failed (支付方式)."),
]


@strawberry.type
class OrderQuery:
    """The read side."""

    @strawberry.field(description="What a patient owes (查询待扣费处方信息), asked of the HIS now. Tender 23.")
    async def payable_prescriptions(
        self,
        info: strawberry.Info[Context],
        patient_id: Annotated[strawberry.ID, strawberry.argument(description="The patient (患者标识).")],
    ) -> PayablePrescriptions:
        """Tender 23."""
        told = await resolve.payable(info.context, patient_id)
        problem = platform_answer(told.failure, info.context.language) if told.failure else None
        return PayablePrescriptions.of(told, problem)

    @strawberry.field(description="Orders you may see (订单明细查询), the newest first unless sorted. Tender 28.")
    async def orders(
        self,
        info: strawberry.Info[Context],
        first: First = 20,
        after: After = None,
        sort: Sorted = ListSort.CREATED_DESC,
        state: Annotated[
            models.OrderState | None, strawberry.argument(description="Only in this state (状态).")
        ] = None,
        pay_kind: OfPayKind = None,
        since: Since = None,
        until: Until = None,
        department_id: OfDepartment = None,
        doctor_id: OfDoctor = None,
        patient_id: OfPatient = None,
        min_amount: MinAmount = None,
        max_amount: MaxAmount = None,
        number: Number = None,
    ) -> Connection[Order]:
        """Tender 28."""
        page = await listed(
            info.context,
            "orders",
            first=first,
            after=after,
            sort=sort,
            state=state,
            pay_kind=pay_kind,
            since=since,
            until=until,
            department_id=department_id,
            doctor_id=doctor_id,
            patient_id=patient_id,
            min_amount=min_amount,
            max_amount=max_amount,
            number=number,
        )
        return Connection(page=page)


@strawberry.type
class OrderMutation:
    """The write side."""

    @strawberry.mutation(
        description="Make one order of prescriptions that can be paid (下单). Tender 23.",
        extensions=[ProblemsAreAnswers()],
    )
    async def order_create(
        self,
        info: strawberry.Info[Context],
        input: Annotated[OrderCreateInput, strawberry.argument(description="What to order (下单参数).")],
    ) -> OrderCreateResult:
        """Tender 23."""
        chosen = [(each.number, each.fee_digest) for each in input.prescriptions]
        order: Any = await resolve.create(info.context, input.patient_id, chosen, input.idempotency_key)
        return OrderCreatePayload(order=order)
