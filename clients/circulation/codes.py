"""The circulation platform's code values that no public table lists, with our defaults: adapter points, all of them.

Prove each against the local specification on the first day (protocols/mobile-payment.md 4.1, 9). A code that is not
in a table that is read makes the answer `Garbled`: it is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clients.circulation.gateway import State, Use, Verdict
from clients.circulation.prescription import PrescriptionKind

# 处方项目分类代码: this one is public.
ITEM_TYPES: Final[Mapping[PrescriptionKind, tuple[str, str]]] = {
    PrescriptionKind.WESTERN: ("11", "西药"),
    PrescriptionKind.CHINESE_PATENT: ("12", "中成药"),
    PrescriptionKind.HERBAL: ("13", "中药饮片"),
}
HERBAL_PIECES: Final = ("3", "中药饮片")  # 中药类别代码

# 处方状态: public, and so no setting.
STATES: Final[Mapping[str, State]] = {
    "1": State.VALID,
    "2": State.EXPIRED,
    "3": State.REVOKED,
    "4": State.VOIDED,
}

# 处方类别代码, 处方使用状态, 处方审核状态: defaults of the settings.
KINDS: Final[Mapping[PrescriptionKind, str]] = {
    PrescriptionKind.WESTERN: "1",
    PrescriptionKind.CHINESE_PATENT: "2",
    PrescriptionKind.HERBAL: "3",
}
USES: Final[Mapping[str, Use]] = {"0": Use.UNUSED, "1": Use.USED, "2": Use.PARTLY_USED}
VERDICTS: Final[Mapping[str, Verdict | None]] = {"0": None, "1": Verdict.APPROVED, "2": Verdict.REJECTED}
