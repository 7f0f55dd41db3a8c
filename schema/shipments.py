"""Parcels."""

from __future__ import annotations

from datetime import datetime

from app import models
from schema.fields import Node, described, related, row_of, stored

ShipmentState = described(
    models.ShipmentState,
    "Where a parcel is (物流状态).",
    {
        "CREATED": "Announced to the carrier (待揽收).",
        "PICKED_UP": "Picked up (已揽收).",
        "PICKUP_FAILED": "Could not be picked up (揽收失败).",
        "IN_TRANSIT": "In transit (运输中).",
        "OUT_FOR_DELIVERY": "Out for delivery (派送中).",
        "SIGNED": "Signed for (已签收).",
        "EXCEPTION": "Something is wrong (异常).",
        "RETURNED": "Sent back (已退回).",
        "CANCELLED": "Cancelled (已取消).",
    },
)


@row_of(models.ShipmentNode, "One event of a parcel (物流节点).")
class ShipmentNode:
    """A row of `shipment_node`."""

    at: datetime = stored("When (时间).")
    state: ShipmentState = stored("What the parcel became (状态).")  # type: ignore[valid-type]
    text: str = stored("What the carrier says (描述).")
    location: str | None = stored("Where (地点).")


@row_of(models.Shipment, "A parcel (物流).")
class Shipment(Node):
    """A row of `shipment`."""

    carrier: str = stored("The carrier (物流公司).")
    waybill_number: str = stored("The waybill (运单号).")
    state: ShipmentState = stored("Where it is (状态).")  # type: ignore[valid-type]
    checked_at: datetime | None = stored("When the carrier last told (查询时间).")
    nodes: list[ShipmentNode] = related("What happened to it (物流节点).")
