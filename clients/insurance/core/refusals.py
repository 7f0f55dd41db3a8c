"""Why the core platform says no: it gives only a text (`infcode` −1 is every refusal), so the first known text decides.

No public list of texts exists; the fragments are the plain words for each rule of protocols/insurance.md 4.5, and a
region's own words are added here.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What a refusal means for us."""

    FORM = "FORM"  # a field is missing, too long or not in its code list: our mistake
    MESSAGE_REPEATED = "MESSAGE_REPEATED"  # this message id was used; what its first use did must be queried
    SIGN_IN_REQUIRED = "SIGN_IN_REQUIRED"  # 9001 first, then again
    CERTIFICATE = "CERTIFICATE"  # the certificate is not valid, or not this person's
    PERSON_UNKNOWN = "PERSON_UNKNOWN"
    NOT_INSURED = "NOT_INSURED"  # not in this insurance, or not active there
    DUPLICATE = "DUPLICATE"  # a live registration has this visit number
    ALREADY_GONE = "ALREADY_GONE"  # cancelled before: to an undo this is done
    SETTLEMENT_EXISTS = "SETTLEMENT_EXISTS"  # the settlement must be undone first
    FEES_EXIST = "FEES_EXIST"  # the fee details must be undone first
    VISIT_UNKNOWN = "VISIT_UNKNOWN"
    SYSTEM = "SYSTEM"  # the platform failed inside; nothing is said about the patient
    GATEWAY = "GATEWAY"  # the gateway did not accept our signature; the core was not reached
    OTHER = "OTHER"


GATEWAY_CODE = "GATEWAY"
SIGN_IN_CODE = "SIGN_IN"

_FRAGMENTS: tuple[tuple[str, Reason], ...] = (
    ("不能为空", Reason.FORM),
    ("缺少节点", Reason.FORM),
    ("长度超过", Reason.FORM),
    ("代码不正确", Reason.FORM),
    ("格式不正确", Reason.FORM),
    ("数值精度", Reason.FORM),
    ("应为", Reason.FORM),
    ("报文ID重复", Reason.MESSAGE_REPEATED),
    ("签到", Reason.SIGN_IN_REQUIRED),
    ("就诊凭证", Reason.CERTIFICATE),
    ("电子凭证", Reason.CERTIFICATE),
    ("人员信息不存在", Reason.PERSON_UNKNOWN),
    ("未查询到人员", Reason.PERSON_UNKNOWN),
    ("查无此人", Reason.PERSON_UNKNOWN),
    ("未参保", Reason.NOT_INSURED),
    ("未参加", Reason.NOT_INSURED),
    ("参保状态", Reason.NOT_INSURED),
    ("已撤销", Reason.ALREADY_GONE),
    ("已取消", Reason.ALREADY_GONE),
    ("已退号", Reason.ALREADY_GONE),
    ("结算", Reason.SETTLEMENT_EXISTS),
    ("费用明细", Reason.FEES_EXIST),
    ("重复", Reason.DUPLICATE),
    ("已存在", Reason.DUPLICATE),
    ("就诊信息不存在", Reason.VISIT_UNKNOWN),
    ("未查询到就诊", Reason.VISIT_UNKNOWN),
    ("系统", Reason.SYSTEM),
    ("超时", Reason.SYSTEM),
)


def reason_of(text: str) -> Reason:
    """The reason behind the platform's text; `OTHER` when its words are not known."""
    return next((reason for fragment, reason in _FRAGMENTS if fragment in text), Reason.OTHER)
