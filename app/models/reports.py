"""What a report can be asked by. Its rows are no models: only triggers write them (migrations/0004)."""

from __future__ import annotations

from enum import StrEnum


class ReportBucket(StrEnum):
    """How long one row of a report lasts. A week begins on Monday."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class ReportDimension(StrEnum):
    """What a report can be grouped by; each is a column of the daily rows."""

    PAY_KIND = "PAY_KIND"
    DEPARTMENT = "DEPARTMENT"
    DOCTOR = "DOCTOR"
    STATE = "STATE"
    INSURANCE_TYPE = "INSURANCE_TYPE"
