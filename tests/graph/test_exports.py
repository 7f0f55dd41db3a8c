from __future__ import annotations

import base64
import dataclasses
from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
import pytest

from app import clock
from app.money import yuan_text
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone, until
from tests.graph.exported import ask, done, exported, fen, fetch, look, moment
from tests.graph.sockets import socket
from tests.graph.test_filters import global_id
from tests.graph.test_scope import Stranger, outsiders

TODAY = clock.day_of(clock.now())
EVER = {"since": str(TODAY - timedelta(days=400)), "until": str(TODAY + timedelta(days=2))}
KINDS = ("ORDERS", "SETTLEMENTS", "PAYMENTS")
FORMATS = ("CSV", "XLSX")
AMOUNTS = {"totalAmount": "费用总额", "fundAmount": "基金支付", "accountAmount": "个人账户支付"}
AMOUNTS |= {"cashAmount": "现金支付", "otherAmount": "其他支付", "refundedAmount": "退费金额"}
REPORT = """query($input: SettlementReportInput!) { settlementReport(input: $input) { ... on SettlementReport { totals {
    count begunCount refundCount totalAmount fundAmount accountAmount cashAmount otherAmount refundedAmount } } } }"""
ORDERS = """query($input: OrderReportInput!) { orderReport(input: $input) { ... on OrderReport {
    totals { count totalAmount } } } }"""


@pytest.fixture(scope="module")
def auditor(hospital: RunningHospital) -> Someone:
    """With some settlements that are paid, and some that are undone, the last on the day after their payment."""
    patient, cashier = hospital.patient(), hospital.cashier()
    for pay_kind in ("INSURANCE", "SELF_PAY"):
        undone = patient.settle(pay_kind)
        cashier.reverse(undone)
        patient.until(undone, "REVERSED")
        patient.settle(pay_kind)
        hospital.sql(
            """UPDATE settlement SET settled_at = settled_at - interval '1 day',
                 created_at = created_at - interval '1 day' WHERE number = $1""",
            undone["number"],
        )
    return Someone(hospital, Role.AUDITOR, "auditor-01")


def days(hospital: RunningHospital) -> list[str]:
    """Days on which something was paid or given back."""
    told = hospital.sql(
        """SELECT DISTINCT (at AT TIME ZONE 'Asia/Shanghai')::date AS day FROM settlement,
             LATERAL (VALUES (settled_at), (refunded_at)) each (at) WHERE at IS NOT NULL ORDER BY 1 DESC LIMIT 2"""
    )
    return [str(row["day"]) for row in told]


# -- what is in it


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_has_every_row_in_order(hospital: RunningHospital, auditor: Someone, kind: str, format_: str) -> None:
    table, heading = ("orders", "订单号") if kind == "ORDERS" else ("settlement", "结算单号")
    told = exported(hospital, auditor, kind, format_, sort="AMOUNT_ASC")
    wanted = hospital.sql(f"SELECT number FROM {table} ORDER BY total_fen, id")
    numbers = [row[heading] for row in told.rows]
    if kind == "PAYMENTS":
        assert Counter(numbers) == Counter(
            row["number"]
            for row in hospital.sql(
                """SELECT number FROM settlement WHERE paid_fen > 0
                   UNION ALL SELECT number FROM settlement WHERE refunded_fen > partly_refunded_fen
                   UNION ALL SELECT s.number FROM settlement s JOIN refund r ON r.settlement_id = s.id
                     WHERE r.given_at IS NOT NULL"""
            )
        )
    else:
        assert numbers == [row["number"] for row in wanted]
    assert len(numbers) > 100


def test_a_row_is_what_the_list_shows(hospital: RunningHospital, auditor: Someone) -> None:
    settled = hospital.patient(4).settle()
    shown = auditor.ask(
        """query($id: ID!) { node(id: $id) { ... on Settlement { number totalAmount fundAmount accountAmount cashAmount
           platformSerial createdAt
           order { number patient { name idNumber } doctor { name } department { name } } } } }""",
        {"id": settled["id"]},
    )["node"]
    (row,) = exported(hospital, auditor, "SETTLEMENTS", filter={"number": settled["number"]}).rows
    order = shown["order"]
    assert row | {"创建时间": ""} == row | {
        "结算单号": shown["number"],
        "订单号": order["number"],
        "支付方式": "医保支付",
        "结算状态": "已完成",
        "创建时间": "",
        "科室": order["department"]["name"],
        "医师": order["doctor"]["name"],
        "患者": order["patient"]["name"],
        "证件号码": order["patient"]["idNumber"],
        "平台流水号": shown["platformSerial"],
        "费用总额": shown["totalAmount"],
        "基金支付": shown["fundAmount"],
        "个人账户支付": shown["accountAmount"],
        "现金支付": shown["cashAmount"],
        "其他支付": "0.00",
        "已付金额": shown["totalAmount"],
        "已退金额": "0.00",
    }
    assert row["创建时间"] == shown["createdAt"][:19].replace("T", " ")
    assert "*" in row["患者"]
    assert "*" in row["证件号码"]


