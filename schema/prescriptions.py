"""Prescriptions: those that can be paid, as the HIS tells them, and those that an order was made of."""

from __future__ import annotations

from datetime import datetime

import strawberry

from app import models
from clients.his.prescriptions import Prescription as Listed
from resolvers.orders import Payable
from schema.fields import Node, related, row_of, stored
from schema.problems import Problem
from schema.scalars import Money


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


@row_of(models.Prescription, "A prescription that an order was made of (处方).")
class Prescription(Node):
    """A row of `prescription`."""

    number: str = stored("The HIS's number (处方号).")
    kind: models.PrescriptionKind = stored("What it is of (处方类别).")
    total_amount: Money = stored("What it costs (总金额).")
    issued_at: datetime = stored("When it was written (开方时间).")
    items: list[PrescriptionItem] = related("Its lines (处方明细).")


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
