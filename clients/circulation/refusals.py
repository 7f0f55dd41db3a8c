"""The circulation platform's words → our few reasons, on both channels.

No public table of its error codes exists, so its text decides: the first fragment found wins.
"""

from __future__ import annotations

from enum import StrEnum

from clients.circulation.gateway import Step
from clients.errors import Refused


class Reason(StrEnum):
    """Why a platform said no (`Refused.reason`), as far as we act on it differently."""

    SIGNATURE = "SIGNATURE"  # the envelope was not believed: keys or accounts are set up wrongly
    FORM = "FORM"  # a field is missing, too long or wrongly coded: our mistake
    DOCTOR = "DOCTOR"  # the doctor or pharmacist is not (any more) one of the insurance's
    AUTHORISATION = "AUTHORISATION"  # the patient's online identity check does not hold: ask for it again
    DUPLICATE = "DUPLICATE"  # this prescription number was used before
    NOT_FOUND = "NOT_FOUND"  # the platform has no such prescription
    ALREADY_CANCELLED = "ALREADY_CANCELLED"  # it was revoked before: counts as done
    WRONG_STATE = "WRONG_STATE"  # taken, lapsed or voided: this can no longer be done
    NOT_OFFERED = "NOT_OFFERED"  # this channel has no such step; nothing was sent
    OTHER = "OTHER"  # its words are all that we have


FRAGMENTS: tuple[tuple[str, Reason], ...] = (
    ("签名验证失败", Reason.SIGNATURE),
    ("验签", Reason.SIGNATURE),
    ("解密", Reason.SIGNATURE),
    ("应用渠道", Reason.SIGNATURE),
    ("不能为空", Reason.FORM),
    ("缺少", Reason.FORM),
    ("长度", Reason.FORM),
    ("精度", Reason.FORM),
    ("格式", Reason.FORM),
    ("代码不正确", Reason.FORM),
    ("应为", Reason.FORM),
    ("报文ID重复", Reason.OTHER),
    ("身份核验", Reason.AUTHORISATION),
    ("就诊凭证", Reason.AUTHORISATION),
    ("医保医师", Reason.DOCTOR),
    ("医保药师", Reason.DOCTOR),
    ("重复", Reason.DUPLICATE),
    ("已使用", Reason.DUPLICATE),
    ("已撤销", Reason.ALREADY_CANCELLED),
    ("处方不存在", Reason.NOT_FOUND),
    ("未查询到处方", Reason.NOT_FOUND),
    ("已失效", Reason.WRONG_STATE),
    ("已作废", Reason.WRONG_STATE),
    ("已取药", Reason.WRONG_STATE),
    ("状态", Reason.WRONG_STATE),
)
NOT_REVIEWED = "尚未审核"  # D006 before anybody has looked


def reason(message: str) -> Reason:
    """The reason behind the platform's words."""
    return next((found for fragment, found in FRAGMENTS if fragment in message), Reason.OTHER)


def not_offered(platform: str, step: Step) -> Refused:
    """The no of a channel that has no such step."""
    words = "该渠道无此交易 (this channel has no such step; nothing was sent)"
    return Refused(words, platform=platform, transaction=step, code="", reason=Reason.NOT_OFFERED)
