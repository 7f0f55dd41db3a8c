"""Parcels: what happened to them, who was told, and how they are sent off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app import models
from clients.carriers.messages import Track
from resolvers import shipments as resolve
from resolvers import watching
from resolvers.context import Context
from resolvers.lists import listed
from resolvers.reasons import step_problem
from schema.fields import Node, related, row_of, stored
from schema.filters import After, First, Since, Until
from schema.paging import Connection
from schema.prescriptions import Prescription
from schema.problems import (
    DeliveryRefusal,
    ForbiddenProblem,
    IdempotencyProblem,
    InputProblem,
    InsuranceRefusal,
    NotFoundProblem,
    PlatformUnavailableProblem,
    Problem,
    ProblemsAreAnswers,
    StateProblem,
    step_answer,
)

if TYPE_CHECKING:
    from schema.orders import Order


@row_of(models.ShipmentNode, "One event of a parcel (物流节点). Tender 22.")
class ShipmentNode:
    """A row of `shipment_node`."""

    at: datetime = stored("When (时间).")
    state: models.ShipmentState = stored("What the parcel became (状态).")
    text: str = stored("What the carrier says (描述).")
    location: str | None = stored("Where (地点).")


@row_of(models.ShipmentUpload, "What somebody was told of a parcel (物流信息上传). Tender 21.")
class ShipmentUpload:
    """A row of `shipment_upload`."""

    target: models.UploadTarget = stored("Who is told (上传对象).")
    number: str = stored("Of what: the prescription's number at the insurance (医保处方编号), or the settlement's.")
    state: models.StepState = stored("What became of the last attempt (上传状态).")
    shipment_state: models.ShipmentState | None = stored("Which state the last attempt told (上传的物流状态).")
    told_state: models.ShipmentState | None = stored("Which state was last accepted (已接收的物流状态).")
    attempts: int = stored("How often something was sent (发送次数).")
    finished_at: datetime | None = stored("When something was last accepted (接收时间).")

    @strawberry.field(description="Why the last attempt was not accepted (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@row_of(models.Shipment, "A parcel (物流). Tender 21, 22.")
class Shipment(Node):
    """A row of `shipment`."""

    carrier: str = stored("The carrier (物流公司), by the codes of `shipmentCreate`.")
    waybill_number: str = stored("The waybill (运单号).")
    state: models.ShipmentState = stored("Where it is (状态).")
    created_at: datetime = stored("When it was registered (登记时间).")
    checked_at: datetime | None = stored("When the carrier last told (查询时间).")
    order: Annotated[Order, strawberry.lazy("schema.orders")] | None = related(
        "Whose medicine is in it (订单); null for whoever sees no orders."
    )
    prescription: Prescription | None = related("The only prescription in it (处方); null: all medicine of the order.")
    nodes: list[ShipmentNode] = related("What happened to it, oldest first (物流节点).")
    uploads: list[ShipmentUpload] = related("Who was told of it (上传记录).")

    @strawberry.field(description="Why the carrier told nothing when it was last asked (原因).")
    def problem(self, info: strawberry.Info[Context]) -> Problem | None:
        """`self` is the row."""
        row: Any = self
        return step_answer(step_problem(row, info.context.language))


@strawberry.input(description="What is sent, and with whom (发货参数): an order, or one prescription of it.")
class ShipmentCreateInput:
    """Of `shipmentCreate`."""

    order_id: strawberry.ID | None = strawberry.field(
        default=None, description="All medicine of this order is in the parcel (订单标识)."
    )
    prescription_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only this prescription is in the parcel (处方标识)."
    )
    carrier: str = strawberry.field(
        description="The carrier (物流公司): SF 顺丰, EMS, JD 京东, ZTO 中通, YTO 圆通, STO 申通, YUNDA 韵达, "
        "DEPPON 德邦, JT 极兔, ZJS 宅急送, BEST 百世."
    )
    waybill_number: str = strawberry.field(description="The waybill (运单号): 6–30 letters, digits and hyphens.")
    phone_tail: str | None = strawberry.field(
        default=None,
        description="The last four digits of the receiver's or the sender's telephone (手机尾号); SF needs it.",
    )
    idempotency_key: str = strawberry.field(description="The same key and input register once (幂等键).")


@strawberry.input(description="Which parcel to upload (物流上传参数).")
class ShipmentUploadInput:
    """Of `shipmentUpload`."""

    shipment_id: strawberry.ID = strawberry.field(description="The parcel (物流标识).")
    idempotency_key: str = strawberry.field(description="The same key and input upload once (幂等键).")


@strawberry.input(description="Which parcel to ask for (物流查询参数).")
class ShipmentRefreshInput:
    """Of `shipmentRefresh`."""

    shipment_id: strawberry.ID = strawberry.field(description="The parcel (物流标识).")


@strawberry.type(description="The parcel as now known (物流).")
class ShipmentPayload:
    """The yes of everything that is done with a parcel."""

    shipment: Shipment = strawberry.field(description="The parcel (物流).")


ShipmentCreateResult = Annotated[
    ShipmentPayload | InputProblem | NotFoundProblem | ForbiddenProblem | IdempotencyProblem | StateProblem,
    strawberry.union("ShipmentCreateResult", description="The parcel, or why there is none (发货结果)."),
]
ShipmentUploadResult = Annotated[
    ShipmentPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | IdempotencyProblem
    | StateProblem
    | InsuranceRefusal
    | DeliveryRefusal
    | PlatformUnavailableProblem,
    strawberry.union("ShipmentUploadResult", description="The parcel, or who was not told and why (上传结果)."),
]
ShipmentRefreshResult = Annotated[
    ShipmentPayload
    | InputProblem
    | NotFoundProblem
    | ForbiddenProblem
    | StateProblem
    | DeliveryRefusal
    | PlatformUnavailableProblem,
    strawberry.union("ShipmentRefreshResult", description="The parcel, or why nothing was told (查询结果)."),
]


def _payload(row: Any) -> ShipmentPayload:
    return ShipmentPayload(shipment=row)


@strawberry.type
class ShipmentQuery:
    """The read side."""

    @strawberry.field(description="Parcels you may see, newest first (物流列表). Tender 22.")
    async def shipments(
        self,
        info: strawberry.Info[Context],
        first: First = 20,
        after: After = None,
        state: Annotated[
            models.ShipmentState | None, strawberry.argument(description="Only in this state (状态).")
        ] = None,
        since: Since = None,
        until: Until = None,
        waybill_number: Annotated[
            str | None, strawberry.argument(description="Only the one with this waybill (运单号).")
        ] = None,
    ) -> Connection[Shipment]:
        """Days are those of the registration."""
        asked: dict[str, Any] = {"state": state, "since": since, "until": until, "waybill_number": waybill_number}
        return Connection(page=await listed(info.context, "shipments", first=first, after=after, **asked))


@strawberry.type
class ShipmentSubscription:
    """The live side."""

    @strawberry.subscription(description="A parcel, now and after every change (物流变更).")
    async def shipment_changed(
        self,
        info: strawberry.Info[Context],
        shipment_id: Annotated[strawberry.ID, strawberry.argument(description="The parcel (物流标识).")],
    ) -> AsyncIterator[Shipment]:
        """The first event is the present state."""
        async for row in watching.changes(info.context, "shipmentChanged", shipment_id):
            yield row


@strawberry.type
class ShipmentMutation:
    """The write side."""

    @strawberry.mutation(
        description="Register a parcel and follow it from now on (登记发货). Tender 21.",
        extensions=[ProblemsAreAnswers()],
    )
    async def shipment_create(
        self,
        info: strawberry.Info[Context],
        input: Annotated[ShipmentCreateInput, strawberry.argument(description="What and with whom (发货参数).")],
    ) -> ShipmentCreateResult:
        """For cashiers, pharmacists and administrators."""
        track = Track(company=input.carrier, waybill_number=input.waybill_number, phone_tail=input.phone_tail)
        key = input.idempotency_key
        return _payload(await resolve.create(info.context, input.order_id, input.prescription_id, track, key))

    @strawberry.mutation(
        description="Tell the insurance of a parcel (上传物流信息); every later change is told by itself. Tender 21.",
        extensions=[ProblemsAreAnswers()],
    )
    async def shipment_upload(
        self,
        info: strawberry.Info[Context],
        input: Annotated[ShipmentUploadInput, strawberry.argument(description="Which (物流上传参数).")],
    ) -> ShipmentUploadResult:
        """For cashiers, pharmacists and administrators."""
        return _payload(await resolve.upload(info.context, input.shipment_id, input.idempotency_key))

    @strawberry.mutation(
        description="Where a parcel is (获取物流信息结果): what is known here, and what the carrier says if it was not "
        "asked lately. Tender 22.",
        extensions=[ProblemsAreAnswers()],
    )
    async def shipment_refresh(
        self,
        info: strawberry.Info[Context],
        input: Annotated[ShipmentRefreshInput, strawberry.argument(description="Which (物流查询参数).")],
    ) -> ShipmentRefreshResult:
        """For whoever may see the parcel."""
        return _payload(await resolve.refresh(info.context, input.shipment_id))
