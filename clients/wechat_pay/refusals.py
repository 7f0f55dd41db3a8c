"""What a refusal means to us: the one table of WeChat Pay's error codes.

Source: the error code lists (错误码) of the public WeChat Pay v3 documentation; the older spellings are still sent.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Our few reasons."""

    SIGNATURE = "SIGNATURE"  # our keys, serial or clock are wrong: a matter for the operator
    FORM = "FORM"  # the platform does not take the request's form or our configuration: a defect of ours
    DUPLICATE = "DUPLICATE"  # the number stands for another content already
    ORDER_PAID = "ORDER_PAID"  # it was paid: query it
    ORDER_CLOSED = "ORDER_CLOSED"  # it is closed: a new number is needed
    NOT_FOUND = "NOT_FOUND"  # no such order, or none that was paid
    AMOUNT = "AMOUNT"  # the amounts do not fit the order
    LIMITED = "LIMITED"  # a rule, a right or a balance stands in the way: a person must look
    NO_BILL = "NO_BILL"  # nothing was paid or given back on that day
    BILL_NOT_READY = "BILL_NOT_READY"  # the bill of a day is made on the next, after ten in the morning
    OTHER = "OTHER"


CODES: dict[str, Reason] = {
    "SIGN_ERROR": Reason.SIGNATURE,
    "PARAM_ERROR": Reason.FORM,
    "INVALID_REQUEST": Reason.FORM,
    "APPID_MCHID_NOT_MATCH": Reason.FORM,
    "MCH_NOT_EXISTS": Reason.FORM,
    "MCH_NOT_EXIST": Reason.FORM,
    "OPENID_MISMATCH": Reason.FORM,
    "OUT_TRADE_NO_USED": Reason.DUPLICATE,
    "ORDER_PAID": Reason.ORDER_PAID,
    "ORDERPAID": Reason.ORDER_PAID,
    "ORDER_CLOSED": Reason.ORDER_CLOSED,
    "ORDERCLOSED": Reason.ORDER_CLOSED,
    "ORDER_NOT_EXIST": Reason.NOT_FOUND,
    "ORDERNOTEXIST": Reason.NOT_FOUND,
    "RESOURCE_NOT_EXISTS": Reason.NOT_FOUND,
    "INVALID_TRANSACTIONID": Reason.NOT_FOUND,
    "NO_STATEMENT_EXIST": Reason.NO_BILL,
    "STATEMENT_CREATING": Reason.BILL_NOT_READY,
    "NOT_ENOUGH": Reason.LIMITED,
    "NOTENOUGH": Reason.LIMITED,
    "NO_AUTH": Reason.LIMITED,
    "NOAUTH": Reason.LIMITED,
    "RULE_LIMIT": Reason.LIMITED,
    "RULELIMIT": Reason.LIMITED,
    "ACCOUNT_ERROR": Reason.LIMITED,
    "ACCOUNTERROR": Reason.LIMITED,
    "USER_ACCOUNT_ABNORMAL": Reason.LIMITED,
    "REQUEST_BLOCKED": Reason.LIMITED,
}

# INVALID_REQUEST is the code of many business rules; only its text tells which. The first fragment found counts.
FRAGMENTS: dict[str, tuple[tuple[str, Reason], ...]] = {
    "INVALID_REQUEST": (
        ("与之前请求不一致", Reason.DUPLICATE),
        ("商户订单号重复", Reason.DUPLICATE),
        ("已支付", Reason.ORDER_PAID),
        ("已关闭", Reason.ORDER_CLOSED),
        ("全额退款", Reason.AMOUNT),
        ("金额", Reason.AMOUNT),
    ),
}

# Not a no: the platform does not know itself, whatever the HTTP status.
UNANSWERED = frozenset({"SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR"})
# Turned away at the door.
NOT_SENT = frozenset({"FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "RATELIMIT_EXCEEDED", "RATELIMIT_EXCEED"})


def reason(code: str, message: str) -> Reason:
    """Our reason for the platform's code and text."""
    found = (ours for fragment, ours in FRAGMENTS.get(code, ()) if fragment in message)
    return next(found, CODES.get(code, Reason.OTHER))
