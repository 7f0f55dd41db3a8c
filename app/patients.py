"""参保人员身份信息验证: what the insurance tells of a patient (1101, 2001); asked by the graph and by every settlement.

1101 and 2001 only tell: after an unknown outcome they are simply asked again (insurance.md 4.1).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

from tortoise.transactions import in_transaction

from app import audit, clock, masking
from app.audit import Actor
from app.installation import Installation
from app.models import Patient
from app.money import fen
from app.problems import Problem
from app.sign_in import signed_in
from clients.insurance.core.benefits import Benefit, CheckBenefits
from clients.insurance.core.persons import Insurance, Person, QueryPerson

E_VOUCHER, ID_CARD = "01", "02"
IDENTITY_CARD = "01"
OUTPATIENT = "11"
ACTIVE = "1"
PREFERRED = ("310", "390")  # employees before residents
FACTS_LAST = timedelta(hours=24)
LONGEST_REASON = 500

Keep = Callable[[Any, int], Awaitable[None]]


async def insured(installation: Installation, patient: Patient) -> bool:
    """1101, unless its answer is fresh and good. False: no active insurance."""
    checked = patient.insurance_checked_at
    if not (_active(patient) and checked is not None and clock.now() - checked < FACTS_LAST):
        await ask(installation, patient)
    return _active(patient)


async def ask(installation: Installation, patient: Patient) -> None:
    """1101, and store what it told. Raises a `PlatformError`, and Problem as `certificate` does."""
    kind, number = certificate(installation, patient)

    async def query(sign_number: str, message_id: str) -> Person:
        asked = QueryPerson(
            certificate_type=kind,
            certificate_number=number,
            id_type=patient.id_type,
            id_number=opened(installation, patient, "id_number"),
            name=opened(installation, patient, "name"),
            sign_number=sign_number,
        )
        return await installation.platforms.insurance_core.query_person(asked, message_id=message_id)

    await _store(patient, _facts(await signed_in(installation.sign_in, query)))


async def verify(installation: Installation, patient: Patient, actor: Actor, keep: Keep) -> None:
    """1101, and 2001 of the insurance that pays. Raises a `PlatformError`, and Problem as `certificate` does.

    What 1101 told is stored even where 2001 then fails.
    """
    await ask(installation, patient)
    told = await _benefits(installation, patient)
    async with in_transaction() as connection:
        await Patient.filter(id=patient.id).using_db(connection).update(**_judged(told))
        await audit.write(connection, actor, "patientInsuranceVerify", patient)
        await keep(connection, patient.id)


def certificate(installation: Installation, patient: Patient) -> tuple[str, str]:
    """By what the patient is asked for: the authorisation, or while there is no valid one the identity card.

    Raises Problem AUTHORIZATION_NEEDED for a patient with neither.
    """
    card = patient.id_type == IDENTITY_CARD
    if authorized(patient) or (patient.authorization_sealed is not None and not card):
        return E_VOUCHER, opened(installation, patient, "authorization")
    if not card:
        raise Problem("AUTHORIZATION_NEEDED")
    return ID_CARD, opened(installation, patient, "id_number")


def authorized(patient: Patient) -> bool:
    """Whether the patient has consented, and not too long ago."""
    expires = patient.authorization_expires_at
    return patient.authorization_sealed is not None and expires is not None and expires > clock.now()


def opened(installation: Installation, patient: Patient, column: str) -> str:
    """Clear text of the patient's identity, for a platform's eyes only."""
    return installation.sealer.open(getattr(patient, f"{column}_sealed"), _bound_to(patient, column))


def sealed(installation: Installation, patient: Patient, column: str, text: str) -> bytes:
    """A text of the patient's, sealed for this row."""
    return installation.sealer.seal(text, _bound_to(patient, column))


def paying(rows: Sequence[Insurance]) -> Insurance | None:
    """The insurance that pays: an active one, 310 before 390 before any other (insurance.md 1101); else the first."""
    rank = {kind: place for place, kind in enumerate(PREFERRED)}

    def place(row: Insurance) -> tuple[bool, int]:
        return row.status != ACTIVE, rank.get(row.insurance_type, len(rank))

    return min(rows, key=place, default=None)


def _bound_to(patient: Patient, column: str) -> str:
    return f"patient.{column}:{patient.subject}"


def _active(patient: Patient) -> bool:
    return patient.person_number is not None and patient.insurance_status == ACTIVE


def _facts(person: Person) -> dict[str, Any]:
    """The columns; type and area stay where the platform tells no insurance at all: an undoing still needs them."""
    row = paying(person.insurances)
    where = {} if row is None else {"insurance_type": row.insurance_type, "insured_area": row.area}
    return where | {
        "person_number": person.person_number,
        "person_number_masked": masking.id_number(person.person_number),
        "insurance_status": row.status if row else None,
        "insurance_balance_fen": fen(row.balance) if row and row.balance is not None else None,
        "insurance_checked_at": clock.now(),
    }


async def _store(patient: Patient, facts: dict[str, Any]) -> None:
    patient.update_from_dict(facts)
    await Patient.filter(id=patient.id).update(**facts)


async def _benefits(installation: Installation, patient: Patient) -> tuple[Benefit, ...]:
    if not (installation.settings.benefit_check and _active(patient)):
        return ()

    async def check(sign_number: str, message_id: str) -> tuple[Benefit, ...]:
        asked = CheckBenefits(
            insured_area=patient.insured_area or "",
            person_number=patient.person_number or "",
            insurance_type=patient.insurance_type or "",
            institution_code=installation.settings.insurance_core.institution_code,
            medical_type=OUTPATIENT,
            began_at=clock.now(),
            sign_number=sign_number,
        )
        return await installation.platforms.insurance_core.check_benefits(asked, message_id=message_id)

    return await signed_in(installation.sign_in, check)


def _judged(told: Sequence[Benefit]) -> dict[str, Any]:
    """Enjoyed if any fund pays; the reasons are told where none does. No answer is no judgement."""
    enjoyed = any(each.enjoyed for each in told)
    reasons = dict.fromkeys(each.reason for each in told if each.reason)
    return {
        "benefit_enjoyed": enjoyed if told else None,
        "benefit_reason": "；".join(reasons)[:LONGEST_REASON] if reasons and not enjoyed else None,
        "benefit_checked_at": clock.now() if told else None,
    }
