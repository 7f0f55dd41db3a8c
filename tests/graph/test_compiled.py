"""The compiled road by itself: what it says to the database, what it keeps, and each difference that was once found."""

from __future__ import annotations

import contextlib
import re
import time
from random import Random
from typing import Any

import orjson
import pytest
from graphql import OperationType
from tortoise.fields import BinaryField

from app.tokens import Role, Viewer
from resolvers.compiled import Fallback, Plans
from resolvers.compiled.compilation import Compilation
from resolvers.compiled.plan import Plan
from resolvers.compiled.plans import LARGEST_CACHE, MOST_SHAPES
from resolvers.reads import TYPES
from resolvers.scopes import SCOPES
from schema import schema
from schema.documents import MOST_TOKENS, VALIDATION_RULES
from tests.graph.arguments import Pools
from tests.graph.conftest import SecondServer
from tests.graph.documents import Writer
from tests.graph.roads import VIEWERS, Roads, Viewing, global_id, reads
from tests.graph.test_statements import ORDERS, SETTLEMENTS

CASHIER = VIEWERS["cashier"]
ASYNCPG_KEEPS = 15_360  # characters of a statement, unless it is told otherwise
RUNS = "SELECT sum(generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements"
PAGES = pytest.mark.parametrize("document", [ORDERS, SETTLEMENTS], ids=["orders", "settlements"])


@pytest.fixture
def plans(roads: Roads) -> Plans:
    return Plans(schema._schema, VALIDATION_RULES, MOST_TOKENS)


def plan(plans: Plans, document: str, role: Role = Role.CASHIER, **variables: Any) -> Plan:
    return plans.plan(document, None, variables, Viewer(subject="s", role=role, hospital_id=1))[0]


def same(roads: Roads, document: str, *, who: Viewing = CASHIER, language: str = "zh-CN", **variables: Any) -> Any:
    """The data of both roads; the compiled one must have answered."""
    compiled, ordinary = roads.both(who, {"query": document, "variables": variables}, language)
    assert compiled == ordinary
    return orjson.loads(ordinary)["data"]


def ordinary(roads: Roads, document: str, **variables: Any) -> Any:
    """The whole ordinary answer, where the compiled road has none and raises no alarm."""
    before = reads().get(("ordinary", "failed"), 0)
    compiled, told = roads.both(CASHIER, {"query": document, "variables": variables})
    assert compiled is None
    assert reads().get(("ordinary", "failed"), 0) == before
    return orjson.loads(told)


def some_ids(roads: Roads, table: str, name: str) -> list[str]:
    rows = roads.sql(f'SELECT id FROM "{table}" WHERE hospital_id = 1 ORDER BY id')
    return [global_id(name, row["id"]) for row in rows]


# -- what it says to the database


@PAGES
def test_a_page_is_one_statement(second: SecondServer, document: str) -> None:
    cashier = second.seen_by(second.hospital.cashier())
    for _ in range(9):  # what happens once on a connection is not of the page
        cashier.ask(document, {"first": 20})
    with second.wire.listened() as statements:
        cashier.ask(document, {"first": 20})
    assert len(statements) == 1


def test_a_statement_is_prepared_once_for_a_plan(roads: Roads) -> None:
    document = "{ invoices(first: 3) { edges { node { businessNumber settlement { number order { number } } } } } }"
    for _ in range(5):
        same(roads, document)
    sql = plan(roads.plans, document).sql
    assert roads.sql(f"{RUNS} WHERE statement = $1", sql) == [{"runs": 5}]


def test_a_long_statement_stays_prepared_too(roads: Roads) -> None:
    inner = "number state totalAmount settlement { number state invoice { number patient { name phone } } }"
    many = " ".join(
        f"a{n}: settlements {{ order {{ {inner} settlements {{ order {{ {inner} }} }} }} }}" for n in range(12)
    )
    document = f"{{ orders(first: 1) {{ edges {{ node {{ {many} }} }} }} }}"
    for _ in range(2):
        same(roads, document)
    sql = plan(roads.plans, document).sql
    assert len(sql) > ASYNCPG_KEEPS
    assert roads.sql(f"{RUNS} WHERE statement = $1", sql) == [{"runs": 2}]


@pytest.mark.parametrize("role", Role)
@PAGES
def test_the_scope_of_every_table_stands_in_the_statement(plans: Plans, role: Role, document: str) -> None:
    sql = plan(plans, document, role, first=20).sql
    of_scopes = set(re.findall(r"in \(select (t\d+)\.", sql))
    models = {model._meta.db_table: model for model in SCOPES}
    read = [(models[name], alias) for name, alias in re.findall(r'(?:from|join) "(\w+)" (t\d+)', sql) if name in models]
    read = [(model, alias) for model, alias in read if alias not in of_scopes]
    assert len({alias for _, alias in read}) >= 3
    seeing = [(model, alias) for model, alias in read if role in SCOPES[model]]
    for model, alias in seeing:
        for rule in SCOPES[model][role]:
            direct = rf'{alias}\."{rule.path}" = \$\d' if "__" not in rule.path else rf"{alias}\.\w+ in \(select"
            assert re.search(direct, sql), (alias, rule)
    assert len(re.findall(r"\bfalse\b", sql)) >= len({alias for model, alias in read if role not in SCOPES[model]})


