from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values

from app import clock, reports
from app.models.reports import ReportBucket, ReportDimension
from app.money import yuan_text
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.test_scope import Stranger, outsiders

OPERATIONS = Path(__file__).parents[2] / "schema" / "operations"
DOCUMENTS = {
    name: (OPERATIONS / f"{name[0].upper()}{name[1:]}.graphql").read_text(encoding="utf-8")
    for name in ("orderReport", "settlementReport")
}
TODAY = clock.day_of(clock.now())
EVER = {"from": str(TODAY - timedelta(days=400)), "to": str(TODAY + timedelta(days=2))}
AMOUNTS = ("total", "fund", "account", "cash", "other")
MEASURES = ("count", "begunCount", *(f"{each}Amount" for each in AMOUNTS), "refundCount", "refundedAmount")
# A dimension: how a raw settlement tells it, and how a row of the report does.
DIMENSIONS: dict[str, tuple[Any, Any]] = {
    "PAY_KIND": (lambda row: row["pay_kind"], lambda row: row["payKind"]),
    "DEPARTMENT": (lambda row: row["department_id"], lambda row: number(row["department"])),
    "DOCTOR": (lambda row: row["doctor_id"], lambda row: number(row["doctor"])),
    "STATE": (lambda row: row["state"], lambda row: row["state"]),
    "INSURANCE_TYPE": (lambda row: row["insurance_type"] or "", lambda row: row["insuranceType"]),
}
GROUPINGS = [(), *((name,) for name in DIMENSIONS), ("STATE", "PAY_KIND"), ("DOCTOR", "STATE"), tuple(DIMENSIONS)]
BUCKETS = {
    "DAY": lambda day: day,
    "WEEK": lambda day: day - timedelta(days=day.weekday()),
    "MONTH": lambda day: day.replace(day=1),
}


def number(row: Any) -> int | None:
    return row and int(base64.urlsafe_b64decode(row["id"]).decode().rpartition(":")[2])


def global_id(kind: str, row_id: int) -> str:
    return base64.urlsafe_b64encode(f"{kind}:{row_id}".encode()).decode()


def fen(amount: str) -> int:
    return int(amount.replace(".", ""))


def ask(someone: Someone, name: str, **input_: Any) -> Any:
    return someone.ask(DOCUMENTS[name], {"input": EVER | input_})[name]


@pytest.fixture(scope="module")
def auditor(hospital: RunningHospital) -> Someone:
    return Someone(hospital, Role.AUDITOR, "auditor-01")


@pytest.fixture(scope="module")
def history(hospital: RunningHospital) -> None:
    """Some more settlements: paid, undone, and one that nobody pays and that fails while others read."""
    patient = hospital.patient()
    hospital.cashier().reverse(undone := patient.settle())
    patient.until(undone, "REVERSED")
    hospital.cashier().reverse(alone := patient.settle("SELF_PAY"))
    patient.until(alone, "REVERSED")
    patient.settle()
    patient.until(patient.begin(), "AWAITING_PAYMENT")


@pytest.fixture
def settlements(hospital: RunningHospital, history: None) -> list[dict[str, Any]]:
    """All of them as they are now."""
    return raw(hospital)


def raw(hospital: RunningHospital) -> list[dict[str, Any]]:
    return hospital.sql(
        """SELECT s.*, department_id, doctor_id, given, parts FROM settlement s JOIN orders o ON o.id = order_id,
             LATERAL (SELECT coalesce(array_agg(given_at ORDER BY id), '{}') AS given,
                             coalesce(array_agg(amount_fen ORDER BY id), '{}') AS parts
                      FROM refund r WHERE r.settlement_id = s.id AND given_at IS NOT NULL) AS partly ORDER BY s.id"""
    )


def counted(rows: list[dict[str, Any]], bucket: str, group_by: tuple[str, ...]) -> dict[Any, Counter[str]]:
    """Sums of the raw rows by bucket and group; in fen, refunds negative."""
    found: dict[Any, Counter[str]] = {}

    def place(row: Any, at: datetime) -> Counter[str]:
        start = BUCKETS[bucket](clock.day_of(at))
        return found.setdefault((str(start), *(DIMENSIONS[name][0](row) for name in group_by)), Counter())

    for row in rows:
        place(row, row["created_at"])["begunCount"] += 1
        if row["paid_fen"]:
            place(row, row["settled_at"]).update(
                {"count": 1} | {f"{part}Amount": row[f"{part}_fen"] or 0 for part in AMOUNTS}
            )
        rest = row["refunded_fen"] - row["partly_refunded_fen"]
        whole = [(row["refunded_at"], rest)] if rest else []
        for at, amount in (*zip(row["given"], row["parts"], strict=True), *whole):
            place(row, at).update({"refundCount": 1, "refundedAmount": -amount})
    return found


