"""What each kind of export has in its columns, and which of them are summed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tortoise.models import Model

from app import lists
from app.lists import Filter
from app.models import Order, Settlement
from app.models.exports import ExportKind


class Form(Enum):
    """How a value stands in its cell: MONEY is fen in the database and yuan in the file, a WORD is of words.py."""

    TEXT = auto()
    MONEY = auto()
    MOMENT = auto()
    WORD = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its headings (中文, English), the SQL of its value, how it is shown and how wide."""

    headings: tuple[str, str]
    sql: str
    form: Form = Form.TEXT
    width: int = 16

    @property
    def summed(self) -> bool:
        """Amounts are."""
        return self.form is Form.MONEY


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of export: rows `x` of `source` with what belongs to them, their columns, and the column of their day.

    `tie` orders what is equal in sort and id.
    """

    source: str
    model: type[Model]
    filters: Mapping[str, Filter]
    columns: tuple[Column, ...]
    moment: str = "created_at"
    tie: str = "id"


# Whatever belongs to another hospital is left out, as in the lists.
PLACES = """
  LEFT JOIN department ON department.id = {order}.department_id AND department.hospital_id = x.hospital_id
  LEFT JOIN doctor ON doctor.id = {order}.doctor_id AND doctor.hospital_id = x.hospital_id
  LEFT JOIN patient ON patient.id = x.patient_id AND patient.hospital_id = x.hospital_id"""
OF_ORDER = "LEFT JOIN orders o ON o.id = x.order_id AND o.hospital_id = x.hospital_id" + PLACES.format(order="o")
# Each payment on its day, and each refund on its own, negative (as the daily rows count them).
MOVEMENTS = """(
  SELECT s.*, 'PAYMENT' AS entry, s.settled_at AS moment, s.total_fen AS moved_fen, s.fund_fen AS moved_fund_fen,
    s.account_fen AS moved_account_fen, s.cash_fen AS moved_cash_fen, s.other_fen AS moved_other_fen, 0 AS back_fen
  FROM settlement s WHERE s.paid_fen > 0 AND s.settled_at IS NOT NULL
  UNION ALL SELECT s.*, 'REFUND', s.refunded_at, 0, 0, 0, 0, 0, s.partly_refunded_fen - s.refunded_fen
  FROM settlement s WHERE s.refunded_fen > s.partly_refunded_fen AND s.refunded_at IS NOT NULL
  UNION ALL SELECT s.*, 'REFUND', r.given_at, 0, 0, 0, 0, 0, -r.amount_fen
  FROM refund r JOIN settlement s ON s.id = r.settlement_id WHERE r.given_at IS NOT NULL)"""
WHO = (
    Column(("科室", "Department"), "department.name"),
    Column(("医师", "Doctor"), "doctor.name"),
    Column(("患者", "Patient"), "patient.name_masked"),
    Column(("证件号码", "ID number"), "patient.id_number_masked", width=22),
)
SETTLEMENT = (
    Column(("结算单号", "Settlement"), "x.number", width=22),
    Column(("订单号", "Order"), "o.number", width=22),
    Column(("支付方式", "Pay kind"), "x.pay_kind", Form.WORD, 12),
    Column(("结算状态", "State"), "x.state", Form.WORD, 12),
)
SERIAL = Column(("平台流水号", "Platform serial"), "x.platform_serial", width=30)


def money(chinese: str, english: str, name: str) -> Column:
    """A column of amounts."""
    return Column((chinese, english), f"x.{name}", Form.MONEY, 14)


def moment(chinese: str, english: str, name: str) -> Column:
    """A column of moments."""
    return Column((chinese, english), f"x.{name}", Form.MOMENT, 20)


TABLES: Mapping[ExportKind, Table] = {
    ExportKind.ORDERS: Table(
        "orders x" + PLACES.format(order="x") + " LEFT JOIN consultation ON consultation.id = x.consultation_id"
        " AND consultation.hospital_id = x.hospital_id",
        Order,
        lists.ORDERS,
        (
            Column(("订单号", "Order"), "x.number", width=22),
            Column(("订单状态", "State"), "x.state", Form.WORD, 12),
            moment("创建时间", "Made at", "created_at"),
            *WHO,
            Column(("门诊号", "Visit"), "consultation.visit_number", width=22),
            money("总金额", "Total", "total_fen"),
        ),
    ),
    ExportKind.SETTLEMENTS: Table(
        "settlement x " + OF_ORDER,
        Settlement,
        lists.SETTLEMENTS,
        (
            *SETTLEMENT,
            moment("创建时间", "Begun at", "created_at"),
            moment("结算时间", "Paid at", "settled_at"),
            moment("退费时间", "Refunded at", "refunded_at"),
            *WHO,
            SERIAL,
            money("费用总额", "Total", "total_fen"),
            money("基金支付", "Fund", "fund_fen"),
            money("个人账户支付", "Account", "account_fen"),
            money("现金支付", "Cash", "cash_fen"),
            money("其他支付", "Other", "other_fen"),
            money("已付金额", "Paid", "paid_fen"),
            money("已退金额", "Refunded", "refunded_fen"),
        ),
    ),
    ExportKind.PAYMENTS: Table(
        MOVEMENTS + " x " + OF_ORDER,
        Settlement,
        lists.SETTLEMENTS,
        (
            Column(("类别", "Entry"), "x.entry", Form.WORD, 10),
            moment("发生时间", "At", "moment"),
            *SETTLEMENT,
            Column(("险种类型", "Insurance type"), "x.insurance_type", width=10),
            *WHO,
            SERIAL,
            money("费用总额", "Total", "moved_fen"),
            money("基金支付", "Fund", "moved_fund_fen"),
            money("个人账户支付", "Account", "moved_account_fen"),
            money("现金支付", "Cash", "moved_cash_fen"),
            money("其他支付", "Other", "moved_other_fen"),
            money("退费金额", "Refunded", "back_fen"),
        ),
        moment="moment",
        tie="entry",
    ),
}
