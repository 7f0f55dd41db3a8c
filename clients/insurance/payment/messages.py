"""Requests to the mobile-payment centre, one dataclass each. Amounts are `Decimal` yuan; times are aware.

Source: mobile-payment.md 3. What comes back is in `answers.py`. `orgCodg` is the client's to add.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from clients.insurance.payment.wire import figures, moment, timestamp
from clients.money import text

RefundKind = Literal["ALL", "HI", "CASH"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A diagnosis of the visit (6201 diseinfoList 诊断信息); `kind` 1 western, 2 and 3 traditional medicine."""

    kind: str = "1"
    order: int
    code: str
    name: str
    department: str
    doctor_code: str
    doctor_name: str
    diagnosed_at: datetime

    def to_wire(self) -> dict[str, str]:
        """One member of diseinfoList."""
        return {
            "diagType": self.kind,
            "diagSrtNo": str(self.order),
            "diagCode": self.code,
            "diagName": self.name,
            "diagDept": self.department,
            "diseDorNo": self.doctor_code,
            "diseDorName": self.doctor_name,
            "diagTime": moment(self.diagnosed_at),
            "valiFlag": "1",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """One fee (6201 feedetailList 费用明细): `amount` = `quantity` × `price` within rounding.

    `approval` 0 not needed, 1 granted, 2 refused (then self-paid); `external` 1 for a prescription bought elsewhere.
    """

    serial: str
    prescription_number: str
    occurred_at: datetime
    catalogue_code: str
    item_code: str
    name: str
    spec: str
    amount: Decimal
    quantity: Decimal
    price: Decimal
    department_code: str
    department_name: str
    doctor_code: str
    doctor_name: str
    approval: str = "0"
    external: str = "0"

    def to_wire(self, **order: str) -> dict[str, str]:
        """One member of feedetailList; `order` is what the line repeats of its order."""
        return order | {
            "feedetlSn": self.serial,
            "rxno": self.prescription_number,
            "rxCircFlag": self.external,
            "feeOcurTime": moment(self.occurred_at),
            "medListCodg": self.catalogue_code,
            "medinsListCodg": self.item_code,
            "medListName": self.name,
            "medListSpc": self.spec,
            "detItemFeeSumamt": text(self.amount),
            "cnt": figures(self.quantity, 4),
            "pric": figures(self.price, 6),
            "bilgDeptCodg": self.department_code,
            "bilgDeptName": self.department_name,
            "bilgDrCodg": self.doctor_code,
            "bilgDrName": self.doctor_name,
            "hospApprFlag": self.approval,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadFeeDetails:
    """6201 费用明细上传: open an order for the fees of a visit.

    `order_number` is ours, unique, at most 20 characters: the centre answers it again only with the same content.
    `area` is the insured place (insuCode), `insured_area` its division code, `position` is `lng,lat`.
    """

    person_number: str
    insurance_type: str
    order_number: str
    began_at: datetime
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    id_type: str
    pay_auth_number: str = field(repr=False)
    area: str
    insured_area: str
    visit_number: str
    doctor_code: str
    doctor_name: str
    department_code: str
    department_name: str
    department_category: str
    visit_id: str
    medical_type: str
    fee_type: str = "01"
    total: Decimal
    settle_way: str = "01"
    batch_number: str
    public_hospital_reform: str = "0"
    certificate_type: str = "01"
    position: str = "0,0"
    use_account: bool
    diagnoses: tuple[Diagnosis, ...]
    lines: tuple[FeeLine, ...]

    def to_wire(self) -> dict[str, Any]:
        """The `data` of 6201. Raises ValueError for a time without zone or an amount that is not whole fen."""
        return self._person() | self._visit() | self._charge()

    def _person(self) -> dict[str, Any]:
        return {
            "psnNo": self.person_number,
            "insutype": self.insurance_type,
            "idNo": self.id_number,
            "userName": self.name,
            "idType": self.id_type,
            "payAuthNo": self.pay_auth_number,
            "insuCode": self.area,
            "insuplcAdmdvs": self.insured_area,
        }

    def _visit(self) -> dict[str, Any]:
        return {
            "mdtrtId": self.visit_id,
            "iptOtpNo": self.visit_number,
            "begntime": moment(self.began_at),
            "medType": self.medical_type,
            "mdtrtCertType": self.certificate_type,
            "atddrNo": self.doctor_code,
            "drName": self.doctor_name,
            "deptCode": self.department_code,
            "deptName": self.department_name,
            "caty": self.department_category,
            "diseinfoList": [diagnosis.to_wire() for diagnosis in self.diagnoses],
        }

    def _charge(self) -> dict[str, Any]:
        repeated = {"mdtrtId": self.visit_id, "psnNo": self.person_number, "chrgBchno": self.batch_number}
        return {
            "medOrgOrd": self.order_number,
            "feeType": self.fee_type,
            "medfeeSumamt": text(self.total),
            "acctUsedFlag": "1" if self.use_account else "0",
            "psnSetlway": self.settle_way,
            "chrgBchno": self.batch_number,
            "pubHospRfomFlag": self.public_hospital_reform,
            "uldLatlnt": self.position,
            "feedetailList": [line.to_wire(**repeated) for line in self.lines],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """6202 支付下单: price the order of 6201. `business_serial` is new for every call; the batch is that of 6201."""

    pay_auth_number: str = field(repr=False)
    pay_order_id: str
    pay_token: str = field(repr=False)
    business_serial: str
    batch_number: str
    fee_type: str = "01"
    visit_id: str
    use_account: bool

    def to_wire(self) -> dict[str, str]:
        """The `data` of 6202."""
        return {
            "payAuthNo": self.pay_auth_number,
            "payOrdId": self.pay_order_id,
            "payToken": self.pay_token,
            "orgBizSer": self.business_serial,
            "chrgBchno": self.batch_number,
            "feeType": self.fee_type,
            "mdtrtId": self.visit_id,
            "acctUsedFlag": "1" if self.use_account else "0",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryOrder:
    """6301 结算结果查询: where does the order stand?"""

    pay_order_id: str
    pay_token: str = field(repr=False)
    id_number: str = field(repr=False)
    name: str = field(repr=False)
    id_type: str

    def to_wire(self) -> dict[str, str]:
        """The `data` of 6301 and of 6401, which are the same."""
        return {
            "payOrdId": self.pay_order_id,
            "payToken": self.pay_token,
            "idNo": self.id_number,
            "userName": self.name,
            "idType": self.id_type,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeOrder(QueryOrder):
    """6401 费用明细上传撤销: take the fee details of an order back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """6203 医保退费: give money back. `total` = `account` + `fund` + `cash`.

    `kind` ALL gives the original back part by part, HI only the insurance parts, CASH only cash. `refund_number` is
    ours and unique; after EXP it stays the same.
    """

    pay_order_id: str
    refund_number: str
    refunded_at: datetime
    total: Decimal
    account: Decimal
    fund: Decimal
    cash: Decimal
    pay_auth_number: str = field(repr=False)
    kind: RefundKind = "ALL"

    def to_wire(self) -> dict[str, str]:
        """The `data` of 6203. Raises ValueError as 6201 does."""
        return {
            "payOrdId": self.pay_order_id,
            "appRefdSn": self.refund_number,
            "appRefdTime": timestamp(self.refunded_at),
            "totlRefdAmt": text(self.total),
            "psnAcctRefdAmt": text(self.account),
            "fundRefdAmt": text(self.fund),
            "cashRefdAmt": text(self.cash),
            "payAuthNo": self.pay_auth_number,
            "refdType": self.kind,
        }
