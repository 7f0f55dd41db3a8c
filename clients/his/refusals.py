"""The HIS's codes and what they mean to us. Source: protocols/his.md B.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why the HIS said no, in our words."""

    AUTHENTICATION = "AUTHENTICATION"
    FORM = "FORM"
    NOT_FOUND = "NOT_FOUND"
    FEES_CHANGED = "FEES_CHANGED"
    AMOUNT_DIFFERS = "AMOUNT_DIFFERS"
    SETTLED_BY_ANOTHER = "SETTLED_BY_ANOTHER"
    VOID = "VOID"
    NOT_AUDITED = "NOT_AUDITED"
    LOCKED = "LOCKED"
    ALREADY_DISPENSED = "ALREADY_DISPENSED"
    KEY_REUSED = "KEY_REUSED"
    BUSY = "BUSY"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    OTHER = "OTHER"


class Retry(StrEnum):
    """What may follow a refusal, in the protocol's words."""

    NEVER = "never"
    REFETCH = "refetch"
    LATER = "later"
    SAME_KEY = "same_key"
    QUERY_FIRST = "query_first"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What one code means."""

    reason: Reason
    meaning: str
    retry: Retry


REFUSALS: Mapping[str, Refusal] = {
    "HIS-1001": Refusal(Reason.AUTHENTICATION, "signature does not hold", Retry.NEVER),
    "HIS-1002": Refusal(Reason.AUTHENTICATION, "timestamp too far from the HIS's clock", Retry.NEVER),
    "HIS-1003": Refusal(Reason.AUTHENTICATION, "nonce used before", Retry.NEVER),
    "HIS-1004": Refusal(Reason.AUTHENTICATION, "unknown app", Retry.NEVER),
    "HIS-2001": Refusal(Reason.FORM, "field missing, or Idempotency-Key is not its field", Retry.NEVER),
    "HIS-2002": Refusal(Reason.FORM, "field malformed", Retry.NEVER),
    "HIS-2003": Refusal(Reason.FORM, "fields contradict each other", Retry.NEVER),
    "HIS-2004": Refusal(Reason.FORM, "unknown operation", Retry.NEVER),
    "HIS-3003": Refusal(Reason.NOT_FOUND, "no such prescription", Retry.NEVER),
    "HIS-3004": Refusal(Reason.NOT_FOUND, "no such settlement", Retry.NEVER),
    "HIS-3005": Refusal(Reason.FEES_CHANGED, "charges changed since they were listed", Retry.REFETCH),
    "HIS-3006": Refusal(Reason.AMOUNT_DIFFERS, "amount differs from the HIS's (`his_amount`)", Retry.REFETCH),
    "HIS-3007": Refusal(
        Reason.SETTLED_BY_ANOTHER, "settled by another (`settlement_number`): refund ours", Retry.NEVER
    ),
    "HIS-3008": Refusal(Reason.VOID, "void or already cancelled", Retry.NEVER),
    "HIS-3009": Refusal(Reason.NOT_AUDITED, "prescription not audited", Retry.NEVER),
    "HIS-3010": Refusal(Reason.LOCKED, "locked by another channel", Retry.LATER),
    "HIS-3011": Refusal(Reason.ALREADY_DISPENSED, "dispensed, cannot be cancelled", Retry.NEVER),
    "HIS-3012": Refusal(Reason.KEY_REUSED, "same key, other body", Retry.NEVER),
    "HIS-5001": Refusal(Reason.BUSY, "busy, nothing was done", Retry.SAME_KEY),
    "HIS-5002": Refusal(Reason.UNKNOWN_OUTCOME, "the HIS does not know what became of it", Retry.QUERY_FIRST),
}


def of(code: str, retry: str) -> Refusal:
    """What a code means; a code that is not in the table is taken at its own word `retry`. Raises ValueError."""
    return REFUSALS.get(code) or Refusal(Reason.OTHER, "not in the protocol", Retry(retry))