def test_amounts_and_moments_are_numbers_in_a_workbook(hospital: RunningHospital, auditor: Someone) -> None:
    settled = hospital.patient().settle("SELF_PAY")
    stored = hospital.row(settled)
    told = exported(hospital, auditor, "SETTLEMENTS", "XLSX", filter={"number": settled["number"]})
    (row,) = told.rows
    assert row["费用总额"] == 20.0
    created = clock.local(stored["created_at"])
    assert moment(row["创建时间"]) in {
        created.replace(tzinfo=None, microsecond=0) + timedelta(seconds=n) for n in (0, 1)
    }
    assert row["平台流水号"] == stored["platform_serial"]
    assert row["退费时间"] is None
    assert told.about["筛选" if "筛选" in told.about else "编号"] == settled["number"]


def test_the_second_sheet_says_what_was_asked(hospital: RunningHospital, auditor: Someone) -> None:
    (place,) = hospital.sql("SELECT id, name FROM department ORDER BY id LIMIT 1")
    filter_ = EVER | {
        "settlementState": "COMPLETED",
        "payKind": "INSURANCE",
        "departmentId": global_id("Department", place["id"]),
        "minAmount": "0.01",
        "maxAmount": "99999.00",
    }
    told = exported(hospital, auditor, "SETTLEMENTS", "XLSX", filter=filter_, sort="AMOUNT_DESC")
    about = told.about
    assert (about["内容"], about["排序"], about["状态"]) == ("支付结算明细", "按金额倒序", "已完成")
    assert (about["起始日期"], about["截止日期"]) == (EVER["since"], EVER["until"])
    assert (about["支付方式"], about["科室"]) == ("医保支付", place["name"])
    assert (about["最低金额"], about["最高金额"]) == (0.01, 99999.0)
    assert about["导出人"] == "auditor-01 (auditor)"
    assert abs(clock.now() - clock.moment(about["数据时间"])) < timedelta(minutes=10)
    assert about["行数"] == len(told.rows) > 3
    for name in ("费用总额", "基金支付", "个人账户支付", "现金支付", "已退金额"):
        assert fen(about[f"合计：{name}"]) == told.sum(name)
    assert {row["科室"] for row in told.rows} == {place["name"]}


def test_whoever_reads_english_gets_english(hospital: RunningHospital, auditor: Someone) -> None:
    told = exported(
        hospital, dataclasses.replace(auditor, language="en"), "ORDERS", "XLSX", filter={"orderState": "REFUNDED"}
    )
    assert {row["State"] for row in told.rows} == {"refunded"}
    assert told.about["Content"] == "orders"
    assert fen(told.about["Sum: Total"]) == told.sum("Total")


@pytest.mark.parametrize("format_", FORMATS)
def test_no_cell_is_ever_a_formula(hospital: RunningHospital, auditor: Someone, format_: str) -> None:
    order = hospital.patient().order()
    of_order = "FROM doctor d JOIN orders o ON o.doctor_id = d.id WHERE o.number = $1"
    (kept,) = hospital.sql(f"SELECT d.id, d.name {of_order}", order["number"])
    change = "UPDATE doctor SET name = $1 WHERE id = $2"
    hospital.sql(change, "=1+1", kept["id"])
    try:
        (row,) = exported(hospital, auditor, "ORDERS", format_, filter={"number": order["number"]}).rows
    finally:
        hospital.sql(change, kept["name"], kept["id"])
    assert row["医师"] == {"CSV": "'=1+1", "XLSX": "=1+1"}[format_]


def test_a_list_of_nothing_is_a_file(hospital: RunningHospital, auditor: Someone) -> None:
    told = exported(hospital, auditor, "PAYMENTS", "XLSX", filter={"until": "2001-01-01"})
    assert (told.rows, told.about["行数"], told.about["合计：退费金额"]) == ([], 0, 0)
    assert exported(hospital, auditor, "PAYMENTS", filter={"until": "2001-01-01"}).rows == []


