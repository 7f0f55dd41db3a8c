"""The codes with which 快递100 says no. Source: its documentation of the query and of the subscription."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """What a refusal means for us."""

    FORM = "FORM"  # a field is missing or wrong: our mistake, or a carrier that 快递100 does not know
    PHONE = "PHONE"  # the end of the telephone is missing or another's
    COMPANY = "COMPANY"  # this carrier cannot be followed
    AUTHENTICATION = "AUTHENTICATION"  # customer, key or signature
    QUOTA = "QUOTA"  # nothing left on the account
    OTHER = "OTHER"


NOT_YET, AGAIN = "500", "501"
# Failures inside 快递100: nothing is said about the parcel.
BROKEN: Mapping[str, frozenset[str]] = {"query": frozenset({"501", "502"}), "subscribe": frozenset({"500", "502"})}

REASONS: Mapping[str, Mapping[str, Reason]] = {
    "query": {
        "400": Reason.FORM,
        "408": Reason.PHONE,
        "503": Reason.AUTHENTICATION,
        "601": Reason.QUOTA,
    },
    "subscribe": {
        "400": Reason.FORM,
        "408": Reason.PHONE,
        "600": Reason.AUTHENTICATION,
        "601": Reason.QUOTA,
        "700": Reason.COMPANY,
        "701": Reason.COMPANY,
        "702": Reason.FORM,
    },
}


def reason_of(transaction: str, code: str) -> Reason:
    """The reason behind a code."""
    return REASONS[transaction].get(code, Reason.OTHER)
