"""What a doctor writes, as given: every rule of its form, each naming the field that breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from app.models import PrescriptionKind
from app.problems import Problem, checked

MOST_DIAGNOSES = 10
MOST_DAYS = 84  # a long prescription for a chronic disease lasts twelve weeks
MOST_DOSES = 60
MOST_VALID_DAYS = 3
# 处方管理办法: at most five drugs on one prescription; herbal pieces are not counted.
MOST_ITEMS: Mapping[PrescriptionKind, int] = {
    PrescriptionKind.WESTERN: 5,
    PrescriptionKind.CHINESE_PATENT: 5,
    PrescriptionKind.HERBAL: 50,
}
LARGEST_QUANTITY = Decimal("9999.99")
LARGEST_DOSE = Decimal("99999999")


class DiagnosisKind(StrEnum):
    """诊断类别: western, or main disease or main syndrome of Chinese medicine; the values are the national codes."""

    WESTERN = "1"
    DISEASE = "2"
    SYNDROME = "3"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDiagnosis:
    """A diagnosis as the doctor gives it."""

    code: str
    name: str
    main: bool = False
    kind: DiagnosisKind = DiagnosisKind.WESTERN


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenItem:
    """A drug of the formulary. Western and patent medicine is taken in a dose, by a way, so often, for so many days.

    Of a herbal piece `dose` goes into one dose (剂), `footnote` says how to prepare it, and nothing else is told.
    `self_paid` must be said of a drug of limited use (限定支付范围).
    """

    item_code: str
    quantity: str
    dose: str
    dose_unit: str
    days: int | None = None
    way_code: str | None = None
    way_name: str | None = None
    frequency_code: str | None = None
    frequency_name: str | None = None
    footnote: str | None = None
    self_paid: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDecoction:
    """How a herbal prescription is taken as a whole; `dose` in `dose_unit` each time, `days` for all doses."""

    doses: int
    days: int
    way_code: str
    way_name: str
    frequency_code: str
    frequency_name: str
    dose: str
    dose_unit: str
    instructions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A prescription as a doctor gives it; `check` before anything is made of it."""

    kind: PrescriptionKind
    diagnoses: Sequence[WrittenDiagnosis] = field(repr=False)
    items: Sequence[WrittenItem] = field(repr=False)
    decoction: WrittenDecoction | None = None
    valid_days: int = MOST_VALID_DAYS

    def check(self) -> None:
        """Raises Problem INVALID_INPUT naming the first field that cannot be used: forms first, then what belongs
        together."""
        if self.kind not in MOST_ITEMS:
            raise _invalid("kind", "WESTERN, CHINESE_PATENT, HERBAL")
        _between("validDays", self.valid_days, MOST_VALID_DAYS)
        _count("diagnoses", self.diagnoses, MOST_DIAGNOSES)
        for place, diagnosis in enumerate(self.diagnoses):
            checked(diagnosis.code, field=f"diagnoses[{place}].code", longest=20)
            checked(diagnosis.name, field=f"diagnoses[{place}].name", longest=100)
        _count("items", self.items, MOST_ITEMS[self.kind])
        for place, item in enumerate(self.items):
            _check_form(item, f"items[{place}]")
        if self.decoction is not None:
            _check_decoction(self.decoction)
        self._check_kind()

    def _check_kind(self) -> None:
        if sum(each.main for each in self.diagnoses) != 1:
            raise _invalid("diagnoses", "只能有一个主诊断 (exactly one is the main one)")
        herbal = self.kind is PrescriptionKind.HERBAL
        if herbal is (self.decoction is None):
            raise _invalid("decoction", "中药饮片处方必填，其他处方不填 (of a herbal prescription, and of no other)")
        for place, item in enumerate(self.items):
            (_check_piece if herbal else _check_medicine)(item, f"items[{place}]")


def decimal(text: str, field_: str, *, places: int, largest: Decimal) -> Decimal:
    """A positive number. Raises Problem: not one, too many decimals, too large."""
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,8})?", text):
        raise _invalid(field_, "应为数字 (a number is expected)")
    number = Decimal(text)
    fine = number == number.quantize(Decimal(1).scaleb(-places))
    if not (fine and 0 < number <= largest):
        raise _invalid(field_, f"0 < … ≤ {largest}, {places} 位小数 (decimals)")
    return number


def _check_decoction(decoction: WrittenDecoction) -> None:
    _between("decoction.doses", decoction.doses, MOST_DOSES)
    _between("decoction.days", decoction.days, MOST_DAYS)
    decimal(decoction.dose, "decoction.dose", places=2, largest=LARGEST_DOSE)
    told = {
        "wayCode": (decoction.way_code, 20),
        "wayName": (decoction.way_name, 40),
        "frequencyCode": (decoction.frequency_code, 20),
        "frequencyName": (decoction.frequency_name, 40),
        "doseUnit": (decoction.dose_unit, 20),
    }
    for name, (given, longest) in told.items():
        checked(given, field=f"decoction.{name}", longest=longest)
    if decoction.instructions is not None:
        checked(decoction.instructions, field="decoction.instructions", longest=400)


def _check_form(item: WrittenItem, at: str) -> None:
    checked(item.item_code, field=f"{at}.itemCode", longest=20)
    decimal(item.quantity, f"{at}.quantity", places=2, largest=LARGEST_QUANTITY)
    decimal(item.dose, f"{at}.dose", places=4, largest=LARGEST_DOSE)
    checked(item.dose_unit, field=f"{at}.doseUnit", longest=20)
    for name, given, longest in _directions(item):
        if given is not None:
            checked(given, field=f"{at}.{name}", longest=longest)
    if item.footnote is not None:
        checked(item.footnote, field=f"{at}.footnote", longest=200)
    if item.days is not None:
        _between(f"{at}.days", item.days, MOST_DAYS)


def _check_piece(item: WrittenItem, at: str) -> None:
    given = {name: told for name, told, _ in _directions(item)} | {"days": item.days}
    for name, told in given.items():
        if told is not None:
            raise _invalid(f"{at}.{name}", "饮片用法填在 decoction (told in `decoction`)")


def _check_medicine(item: WrittenItem, at: str) -> None:
    given = {name: told for name, told, _ in _directions(item)} | {"days": item.days}
    for name, told in given.items():
        if told is None:
            raise _invalid(f"{at}.{name}", "必填 (required)")
    if item.footnote is not None:
        raise _invalid(f"{at}.footnote", "仅用于中药饮片 (of herbal pieces alone)")


def _directions(item: WrittenItem) -> Iterator[tuple[str, str | None, int]]:
    """How western and patent medicine is taken: the field, what was given, the longest text."""
    yield "wayCode", item.way_code, 10
    yield "wayName", item.way_name, 100
    yield "frequencyCode", item.frequency_code, 10
    yield "frequencyName", item.frequency_name, 30


def _between(name: str, given: int, most: int) -> None:
    if not 1 <= given <= most:
        raise _invalid(name, f"1–{most}")


def _count(name: str, given: Sequence[object], most: int) -> None:
    if not 1 <= len(given) <= most:
        raise _invalid(name, f"1–{most}")


def _invalid(name: str, reason: str) -> Problem:
    return Problem("INVALID_INPUT", field=name, reason=reason)