# -- its sums are those of the reports


@pytest.mark.parametrize("filter_", [{}, {"orderState": "SETTLED", "doctorId": "Doctor"}], ids=str)
def test_orders_add_up_to_their_report(hospital: RunningHospital, auditor: Someone, filter_: dict[str, str]) -> None:
    row = hospital.sql("SELECT department_id, doctor_id FROM orders ORDER BY id DESC LIMIT 1")[0]
    filter_ = {n: global_id(v, row[f"{n[:-2]}_id"]) if n.endswith("Id") else v for n, v in filter_.items()}
    asked = {name.replace("orderState", "state"): value for name, value in filter_.items()}
    for first, last in [(EVER["since"], EVER["until"]), *((day, day) for day in days(hospital))]:
        told = exported(hospital, auditor, "ORDERS", filter=filter_ | {"since": first, "until": last})
        totals = auditor.ask(ORDERS, {"input": {"from": first, "to": last, "filter": asked}})["orderReport"]["totals"]
        assert (len(told.rows), yuan_text(told.sum("总金额"))) == (totals["count"], totals["totalAmount"])


@pytest.mark.parametrize("filter_", [{}, {"payKind": "SELF_PAY", "departmentId": "Department"}], ids=str)
def test_payments_and_refunds_add_up_to_the_report_day_by_day(
    hospital: RunningHospital, auditor: Someone, filter_: dict[str, str]
) -> None:
    row = hospital.sql("SELECT department_id, doctor_id FROM orders ORDER BY id DESC LIMIT 1")[0]
    filter_ = {n: global_id(v, row[f"{n[:-2]}_id"]) if n.endswith("Id") else v for n, v in filter_.items()}
    asked = {name.replace("settlementState", "state"): value for name, value in filter_.items()}
    for first, last in [(EVER["since"], EVER["until"]), *((day, day) for day in days(hospital))]:
        told = exported(hospital, auditor, "PAYMENTS", "XLSX", filter=filter_ | {"since": first, "until": last})
        input_ = {"from": first, "to": last, "filter": asked}
        totals = auditor.ask(REPORT, {"input": input_})["settlementReport"]["totals"]
        entries = Counter(row["类别"] for row in told.rows)
        assert (entries["支付"], entries["退费"]) == (totals["count"], totals["refundCount"])
        assert {name: yuan_text(told.sum(heading)) for name, heading in AMOUNTS.items()} == {
            n: totals[n] for n in AMOUNTS
        }
        assert {n: yuan_text(fen(told.about[f"合计：{h}"])) for n, h in AMOUNTS.items()} == {
            n: totals[n] for n in AMOUNTS
        }
        begun = exported(hospital, auditor, "SETTLEMENTS", filter=filter_ | {"since": first, "until": last})
        assert len(begun.rows) == totals["begunCount"]


def test_a_refund_is_on_its_own_day(hospital: RunningHospital, auditor: Someone) -> None:
    (row,) = hospital.sql(
        """SELECT number, settled_at, refunded_at FROM settlement WHERE refunded_fen > 0
           AND (settled_at AT TIME ZONE 'Asia/Shanghai')::date < (refunded_at AT TIME ZONE 'Asia/Shanghai')::date
           ORDER BY id DESC LIMIT 1"""
    )
    for name, entry in (("settled_at", "支付"), ("refunded_at", "退费")):
        day = str(clock.day_of(row[name]))
        told = exported(hospital, auditor, "PAYMENTS", filter={"since": day, "until": day, "number": row["number"]})
        assert [each["类别"] for each in told.rows] == [entry]


# -- how it comes about


def test_its_progress_is_pushed_to_the_end(hospital: RunningHospital, auditor: Someone) -> None:
    export = ask(auditor, "SETTLEMENTS", "XLSX")["export"]
    assert (export["state"], export["rowsTotal"], export["progress"], export["download"]) == (
        "QUEUED",
        None,
        None,
        None,
    )
    document = "subscription($id: ID!) { reportExportChanged(exportId: $id) { state rowsDone rowsTotal progress } }"
    events: list[Any] = []
    with socket(hospital.server_url, auditor.headers) as live:
        live.greet()
        live.send("subscribe", id="1", payload={"query": document, "variables": {"id": export["id"]}})
        while not events or events[-1]["state"] != "DONE":
            message = live.receive()
            assert message["type"] in ("next", "ping"), message
            if message["type"] == "next":
                events.append(message["payload"]["data"]["reportExportChanged"])
    assert [each["state"] for each in events] == sorted(
        (each["state"] for each in events), key=["QUEUED", "RUNNING", "DONE"].index
    )
    counts = [each["rowsDone"] for each in events]
    assert counts == sorted(counts)
    assert events[-1]["rowsDone"] == events[-1]["rowsTotal"] > 100
    assert events[-1]["progress"] == 1.0


