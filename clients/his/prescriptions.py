"""What the HIS says of a payable prescription (待缴费处方). Source: protocols/his.md B.3."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from clients import money
from clients.his import wire


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnpaid:
    """`unpaid` 待缴费处方查询: issued from `since` (inclusive) to `until` (exclusive)."""

    patient_id: str
    visit_number: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def to_wire(self) -> dict[str, object]:
        """The members of the request. Raises ValueError for a time without a zone."""
        return wire.present(
            {
                "patientId": self.patient_id,
                "visitNo": self.visit_number,
                "from": wire.time_text_or_none(self.since),
                "to": wire.time_text_or_none(self.until),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPrescription:
    """`get` 处方详情查询."""

    prescription_number: str

    def to_wire(self) -> dict[str, object]:
        """The members of the request."""
        return {"prescriptionNo": self.prescription_number}


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A diagnosis (诊断) of the prescription."""

    code: str
    name: str
    main: bool

    @classmethod
    def from_wire(cls, row: Any) -> Self:
        """One row of `diagnoses`, already held against its table."""
        return cls(code=row["code"], name=row["name"], main=bool(row.get("main")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A charge line (费用明细); `serial` is its feeDetailNo, `price` and `amount` are yuan, `days` the supply.

    `insurance_code` is empty for what the insurance does not know.
    """

    serial: str
    item_code: str
    insurance_code: str
    name: str
    spec: str
    unit: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    self_ratio: Decimal | None = None
    usage: str | None = None
    frequency: str | None = None
    days: int | None = None

    @classmethod
    def from_wire(cls, row: Any) -> Self:
        """One row of `items`, already held against its table. Raises ValueError."""
        return cls(
            serial=row["feeDetailNo"],
            item_code=row["itemCode"],
            insurance_code=row.get("insuranceCode") or "",
            name=row["name"],
            spec=row.get("spec") or "",
            unit=row.get("unit") or "",
            quantity=wire.quantity(row["quantity"]),
            price=money.yuan(row["price"]),
            amount=money.yuan(row["amount"]),
            self_ratio=_number_or_none(row.get("selfRatio")),
            usage=row.get("usage") or None,
            frequency=row.get("frequency") or None,
            days=_whole_or_none(row.get("days")),
        )


def _number_or_none(value: object) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def _whole_or_none(value: object) -> int | None:
    return None if value in (None, "") else int(Decimal(str(value)))


def fee_digest(items: Iterable[Item]) -> str:
    """The feeDigest of charge lines, in any order (SHA-256 hex; protocols/his.md B.3)."""
    return digest_of((item.serial, item.quantity, item.amount) for item in items)


def digest_of(lines: Iterable[tuple[str, Decimal, Decimal]]) -> str:
    """The same of bare lines: serial, quantity, and amount in yuan."""
    return wire.digest_of(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """A prescription and its charges (处方); `total` in yuan, `fee_digest` as it must be told back on `confirm`.

    `kind`, `pay_status`, `audit_status`, `dispense_status` are the words of codes.json.
    """

    prescription_number: str
    visit_number: str
    patient_id: str
    patient_name: str = field(repr=False)
    department_code: str
    department_name: str
    doctor_code: str
    doctor_name: str
    issued_at: datetime
    kind: str
    diagnoses: tuple[Diagnosis, ...] = field(repr=False)
    items: tuple[Item, ...]
    total: Decimal
    fee_digest: str
    pay_status: str
    audit_status: str
    dispense_status: str
    settlement_number: str | None = None
    settled_at: datetime | None = None

    @classmethod
    def from_wire(cls, data: object) -> Self:
        """Read one prescription. Raises ValueError when its form, its total or its digest does not hold."""
        row = wire.answered("get", data)
        told = cls(
            prescription_number=row["prescriptionNo"],
            visit_number=row["visitNo"],
            patient_id=row["patientId"],
            patient_name=row["patientName"],
            department_code=row.get("deptCode") or "",
            department_name=row.get("deptName") or "",
            doctor_code=row.get("doctorCode") or "",
            doctor_name=row.get("doctorName") or "",
            issued_at=wire.moment(row["issuedAt"]),
            kind=row["kind"],
            diagnoses=tuple(Diagnosis.from_wire(one) for one in row.get("diagnoses") or ()),
            items=tuple(Item.from_wire(one) for one in row["items"]),
            total=money.yuan(row["totalAmount"]),
            fee_digest=row["feeDigest"],
            pay_status=row["payStatus"],
            audit_status=row["auditStatus"],
            dispense_status=row["dispenseStatus"],
            settlement_number=row.get("settlementNo") or None,
            settled_at=wire.moment_or_none(row.get("settledAt")),
        )
        told._agree()
        return told

    @classmethod
    def asked(cls, data: object, request: GetPrescription) -> Self:
        """Read the answer of `get`. Raises ValueError, also for another prescription than was asked for."""
        told = cls.from_wire(data)
        wire.same("prescriptionNo", told.prescription_number, request.prescription_number)
        return told

    @classmethod
    def listed(cls, data: object, request: ListUnpaid) -> tuple[Self, ...]:
        """Read the answer of `unpaid`. Raises ValueError, also for a prescription of another patient."""
        told = tuple(cls.from_wire(row) for row in wire.answered("unpaid", data)["items"])
        for one in told:
            wire.same("patientId", one.patient_id, request.patient_id)
        return told

    def _agree(self) -> None:
        if sum((item.amount for item in self.items), Decimal(0)) != self.total:
            raise ValueError("totalAmount: not the sum of its lines")
        if fee_digest(self.items) != self.fee_digest:
            raise ValueError("feeDigest: not the digest of its lines")
