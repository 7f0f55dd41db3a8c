"""What the core sandbox remarks of a prescription (3101), and how it keeps the record of a visit (4301).

The rules are data, added by the control desk as `advice_rules`: {"id", "name", "kind", "severity", …}. DUPLICATE: the
same drug twice. QUANTITY: more than `most` of a `drug` (a prefix of its code, empty: any). CONTRAINDICATION: a `drug`
with a `diagnosis` (prefixes). `severity` is 1, 2 or 3; the platform's real codes are not public.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

Order = Mapping[str, Any]
Encounter = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceRule:
    """One rule; raises TypeError for a member that is none, ValueError for a kind that is none."""

    id: str
    name: str
    kind: str
    severity: str
    drug: str = ""
    most: str = "0"
    diagnosis: str = ""
    evidence: str = ""

    def __post_init__(self) -> None:
        if self.kind not in _BROKEN:
            raise ValueError(f"kind is one of {', '.join(_BROKEN)}")

    def broken(self, encounter: Encounter) -> list[Order]:
        """The orders of the present prescription that break the rule."""
        current = [row for row in encounter["fsi_order_dtos"] if row["curr_drord_flag"] == "1"]
        return [row for row in current if self._covers(row) and _BROKEN[self.kind](self, row, encounter)]

    def _covers(self, order: Order) -> bool:
        return str(order["hilist_code"]).startswith(self.drug)


def _duplicate(rule: AdviceRule, order: Order, encounter: Encounter) -> bool:
    return Counter(row["hilist_code"] for row in encounter["fsi_order_dtos"])[order["hilist_code"]] > 1


def _too_much(rule: AdviceRule, order: Order, encounter: Encounter) -> bool:
    return Decimal(str(order["cnt"])) > Decimal(rule.most)


def _contraindicated(rule: AdviceRule, order: Order, encounter: Encounter) -> bool:
    return any(str(row.get("dise_codg") or "").startswith(rule.diagnosis) for row in encounter["fsi_diagnose_dtos"])


_BROKEN: dict[str, Callable[[AdviceRule, Order, Encounter], bool]] = {
    "DUPLICATE": _duplicate,
    "QUANTITY": _too_much,
    "CONTRAINDICATION": _contraindicated,
}

BUILT_IN = (
    AdviceRule(id="R0001", name="重复用药", kind="DUPLICATE", severity="2"),
    AdviceRule(id="R0002", name="超量开药", kind="QUANTITY", severity="3", most="30"),
    AdviceRule(
        id="R0003",
        name="青霉素过敏者禁用青霉素类",
        kind="CONTRAINDICATION",
        severity="1",
        drug="XJ01C",
        diagnosis="Z88.0",
        evidence="药品说明书",
    ),
)


class Advisor:
    """Answers 3101 by its rules."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.rules: list[AdviceRule] = list(BUILT_IN)

    def load(self, rules: list[Mapping[str, Any]]) -> None:
        """Add rules; one of the same id replaces the one before."""
        new = [AdviceRule(**rule) for rule in rules]
        ids = {rule.id for rule in new}
        self.rules = [rule for rule in self.rules if rule.id not in ids] + new

    def reset(self) -> None:
        """Back to the rules that are built in."""
        self.rules = list(BUILT_IN)

    def results(self, data: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Node result: one row for each rule that a visit breaks."""
        return [
            self._result(rule, data, patient, encounter, broken)
            for patient, encounter in _visits(data)
            for rule in self.rules
            if (broken := rule.broken(encounter))
        ]

    def _result(
        self,
        rule: AdviceRule,
        data: Mapping[str, Any],
        patient: Mapping[str, Any],
        encounter: Encounter,
        broken: list[Order],
    ) -> dict[str, Any]:
        keys = {"patn_id": patient["patn_id"], "mdtrt_id": encounter["mdtrt_id"]}
        number = f"JR{next(self._numbers):010d}"
        names = "、".join(dict.fromkeys(str(row["hilist_name"]) for row in broken))
        return {
            **keys,
            "jr_id": number,
            "rule_id": rule.id,
            "rule_name": rule.name,
            "vola_cont": f"{rule.name}：{names}"[:500],
            "judge_result_detail_dtos": [
                {
                    **keys,
                    "jrd_id": f"{number}-{place}",
                    "rx_id": row["rx_id"],
                    "vola_item_type": "1",
                    "vola_amt": row["sumamt"],
                }
                for place, row in enumerate(broken, start=1)
            ],
            "vola_amt": f"{sum(Decimal(str(row['sumamt'])) for row in broken):.2f}",
            "vola_amt_stas": "1",
            "sev_deg": rule.severity,
            "vola_evid": rule.evidence,
            "vola_bhvr_type": "1",
            "task_id": data.get("task_id", ""),
        }


def _visits(data: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Encounter]]:
    for patient in data["patient_dtos"]:
        for encounter in patient["fsi_encounter_dtos"]:
            yield patient, encounter
