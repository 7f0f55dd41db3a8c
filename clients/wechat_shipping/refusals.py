"""The codes of the mini-program server API that mean something here. Source: its public documentation."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """What a refusal means for us."""

    FORM = "FORM"  # our mistake
    EXPIRED = "EXPIRED"  # the access token is over: fetch another
    AUTHENTICATION = "AUTHENTICATION"  # app id or secret
    NOT_FOUND = "NOT_FOUND"  # the payment is not known (yet)
    ALREADY_SHIPPED = "ALREADY_SHIPPED"  # it has all been told, and the one correction is gone or not wanted
    NOT_SHIPPABLE = "NOT_SHIPPABLE"  # refunded, closed
    OTHER = "OTHER"


TOKENS = ("40001", "40014", "42001")
UNCHANGED = "10060023"
# "System error, try again": nothing is said about the payment.
BROKEN = frozenset({"-1", "10060012", "10060019"})

REASONS: Mapping[str, Reason] = {
    **dict.fromkeys(TOKENS, Reason.EXPIRED),
    "40013": Reason.AUTHENTICATION,
    "40125": Reason.AUTHENTICATION,
    "47001": Reason.FORM,
    "10060001": Reason.NOT_FOUND,
    "10060002": Reason.ALREADY_SHIPPED,
    "10060003": Reason.ALREADY_SHIPPED,
    "10060004": Reason.NOT_SHIPPABLE,
    "10060005": Reason.FORM,
    "10060008": Reason.FORM,
    "10060009": Reason.FORM,
    "10060014": Reason.FORM,
    "10060025": Reason.FORM,
    "10060026": Reason.FORM,
    "10060031": Reason.FORM,
    "268485216": Reason.FORM,
    "268485224": Reason.FORM,
}


def reason_of(code: str) -> Reason:
    """The reason behind a code."""
    return REASONS.get(code, Reason.OTHER)
