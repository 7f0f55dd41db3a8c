"""What a step is given, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from app import patients
from app.installation import Installation, Platforms
from app.models import (
    Direction,
    Hospital,
    Order,
    OrderState,
    Patient,
    Refund,
    Settlement,
    SettlementStep,
    StepKind,
)
from app.settlement.lines import Lines

D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class By:
    """A column that changes by so many fen, whatever it is by now: people write it too."""

    fen: int


@dataclass(frozen=True, slots=True)
class Done:
    """The platform's truth is known and it is yes; `changes` are columns of the settlement, `refund` of its refund.

    `transaction` names the question that was asked, where nothing was sent.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    serial: str | None = None
    transaction: str | None = None
    refund: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet: ask again after `after`."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """The platform knows nothing of an attempt whose outcome was unknown: it may be sent again."""


@dataclass(frozen=True, slots=True)
class Skip:
    """There is nothing to do, because `reason`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """Nobody paid (`code` says why): take back what was left behind. `order_state`: the order is not open again."""

    code: str
    order_state: OrderState | None = None


@dataclass(frozen=True, slots=True)
class PaidAfterAll:
    """While an unpaid settlement was taken back, it was paid: go on with settling it."""


Outcome = Done | Wait | NotExecuted | Skip | Release | PaidAfterAll


class Stop(Exception):
    """The answer contradicts what we know (`code` of app/problems.py): nothing goes on without a person."""

    def __init__(self, code: str, **words: str) -> None:
        super().__init__(code)
        self.code = code
        self.words = words


@dataclass(slots=True, kw_only=True)
class Work:
    """One step of one settlement with all that it needs. The rows are as loaded; only `ledger` writes."""

    installation: Installation
    lease: str
    settlement: Settlement
    step: SettlementStep
    order: Order
    lines: Lines
    patient: Patient
    hospital: Hospital
    following: StepKind | None = None
    intended: bool = False
    refund: Refund | None = None

    @property
    def part(self) -> Refund | None:
        """The refund, while a part is given back and the settlement stands."""
        return self.refund if self.settlement.direction is Direction.REFUND else None

    @property
    def reason(self) -> str:
        """Why something is given back."""
        return self.settlement.reversal_reason or "退费"

    @property
    def platforms(self) -> Platforms:
        """The clients of all platforms."""
        return self.installation.platforms

    def sealed(self, column: str, value: str) -> bytes:
        """A platform's secret, sealed for this settlement."""
        return self.installation.sealer.seal(value, f"settlement.{column}:{self.settlement.number}")

    def opened(self, column: str) -> str:
        """The secret that `sealed` stored."""
        stored = getattr(self.settlement, f"{column}_sealed")
        return self.installation.sealer.open(stored, f"settlement.{column}:{self.settlement.number}")

    def patient_text(self, column: str) -> str:
        """Clear text of the patient's identity, for a platform's eyes only."""
        return patients.opened(self.installation, self.patient, column)

    async def diagnoses(self, row: Callable[..., D]) -> tuple[D, ...]:
        """The diagnoses of all prescriptions of the order as a platform's rows, each once, the main one first."""
        prescribed = await self.lines.prescribed()
        unique = {told["code"]: told for each in reversed(prescribed) for told in reversed(each.diagnoses)}
        ordered = sorted(unique.values(), key=lambda told: (not told.get("main"), told["code"]))
        return tuple(
            row(
                order=place,
                code=told["code"],
                name=told["name"],
                department=self.order.department.name,
                doctor_code=self.order.doctor.code,
                doctor_name=self.order.doctor.name,
                diagnosed_at=self.settlement.created_at,
            )
            for place, told in enumerate(ordered, start=1)
        )
