"""How a prescription stands on the circulation platform (处方流转平台)."""

from __future__ import annotations

from enum import StrEnum


class ReviewVerdict(StrEnum):
    """What the platform's pharmacist found (审核结果)."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class CirculationState(StrEnum):
    """处方状态 on the platform: may be used, lapsed, revoked by the hospital, voided by the platform."""

    VALID = "VALID"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    VOIDED = "VOIDED"


class DrugUse(StrEnum):
    """处方使用状态: whether the drugs were taken."""

    UNUSED = "UNUSED"
    PARTLY_USED = "PARTLY_USED"
    USED = "USED"
