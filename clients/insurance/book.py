"""What the insurance platform remembers: persons, visits, medical staff; the core and the payment sandbox share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

E_VOUCHER, ID_CARD, INSURANCE_CARD = "01", "02", "03"


class Profile(StrEnum):
    """In which order the platform lets one undo."""

    NATIONAL = "national"  # settlement, then fee details, then registration (2208 → 2205 → 2202)
    TENDER = "tender"  # registration first


@dataclass(slots=True, kw_only=True)
class PersonRow:
    """An insured person. `tokens` are e-voucher tokens and authorisation numbers that stand for the person.

    `insurances` holds rows of insurance_type, person_type, status, balance_fen and, where 2001 says no, its reason
    `benefit_refused`. `birth_date` is `yyyy-MM-dd`.
    """

    person_number: str
    id_type: str
    id_number: str
    name: str
    gender: str
    birth_date: str
    area: str
    insurances: list[dict[str, Any]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set, repr=False)
    card_number: str = ""

    def holds(self, certificate_type: str, number: str) -> bool:
        """Whether this certificate (01 token, 02 identity number, 03 card number) is this person's."""
        own: dict[str, Iterable[str]] = {
            E_VOUCHER: self.tokens,
            ID_CARD: (self.id_number,),
            INSURANCE_CARD: (self.card_number,),
        }
        return bool(number) and number in own.get(certificate_type, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """Somebody of the medical staff in one period, times and codes are wire text; empty `ends`: open."""

    code: str
    name: str
    type: str = "1"
    flag: str = "1"
    begins: str
    ends: str = ""
    id_type: str = "01"
    id_number: str = field(repr=False)

    def is_asked(self, asked: Mapping[str, Any]) -> bool:
        """Whether every condition that is given (type, certificate, name, code) holds."""
        own = {
            "prac_psn_type": self.type,
            "psn_cert_type": self.id_type,
            "certno": self.id_number,
            "prac_psn_name": self.name,
            "prac_psn_code": self.code,
        }
        return all(asked.get(name) in (None, "", value) for name, value in own.items())


@dataclass(slots=True, kw_only=True)
class VisitRow:
    """A registration and what became of it. `state` is REGISTERED, VISIT or CANCELLED; times are wire text."""

    visit_id: str
    person_number: str
    visit_number: str
    insurance_type: str
    area: str
    began_at: str
    medical_type: str | None = None
    diagnoses: list[dict[str, Any]] = field(default_factory=list)
    state: str = "REGISTERED"
    doctor_code: str = ""
    department_code: str = ""


@dataclass(slots=True, kw_only=True)
class DeliveryRow:
    """A parcel (7205): which prescription it carries, its carrier, and every state that was told of it, in order.

    `states` holds wire text: code, name, time.
    """

    prescription_number: str
    number: str
    carrier: str
    states: list[tuple[str, str, str]] = field(default_factory=list)


def _nothing(visit_id: str) -> bool:
    return False


class InsuranceBook:
    """Persons by person number, visits by visit id, medical staff (5102), deliveries by prescription and number (7205).

    Records of visits (4301) stand by their serial number.

    `open_fees` and `open_settlement` answer for a visit id; the payment sandbox, where fee orders live, sets them.
    `knows_prescription` answers for a 医保处方编号: the loaded ones, unless whoever keeps prescriptions sets it.
    """

    def __init__(self, profile: Profile = Profile.NATIONAL) -> None:
        self.profile = profile
        self.persons: dict[str, PersonRow] = {}
        self.visits: dict[str, VisitRow] = {}
        self.staff: list[StaffRow] = []
        self.prescriptions: set[str] = set()
        self.deliveries: dict[tuple[str, str], DeliveryRow] = {}
        self.knows_prescription: Callable[[str], bool] = lambda number: number in self.prescriptions
        self.records: dict[str, dict[str, Any]] = {}
        self.open_fees: Callable[[str], bool] = _nothing
        self.open_settlement: Callable[[str], bool] = _nothing

    def person_by_certificate(self, certificate_type: str, number: str) -> PersonRow | None:
        """The person to whom a certificate belongs: 01 e-voucher token, 02 identity number, 03 card number."""
        return next((p for p in self.persons.values() if p.holds(certificate_type, number)), None)

    def person_by_id_number(self, id_number: str) -> PersonRow | None:
        """The person with this identity number."""
        return next((p for p in self.persons.values() if id_number and p.id_number == id_number), None)

    def load(self, data: Mapping[str, Any]) -> None:
        """Add `persons` (members of PersonRow) and `staff` (of StaffRow), each a list; staff of a code replaces it.

        `prescriptions` are numbers that the platform has given out. Raises TypeError for a member left out.
        """
        staff = [StaffRow(**row) for row in data.get("staff", ())]
        codes = {row.code for row in staff}
        self.staff = [row for row in self.staff if row.code not in codes] + staff
        self.prescriptions.update(data.get("prescriptions", ()))
        known = {f.name for f in fields(PersonRow)}
        for row in data.get("persons", ()):
            person = PersonRow(**{name: value for name, value in row.items() if name in known})
            person.tokens = set(person.tokens)
            person.insurances = [dict(insurance) for insurance in person.insurances]
            self.persons[person.person_number] = person

    def reset(self) -> None:
        """Forget every person, visit, record, member of the staff, prescription and delivery; the hooks stay."""
        self.persons.clear()
        self.prescriptions.clear()
        self.deliveries.clear()
        self.records.clear()
        self.visits.clear()
        self.staff.clear()