def told(row: Any) -> dict[str, int]:
    return {name: fen(row[name]) if name.endswith("Amount") else row[name] for name in MEASURES}


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize("group_by", GROUPINGS, ids="-".join)
def test_sums_are_those_of_the_raw_rows(
    hospital: RunningHospital, auditor: Someone, history: None, bucket: str, group_by: tuple[str, ...]
) -> None:
    answer, settlements = hospital.undisturbed(
        lambda: raw(hospital), lambda: ask(auditor, "settlementReport", bucket=bucket, groupBy=list(group_by))
    )
    found = {(row["from"], *(DIMENSIONS[name][1](row) for name in group_by)): told(row) for row in answer["rows"]}
    wanted = counted(settlements, bucket, group_by)
    assert found == {key: {name: sums[name] for name in MEASURES} for key, sums in wanted.items()}
    assert len(found) == len(answer["rows"])
    total = sum(wanted.values(), Counter())
    assert answer["totals"]["totalAmount"] == yuan_text(total["totalAmount"])
    assert told(answer["totals"]) == {name: sum(sums[name] for sums in wanted.values()) for name in MEASURES}


def test_rows_are_in_order_of_their_days(auditor: Someone, settlements: list[dict[str, Any]]) -> None:
    days = [row["from"] for row in ask(auditor, "settlementReport", groupBy=["STATE"])["rows"]]
    assert days == sorted(days)


def test_what_is_not_grouped_is_null(auditor: Someone, settlements: list[dict[str, Any]]) -> None:
    row = ask(auditor, "settlementReport", groupBy=["PAY_KIND"])["rows"][0]
    assert [row[name] for name in ("department", "doctor", "state", "insuranceType")] == [None] * 4


def test_a_refund_is_on_its_own_day_as_a_negative_amount(
    auditor: Someone, hospital: RunningHospital, settlements: list[dict[str, Any]]
) -> None:
    row = next(each for each in settlements if each["refunded_fen"] and each["refunded_at"] > each["settled_at"])
    refunded = clock.day_of(row["refunded_at"])
    answer = ask(auditor, "settlementReport", **{"from": str(refunded), "to": str(refunded)})
    same_day = [each for each in settlements if each["refunded_at"] and clock.day_of(each["refunded_at"]) == refunded]
    assert answer["totals"]["refundedAmount"] == yuan_text(-sum(each["refunded_fen"] for each in same_day))
    assert answer["totals"]["refundedAmount"].startswith("-")


@pytest.mark.parametrize("bucket", ["WEEK", "MONTH"])
def test_a_bucket_has_only_the_days_that_were_asked_for(
    auditor: Someone, settlements: list[dict[str, Any]], bucket: str
) -> None:
    first, last = TODAY - timedelta(days=45), TODAY - timedelta(days=17)
    answer = ask(auditor, "settlementReport", bucket=bucket, **{"from": str(first), "to": str(last)})
    days = ask(auditor, "settlementReport", **{"from": str(first), "to": str(last)})
    assert answer["totals"] == days["totals"]
    starts = [row["from"] for row in answer["rows"]]
    assert starts[0] == str(BUCKETS[bucket](date.fromisoformat(days["rows"][0]["from"])))
    if bucket == "WEEK":
        assert {date.fromisoformat(start).weekday() for start in starts} == {0}
    assert sum(row["count"] for row in answer["rows"]) == answer["totals"]["count"] > 0


@pytest.mark.parametrize(
    ("filter_", "column"),
    [
        ({"payKind": "SELF_PAY"}, "pay_kind"),
        ({"state": "REVERSED"}, "state"),
        ({"insuranceType": "390"}, "insurance_type"),
        ({"departmentId": "Department"}, "department_id"),
        ({"doctorId": "Doctor"}, "doctor_id"),
    ],
)
def test_filters_leave_only_theirs(
    auditor: Someone, settlements: list[dict[str, Any]], filter_: dict[str, str], column: str
) -> None:
    (name, value), *_ = filter_.items()
    row_id = settlements[0].get(column)
    given = global_id(value, row_id) if name.endswith("Id") and isinstance(row_id, int) else value
    kept = row_id if name.endswith("Id") else value
    answer, settlements = auditor.hospital.undisturbed(
        lambda: raw(auditor.hospital), lambda: ask(auditor, "settlementReport", filter={name: given})
    )
    theirs = [row for row in settlements if row[column] == kept]
    assert answer["totals"]["begunCount"] == len(theirs)
    assert 0 < len(theirs) < len(settlements)


@pytest.mark.parametrize("group_by", [[], ["STATE"], ["DEPARTMENT"], ["DOCTOR", "STATE"]], ids="-".join)
def test_orders_are_reported_by_the_day_they_were_made(
    auditor: Someone, hospital: RunningHospital, history: None, group_by: list[str]
) -> None:
    answer, rows = hospital.undisturbed(
        lambda: hospital.sql("SELECT * FROM orders ORDER BY id"), lambda: ask(auditor, "orderReport", groupBy=group_by)
    )
    wanted: Counter[Any] = Counter()
    for row in rows:
        key = (str(clock.day_of(row["created_at"])), *(DIMENSIONS[name][0](row) for name in group_by))
        wanted[*key, "count"] += 1
        wanted[*key, "fen"] += row["total_fen"]
    found: Counter[Any] = Counter()
    for row in answer["rows"]:
        key = (row["from"], *(DIMENSIONS[name][1](row) for name in group_by))
        found[*key, "count"] += row["count"]
        found[*key, "fen"] += fen(row["totalAmount"])
    assert found == wanted
    assert answer["totals"]["count"] == sum(each for key, each in wanted.items() if key[-1] == "count")


