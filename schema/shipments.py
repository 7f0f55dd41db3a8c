"""Parcels."""

from __future__ import annotations

from datetime import datetime

from app import models
from schema.fields import Node, related, row_of, stored


@row_of(models.ShipmentNode, "One event of a parcel (物流节点).")
class ShipmentNode:
    """A row of `shipment_node`."""

    at: datetime = stored("When (时间).")
    state: models.ShipmentState = stored("What the parcel became (状态).")
    text: str = stored("What the carrier says (描述).")
    location: str | None = stored("Where (地点).")


@row_of(models.Shipment, "A parcel (物流).")
class Shipment(Node):
    """A row of `shipment`."""

    carrier: str = stored("The carrier (物流公司).")
    waybill_number: str = stored("The waybill (运单号).")
    state: models.ShipmentState = stored("Where it is (状态).")
    checked_at: datetime | None = stored("When the carrier last told (查询时间).")
    nodes: list[ShipmentNode] = related("What happened to it (物流节点).")
