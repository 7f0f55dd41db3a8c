"""Why the e-receipt platform says no: its texts → our few reasons.

The platform publishes no code list (receipts.md A.6): every `result` but `S0000` is a failure whose text is the only
clue. The fragments are tried from top to bottom and the first that occurs in the text decides, so a text about a place
that does not exist is not taken for a receipt that does not exist. A text that the table does not know is `OTHER`.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What a refusal means for us."""

    SIGNATURE = "SIGNATURE"  # the envelope was not accepted: account, key, version or random text
    FORM = "FORM"  # a field is missing, too long or wrong
    SUMS = "SUMS"  # one of the three sum rules
    DUPLICATE = "DUPLICATE"  # the business number is taken by another receipt
    NOT_FOUND = "NOT_FOUND"  # no such receipt
    ALREADY_RED = "ALREADY_RED"  # written off before
    PLACE_UNKNOWN = "PLACE_UNKNOWN"  # the place of issue is not known or not allowed
    NO_PUBLIC_ADDRESS = "NO_PUBLIC_ADDRESS"  # ours: the receipt has no address that a patient may open
    OTHER = "OTHER"


FRAGMENTS: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (Reason.SIGNATURE, ("签名", "验签", "随机标识", "应用账号", "appid")),
    (Reason.SUMS, ("金额不一致", "合计不一致", "金额不等", "不等于总金额", "不相等")),
    (Reason.FORM, ("不能为空", "缺少", "长度", "格式", "代码不正确", "应为", "精度")),
    (Reason.PLACE_UNKNOWN, ("开票点",)),
    (Reason.ALREADY_RED, ("已冲红", "已红冲", "已开红票", "重复冲红")),
    (Reason.DUPLICATE, ("业务流水号已存在", "业务流水号重复", "重复开票", "已开票")),
    (Reason.NOT_FOUND, ("票据不存在", "票据信息不存在", "未查询到", "未找到", "查无")),
)


def reason_of(text: str) -> Reason:
    """Our reason for the platform's text."""
    for reason, fragments in FRAGMENTS:
        if any(fragment in text for fragment in fragments):
            return reason
    return Reason.OTHER
