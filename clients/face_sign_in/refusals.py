"""The codes of the face sign-in and what they mean to us. They are of our own wire, as it is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Why it said no."""

    AUTHENTICATION = "AUTHENTICATION"
    FORM = "FORM"
    DOCTOR_UNKNOWN = "DOCTOR_UNKNOWN"
    TICKET_UNKNOWN = "TICKET_UNKNOWN"
    OTHER = "OTHER"


AUTHENTICATION = "FS-1001"
FORM = "FS-2001"
OPERATION_UNKNOWN = "FS-2002"
DOCTOR_UNKNOWN = "FS-3001"
TICKET_UNKNOWN = "FS-3002"

REASONS: Mapping[str, Reason] = {
    AUTHENTICATION: Reason.AUTHENTICATION,
    FORM: Reason.FORM,
    OPERATION_UNKNOWN: Reason.FORM,
    DOCTOR_UNKNOWN: Reason.DOCTOR_UNKNOWN,
    TICKET_UNKNOWN: Reason.TICKET_UNKNOWN,
}
