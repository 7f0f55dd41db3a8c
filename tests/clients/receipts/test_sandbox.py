import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import clients.receipts
from clients import fields
from clients.receipts import wire
from clients.receipts.client import BosiSettings
from clients.receipts.messages import FindReceipt, IssueReceipt, ReceiptStatus, RedReceipt
from clients.receipts.sandbox import BosiSandbox
from tests.fixtures.forms import CODE, MISSING, TOO_LONG, Wrong, cases

Issue = Callable[..., IssueReceipt]
Post = Callable[..., wire.Told]
Message = dict[str, Any]

HOME = Path(clients.receipts.__file__).parent
TABLES = fields.table(HOME / "fields.json")
CODES = fields.codes(HOME / "codes.json")
OUTPATIENT, REGISTRATION, FIND = "invoiceEBillOutpatient", "invEBillRegistration", "getEBillByBusNo"
STATUS, WRITE_OFF = "getEBillStatesByBillInfo", "writeOffEBill"
METHODS = (OUTPATIENT, REGISTRATION, FIND, STATUS, WRITE_OFF)
LINE = {"infoNo": 1, "infoName": "大病保险", "infoValue": "0.00"}


@pytest.fixture
def messages(issue: Issue, settings: BosiSettings) -> dict[str, Message]:
    """A good business object for each method."""
    lines = {"otherInfo": [dict(LINE)], "otherMedicalList": [dict(LINE)]}
    at = issue().issued_at
    red = RedReceipt(batch_code="99060126", number="0000000001", reason="退费", operator="甲", red_at=at)
    return {
        OUTPATIENT: issue().to_wire(settings) | lines,
        REGISTRATION: issue(kind="REGISTRATION").to_wire(settings) | copy.deepcopy(lines),
        FIND: FindReceipt(business_number=issue().business_number, issued_at=at).to_wire(),
        STATUS: ReceiptStatus(batch_code="99060126", number="0000000001").to_wire(),
        WRITE_OFF: red.to_wire(settings),
    }


def specs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for method in METHODS:
        for node, table in TABLES[method]["in"].items():
            yield from ((method, node, spec) for spec in table["fields"])


def broken() -> Iterator[Any]:
    """Every way in which a single field of a message breaks its table: method, node, field, wrong value."""
    for method, node, spec in specs():
        for rule, value in wrong_values(spec):
            yield pytest.param(method, node, spec["name"], value, id=f"{method}-{node}.{spec['name']}-{rule}")


def wrong_values(spec: dict[str, Any]) -> Iterator[tuple[str, object]]:
    if spec["req"]:
        yield "missing", None
    if spec["type"] == "C" and spec["len"]:
        yield "too_long", "9" * (int(spec["len"]) + 1)
    if spec["type"] == "N" and spec["len"]:
        yield "too_precise", "1.00001"
        yield "too_large", "1234567890123.00"
    if spec["type"] == "N":
        yield "no_number", "一"
    if spec["type"] == "DTM":
        yield "no_moment", "20261301000000000"
        yield "too_short", "20260101000000"
    if spec["code"]:
        yield "wrong_code", "x"


@pytest.mark.parametrize(("method", "node", "name", "value"), list(broken()))
def test_a_field_that_breaks_its_table_is_refused_by_name(
    messages: dict[str, Message], post: Post, sandbox: BosiSandbox, method: str, node: str, name: str, value: object
) -> None:
    message = copy.deepcopy(messages[method])
    row = message if node == "data" else message[node][0]
    row[name] = value
    told = post(method, message)
    assert told.result == "E0004"
    at = name if node == "data" else f"{node}[0].{name}"
    assert told.message.startswith(f"{at}: ")
    assert sandbox.books()["receipts"] == []


@pytest.mark.parametrize(
    ("outer", "wrong"), cases(TABLES, CODES, {"envelope": "request"}, rules=(MISSING, TOO_LONG, CODE))
)
def test_an_envelope_that_breaks_its_table_is_refused_by_name(
    messages: dict[str, Message], post: Post, outer: str, wrong: Wrong
) -> None:
    told = post(FIND, messages[FIND], **{wrong.place: wrong.value})
    assert told.result == "E0004"
    assert wrong.told_in(told.message)


def test_no_method_is_left_out() -> None:
    assert {*METHODS, "envelope"} == TABLES.keys()


@pytest.mark.parametrize("method", METHODS)
def test_the_good_message_is_answered_by_the_table(
    messages: dict[str, Message], post: Post, sandbox: BosiSandbox, method: str
) -> None:
    row = {"business_number": messages[FIND]["busNo"], "total_fen": 7050}
    if method in (FIND, STATUS, WRITE_OFF):
        sandbox.load({"receipts": [row]})
    told = post(method, messages[method])
    assert told.result == "S0000"
    assert fields.check_node(TABLES[method]["out"], "message", json.loads(told.message), CODES) == []


def test_amounts_may_be_json_numbers(messages: dict[str, Message], post: Post) -> None:
    message = messages[OUTPATIENT] | {"totalAmt": 70.5, "fundPay": 30}
    assert post(OUTPATIENT, message).result == "S0000"