def test_the_same_key_is_the_same_export(hospital: RunningHospital, auditor: Someone) -> None:
    key = uuid4().hex
    first, second = (ask(auditor, "ORDERS", "CSV", idempotencyKey=key)["export"]["id"] for _ in range(2))
    assert first == second
    other = ask(auditor, "ORDERS", "XLSX", idempotencyKey=key)
    assert (other["__typename"], other["code"]) == ("IdempotencyProblem", "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.ADMIN])
def test_exports_are_for(hospital: RunningHospital, role: Role) -> None:
    assert "export" in ask(Someone(hospital, role, f"{role.value}-07"), "ORDERS", "CSV", filter={"until": "2001-01-01"})


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DOCTOR, Role.PHARMACIST, Role.CASHIER])
def test_exports_are_not_for(hospital: RunningHospital, role: Role) -> None:
    subject = "patient-01" if role is Role.PATIENT else f"{role.value}-01"
    answer = ask(Someone(hospital, role, subject), "ORDERS", "CSV")
    assert (answer["__typename"], answer["code"]) == ("ForbiddenProblem", "FORBIDDEN")


@pytest.mark.parametrize(
    ("kind", "filter_", "field"),
    [
        ("ORDERS", {"settlementState": "COMPLETED"}, "settlementState"),
        ("SETTLEMENTS", {"orderState": "SETTLED"}, "orderState"),
        ("PAYMENTS", {"orderState": "SETTLED", "settlementState": "COMPLETED"}, "orderState"),
        ("ORDERS", {"since": "2026-01-02", "until": "2026-01-01"}, "until"),
        ("ORDERS", {"minAmount": "2.00", "maxAmount": "1.99"}, "maxAmount"),
        ("ORDERS", {"departmentId": "x"}, "departmentId"),
        ("ORDERS", {"doctorId": global_id("Patient", 1)}, "doctorId"),
        ("PAYMENTS", {"patientId": ""}, "patientId"),
        ("PAYMENTS", {"number": " "}, "number"),
        ("PAYMENTS", {"number": "a\0b"}, "number"),
    ],
)
def test_a_wrong_filter_names_itself(auditor: Someone, kind: str, filter_: dict[str, str], field: str) -> None:
    answer = ask(auditor, kind, "CSV", filter=filter_)
    assert (answer["__typename"], answer["code"], answer["field"]) == ("InputProblem", "INVALID_INPUT", field)


@pytest.mark.parametrize("key", ["", "k" * 101, "a\0b"])
def test_a_wrong_key_names_itself(auditor: Someone, key: str) -> None:
    answer = ask(auditor, "ORDERS", "CSV", idempotencyKey=key)
    assert (answer["code"], answer["field"]) == ("INVALID_INPUT", "idempotencyKey")


def test_only_whoever_asked_sees_it(hospital: RunningHospital, auditor: Someone) -> None:
    export = ask(auditor, "ORDERS", "CSV", filter={"until": "2001-01-01"})["export"]
    done(auditor, export)
    outsiders(hospital)
    others = (
        Someone(hospital, Role.AUDITOR, "auditor-02"),
        Someone(hospital, Role.CASHIER, "auditor-01"),
        Stranger(hospital, Role.AUDITOR, "auditor-01"),
    )
    for other in others:
        assert other.ask("query($id: ID!) { node(id: $id) { id } }", {"id": export["id"]}) == {"node": None}
        with socket(hospital.server_url, other.headers) as live:
            live.greet()
            document = "subscription($id: ID!) { reportExportChanged(exportId: $id) { state } }"
            live.send("subscribe", id="1", payload={"query": document, "variables": {"id": export["id"]}})
            message = live.receive()
            (error,) = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
            assert error["extensions"]["code"] == "NOT_FOUND"


