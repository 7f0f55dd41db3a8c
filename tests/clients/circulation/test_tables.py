"""Each field of each request: missing, too long, of a wrong code or type, it is refused by name, on both channels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from clients.circulation.codes import KINDS
from clients.circulation.epc import messages, wire
from clients.circulation.epc.sandbox import CODES, TABLES, EPCSandbox
from clients.circulation.fsi import messages as older_messages
from clients.circulation.gateway import Sign, Signed, Upload, Verified, Verify
from clients.circulation.prescription import PrescriptionKind
from clients.circulation.settings import FSISettings
from clients.circulation.wire import unpacked
from clients.fields import check, check_node
from clients.insurance.core import wire as core_wire
from clients.insurance.core.sandbox import CODES as CORE_CODES
from clients.insurance.core.sandbox import TABLES as CORE_TABLES
from clients.insurance.core.sandbox import InsuranceCoreSandbox
from tests.clients.circulation import examples
from tests.clients.circulation.examples import (
    INSTITUTION,
    PDF,
    Centre,
    Clock,
    Core,
    approval,
    ask,
    book,
    cancel,
    channel_settings,
    credential,
    prescription,
    report_payment,
    report_review,
    sandbox_settings,
    visit,
)
from tests.fixtures import forms
from tests.fixtures.forms import Wrong
from tests.fixtures.serving import served

OWN = messages.Institution(code=INSTITUTION, name=examples.HOSPITAL, kinds=KINDS)
VERIFIED = Verified(trace_code="0" * 19 + "1", number="N1")
SIGNED = Signed(document=PDF, digest="D", certificate_serial="S", certificate_subject="CN")
QUERIES = ("D005", "D006", "D007")
OLDER = ("7101", "7102", "7104", "7105")
Spec = dict[str, Any]


def good(transaction: str) -> dict[str, Any]:
    rx = prescription(PrescriptionKind.HERBAL)
    upload = Upload(prescription=rx, approval=approval(), document=PDF, verified=VERIFIED, signed=SIGNED)
    sign = Sign(prescription=rx, approval=approval(), verified=VERIFIED, document=PDF)
    told: dict[str, dict[str, Any]] = {
        "D001": messages.verify(Verify(prescription=rx, credential=credential()), OWN),
        "D002": dict(messages.sign(sign, OWN)),
        "D003": dict(messages.upload(upload, VERIFIED, SIGNED, OWN)),
        "D004": dict(messages.cancel(cancel("N1"), OWN)),
        **{query: dict(messages.ask(ask("N1"), OWN)) for query in QUERIES},
    }
    return deepcopy(told[transaction])


def older(transaction: str) -> dict[str, Any]:
    rx = prescription(PrescriptionKind.HERBAL)
    settings = FSISettings()
    upload = Upload(prescription=rx, approval=approval(), document=PDF)
    own = (INSTITUTION, examples.HOSPITAL)
    told: dict[str, Any] = {
        "7101": older_messages.UploadPrescription(asked=upload, settings=settings, sign_number=""),
        "7102": older_messages.UploadReview(
            asked=report_review("N1"), settings=settings, institution=own, sign_number=""
        ),
        "7104": older_messages.RevokePrescription(asked=cancel("N1"), sign_number=""),
        "7105": older_messages.UploadPayment(asked=report_payment("N1"), settings=settings, sign_number=""),
    }
    written: dict[str, Any] = told[transaction].to_wire()
    return written


def wrongs(spec: Spec, codes: Any) -> Iterator[tuple[str, object]]:
    """Wrong values of a field, each with its name."""
    if spec["req"]:
        yield "missing", ""
    if spec["type"] == "C" and spec["len"]:
        yield "too long", "1" * (int(spec["len"]) + 1)
    if spec["type"] == "C":
        yield "a number", 7
    if spec["type"] == "N":
        yield "precision", "1.1234567"
    if spec["type"] == "DT":
        yield "time", "2026/1/1"
    if spec["code"] and spec["name"] in codes:
        yield "code", "~"


def cases(tables: Any, codes: Any, transactions: tuple[str, ...]) -> list[Any]:
    return [
        pytest.param(transaction, node, spec["name"], value, id=f"{transaction} {node}.{spec['name']} {what}")
        for transaction in transactions
        for node, table in tables[transaction]["in"].items()
        for spec in table["fields"]
        for what, value in wrongs(spec, codes)
        if spec["name"] not in tables[transaction]["in"]
    ]


def spoiled(data: dict[str, Any], node: str, name: str, value: object, *, top: str) -> str:
    """Put the value there; returns the place as a refusal names it."""
    target = data if node == top else data[node]
    row = target[0] if isinstance(target, list) else target
    row[name] = value
    place = "[0]" if isinstance(target, list) else ""
    return name if node == top else f"{node}{place}.{name}"


@pytest.fixture(scope="module")
def running() -> Iterator[Centre]:
    sandbox = EPCSandbox(book(), settings=sandbox_settings(), clock=Clock())
    with served(sandbox.app) as url:
        yield Centre(None, sandbox, url, Clock(), [])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def running_core() -> Iterator[Core]:
    sandbox = InsuranceCoreSandbox(book())
    with served(sandbox.app) as url:
        yield Core(None, sandbox, url, examples.SignedIn(), [])  # type: ignore[arg-type]


@pytest.mark.parametrize(("transaction", "node", "name", "value"), cases(TABLES, CODES, tuple(wire.PATHS)))
def test_a_bad_field_is_refused_by_name(running: Centre, transaction: str, node: str, name: str, value: object) -> None:
    data = good(transaction)
    place = spoiled(data, node, name, value, top="data")
    answer = running.say(transaction, data)
    assert answer["code"] == "-1"
    assert "encData" not in answer
    assert answer["message"].startswith(f"SIM-FORM {place}: ")


@pytest.mark.parametrize(("inner", "wrong"), forms.cases(TABLES, CODES, {"signing": "data"}))
def test_a_signing_field_that_breaks_its_table_is_refused_by_name(running: Centre, inner: str, wrong: Wrong) -> None:
    data = good("D002")
    full = {spec["name"]: "" for spec in TABLES[inner]["in"]["data"]["fields"]}
    told = wrong.spoil(full | json.loads(unpacked(data["originalValue"])))
    answer = running.say("D002", data | {"originalValue": wire.signing_text(told)})
    assert wrong.told_in(answer["message"], before="SIM-FORM originalValue.")


@pytest.mark.parametrize("name", ["originalValue", "originalRxFile"])
def test_a_file_that_is_none_is_refused_by_name(running: Centre, name: str) -> None:
    data = good("D001")
    data["hospRxno"] = f"RX-{name}"
    verified = channel_settings("").envelope().open(running.say("D001", data))
    sign = Sign(
        prescription=prescription(PrescriptionKind.HERBAL),
        approval=approval(),
        verified=Verified(trace_code=verified["rxTraceCode"], number=verified["hiRxno"]),
        document=PDF,
    )
    for wrong in ("~", "eyJ=", "IQ=="):
        answer = running.say("D002", messages.sign(sign, OWN) | {name: wrong})
        assert answer["message"].startswith(f"SIM-FORM {name}")


@pytest.mark.parametrize(("outer", "wrong"), forms.cases(TABLES, CODES, {"envelope": "envelope"}))
def test_an_envelope_that_breaks_its_table_is_refused_by_name(running: Centre, outer: str, wrong: Wrong) -> None:
    answer = running.say("D005", good("D005"), **{wrong.place: wrong.value})
    assert wrong.told_in(answer["message"], before="SIM-FORM ")


@pytest.mark.parametrize(
    ("outer", "word"),
    [
        ({"appId": "1SIMAPP000000000000000000000ELSE"}, "SIM-SIGN appId"),
        ({"version": "9.9.9"}, "SIM-FORM version"),
        ({"encData": "AB"}, "SIM-SIGN encData"),
        ({"signData": "AAAA"}, "SIM-SIGN signData"),
        ({"timestamp": "20200101000000"}, "SIM-SIGN signData"),
    ],
)
def test_an_envelope_that_is_not_ours_is_refused(running: Centre, outer: dict[str, str], word: str) -> None:
    assert running.say("D005", good("D005"), **outer)["message"].startswith(word)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 100_000])
def test_what_is_no_object_is_refused(running: Centre, body: bytes) -> None:
    assert "JSON" in running.post("D001", body)["message"]


def test_another_institution_is_refused(running: Centre) -> None:
    assert "fixmedinsCode" in running.say("D005", good("D005") | {"fixmedinsCode": "H99999999999"})["message"]


def rule(name: str, change: dict[str, Any], word: str, kind: PrescriptionKind = PrescriptionKind.WESTERN) -> Any:
    return pytest.param(kind, change, word, id=name)


DRUG = "rxdrugdetail[0]."
DIRECTIONS = ("medcWayCodg", "medcWayDscr", "sinDosunt", "sinDoscnt", "usedFrquCodg", "usedFrquName")
HEAD = ("rxUsedWayCodg", "rxUsedWayName", "rxFrquCodg", "rxFrquName", "rxDosunt", "rxDoscnt")


@pytest.mark.parametrize(
    ("kind", "change", "word"),
    [
        *(rule(f"western without {n}", {DRUG + n: ""}, n) for n in DIRECTIONS),
        *(rule(f"herbal without {n}", {n: ""}, n, PrescriptionKind.HERBAL) for n in HEAD),
        rule("no pieces", {DRUG + "tcmdrugTypeCode": "1"}, "tcmdrugTypeCode", PrescriptionKind.HERBAL),
        rule("mixed", {DRUG + "rxItemTypeCode": "13"}, "rxdrugdetail"),
        rule("count", {"rxDrugCnt": "7"}, "rxDrugCnt"),
        rule("amount", {DRUG + "drugSumamt": "25.01"}, "drugSumamt"),
        rule("reason", {DRUG + "hospApprFlag": "2"}, "selfPayRea"),
        rule("reason's text", {DRUG + "hospApprFlag": "2", DRUG + "selfPayRea": "6"}, "realDscr"),
        rule("ends", {DRUG + "medcEndtime": "2026-01-01 00:00:00"}, "medcEndtime"),
        rule("validity", {"valiEndTime": "2026-12-01 00:00:00"}, "valiEndTime"),
        rule("no main diagnosis", {"diseinfo[0].maindiagFlag": "0"}, "diseinfo"),
        rule("another main diagnosis", {"mdtrtinfo.maindiagCode": "X"}, "maindiagCode"),
        rule("no such person", {"mdtrtinfo.psnNo": "P9"}, "psnNo"),
    ],
)
def test_a_prescription_that_breaks_a_rule_is_refused_by_name(
    running: Centre, kind: PrescriptionKind, change: dict[str, Any], word: str
) -> None:
    data = messages.verify(Verify(prescription=prescription(kind), credential=credential()), OWN)
    for place, value in change.items():
        node, _, name = place.rpartition(".")
        row = data[node.removesuffix("[0]")] if node else data
        (row[0] if isinstance(row, list) else row)[name] = value
    answer = running.say("D001", data)
    assert answer["code"] == "-1"
    assert word in answer["message"]


@pytest.mark.parametrize(("transaction", "node", "name", "value"), cases(CORE_TABLES, CORE_CODES, OLDER))
def test_a_bad_field_of_the_older_channel_is_refused_by_name(
    running_core: Core, transaction: str, node: str, name: str, value: object
) -> None:
    data = older(transaction)
    place = spoiled(data, node, name, value, top="")
    answer = running_core.post(transaction, data)
    assert answer["infcode"] == -1
    assert place in answer["err_msg"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"data.valid_end_time": "2026-12-01 00:00:00"}, "valid_end_time"),
        ({"data.rx_file": "IQ=="}, "rx_file"),
        ({"data.rx_file": "~"}, "rx_file"),
        ({"data.rx_way_codg": ""}, "rx_way_codg"),
        ({"mdtrtinfo.phar_chk_time": "2026-01-01 00:00:00"}, "phar_chk_time"),
        ({"mdtrtinfo.diag_code": "X"}, "diag_code"),
        ({"rxdrugdetail.drug_sumamt": "99.00"}, "drug_sumamt"),
        ({"rxdrugdetail.rx_item_type_code": "11"}, "rxdrugdetail"),
        ({"rxdrugdetail.medc_endtime": "2026-01-01 00:00:00"}, "medc_endtime"),
    ],
)
def test_a_prescription_of_the_older_channel_that_breaks_a_rule_is_refused_by_name(
    running_core: Core, change: dict[str, str], word: str
) -> None:
    data = older("7101")
    for place, value in change.items():
        node, _, name = place.rpartition(".")
        row = data[node]
        (row[0] if isinstance(row, list) else row)[name] = value
    answer = running_core.post("7101", data)
    assert answer["infcode"] == -1
    assert word in answer["err_msg"]


@pytest.mark.parametrize("transaction", wire.PATHS)
def test_every_coded_field_has_its_list_and_the_examples_are_good(transaction: str) -> None:
    message = TABLES[transaction]["in"]
    assert {f["name"] for node in message.values() for f in node["fields"] if f["code"]} <= CODES.keys()
    assert check_node(message, "data", good(transaction), CODES) == []


@pytest.mark.parametrize("transaction", OLDER)
def test_the_examples_of_the_older_channel_are_good(transaction: str) -> None:
    assert check(CORE_TABLES[transaction]["in"], older(transaction), CORE_CODES) == []
    assert core_wire.dump(older(transaction))


def test_the_examples_belong_to_one_visit() -> None:
    assert visit().id in book().visits
