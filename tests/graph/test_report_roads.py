from __future__ import annotations

import itertools
from collections import Counter
from datetime import date
from typing import Any

import pytest

from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone
from tests.graph.test_reports import BUCKETS, EVER, MEASURES, global_id

BARE = """query($input: %sInput!) { %s(input: $input) { __typename ... on Problem { code message } ... on %s {
    __typename rows { from state %s } totals { __typename %s } } } }"""
BARE_FIELDS = {
    "orderReport": ("", "count totalAmount"),
    "settlementReport": ("payKind insuranceType", " ".join(MEASURES)),
}


@pytest.fixture(scope="module")
def auditor(hospital: RunningHospital) -> Someone:
    return Someone(hospital, Role.AUDITOR, "auditor-01")


def bare(name: str) -> str:
    """The document without objects."""
    kind, (groups, measures) = name[0].upper() + name[1:], BARE_FIELDS[name]
    return BARE % (kind, name, kind, f"{groups} {measures}", measures)


def roads(hospital: RunningHospital) -> Counter[str]:
    lines = hospital.http.get(f"{hospital.server_url}/metrics").text.splitlines()
    reads = [line for line in lines if line.startswith("yiqiao_reads_total{")]
    return Counter({road: sum(float(line.split()[-1]) for line in reads if f'"{road}"' in line) for road in ROADS})


ROADS = ("compiled", "ordinary")


@pytest.mark.parametrize("bucket", BUCKETS)
@pytest.mark.parametrize(
    ("name", "group_by", "filter_"),
    [
        ("settlementReport", [], None),
        ("settlementReport", ["STATE", "PAY_KIND", "STATE"], {}),
        ("settlementReport", ["INSURANCE_TYPE"], {"payKind": "INSURANCE", "state": None, "insuranceType": "310"}),
        ("settlementReport", ["DEPARTMENT"], {"doctorId": global_id("Doctor", 1), "departmentId": None}),
        ("settlementReport", [], {"insuranceType": "nobody has this"}),
        ("orderReport", [], {"departmentId": global_id("Department", 2)}),
        ("orderReport", ["STATE"], {"state": "REFUNDED"}),
    ],
)
def test_both_roads_give_the_same_report(
    hospital: RunningHospital, auditor: Someone, bucket: str, name: str, group_by: list[str], filter_: Any
) -> None:
    input_ = EVER | {"bucket": bucket, "groupBy": group_by, "filter": filter_}
    before = roads(hospital)
    compiled = auditor.ask(bare(name), {"input": input_})
    assert roads(hospital) - before == {"compiled": 1}
    ordinary = auditor.ask(bare(name)[:-1] + "nodes(ids: []) { id } }", {"input": input_})
    assert (roads(hospital) - before)["ordinary"] >= 1
    assert compiled[name] == ordinary[name]
    assert compiled[name]["__typename"] == name[0].upper() + name[1:]


@pytest.mark.parametrize("input_", [{}, {"bucket": "YEAR"}, {"from": "2026-02-30"}, {"groupBy": [{}]}, {"more": 1}])
def test_a_wrong_input_is_told_in_the_ordinary_words(auditor: Someone, input_: dict[str, Any]) -> None:
    given = EVER | input_ if input_ else {"to": EVER["to"]}
    told_ = auditor.post(bare("settlementReport"), {"input": given})
    assert told_["errors"][0]["message"].startswith("Variable '$input' has invalid value")


def test_one_document_is_planned_for_every_form_of_its_input(auditor: Someone) -> None:
    document = bare("settlementReport")
    for bucket, group_by in itertools.product(BUCKETS, (["STATE"], ["PAY_KIND"], [])):
        rows = auditor.ask(document, {"input": EVER | {"bucket": bucket, "groupBy": group_by}})["settlementReport"][
            "rows"
        ]
        assert {row["state"] is not None for row in rows} == {"STATE" in group_by}
        assert {row["payKind"] is not None for row in rows} == {"PAY_KIND" in group_by}
        assert {row["from"] for row in rows} == {str(BUCKETS[bucket](date.fromisoformat(row["from"]))) for row in rows}


LITERAL = """query($from: Date!, $to: Date!) {
  settlementReport(input: {from: $from, to: $to, bucket: MONTH, groupBy: PAY_KIND, filter: {insuranceType: %s}}) {
    __typename ... on Problem { code message } ... on InputProblem { field }
    ... on SettlementReport { rows { from payKind count } totals { count cashAmount } } } }"""


def test_a_literal_input_is_compiled_and_its_days_are_parameters(hospital: RunningHospital, auditor: Someone) -> None:
    before = roads(hospital)
    ever = auditor.ask(LITERAL % '"310"', EVER)["settlementReport"]
    never = auditor.ask(LITERAL % '"310"', {"from": "2001-01-01", "to": "2001-01-02"})["settlementReport"]
    assert roads(hospital) - before == {"compiled": 2}
    input_ = EVER | {"bucket": "MONTH", "groupBy": ["PAY_KIND"], "filter": {"insuranceType": "310"}}
    same = auditor.ask(bare("settlementReport"), {"input": input_})["settlementReport"]
    assert ever["rows"] == [{name: row[name] for name in ("from", "payKind", "count")} for row in same["rows"]] != []
    assert (never["rows"], never["totals"]["count"]) == ([], 0)


def test_a_variable_that_shapes_a_literal_is_left_to_the_ordinary_road(
    hospital: RunningHospital, auditor: Someone
) -> None:
    document = (LITERAL % "$type").replace("query(", "query($type: String, ")
    before = roads(hospital)
    assert auditor.ask(document, EVER | {"type": "310"}) == auditor.ask(LITERAL % '"310"', EVER)
    assert roads(hospital) - before == {"ordinary": 1, "compiled": 1}


def test_days_in_the_wrong_order_are_told_on_both_roads_alike(auditor: Someone) -> None:
    days = {"from": "2026-01-02", "to": "2026-01-01"}
    literal = auditor.ask(LITERAL % '"310"', days)["settlementReport"]
    ordinary = auditor.ask((LITERAL % "$type").replace("query(", "query($type: String, "), days)["settlementReport"]
    assert literal == ordinary
    assert literal["code"] == "INVALID_INPUT"
