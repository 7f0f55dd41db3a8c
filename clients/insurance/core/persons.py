"""Who is there: 9001 sign-in of the operator, 1101 of the insured person. Source: protocols/insurance.md 2.2."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from clients.insurance.core.nodes import Row, node, rows, text, text_or_none
from clients.insurance.core.wire import day_or_none, moment
from clients.money import yuan_or_none


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """9001 签到: an operator or terminal signs in."""

    transaction: ClassVar[str] = "9001"
    insured_area: ClassVar[str] = ""
    sign_number: ClassVar[str] = ""

    operator: str
    mac_address: str
    ip_address: str

    def to_wire(self) -> dict[str, object]:
        """Node signIn."""
        return {"signIn": {"opter_no": self.operator, "mac": self.mac_address, "ip": self.ip_address}}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """9001 签到, answer: the number that goes into every later envelope."""

    sign_number: str
    signed_at: datetime

    @classmethod
    def from_wire(cls, output: object) -> SignedIn:
        """Node signinoutb."""
        row = node(output, "signinoutb")
        return cls(sign_number=text(row, "sign_no"), signed_at=moment(row["sign_time"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPerson:
    """1101 人员信息获取. `certificate_type` is 01 e-voucher, 02 identity card or 03 insurance card.

    `card_serial_number` (卡识别码) is required with type 03. `insured_area` may stay empty here.
    """

    transaction: ClassVar[str] = "1101"

    certificate_type: str
    certificate_number: str = field(repr=False)
    id_type: str
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    card_serial_number: str = field(default="", repr=False)
    insured_area: str = ""
    sign_number: str = ""

    def to_wire(self) -> dict[str, object]:
        """Node data."""
        return {
            "data": {
                "mdtrt_cert_type": self.certificate_type,
                "mdtrt_cert_no": self.certificate_number,
                "card_sn": self.card_serial_number,
                "begntime": "",
                "psn_cert_type": self.id_type,
                "certno": self.id_number,
                "psn_name": self.name,
            }
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Insurance:
    """One row of 1101's 参保信息. `balance` is the personal account in yuan, None when the platform did not tell it."""

    insurance_type: str
    person_type: str
    status: str | None
    area: str
    balance: Decimal | None
    employer: str | None

    @classmethod
    def from_wire(cls, row: Row) -> Insurance:
        """One row of node insuinfo."""
        return cls(
            insurance_type=text(row, "insutype"),
            person_type=text(row, "psn_type"),
            status=text_or_none(row, "psn_insu_stas"),
            area=text(row, "insuplc_admdvs"),
            balance=yuan_or_none(row.get("balc")),
            employer=text_or_none(row, "emp_name"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """1101 人员信息获取, answer: who it is and how insured. `gender` is 0, 1 male, 2 female or 9."""

    person_number: str
    id_type: str
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    gender: str
    birth_date: date | None = field(repr=False)
    insurances: tuple[Insurance, ...]

    @classmethod
    def from_wire(cls, output: object) -> Person:
        """Nodes baseinfo and insuinfo."""
        base = node(output, "baseinfo")
        return cls(
            person_number=text(base, "psn_no"),
            id_type=text(base, "psn_cert_type"),
            id_number=text(base, "certno"),
            name=text(base, "psn_name"),
            gender=text(base, "gend"),
            birth_date=day_or_none(base.get("brdy")),
            insurances=tuple(Insurance.from_wire(row) for row in rows(output, "insuinfo")),
        )
