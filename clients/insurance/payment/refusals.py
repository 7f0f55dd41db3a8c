"""The mobile-payment centre's words → our few reasons.

No public table of its error codes exists (mobile-payment.md 3.8), so its text decides: the first fragment found wins.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why the centre said no, as far as we act on it differently."""

    SIGNATURE = "SIGNATURE"  # the envelope was not believed: keys, appId or canonical form are set up wrongly
    FORM = "FORM"  # a field is missing, too long or wrongly coded: our mistake
    DUPLICATE_ORDER = "DUPLICATE_ORDER"  # a number of ours was used before with other content
    AMOUNTS = "AMOUNTS"  # sums do not add up, or more is asked back than is left
    WRONG_STATE = "WRONG_STATE"  # the order is not where this may be done
    AUTHORISATION = "AUTHORISATION"  # the patient's authorisation is not valid (any more): ask for it again
    ALREADY_REVOKED = "ALREADY_REVOKED"  # the fee details are gone: counts as done
    ALREADY_REFUNDED = "ALREADY_REFUNDED"  # the money went back before: counts as done
    NOT_FOUND = "NOT_FOUND"  # the centre does not know the order, person or visit
    OTHER = "OTHER"  # its words are all that we have


FRAGMENTS: tuple[tuple[str, Reason], ...] = (
    ("签名", Reason.SIGNATURE),
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
    ("重复", Reason.DUPLICATE_ORDER),
    ("内容不一致", Reason.DUPLICATE_ORDER),
    ("已撤销", Reason.ALREADY_REVOKED),
    ("已退", Reason.ALREADY_REFUNDED),
    ("授权", Reason.AUTHORISATION),
    ("金额", Reason.AMOUNTS),
    ("总额", Reason.AMOUNTS),
    ("状态", Reason.WRONG_STATE),
    ("已结算", Reason.WRONG_STATE),
    ("未结算", Reason.WRONG_STATE),
    ("不存在", Reason.NOT_FOUND),
    ("未找到", Reason.NOT_FOUND),
)


def reason(message: str) -> Reason:
    """The reason behind the centre's words."""
    return next((found for fragment, found in FRAGMENTS if fragment in message), Reason.OTHER)
