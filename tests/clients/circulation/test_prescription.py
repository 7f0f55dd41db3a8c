from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.circulation.prescription import PrescriptionKind
from tests.clients.circulation.examples import AT, DECOCTION, diagnosis, patient, prescription, tablet

HERBAL = PrescriptionKind.HERBAL


@pytest.mark.parametrize(
    ("kind", "changed", "field"),
    [
        (PrescriptionKind.WESTERN, {"items": ()}, "items"),
        (PrescriptionKind.WESTERN, {"items": (tablet(route=None),)}, "route"),
        (PrescriptionKind.WESTERN, {"items": (tablet(amount=Decimal("24.99")),)}, "amount"),
        (PrescriptionKind.WESTERN, {"decoction": DECOCTION}, "decoction"),
        (PrescriptionKind.WESTERN, {"diagnoses": (diagnosis(main=False),)}, "diagnoses"),
        (PrescriptionKind.WESTERN, {"diagnoses": (diagnosis(), diagnosis())}, "diagnoses"),
        (PrescriptionKind.WESTERN, {"valid_days": 0}, "valid_days"),
        (HERBAL, {"decoction": None}, "decoction"),
    ],
)
def test_a_prescription_that_is_none_cannot_be_made(
    kind: PrescriptionKind, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=field):
        prescription(kind, **changed)


def test_what_follows_from_a_prescription() -> None:
    rx = prescription()
    assert rx.valid_until == AT + timedelta(days=3)
    assert (rx.total, rx.count, rx.main_diagnosis.code) == (Decimal("50.00"), 2, "J06.900")
    assert prescription(HERBAL).count == DECOCTION.doses


@pytest.mark.parametrize(
    ("born", "age"),
    [
        (date(1990, 11, 23), "36.0"),
        (date(1990, 11, 24), "35.9"),
        (date(2026, 5, 23), "0.5"),
        (date(2026, 11, 23), "0.0"),
        (date(1926, 1, 1), "100.8"),
    ],
)
def test_an_age_has_one_decimal_and_is_never_ahead(born: date, age: str) -> None:
    assert str(patient(birth_date=born).age(AT)) == age


def test_an_age_is_that_of_the_platforms_day() -> None:
    assert str(patient(birth_date=date(2025, 11, 24)).age(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))) == "1.0"