def test_a_stranger_exports_their_own_hospital(hospital: RunningHospital, auditor: Someone) -> None:
    outsiders(hospital)
    stranger = Stranger(hospital, Role.FINANCE, "finance-99")
    doctor = hospital.sql("SELECT min(id) AS id FROM doctor")[0]["id"]
    for filter_ in ({}, {"doctorId": global_id("Doctor", doctor)}):
        answer = ask(stranger, "SETTLEMENTS", "CSV", filter=filter_)
        row = until(partial(ended, hospital, answer["export"]), "the end")
        assert (row["state"], row["rows_total"]) == ("DONE", 0)


def ended(hospital: RunningHospital, export: Any) -> Any:
    (row,) = hospital.sql("SELECT * FROM report_export WHERE id = $1", number(export))
    return row if row["state"] in ("DONE", "FAILED") else None


def number(export: Any) -> int:
    return int(base64.urlsafe_b64decode(export["id"]).decode().rpartition(":")[2])


# -- the link, and the end of the file


def test_the_link_opens_the_file_and_is_audited(hospital: RunningHospital, auditor: Someone) -> None:
    export = done(auditor, ask(auditor, "ORDERS", "CSV")["export"])
    count = (
        "SELECT count(*) AS n FROM audit_entry WHERE object_type = 'ReportExport' AND object_id = $1 AND action = $2"
    )
    assert hospital.sql(count, number(export), "reportExport") == [{"n": 1}]
    fetch(hospital, export)
    assert hospital.sql(count, number(export), "file.download") == [{"n": 1}]
    url = export["download"]["url"]
    assert "orders" not in url.rpartition("/")[2]
    for wrong in (url[:-1] + ("A" if url[-1] != "A" else "B"), url.replace("/export/", "/receipt/"), url + "x"):
        assert hospital.http.get(wrong).status_code == 404


def test_a_file_is_gone_when_its_time_is_over(hospital: RunningHospital, auditor: Someone) -> None:
    export = done(auditor, ask(auditor, "ORDERS", "CSV")["export"])
    hospital.sql("UPDATE report_export SET expires_at = now() - interval '1 s' WHERE id = $1", number(export))
    assert hospital.http.get(export["download"]["url"]).status_code == 404
    told = look(auditor, export)
    assert (told["state"], told["download"]) == ("DONE", None)
    pieces = "SELECT count(*) AS n FROM report_export_chunk WHERE export_id = $1"
    assert hospital.sql(pieces, number(export))[0]["n"] > 0
    hospital.sql("UPDATE pgqueuer_schedules SET next_run = now() WHERE entrypoint = 'report.sweep'")
    until(lambda: hospital.sql(pieces, number(export)) == [{"n": 0}], "the sweep", 90)


def test_nothing_personal_stays_in_the_row_nor_in_the_job(hospital: RunningHospital, auditor: Someone) -> None:
    export = done(
        auditor, ask(auditor, "ORDERS", "CSV", filter={"patientId": hospital.patient(3).patient_id})["export"]
    )
    (row,) = hospital.sql("SELECT filters FROM report_export WHERE id = $1", number(export))
    assert orjson.loads(row["filters"]).keys() == {"patient_id"}


@pytest.mark.parametrize("road", ["", "nodes(ids: []) { id }"], ids=["compiled", "ordinary"])
def test_whoever_asked_finds_them_again_newest_first(hospital: RunningHospital, auditor: Someone, road: str) -> None:
    asked = [ask(auditor, "ORDERS", "CSV")["export"] for _ in range(2)]
    done(auditor, asked[1])
    document = f"""{{ reportExports(first: 1) {{ totalCount edges {{ node {{ id state progress }} }} }}
        failed: reportExports(state: FAILED) {{ edges {{ node {{ id }} }} }} {road} }}"""
    told = auditor.ask(document)
    rows = hospital.sql("SELECT count(*) AS n FROM report_export WHERE subject = $1", auditor.subject)
    assert told["reportExports"]["totalCount"] == rows[0]["n"] >= 2
    (newest,) = (edge["node"] for edge in told["reportExports"]["edges"])
    assert newest == {"id": asked[1]["id"], "state": "DONE", "progress": 1.0}
    assert asked[1]["id"] not in [edge["node"]["id"] for edge in told["failed"]["edges"]]
    other = Someone(hospital, Role.AUDITOR, "auditor-77").ask(document)["reportExports"]
    assert other == {"totalCount": 0, "edges": []}