@pytest.mark.parametrize(
    ("name", "input_", "field"),
    [
        ("settlementReport", {"from": "2026-02-02", "to": "2026-02-01"}, "to"),
        ("orderReport", {"from": "2016-01-01", "to": "2026-01-01"}, "to"),
        ("orderReport", {"groupBy": ["PAY_KIND"]}, "groupBy"),
        ("orderReport", {"filter": {"doctorId": "x"}}, "doctorId"),
        ("settlementReport", {"filter": {"departmentId": global_id("Doctor", 1)}}, "departmentId"),
    ],
)
def test_a_question_without_an_answer_is_an_input_problem(
    auditor: Someone, name: str, input_: dict[str, Any], field: str
) -> None:
    document = f"""query($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{
        __typename ... on InputProblem {{ code field }} }} }}"""
    answer = auditor.ask(document, {"input": EVER | input_})[name]
    assert answer == {"__typename": "InputProblem", "code": "INVALID_INPUT", "field": field}


def test_ten_years_are_not_too_much(auditor: Someone) -> None:
    answer = ask(auditor, "orderReport", **{"from": "2020-01-01", "to": "2029-12-31"}, bucket="MONTH")
    assert answer["__typename"] == "OrderReport"


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.PHARMACIST])
def test_reports_are_not_for(hospital: RunningHospital, name: str, role: Role) -> None:
    subject = "patient-01" if role is Role.PATIENT else f"{role.value}-01"
    assert ask(Someone(hospital, role, subject), name)["code"] == "FORBIDDEN"


@pytest.mark.parametrize("role", [Role.CASHIER, Role.FINANCE, Role.AUDITOR, Role.ADMIN])
def test_reports_are_for(hospital: RunningHospital, role: Role) -> None:
    assert ask(Someone(hospital, role, "somebody-01"), "orderReport")["totals"]["count"] >= 300


@pytest.mark.parametrize("name", DOCUMENTS)
def test_another_hospital_has_its_own_reports(hospital: RunningHospital, auditor: Someone, name: str) -> None:
    outsiders(hospital)
    own, other = ask(auditor, name), ask(Stranger(hospital, Role.FINANCE, "finance-99"), name)
    assert own["totals"]["count"] > 0
    assert (other["rows"], other["totals"]["count"], other["totals"]["totalAmount"]) == ([], 0, "0.00")
    doctor = hospital.sql("SELECT min(id) AS id FROM doctor")[0]["id"]
    foreign = ask(
        Stranger(hospital, Role.FINANCE, "finance-99"), name, filter={"doctorId": global_id("Doctor", doctor)}
    )
    assert foreign["rows"] == []


@pytest.mark.parametrize("daily", [reports.ORDERS, reports.SETTLEMENTS], ids=lambda daily: daily.table)
@pytest.mark.parametrize("group_by", [(), (ReportDimension.STATE,), (ReportDimension.DOCTOR,)], ids=str)
def test_a_report_reads_daily_rows_alone(
    hospital: RunningHospital, daily: reports.Daily, group_by: tuple[ReportDimension, ...]
) -> None:
    sql = reports.statement(daily, ReportBucket.MONTH, group_by, ())
    plan = hospital.sql(f"EXPLAIN (FORMAT JSON) {sql}", 1, TODAY - timedelta(days=730), TODAY)[0]["QUERY PLAN"]
    assert {part.partition('"')[0] for part in plan.split('"Relation Name": "')[1:]} == {daily.table}


def test_a_journey_keeps_the_insurance_and_the_day_of_the_refund(settlements: list[dict[str, Any]]) -> None:
    live = [row for row in settlements if row["visit_id"] and row["pay_kind"] == "INSURANCE"]
    assert len(live) >= 2
    assert {row["insurance_type"] for row in live} <= {"310", "390"}
    assert all((row["refunded_at"] is not None) == (row["refunded_fen"] > 0) for row in settlements)


def test_the_rebuild_command_finds_every_row_right_and_mends_a_wrong_one(
    hospital: RunningHospital, auditor: Someone, history: None
) -> None:
    assert "Every daily row was right." in rebuild(hospital)
    hospital.sql("UPDATE daily_settlement SET settled = settled + 1, total_fen = 0")
    assert ask(auditor, "settlementReport")["totals"]["totalAmount"] == "0.00"
    assert "are right now" in rebuild(hospital)
    assert "Every daily row was right." in rebuild(hospital)
    assert ask(auditor, "settlementReport")["totals"]["totalAmount"] != "0.00"


def rebuild(hospital: RunningHospital) -> str:
    environment = {name: value or "" for name, value in dotenv_values(hospital.keys / "yiqiao.env").items()}
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "rebuild-reports"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
