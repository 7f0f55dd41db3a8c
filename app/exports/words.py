"""What an export says in words: 中文 and English."""

from __future__ import annotations

from collections.abc import Mapping

Both = tuple[str, str]

WORDS: Mapping[str, Both] = {
    "OPEN": ("待支付", "to be paid"),
    "SETTLING": ("支付中", "being paid"),
    "SETTLED": ("已结算", "paid"),
    "REFUNDED": ("已退费", "refunded"),
    "STALE": ("费用已变更", "charges changed"),
    "EXPIRED": ("已过期", "expired"),
    "OPENING": ("开单中", "opening"),
    "AWAITING_PAYMENT": ("待支付", "awaiting payment"),
    "COMPLETING": ("收尾中", "completing"),
    "COMPLETED": ("已完成", "completed"),
    "REVERSING": ("冲销中", "reversing"),
    "REVERSED": ("已冲销", "reversed"),
    "FAILED": ("已失败", "failed"),
    "ATTENTION": ("需人工处理", "needs a person"),
    "INSURANCE": ("医保支付", "insurance"),
    "SELF_PAY": ("自费支付", "self-pay"),
    "PAYMENT": ("支付", "payment"),
    "REFUND": ("退费", "refund"),
    "CREATED_DESC": ("按时间倒序", "newest first"),
    "CREATED_ASC": ("按时间正序", "oldest first"),
    "AMOUNT_DESC": ("按金额倒序", "highest amount first"),
    "AMOUNT_ASC": ("按金额正序", "lowest amount first"),
    "ORDERS": ("订单明细", "orders"),
    "SETTLEMENTS": ("支付结算明细", "settlements"),
    "PAYMENTS": ("支付与退费流水", "payments and refunds"),
}
FILTERS: Mapping[str, Both] = {
    "since": ("起始日期", "From"),
    "until": ("截止日期", "To"),
    "state": ("状态", "State"),
    "pay_kind": ("支付方式", "Pay kind"),
    "department_id": ("科室", "Department"),
    "doctor_id": ("医师", "Doctor"),
    "patient_id": ("患者", "Patient"),
    "min_amount": ("最低金额", "Lowest amount"),
    "max_amount": ("最高金额", "Highest amount"),
    "number": ("编号", "Number"),
}
ROWS: Both = ("明细", "Rows")
ABOUT: Both = ("说明", "About")
CONTENT: Both = ("内容", "Content")
NO_FILTER: Both = ("筛选", "Filter")
EVERYTHING: Both = ("全部", "everything")
SORT: Both = ("排序", "Order")
AT: Both = ("数据时间", "As of")
BY: Both = ("导出人", "By")
COUNT: Both = ("行数", "Count")
SUM: Both = ("合计：", "Sum: ")
