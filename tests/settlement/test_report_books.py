"""The reports add up to the books of the platforms, day by day: what was paid, by whom, and what was given back."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from app import clock
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.test_filters import global_id

DOCTOR = "D350200BOOKS1"
REPORT = """query($input: SettlementReportInput!) { settlementReport(input: $input) { ... on SettlementReport {
    rows { from payKind count refundCount totalAmount fundAmount accountAmount cashAmount refundedAmount }
    totals { count refundCount totalAmount fundAmount accountAmount cashAmount refundedAmount } } } }"""
PARTS = ("total", "fund", "account", "cash")


@dataclass(frozen=True)
class Deed:
    """A settlement of the test: who pays, how many days ago, and how many days ago it was undone, if it was."""

    pay_kind: str
    paid: int
    undone: int | None = None


DEEDS = (
    Deed("INSURANCE", 3),
    Deed("INSURANCE", 3, 1),
    Deed("INSURANCE", 1),
    Deed("INSURANCE", 0, 0),
    Deed("SELF_PAY", 3),
    Deed("SELF_PAY", 3, 0),
    Deed("SELF_PAY", 1, 1),
    Deed("SELF_PAY", 0),
)


def doctor(hospital: RunningHospital) -> int:
    """Somebody of whom nobody else settles anything."""
    hospital.sql(
        """INSERT INTO doctor SELECT told.* FROM doctor AS row, LATERAL jsonb_populate_record(row, jsonb_build_object(
             'id', nextval(pg_get_serial_sequence('doctor', 'id')), 'code', $1::text, 'subject', NULL)) AS told
           WHERE row.id = (SELECT min(id) FROM doctor)""",
        DOCTOR,
    )
    return int(hospital.sql("SELECT id FROM doctor WHERE code = $1", DOCTOR)[0]["id"])


def done(hospital: RunningHospital, patient: Someone, deed: Deed) -> str:
    """The deed, and its number; everything of it is then moved to its days."""
    begun = patient.begin(deed.pay_kind, hospital.new_visit(patient, doctor_code=DOCTOR, doctor_name="账本医师"))
    patient.pay(begun)
    patient.until(begun, "COMPLETED")
    if deed.undone is not None:
        hospital.cashier().reverse(begun)
        patient.until(begun, "REVERSED")
    hospital.sql(
        """UPDATE settlement SET created_at = created_at - make_interval(days => $2),
             settled_at = settled_at - make_interval(days => $2), refunded_at = refunded_at - make_interval(days => $3)
           WHERE number = $1""",
        begun["number"],
        deed.paid,
        deed.undone or 0,
    )
    return str(begun["number"])


def booked(hospital: RunningHospital, deed: Deed, number: str) -> dict[str, int]:
    """What the platform holds of a settlement, in fen."""
    books: Any = hospital.sandboxes.books()
    if deed.pay_kind == "INSURANCE":
        (row,) = [each for each in books["insurance-payment"]["orders"] if each["order_number"] == number]
        return {name: row[f"{name}_fen"] for name in (*PARTS, "refunded")}
    (row,) = [each for each in books["wechat-pay"]["payments"] if each["trade_number"] == number]
    return {
        "total": row["total_fen"],
        "fund": 0,
        "account": 0,
        "cash": row["total_fen"],
        "refunded": row["refunded_fen"],
    }


def of_books(hospital: RunningHospital, numbers: dict[Deed, str], today: date) -> dict[tuple[str, str], Counter[str]]:
    """The books by day and payer, as a report says it; refunds on their own day, negative."""
    found: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for deed, number in numbers.items():
        row = booked(hospital, deed, number)
        paid = found[str(today - timedelta(days=deed.paid)), deed.pay_kind]
        paid.update({"count": 1} | {f"{part}Amount": row[part] for part in PARTS})
        if deed.undone is not None:
            back = found[str(today - timedelta(days=deed.undone)), deed.pay_kind]
            back.update({"refundCount": 1, "refundedAmount": -row["refunded"]})
    return found


def told(row: Any) -> Counter[str]:
    """A row's figures, in fen."""
    names = ("count", "refundCount", *(f"{part}Amount" for part in PARTS), "refundedAmount")
    return Counter({name: int(str(row[name]).replace(".", "")) for name in names})


def test_a_report_adds_up_to_the_books_day_by_day(hospital: RunningHospital) -> None:
    of_doctor = doctor(hospital)
    patient = hospital.patient()
    today = clock.day_of(clock.now())
    numbers = {deed: done(hospital, patient, deed) for deed in DEEDS}
    days = {clock.day_of(row["settled_at"]) for row in settled(hospital, numbers)}
    assert len(days) == 3
    input_ = {
        "from": str(today - timedelta(days=9)),
        "to": str(today + timedelta(days=1)),
        "groupBy": ["PAY_KIND"],
        "filter": {"doctorId": global_id("Doctor", of_doctor)},
    }
    report = Someone(hospital, Role.AUDITOR, "auditor-01").ask(REPORT, {"input": input_})["settlementReport"]
    books = of_books(hospital, numbers, max(days))
    rows = {(row["from"], row["payKind"]): told(row) for row in report["rows"]}
    assert rows.keys() == books.keys()
    assert {key: kept(each) for key, each in rows.items()} == {key: kept(each) for key, each in books.items()}
    whole: Counter[str] = Counter()
    for sums in books.values():
        whole.update(sums)
    assert kept(told(report["totals"])) == kept(whole)


def kept(figures: Counter[str]) -> dict[str, int]:
    return {name: figure for name, figure in figures.items() if figure}


def settled(hospital: RunningHospital, numbers: dict[Deed, str]) -> list[dict[str, Any]]:
    return hospital.sql("SELECT settled_at FROM settlement WHERE number = ANY($1)", list(numbers.values()))