def test_nothing_sealed_is_ever_selected(plans: Plans) -> None:
    models = [each.model._meta for each in TYPES]
    sealed = {name for meta in models for name, field in meta.fields_map.items() if isinstance(field, BinaryField)}
    sealed.remove("checkout_parameters_sealed")  # opened by its resolver, for whoever pays
    assert {"name_sealed", "id_number_sealed", "phone_sealed"} <= sealed
    ids = {name: (global_id(name, 1),) for name in ("Patient", "Order", "Department", "Doctor")}
    pools = Pools(ids, (), {"CREATED_DESC": ("OTk6MQ==",)}, tuple(VIEWERS))
    seen = 0
    for number in range(300):
        case = Writer(Random(number), schema._schema, pools, plain=True, left=16).case()
        for role in (Role.PATIENT, Role.CASHIER):
            viewer = Viewer(subject="s", role=role, hospital_id=1)
            sql = plans.plan(case.document, case.operation, case.requests[0].variables, viewer)[0].sql
            assert not {name for name in {*sealed, "id_number_index"} if name in sql}
            seen += "_masked" in sql
    assert seen > 10


# -- what it keeps


def test_the_plan_cache_is_bounded(plans: Plans) -> None:
    for number in range(LARGEST_CACHE + 20):
        plan(plans, f"{{ a{number}: __typename }}")
    assert len(plans._entries) == LARGEST_CACHE


def test_the_least_used_document_goes_first(plans: Plans) -> None:
    for number in range(LARGEST_CACHE):
        plan(plans, f"{{ a{number}: __typename }}")
    kept = plan(plans, "{ a0: __typename }")
    plan(plans, "{ another: __typename }")
    assert plan(plans, "{ a0: __typename }") is kept
    assert ("{ a1: __typename }", None, OperationType.QUERY) not in plans._entries


