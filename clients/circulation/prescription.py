"""A prescription (处方) as a doctor wrote it: what every circulation platform wants to know, in the field's words.

National dictionary codes stay codes (`id_type`, `gender`, `medical_type`: protocols/insurance.md 2.1); a `Term` is a
code with its name. Amounts are `Decimal` yuan, times are aware. Persons stay out of every repr.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

PLATFORM_TIME = ZoneInfo("Asia/Shanghai")


class PrescriptionKind(StrEnum):
    """What it is of: western medicine (西药), Chinese patent medicine (中成药) or herbal pieces (中药饮片)."""

    WESTERN = "WESTERN"
    CHINESE_PATENT = "CHINESE_PATENT"
    HERBAL = "HERBAL"


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a code table: `code` is the national one, `name` is what people read."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who it is for. `height` is cm, `weight` kg; `allergies` is 过敏史, empty: none told.

    The older channel demands `person_number`, `insured_area` and `insurance_type` (from 1101).
    """

    name: str = field(repr=False)
    id_type: str = "01"
    id_number: str = field(repr=False)
    gender: str
    birth_date: date = field(repr=False)
    person_number: str = field(default="", repr=False)
    insured_area: str = ""
    insurance_type: str = ""
    height: Decimal | None = None
    weight: Decimal | None = None
    allergies: str = field(default="", repr=False)
    pregnancy_weeks: int | None = None
    breastfeeding: bool = False

    def age(self, at: datetime) -> Decimal:
        """Years at a moment, with one decimal, rounded down."""
        day = at.astimezone(PLATFORM_TIME).date()
        months = (day.year - self.birth_date.year) * 12 + day.month - self.birth_date.month
        months -= day.day < self.birth_date.day
        return (Decimal(months) / 12).quantize(Decimal("0.1"), ROUND_DOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Who wrote it. `code` is the national one (医保医师代码); `department.code` the hospital's, `category` 科别."""

    code: str
    name: str
    id_type: str = "01"
    id_number: str = field(repr=False)
    title: Term | None = None
    department: Term
    department_category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pharmacist:
    """Who reviewed it in the hospital (审方药师). `code` is the national one (医保药师代码), `licence` 执业资格证号."""

    code: str
    name: str
    id_type: str = "01"
    id_number: str = field(default="", repr=False)
    title: Term | None = None
    department: Term
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The hospital's own review (院内审方), without which nothing is signed."""

    pharmacist: Pharmacist
    approved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The visit it belongs to. `id` is the insurance's (就诊ID, from 2201), `number` the HIS's (门诊号).

    `special_disease` is the chronic disease (慢特病病种) that it is charged to; `condition` is 病情描述.
    """

    id: str
    number: str
    medical_type: str = "11"
    began_at: datetime
    special_disease: Term | None = None
    condition: str = field(default="", repr=False)
    registration_fee: Decimal = Decimal(0)
    first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A diagnosis of the prescriber; exactly one of a prescription is `main`.

    `kind` is 1 western, 2 main disease or 3 main syndrome of Chinese medicine; for 2 and 3 `disease` (中医病名) and
    `syndrome` (证候) may be told.
    """

    kind: str = "1"
    code: str
    name: str
    main: bool = False
    diagnosed_at: datetime
    disease: Term | None = None
    syndrome: Term | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One drug. `quantity` in `unit` is what is dispensed, for all doses together; `amount` = `quantity` × `price`.

    `dose` in `dose_unit` is taken each time; of a herbal piece it is what goes into one dose (剂). `route` (用药途径)
    and `frequency` belong to western and patent medicine, `footnote` (草药脚注: 先煎, 后下) to herbal pieces.
    `approval` is 0 not needed, 1 granted, 2 refused: then `self_pay_reason`, and where that is 6, `reason_text`.
    """

    catalogue_code: str
    item_code: str = ""
    name: str
    trade_name: str = ""
    form: str
    spec: str
    maker: str = ""
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Decimal
    dose: Decimal
    dose_unit: str
    route: Term | None = None
    frequency: Term | None = None
    begins_at: datetime
    days: Decimal
    footnote: str = ""
    over_the_counter: bool = False
    hospital_preparation: bool = False
    approval: str = "0"
    self_pay_reason: str = ""
    reason_text: str = ""

    @property
    def ends_at(self) -> datetime:
        """When the supply is used up (用药结束时间)."""
        return self.begins_at + timedelta(days=float(self.days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoction:
    """How a herbal prescription is taken as a whole: `doses` 剂数, `usage` 整剂用法 (水煎服), `frequency` 频次.

    `dose` in `dose_unit` is what is drunk each time; `instruction` is 医嘱说明.
    """

    doses: int
    usage: Term
    frequency: Term
    dose: Decimal
    dose_unit: str
    instruction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """`number` is the hospital's own and unique (处方编号); `renewal_of` is that of the one it renews (续方).

    Raises ValueError, naming the field, for one that no platform takes: no item, a herbal one without its decoction,
    a western one without route and frequency, not exactly one main diagnosis, amounts that are not quantity × price.
    """

    number: str
    kind: PrescriptionKind
    patient: Patient
    doctor: Doctor
    visit: Visit
    diagnoses: tuple[Diagnosis, ...] = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    decoction: Decoction | None = None
    prescribed_at: datetime
    valid_days: int = 3
    renewal_of: str = ""
    long_term: bool = False

    def __post_init__(self) -> None:
        herbal = self.kind is PrescriptionKind.HERBAL
        directed = all(item.route and item.frequency for item in self.items)
        rules = {
            "items: at least one": bool(self.items),
            "diagnoses: exactly one is the main one": sum(each.main for each in self.diagnoses) == 1,
            "decoction: of a herbal prescription, and of no other": herbal is (self.decoction is not None),
            "items: western and patent medicine has route and frequency": herbal or directed,
            "items: amount is quantity × price": all(map(_adds_up, self.items)),
            "valid_days: at least one": self.valid_days >= 1,
        }
        if broken := [rule for rule, holds in rules.items() if not holds]:
            raise ValueError("; ".join(broken))

    @property
    def valid_until(self) -> datetime:
        """When it lapses (有效截止时间): `valid_days` after it was written."""
        return self.prescribed_at + timedelta(days=self.valid_days)

    @property
    def main_diagnosis(self) -> Diagnosis:
        """主诊断."""
        return next(each for each in self.diagnoses if each.main)

    @property
    def total(self) -> Decimal:
        """What its items cost, in yuan."""
        return sum((item.amount for item in self.items), Decimal(0))

    @property
    def count(self) -> int:
        """药品数量（剂数）: the doses of a herbal prescription, the drugs of any other."""
        return self.decoction.doses if self.decoction else len(self.items)


def _adds_up(item: Item) -> bool:
    return abs(item.amount - item.quantity * item.price) < Decimal("0.01")
