"""Why the authorisation platform says no.

Its codes are not public (mobile-payment.md 9), so the first known fragment of its text decides; a region's own words
are added here.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """What a refusal means for us."""

    SIGNATURE = "SIGNATURE"  # our partner id, secret or clock is wrong: a matter for the operator
    FORM = "FORM"  # a field is missing or wrong: our mistake
    CODE = "CODE"  # the code is unknown, was used or is too old: the patient consents again
    OTHER = "OTHER"


FRAGMENTS: tuple[tuple[str, Reason], ...] = (
    ("签名", Reason.SIGNATURE),
    ("验签", Reason.SIGNATURE),
    ("时间戳", Reason.SIGNATURE),
    ("不能为空", Reason.FORM),
    ("应为", Reason.FORM),
    ("授权码", Reason.CODE),
    ("二维码", Reason.CODE),
    ("已过期", Reason.CODE),
    ("已使用", Reason.CODE),
)


def reason_of(text: str) -> Reason:
    """The reason behind the platform's text; `OTHER` when its words are not known."""
    return next((reason for fragment, reason in FRAGMENTS if fragment in text), Reason.OTHER)