def test_what_does_not_compile_is_not_tried_again(plans: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    document = """query($first: Int!, $key: Boolean!) { orders(first: $first) { edges { cursor } }
        nodes(ids: []) @include(if: $key) { id } }"""
    for key in (True, False, True):
        with contextlib.suppress(Fallback):
            plan(plans, document, first=5, key=key)
    made: list[Any] = []
    monkeypatch.setattr(Compilation, "plan", lambda each: made.append(each))
    with pytest.raises(Fallback, match="nodes"):
        plan(plans, document, first=5, key=True)
    assert "limit 6" in plan(plans, document, first=5, key=False).sql
    assert made == []


def test_the_plans_of_a_document_are_bounded_and_each_has_its_page(plans: Plans) -> None:
    document = "query($first: Int!) { orders(first: $first) { edges { cursor } } }"
    for first in range(1, 201):
        assert f"limit {first + 1})" in plan(plans, document, first=first).sql
    (entry,) = plans._entries.values()
    assert len(entry.plans) <= MOST_SHAPES


def test_a_refused_document_is_read_once(plans: Plans) -> None:
    for _ in range(3):
        with pytest.raises(Fallback, match="invalid"):
            plan(plans, "{ nothing }")
    assert len(plans._entries) == 1


# -- differences that were found


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
def test_a_day_that_is_too_far_off_is_refused_as_ever(roads: Roads, day: str) -> None:
    told = ordinary(roads, "query($day: Date) { orders(since: $day, until: $day) { totalCount } }", day=day)
    assert "Date is a day between" in told["errors"][0]["message"]


@pytest.mark.parametrize("wrong", [{"from": "9999-12-31"}, {"bucket": "YEAR"}, {"groupBy": ["DAY"]}, {"more": 1}])
def test_an_input_that_is_wrong_inside_is_refused_as_ever(roads: Roads, wrong: dict[str, Any]) -> None:
    document = """query($input: OrderReportInput!, $x: Boolean!) {
        orderReport(input: $input) @include(if: $x) { __typename } }"""
    right = {"from": "2026-01-01", "to": "2026-01-31", "bucket": "DAY", "groupBy": []}
    for x in (True, False):
        told = ordinary(roads, document, input=right | wrong, x=x)
        assert "$input" in told["errors"][0]["message"]


def test_a_report_of_what_is_no_department_is_refused_as_ever(roads: Roads) -> None:
    document = "query($input: OrderReportInput!) { orderReport(input: $input) { __typename ... on Problem { code } } }"
    asked = {"from": "2026-01-01", "to": "2026-01-31", "filter": {"departmentId": global_id("Order", 1)}}
    told = ordinary(roads, document, input=asked | {"bucket": "DAY", "groupBy": []})
    assert told["data"]["orderReport"] == {"__typename": "InputProblem", "code": "INVALID_INPUT"}


def test_null_for_a_directive_is_refused_as_ever(roads: Roads) -> None:
    document = """query($no: Boolean!, $null: Boolean = false) {
        viewer { role @include(if: $no) @skip(if: $null) subject } }"""
    assert same(roads, document, no=False) == {"viewer": {"subject": CASHIER.subject}}
    assert "None" in ordinary(roads, document, no=False, null=None)["errors"][0]["message"]


@pytest.mark.parametrize("cursor", ["", "x", "MTotMQ=="])
def test_a_wrong_cursor_in_the_document_is_refused_as_ever(roads: Roads, cursor: str) -> None:
    told = ordinary(roads, f'{{ orders(after: "{cursor}") {{ totalCount }} }}')
    assert told["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


def test_a_plan_is_never_taken_for_a_node_of_another_type(roads: Roads) -> None:
    document = """query($a: ID!, $b: ID!, $x: Boolean!) {
        a: node(id: $a) @include(if: $x) { __typename id } b: node(id: $b) @skip(if: $x) { __typename id } }"""
    (order, *_), (patient, *_) = some_ids(roads, "orders", "Order"), some_ids(roads, "patient", "Patient")
    asked = [(order, patient, True), (order, patient, False), (patient, order, True), (patient, order, False)]
    for a, b, x in asked * 2:
        key, wanted = ("a", a) if x else ("b", b)
        kind = "Order" if wanted == order else "Patient"
        assert same(roads, document, a=a, b=b, x=x) == {key: {"__typename": kind, "id": wanted}}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("condition", ["Problem", "OrderCreateResult", "InsuranceRefusal", "HISRefusal"])
def test_a_fragment_on_a_union_is_a_fragment_on_its_members(roads: Roads, condition: str, language: str) -> None:
    inner = f"... on {condition} {{ __typename ... on Problem {{ code message }} }}"
    document = f"{{ settlements(first: 200) {{ edges {{ node {{ steps {{ problem {{ {inner} }} }} }} }} }} }}"
    told = same(roads, document, language=language)["settlements"]["edges"]
    problems = [step["problem"] for edge in told for step in edge["node"]["steps"] if step["problem"]]
    assert any(problems)


def test_fragments_that_double_cost_no_more_than_their_text(plans: Plans) -> None:
    doubling = " ".join(f"fragment F{n} on Order {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    doubling += " fragment F40 on Order { number }"
    document = f"{{ orders(first: 1) {{ edges {{ node {{ ...F0 }} }} }} }} {doubling}"
    begun = time.process_time()
    assert plan(plans, document).sql.count('."number"') == 1
    assert time.process_time() - begun < 3


def test_a_row_too_wide_for_the_database_is_left_to_the_ordinary_executor(roads: Roads) -> None:
    wide = "id number state payKind totalAmount fundAmount accountAmount cashAmount checkoutUrl createdAt settledAt"
    person = "patient { id name idNumber phone gender insuredArea insuranceType }"
    order = f"settlement {{ ...S order {{ {person} settlement {{ ...S invoice {{ id number {person} }} }} }} }}"
    aliases = " ".join(f"a{n}: {order}" for n in range(49))
    document = f"{{ orders(first: 1) {{ edges {{ node {{ {aliases} }} }} }} }} fragment S on Settlement {{ {wide} }}"
    told = ordinary(roads, document)
    assert len(told["data"]["orders"]["edges"][0]["node"]) == 49


@pytest.mark.parametrize("variables", [[], "", 0, False, "x", [1]])
def test_variables_that_are_no_object_are_none_of_its_requests(roads: Roads, variables: Any) -> None:
    body = orjson.dumps({"query": "{ viewer { role } }", "variables": variables})
    assert roads.runner.run(roads.road.answer(roads.headers(CASHIER), body)) is None


def test_a_row_that_must_be_there_and_may_not_be_seen_is_told_as_ever(roads: Roads) -> None:
    crossing = "SELECT o.id FROM orders o JOIN doctor d ON d.id = o.doctor_id WHERE d.hospital_id <> o.hospital_id"
    found = roads.sql(f"{crossing} AND o.hospital_id = 1")
    document = "query($id: ID!) { node(id: $id) { ... on Order { number doctor { name } } } }"
    for row in found:
        compiled, told = roads.both(CASHIER, {"query": document, "variables": {"id": global_id("Order", row["id"])}})
        assert compiled in (None, told)
    assert ordinary(roads, document, id=global_id("Order", found[0]["id"]))["errors"]
