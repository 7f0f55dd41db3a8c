"""The issue of an outpatient or registration receipt: invoiceEBillOutpatient 门诊, invEBillRegistration 挂号 (A.4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from clients import money
from clients.receipts import wire
from clients.receipts.settings import BosiSettings

ReceiptKind = Literal["OUTPATIENT", "REGISTRATION"]
Gender = Literal["男", "女", "未知"]

BUSINESS_TYPES: Mapping[ReceiptKind, str] = MappingProxyType({"OUTPATIENT": "02", "REGISTRATION": "06"})

_EMPLOYEES, _RESIDENTS = ("01", "职工基本医疗保险"), ("02", "居民基本医疗保险")
_PUBLIC, _SELF, _OTHER = ("06", "全公费"), ("07", "全自费"), ("99", "其他")
# insutype → 医保类型编码, 医保类型名称 (A.4). An insurance that the table does not know is "other", never "self-paid".
_INSURANCE: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("310", "320", "330", "370"), _EMPLOYEES),
    **dict.fromkeys(("380", "390", "391", "392"), _RESIDENTS),
    **dict.fromkeys(("340", "360"), _PUBLIC),
    **dict.fromkeys(("350", "410", "399"), _OTHER),
}
_TEXTS: Mapping[str, str] = {
    "business_number": "busNo",
    "payer": "payer",
    "id_number": "idCardNo",
    "telephone": "tel",
    "gender": "sex",
    "age": "age",
    "card_type": "cardType",
    "card_number": "cardNo",
    "insurance_settlement_id": "balancedNumber",
    "department_code": "patientCategoryCode",
    "department_name": "patientCategory",
    "visit_number": "patientNo",
    "patient_id": "patientId",
    "record_number": "caseNumber",
    "wechat_order_number": "weChatOrderNo",
    "wechat_insurance_order_number": "weChatMedTransNo",
    "wechat_open_id": "openID",
    "remark": "remark",
}
_AMOUNTS: Mapping[str, str] = {
    "total": "totalAmt",
    "account": "accountPay",
    "fund": "fundPay",
    "other_fund": "otherfundPay",
    "own_pay": "ownPay",
    "self_burden": "selfConceitedAmt",
    "self_pay": "selfPayAmt",
    "cash": "selfCashPay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """交费渠道: what was paid how. `kind` is a key of `BosiSettings.pay_channel_codes`; `amount` in yuan."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """收费项目明细: a line of the face, by fiscal item (财政收费项目). Yuan and quantity with two decimals at most."""

    code: str
    name: str
    unit: str
    price: Decimal
    quantity: Decimal
    amount: Decimal
    self_amount: Decimal

    def to_wire(self, position: int) -> dict[str, object]:
        """The line at `position`, counted from 1. Raises ValueError for an amount with more decimals."""
        return {
            "sortNo": position,
            "chargeCode": self.code,
            "chargeName": self.name,
            "unit": self.unit,
            "std": money.text(self.price),
            "number": money.text(self.quantity),
            "amt": money.text(self.amount),
            "selfAmt": money.text(self.self_amount),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """清单项目明细: a line of the list behind the face. Yuan with four decimals at most, quantity with two."""

    serial: str
    charge_code: str
    charge_name: str
    code: str
    name: str
    spec: str | None
    unit: str
    price: Decimal
    quantity: Decimal
    amount: Decimal
    self_amount: Decimal
    insurance_code: str | None = None
    insurance_name: str | None = None
    prescription_number: str | None = None

    def to_wire(self, position: int) -> dict[str, object]:
        """The line at `position`, counted from 1. Raises ValueError for an amount with more decimals."""
        return _told(
            {
                "listDetailNo": self.serial,
                "chargeCode": self.charge_code,
                "chargeName": self.charge_name,
                "prescribeCode": self.prescription_number,
                "code": self.code,
                "name": self.name,
                "specification": self.spec,
                "unit": self.unit,
                "std": wire.fourths(self.price),
                "number": money.text(self.quantity),
                "amt": wire.fourths(self.amount),
                "selfAmt": wire.fourths(self.self_amount),
                "medCareItemCode": self.insurance_code,
                "medCareItemName": self.insurance_name,
                "sortNo": position,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueReceipt:
    """invoiceEBillOutpatient 门诊电子票据开具 (busType 02), invEBillRegistration 挂号电子票据开具 (busType 06).

    `business_number` is the idempotency key. `insurance_type` is the insutype of the insurance platform, None for a
    patient who pays alone. Amounts in yuan: `fund` 统筹, `account` 个人账户, `other_fund` 其它医保, `own_pay` 自费,
    `self_burden` 自负, `self_pay` 自付, `cash` 现金. The `wechat_…` members feed the card bag of WeChat.
    """

    business_number: str
    kind: ReceiptKind
    issued_at: datetime
    payer: str = field(repr=False)
    id_number: str | None = field(default=None, repr=False)
    telephone: str | None = field(default=None, repr=False)
    gender: Gender
    age: str
    card_type: str
    card_number: str = field(repr=False)
    insurance_type: str | None = None
    insurance_settlement_id: str | None = None
    consultation_on: date
    department_code: str
    department_name: str
    visit_number: str
    patient_id: str
    record_number: str
    total: Decimal
    fund: Decimal
    account: Decimal
    other_fund: Decimal
    own_pay: Decimal
    self_burden: Decimal
    self_pay: Decimal
    cash: Decimal
    channels: tuple[Channel, ...]
    charges: tuple[Charge, ...]
    details: tuple[Detail, ...]
    remark: str = ""
    wechat_order_number: str | None = None
    wechat_insurance_order_number: str | None = None
    wechat_open_id: str | None = field(default=None, repr=False)

    def to_wire(self, settings: BosiSettings) -> dict[str, object]:
        """The business object.

        Raises ValueError naming the rule when one of the three sums does not hold, and for an amount with too many
        decimals, a channel without a code or a moment without its zone. Nothing is ever adjusted to fit.
        """
        self.check_sums()
        return _told({wired: getattr(self, ours) for ours, wired in _TEXTS.items()}) | self._face(settings)

    def check_sums(self) -> None:
        """The platform's three sum rules (A.4). Raises ValueError naming the first that is broken."""
        if sum(channel.amount for channel in self.channels) != self.total:
            raise ValueError("sum rule 1: the payment channels do not sum to the total (Σ payChannelDetail = totalAmt)")
        if sum(charge.amount for charge in self.charges) != self.total:
            raise ValueError("sum rule 2: the charges do not sum to the total (Σ chargeDetail.amt = totalAmt)")
        charged = _sums((charge.code, charge.amount) for charge in self.charges)
        listed = _sums((detail.charge_code, detail.amount) for detail in self.details)
        broken = sorted(code for code in charged.keys() | listed.keys() if charged.get(code) != listed.get(code))
        if broken:
            raise ValueError(f"sum rule 3: the details do not sum to the charge (Σ listDetail.amt) of {broken}")

    def _face(self, settings: BosiSettings) -> dict[str, object]:
        insurance_code, insurance_name = _insurance(self.insurance_type)
        return {
            "busType": BUSINESS_TYPES[self.kind],
            "busDateTime": wire.moment(self.issued_at),
            "placeCode": settings.place_code,
            "payee": settings.payee,
            "author": settings.author,
            "checker": settings.checker,
            "payerType": "1",
            "medicalInstitution": settings.medical_institution,
            "medCareTypeCode": insurance_code,
            "medicalCareType": insurance_name,
            "consultationDate": wire.day(self.consultation_on, settings.date_format),
            **{wired: money.text(getattr(self, ours)) for ours, wired in _AMOUNTS.items()},
            "reimbursementAmt": money.text(self.fund + self.other_fund),
            "otherInfo": [],
            "payChannelDetail": self._paid(settings.pay_channel_codes),
            "isArrears": "1" if settings.may_circulate else "0",
            "chargeDetail": [charge.to_wire(number) for number, charge in enumerate(self.charges, 1)],
            "listDetail": [detail.to_wire(number) for number, detail in enumerate(self.details, 1)],
        }

    def _paid(self, codes: Mapping[str, str]) -> list[dict[str, str]]:
        """One line a code: channels that the hospital books under one code are added up."""
        unknown = sorted({channel.kind for channel in self.channels} - codes.keys())
        if unknown:
            raise ValueError(f"no pay channel code is configured for {unknown}")
        paid = _sums((codes[channel.kind], channel.amount) for channel in self.channels)
        return [{"payChannelCode": code, "payChannelValue": money.text(amount)} for code, amount in paid.items()]


def _insurance(insurance_type: str | None) -> tuple[str, str]:
    return _INSURANCE.get(insurance_type, _OTHER) if insurance_type else _SELF


def _sums(lines: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for code, amount in lines:
        sums[code] += amount
    return dict(sums)


def _told(message: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in message.items() if value not in (None, "")}
