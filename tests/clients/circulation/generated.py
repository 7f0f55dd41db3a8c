"""Any prescription that a hospital may write, and the book of an insurance that knows its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

from clients.circulation.epc.sandbox import CODES
from clients.circulation.gateway import Credential
from clients.circulation.prescription import (
    Approval,
    Decoction,
    Diagnosis,
    Doctor,
    Item,
    Patient,
    Pharmacist,
    Prescription,
    PrescriptionKind,
    Term,
    Visit,
)
from clients.insurance.book import InsuranceBook, PersonRow, StaffRow, VisitRow

NOW = datetime(2099, 6, 1, tzinfo=UTC)
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"))
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
CERTIFICATES = st.sampled_from(CODES["psnCertType"])


def text(size: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=1, max_size=size)


def sometimes(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | strategy


def term(code: int, name: int) -> st.SearchStrategy[Term]:
    return st.builds(Term, text(code), text(name))


def number(most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(1).scaleb(-places), most, places=places)


@dataclass(frozen=True)
class Case:
    """One prescription with what the hospital knows around it."""

    prescription: Prescription
    approval: Approval
    credential: Credential
    reason: str

    def book(self) -> InsuranceBook:
        """The insurance knows everybody in it."""
        rx, book = self.prescription, InsuranceBook()
        tokens = {self.credential.number, self.credential.identity_check}
        book.persons[rx.patient.person_number] = PersonRow(
            person_number=rx.patient.person_number,
            id_type=rx.patient.id_type,
            id_number=rx.patient.id_number,
            name=rx.patient.name,
            gender=rx.patient.gender,
            birth_date=rx.patient.birth_date.isoformat(),
            area=rx.patient.insured_area,
            tokens=tokens,
            card_number=self.credential.number,
        )
        book.visits[rx.visit.id] = VisitRow(
            visit_id=rx.visit.id,
            person_number=rx.patient.person_number,
            visit_number=rx.visit.number,
            insurance_type=rx.patient.insurance_type,
            area=rx.patient.insured_area,
            began_at="2000-01-01 00:00:00",
        )
        people = ((rx.doctor.code, rx.doctor.name), (self.approval.pharmacist.code, self.approval.pharmacist.name))
        book.staff = [
            StaffRow(code=code, name=name, begins="2000-01-01 00:00:00", id_number="") for code, name in people
        ]
        return book


PATIENTS = st.builds(
    Patient,
    name=text(40),
    id_type=CERTIFICATES,
    id_number=text(50),
    gender=st.sampled_from(CODES["gend"]),
    birth_date=st.dates(date(1900, 1, 1), date(2000, 1, 1)),
    person_number=text(30),
    insured_area=st.from_regex(r"[0-9]{6}", fullmatch=True),
    insurance_type=st.sampled_from(CODES["insutype"]),
    height=st.none() | number(250, 2),
    weight=st.none() | number(500, 2),
    allergies=sometimes(text(1000)),
    pregnancy_weeks=st.none() | st.integers(0, 45),
    breastfeeding=st.booleans(),
)
DOCTORS = st.builds(
    Doctor,
    code=text(19),
    name=text(49),
    id_type=CERTIFICATES,
    id_number=text(50),
    title=st.none() | term(20, 20),
    department=term(30, 50),
    department_category=sometimes(text(6)),
)
VISITS = st.builds(
    Visit,
    id=text(30),
    number=text(30),
    medical_type=text(6),
    began_at=MOMENTS,
    special_disease=st.none() | term(30, 500),
    condition=sometimes(text(2000)),
    registration_fee=st.decimals(0, 9999, places=2),
    first=st.booleans(),
)
DECOCTIONS = st.builds(
    Decoction,
    doses=st.integers(1, 99),
    usage=term(10, 40),
    frequency=term(10, 30),
    dose=number(2000, 2),
    dose_unit=text(20),
    instruction=sometimes(text(400)),
)


@st.composite
def items(draw: st.DrawFn, herbal: bool, places: int) -> Item:
    quantity, price = draw(number(9999, 4)), draw(number(9999, 6))
    reason = draw(st.none() | st.sampled_from(["1", "6"]))
    return Item(
        catalogue_code=draw(text(50)),
        item_code=draw(sometimes(text(30))),
        name=draw(text(100)),
        trade_name=draw(sometimes(text(255))),
        form=draw(text(30)),
        spec=draw(text(40)),
        maker=draw(sometimes(text(100))),
        quantity=quantity,
        unit=draw(text(20)),
        price=price,
        amount=(quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP),
        dose=draw(number(9999, places)),
        dose_unit=draw(text(20)),
        route=None if herbal else draw(term(10, 100)),
        frequency=None if herbal else draw(term(10, 30)),
        begins_at=draw(MOMENTS),
        days=draw(number(180, 2)),
        footnote=draw(sometimes(text(200))) if herbal else "",
        over_the_counter=draw(st.booleans()),
        hospital_preparation=draw(st.booleans()),
        approval="2" if reason else draw(st.sampled_from("01")),
        self_pay_reason=reason or "",
        reason_text=draw(text(1000)) if reason == "6" else "",
    )


@st.composite
def diagnoses(draw: st.DrawFn) -> tuple[Diagnosis, ...]:
    main = draw(st.integers(0, 2))
    count = draw(st.integers(main + 1, 3))
    return tuple(
        Diagnosis(
            kind=draw(st.sampled_from(CODES["diagType"])),
            code=draw(text(20)),
            name=draw(text(40)),
            main=place == main,
            diagnosed_at=draw(MOMENTS),
            disease=draw(st.none() | term(30, 300)),
            syndrome=draw(st.none() | term(30, 300)),
        )
        for place in range(count)
    )


@st.composite
def credentials(draw: st.DrawFn, patient: Patient) -> Credential:
    kind = draw(st.sampled_from(CODES["mdtrtCertType"]))
    held = patient.id_number if kind == "02" else draw(text(50))
    check = draw(text(100)) if kind == "01" else ""
    return Credential(
        type=kind,
        number=held,
        card_serial_number=draw(text(32)) if kind == "03" else "",
        identity_check=check,
    )


@st.composite
def cases(draw: st.DrawFn, places: int = 4) -> Case:
    """`places`: how many decimals a dose may have on the channel."""
    kind = draw(st.sampled_from(PrescriptionKind))
    herbal = kind is PrescriptionKind.HERBAL
    patient, doctor = draw(PATIENTS), draw(DOCTORS)
    rx = Prescription(
        number=draw(text(40)),
        kind=kind,
        patient=patient,
        doctor=doctor,
        visit=draw(VISITS),
        diagnoses=draw(diagnoses()),
        items=tuple(draw(st.lists(items(herbal, places), min_size=1, max_size=4))),
        decoction=draw(DECOCTIONS) if herbal else None,
        prescribed_at=draw(MOMENTS),
        valid_days=draw(st.integers(1, 90)),
        renewal_of=draw(sometimes(text(40))),
        long_term=draw(st.booleans()),
    )
    pharmacist = Pharmacist(
        code=f"{doctor.code[:19]}P",
        name=f"{doctor.name[:39]}P",
        id_type=draw(CERTIFICATES),
        id_number=draw(text(50)),
        title=draw(st.none() | term(20, 20)),
        department=draw(term(30, 50)),
        licence=draw(sometimes(text(50))),
    )
    approval = Approval(
        pharmacist=pharmacist, approved_at=rx.prescribed_at + timedelta(minutes=draw(st.integers(0, 999)))
    )
    return Case(rx, approval, draw(credentials(patient)), draw(text(200)))