@pytest.mark.parametrize(("day", "result"), [("20260105", "S0000"), ("2026-01-05", "S0000"), ("05.01.2026", "E0004")])
def test_a_day_is_taken_in_two_forms(messages: dict[str, Message], post: Post, day: str, result: str) -> None:
    told = post(OUTPATIENT, messages[OUTPATIENT] | {"consultationDate": day})
    assert told.result == result
    assert result == "S0000" or told.message.startswith("consultationDate: ")


def test_a_wrong_signature_is_refused(messages: dict[str, Message], post: Post) -> None:
    told = post(OUTPATIENT, messages[OUTPATIENT], sign="0" * 32)
    assert (told.result, told.message) == ("E0002", "sign: 签名验证失败")


def test_second_use_of_a_noise_is_refused(
    messages: dict[str, Message], sandbox: BosiSandbox, http: httpx.Client
) -> None:
    seal = wire.Seal("TESTHOSP0000001", "0123456789abcdef0123456789")
    body = wire.request(messages[OUTPATIENT], "once", seal)
    path = f"{sandbox.public_url}/medical-web/api/medical/{OUTPATIENT}"
    told = [wire.read_answer(http.post(path, content=body).content, seal) for _ in range(2)]
    assert [one.result for one in told] == ["S0000", "E0003"]
    assert told[1].message.startswith("noise: ")


@pytest.mark.parametrize("method", ["invoiceEBillMzhos", "writeOffEBill%20", "getEBillByBusno"])
def test_an_unknown_method_is_not_there(sandbox: BosiSandbox, http: httpx.Client, method: str) -> None:
    response = http.post(f"{sandbox.public_url}/medical-web/api/medical/{method}", json={})
    assert response.status_code == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff\xfe", b"appid=A&data=e30="])
def test_a_body_that_is_no_json_object_is_refused(sandbox: BosiSandbox, http: httpx.Client, body: bytes) -> None:
    response = http.post(f"{sandbox.public_url}/medical-web/api/medical/{FIND}", content=body)
    seal = wire.Seal("TESTHOSP0000001", "0123456789abcdef0123456789")
    assert wire.read_answer(response.content, seal).result == "E0004"


@pytest.mark.parametrize("data", ["!", "eA==", "W10="])
def test_data_that_is_no_base64_of_an_object_is_refused(post: Post, data: str) -> None:
    sign = wire.Seal("TESTHOSP0000001", "0123456789abcdef0123456789").sign(data, "N")
    told = post(FIND, {}, data=data, noise="N", sign=sign)
    assert told.result == "E0004"
    assert told.message.startswith("data: ")


@pytest.mark.parametrize("method", [OUTPATIENT, REGISTRATION, WRITE_OFF])
def test_an_unknown_place_is_refused(messages: dict[str, Message], post: Post, method: str) -> None:
    told = post(method, messages[method] | {"placeCode": "NOWHERE"})
    assert (told.result, told.message) == ("E0008", "placeCode: 开票点不存在")


@pytest.mark.parametrize(
    ("node", "name"), [("payChannelDetail", "payChannelValue"), ("chargeDetail", "amt"), ("listDetail", "amt")]
)
def test_a_broken_sum_is_refused_by_name(messages: dict[str, Message], post: Post, node: str, name: str) -> None:
    message = copy.deepcopy(messages[OUTPATIENT])
    message[node][0][name] = "0.01"
    told = post(OUTPATIENT, message)
    assert told.result == "E0005"
    assert told.message.startswith(f"{node}: ")


def test_the_receipt_of_one_kind_is_not_issued_by_the_other_method(messages: dict[str, Message], post: Post) -> None:
    assert post(REGISTRATION, messages[OUTPATIENT]).message.startswith("busType: ")


def test_numbers_ascend_also_over_loaded_receipts(
    messages: dict[str, Message], post: Post, sandbox: BosiSandbox
) -> None:
    sandbox.load({"receipts": [{"business_number": "DEMO1", "total_fen": 100, "number": "0000000041"}]})
    told = post(OUTPATIENT, messages[OUTPATIENT])
    assert json.loads(told.message)["billNo"] == "0000000042"
    assert (sandbox.books()["normal"], sandbox.books()["normal_fen"]) == (2, 7150)


def test_what_the_books_tell_can_be_loaded_again(sandbox: BosiSandbox) -> None:
    row = {"business_number": "D1", "batch_code": "99060126", "number": "0000000007", "total_fen": 1, "state": "RED"}
    sandbox.load({"receipts": [row]})
    books = json.loads(json.dumps(sandbox.books()))
    assert books == {"receipts": [row], "normal": 0, "normal_fen": 0}
    sandbox.reset()
    sandbox.load(books)
    assert sandbox.books() == books


def test_a_reset_forgets_everything(messages: dict[str, Message], post: Post, sandbox: BosiSandbox) -> None:
    sandbox.faults.add("*", "http_500")
    sandbox.load({"receipts": [{"business_number": "D1", "total_fen": 1}]})
    sandbox.reset()
    assert sandbox.books()["receipts"] == []
    assert post(FIND, messages[FIND]).result == "E0001"


def test_the_sandbox_does_not_import_its_client() -> None:
    for file in HOME.glob("sandbox*.py"):
        text = file.read_text(encoding="utf-8")
        assert not any(f"receipts.{name}" in text for name in ("client", "messages", "issue", "settings"))
        assert "clients.http" not in text
