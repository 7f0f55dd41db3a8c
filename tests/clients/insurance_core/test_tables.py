"""The sandbox refuses by its field tables and names the field; its own answers hold to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
import pytest

from clients import fields
from clients.insurance.book import InsuranceBook
from clients.insurance.core import messages, wire
from clients.insurance.core.deliveries import RegionalDelivery
from clients.insurance.core.sandbox import CODES, ENVELOPE, TABLES, CoreSandboxSettings, InsuranceCoreSandbox
from clients.insurance.core.sandbox_gateway import GatewayRules
from tests.clients.insurance_core.ends import (
    BEGAN,
    DOCTOR,
    INSTITUTION,
    PERSON,
    advise,
    cancel,
    check_benefits,
    query_person,
    query_staff,
    query_visits,
    register,
    settings,
    sign_in,
    upload_consultation,
    upload_visit,
)
from tests.clients.insurance_core.test_deliveries import delivery
from tests.fixtures.serving import served

# What the circulation's older channel sends: tests/clients/circulation/test_tables.py.
OLDER = {"7101", "7102", "7104", "7105"}
NOW = ("9001", "1101", "2001", "2201", "2202", "2203", "3101", "4301", "5102", "5201", "7205")
VALID: dict[str, messages.Request] = {
    "9001": sign_in(),
    "1101": query_person(),
    "2001": check_benefits(),
    "2201": register(),
    "2202": cancel("M0001"),
    "2203": upload_visit("M0001"),
    "3101": advise(),
    "4301": upload_consultation("M0001"),
    "5102": query_staff(),
    "5201": query_visits(),
    "7205": RegionalDelivery(delivery(), settings("http://127.0.0.1")),
}
_numbers = count(1)

Case = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def core() -> Iterator[httpx.Client]:
    rules = CoreSandboxSettings(gateway=GatewayRules(kind="none"))
    sandbox = InsuranceCoreSandbox(InsuranceBook(), rules)
    sandbox.load({"persons": [PERSON], "staff": [DOCTOR]})
    with served(sandbox.app) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def envelope(transaction: str) -> dict[str, Any]:
    request = VALID[transaction]
    body = wire.envelope(
        settings("http://127.0.0.1"),
        transaction=transaction,
        message_id=wire.message_id(INSTITUTION, BEGAN, next(_numbers)),
        at=datetime.now(UTC),
        insured_area="350200",
        sign_number="",
        content=request.to_wire(),
    )
    told: dict[str, Any] = json.loads(body)
    if transaction == "3101":
        encounter = told["input"]["data"]["patient_dtos"][0]["fsi_encounter_dtos"][0]
        encounter["fsi_operation_dtos"] = [{"setl_list_oprn_id": "1", "main_oprn_flag": "0"}]
    return told


def told(core: httpx.Client, transaction: str, asked: object) -> dict[str, Any]:
    answer = core.post(f"/fsi/{transaction}", json=asked)
    assert answer.status_code == 200
    reply: dict[str, Any] = answer.json()
    assert fields.check_node(ENVELOPE["out"], "reply", reply) == []
    return reply


def refusal(core: httpx.Client, transaction: str, asked: object) -> str:
    reply = told(core, transaction, asked)
    assert reply["infcode"] == -1
    assert "output" not in reply
    return str(reply["err_msg"])


def specs() -> Iterator[Case]:
    for transaction in NOW:
        for node, table in TABLES[transaction]["in"].items():
            yield from ((transaction, node, spec) for spec in table["fields"])


def named(cases: list[Case]) -> list[Any]:
    return [pytest.param(*case, id=f"{case[0]}-{case[1]}-{case[2]['name']}") for case in cases]


def put(asked: dict[str, Any], node: str, name: str, value: object) -> str:
    """Set one field of one node, and give its place as the sandbox names it."""
    row, place = found(asked["input"], node)
    row[name] = value
    return f"{place}.{name}"


def found(row: dict[str, Any], node: str, at: str = "") -> tuple[dict[str, Any], str]:
    """The first row of a node, however deep it lies, and its place."""
    for name, inner in row.items():
        listed = isinstance(inner, list)
        first, place = (inner[0], f"{at}{name}[0]") if listed else (inner, f"{at}{name}")
        if isinstance(first, dict) and name == node:
            return first, place
        if isinstance(first, dict) and node in json.dumps(first):
            return found(first, node, f"{place}.")
    raise KeyError(node)


REQUIRED = [case for case in specs() if case[2]["req"]]
SIZED = [case for case in specs() if case[2]["type"] == "C" and case[2]["len"]]
CODED = [case for case in specs() if case[2]["code"] and case[2]["name"] in CODES]
SHAPED = [case for case in specs() if case[2]["type"] != "C"]
ENVELOPE_FIELDS = ENVELOPE["in"]["request"]["fields"]


def test_no_transaction_that_is_served_is_left_out() -> None:
    sandbox = InsuranceCoreSandbox(InsuranceBook(), CoreSandboxSettings())
    assert set(NOW) | OLDER == set(sandbox._transactions)


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize(("transaction", "node", "spec"), named(REQUIRED))
def test_a_missing_field_is_named(core: httpx.Client, transaction: str, node: str, spec: Any, empty: object) -> None:
    asked = envelope(transaction)
    place = put(asked, node, spec["name"], empty)
    text = "缺少节点" if spec["name"] in TABLES[transaction]["in"] else f"{spec['cn']}不能为空"
    assert refusal(core, transaction, asked).startswith(f"{place}: {text}")


@pytest.mark.parametrize(("transaction", "node", "spec"), named(SIZED))
def test_a_field_that_is_too_long_is_named(core: httpx.Client, transaction: str, node: str, spec: Any) -> None:
    asked = envelope(transaction)
    place = put(asked, node, spec["name"], "9" * (int(spec["len"]) + 1))
    assert refusal(core, transaction, asked).startswith(f"{place}: 长度超过{spec['len']}")


@pytest.mark.parametrize(("transaction", "node", "spec"), named(SIZED))
def test_a_number_is_no_text(core: httpx.Client, transaction: str, node: str, spec: Any) -> None:
    asked = envelope(transaction)
    place = put(asked, node, spec["name"], 1)
    assert refusal(core, transaction, asked).startswith(f"{place}: 应为字符串")


@pytest.mark.parametrize(("transaction", "node", "spec"), named(CODED))
def test_a_code_outside_its_list_is_named(core: httpx.Client, transaction: str, node: str, spec: Any) -> None:
    asked = envelope(transaction)
    place = put(asked, node, spec["name"], "ZZ")
    assert refusal(core, transaction, asked).startswith(f"{place}: {spec['cn']}代码不正确")


@pytest.mark.parametrize(("transaction", "node", "spec"), named(SHAPED))
def test_a_time_or_number_of_another_form_is_named(core: httpx.Client, transaction: str, node: str, spec: Any) -> None:
    asked = envelope(transaction)
    place = put(asked, node, spec["name"], "2026/11/23")
    assert refusal(core, transaction, asked).startswith(f"{place}: ")


@pytest.mark.parametrize(
    ("transaction", "node"),
    [(t, node) for t in NOW for node in VALID[t].to_wire() if TABLES[t]["in"][node].get("req", True)],
)
def test_a_missing_node_is_named(core: httpx.Client, transaction: str, node: str) -> None:
    asked = envelope(transaction)
    del asked["input"][node]
    assert refusal(core, transaction, asked).startswith(f"{node}: ")


@pytest.mark.parametrize("spec", [s for s in ENVELOPE_FIELDS if s["req"]], ids=lambda s: str(s["name"]))
def test_a_missing_envelope_field_is_named(core: httpx.Client, spec: Any) -> None:
    asked = envelope("2201")
    del asked[spec["name"]]
    assert refusal(core, "2201", asked).startswith(f"{spec['name']}: ")


@pytest.mark.parametrize("spec", [s for s in ENVELOPE_FIELDS if s["len"]], ids=lambda s: str(s["name"]))
def test_an_envelope_field_that_is_too_long_is_named(core: httpx.Client, spec: Any) -> None:
    asked = envelope("2201")
    asked[spec["name"]] = "9" * (int(spec["len"]) + 1)
    assert refusal(core, "2201", asked).startswith(f"{spec['name']}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("opter_type", "4"),
        ("inf_time", "20261123090000"),
        ("infno", "2202"),
        ("msgid", "M0001"),
        ("msgid", "H35020000002202611230900000001"),
        ("msgid", "H35020000001202613230900000001"),
        ("input", "text"),
        ("insuplc_admdvs", ""),
    ],
)
def test_a_wrong_envelope_field_is_named(core: httpx.Client, name: str, value: str) -> None:
    asked = envelope("2201")
    asked[name] = value
    assert refusal(core, "2201", asked).startswith(f"{name}: ")


@pytest.mark.parametrize("transaction", ["2201", "2202", "2203", "4301", "5201"])
def test_the_insured_area_is_required_where_a_person_number_is_sent(core: httpx.Client, transaction: str) -> None:
    asked = envelope(transaction)
    asked["insuplc_admdvs"] = ""
    assert refusal(core, transaction, asked).startswith("insuplc_admdvs: ")


@pytest.mark.parametrize("transaction", ["9001", "1101"])
def test_the_insured_area_may_be_empty_elsewhere(core: httpx.Client, transaction: str) -> None:
    asked = envelope(transaction)
    asked["insuplc_admdvs"] = ""
    assert told(core, transaction, asked)["infcode"] == 0


def test_a_transaction_that_is_not_served_is_refused(core: httpx.Client) -> None:
    asked = envelope("2201")
    asked["infno"] = "2207"
    assert refusal(core, "2207", asked).startswith("infno: ")


@pytest.mark.parametrize("asked", [[], "text", None, 1])
def test_a_body_that_is_no_object_is_refused(core: httpx.Client, asked: object) -> None:
    assert "报文格式不正确" in refusal(core, "2201", asked)


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b'{"a":1e9999999999999999999}'])
def test_a_body_that_is_no_json_is_refused(core: httpx.Client, body: bytes) -> None:
    assert "报文格式不正确" in core.post("/fsi/2201", content=body).json()["err_msg"]


def test_answers_hold_to_their_own_tables(core: httpx.Client) -> None:
    person = told(core, "1101", envelope("1101"))["output"]
    assert fields.check_node(TABLES["1101"]["out"], "baseinfo", person["baseinfo"], CODES) == []
    assert fields.check_node(TABLES["1101"]["out"], "insuinfo", person["insuinfo"], CODES) == []
    for transaction in ("9001", "2201", "5102", "5201"):
        output = told(core, transaction, envelope(transaction))["output"]
        assert fields.check(TABLES[transaction]["out"], output, CODES) == []
