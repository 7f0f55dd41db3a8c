"""The codes of 3101 that no public table tells: a region's settings, with defaults (insurance.md section 6, A11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SEVERITIES = {"1": "VIOLATION", "2": "SUSPECT", "3": "NOTICE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceCodes:
    """The region's codes for 3101, each at most three characters, but `system` (系统编码) ten.

    `scenario` is 触发场景, `institution_type` and `institution_level` 医疗服务机构类型 and 等级, `behaviour` 医嘱行为,
    `reimbursed` 报销标志; `severities` maps 严重程度 to VIOLATION, SUSPECT or NOTICE.
    """

    system: str = "YIQIAO"
    scenario: str = "1"
    institution_type: str = "1"
    institution_level: str = "3"
    behaviour: str = "1"
    reimbursed: str = "1"
    severities: Mapping[str, str] = field(default_factory=lambda: dict(SEVERITIES))
