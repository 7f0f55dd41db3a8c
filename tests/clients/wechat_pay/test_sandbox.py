from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest

from clients import fields
from clients.wechat_pay import wire
from clients.wechat_pay.client import WeChatPaySettings
from clients.wechat_pay.sandbox import WeChatPaySandbox
from tests.fixtures.forms import MISSING, TYPE, Way, Wrong, cases

Message = dict[str, Any]
Send = Callable[..., httpx.Response]
FOLDER = Path(wire.__file__).parent
TABLES = fields.table(FOLDER / "fields.json")
CODES = fields.codes(FOLDER / "codes.json")
ORDER = {
    "appid": "wx0000000000000001",
    "mchid": "1900000001",
    "description": "图文问诊",
    "out_trade_no": "DEMO-00000001",
    "time_expire": "2099-01-01T00:00:00+08:00",
    "attach": "a",
    "notify_url": "https://hospital.example/notices",
    "amount": {"total": 1, "currency": "CNY"},
}
STORE = {"id": "1", "name": "n", "area_code": "1", "address": "a"}
H5 = {"type": "Wap", "app_name": "n", "app_url": "u", "bundle_id": "b", "package_name": "p"}
SCENE = {"payer_client_ip": "203.0.113.7", "device_id": "1", "store_info": STORE}
FULL: dict[str, Message] = {
    "h5": {**ORDER, "scene_info": {**SCENE, "h5_info": H5}},
    "jsapi": {**ORDER, "payer": {"openid": "oDemo0001"}, "scene_info": SCENE},
    "refund": {
        "out_trade_no": "DEMO-00000001",
        "out_refund_no": "R-1",
        "reason": "退诊",
        "notify_url": "https://hospital.example/notices",
        "funds_account": "AVAILABLE",
        "amount": {"refund": 1, "total": 1, "currency": "CNY"},
    },
}
PERSON = {"name": "x", "id_digest": "x", "card_type": "ID_CARD"}
FULL |= {
    "query": {"out_trade_no": "DEMO-00000001", "mchid": "1900000001"},
    "close": {"out_trade_no": "DEMO-00000001", "mchid": "1900000001"},
    "query_refund": {"out_refund_no": "R-1"},
    "tradebill": {"bill_date": "2026-03-01", "bill_type": "ALL", "tar_type": "GZIP"},
    "billdownload": {"token": "T"},
    "med_ins_query": {"out_trade_no": "DEMO-00000001", "mix_trade_no": "mix1"},
    "med_ins_order": {
        "mix_pay_type": "CASH_AND_INSURANCE",
        "order_type": "INT_RE_DIAG_PAY",
        "appid": "wx0000000000000001",
        "openid": "o1",
        "payer": dict(PERSON),
        "pay_for_relatives": True,
        "relative": dict(PERSON),
        "out_trade_no": "DEMO-00000001",
        "serial_no": "S1",
        "pay_order_id": "ORD1",
        "pay_auth_no": "AUTH1",
        "geo_location": "0,0",
        "city_id": "350200",
        "med_inst_name": "示例医院",
        "med_inst_no": "H35020500999",
        "med_ins_order_create_time": "2026-03-01T00:00:00+08:00",
        "total_fee": 100,
        "med_ins_gov_fee": 10,
        "med_ins_self_fee": 20,
        "med_ins_other_fee": 30,
        "med_ins_cash_fee": 40,
        "wechat_pay_cash_fee": 40,
        "cash_add_detail": [{"cash_add_fee": 1, "cash_add_type": "FREIGHT"}],
        "cash_reduce_detail": [{"cash_reduce_fee": 1, "cash_reduce_type": "HOSPITAL_REDUCE"}],
        "callback_url": "https://hospital.example/notices",
        "prepay_id": "wx1",
        "passthrough_request_content": "{}",
        "extends": "{}",
        "attach": "a",
        "channel_no": "C1",
        "med_ins_test_env": False,
    },
    "med_ins_refund": {
        "mix_trade_no": "mix1",
        "med_refund_total_fee": 60,
        "med_refund_gov_fee": 10,
        "med_refund_self_fee": 20,
        "med_refund_other_fee": 30,
        "refund_time": "2026-03-01T00:00:00+08:00",
        "out_refund_no": "R-1",
    },
}
ROOTS = {transaction: next(iter(TABLES[transaction]["in"])) for transaction in FULL}
PATHS = {
    "h5": "/v3/pay/transactions/h5",
    "jsapi": "/v3/pay/transactions/jsapi",
    "query": "/v3/pay/transactions/out-trade-no/{out_trade_no}",
    "close": "/v3/pay/transactions/out-trade-no/{out_trade_no}/close",
    "refund": "/v3/refund/domestic/refunds",
    "query_refund": "/v3/refund/domestic/refunds/{out_refund_no}",
    "tradebill": "/v3/bill/tradebill",
    "billdownload": "/v3/billdownload/file",
    "med_ins_order": "/v3/med-ins/orders",
    "med_ins_query": "/v3/med-ins/orders/out-trade-no/{out_trade_no}",
    "med_ins_refund": "/v3/med-ins/refunds/notify",
}
# What goes in the query; the rest that is not in the path is the body.
QUERIES = {"query": ("mchid",), "tradebill": tuple(FULL["tradebill"]), "billdownload": ("token",)}
QUERIES |= {"med_ins_refund": ("mix_trade_no",), "med_ins_query": ("mix_trade_no",)}
BODILESS = ("query", "query_refund", "tradebill", "billdownload", "med_ins_query")


@pytest.fixture
def send(settings: WeChatPaySettings, sandbox: WeChatPaySandbox) -> Send:
    """Post or get with a signature of ours, of which parts may be changed."""
    key = wire.private_key(settings.merchant_private_key)

    def send(path: str, message: Message | None = None, *, raw: bytes = b"", **changed: str) -> httpx.Response:
        method, body = ("GET", b"") if message is None and not raw else ("POST", raw or wire.dump(message or {}))
        parts = {"timestamp": str(int(time.time())), "nonce": secrets.token_hex(16), "serial": settings.merchant_serial}
        parts = {"merchant_id": settings.merchant_id, **parts, **changed}
        text = wire.request_text(method, changed.get("target", path), parts["timestamp"], parts["nonce"], body)
        signature = wire.sign(key, text)
        parts.pop("target", None)
        header = wire.authorization(**{"signature": signature, **parts})
        url = settings.base_url + path
        return httpx.request(method, url, content=body, headers={"Authorization": header}, trust_env=False)

    return send


def ask(send: Send, transaction: str, message: Message) -> httpx.Response:
    """Send each member where the documentation wants it: in the path, in the query, in the body."""
    asked = {name: message[name] for name in QUERIES.get(transaction, ()) if message[name] is not None}
    quoted = {name: quote(str(value), safe="") for name, value in message.items()}
    path = PATHS[transaction].format_map(quoted) + (f"?{urlencode(asked)}" if asked else "")
    if transaction in BODILESS:
        return send(path)
    rest = [name for name in message if f"{{{name}}}" not in PATHS[transaction] and name not in asked]
    return send(path, {name: message[name] for name in rest})


def spoken(wrong: Wrong, transaction: str) -> bool:
    """Whether it can be said at all: a path without a number is another path, and everything in it is text."""
    where = str(wrong.at[0])
    if f"{{{where}}}" in PATHS[transaction]:
        return wrong.rule not in (MISSING, TYPE)
    return wrong.rule != TYPE or where not in QUERIES.get(transaction, ())


ALL = [case for case in cases(TABLES, CODES, ROOTS) if spoken(case.values[1], case.values[0])]


def changed(transaction: str, at: tuple[str, ...], value: object) -> Message:
    return Wrong("", at, value).spoil(FULL[transaction])


def refused_at(answer: httpx.Response, at: Way) -> None:
    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert said["code"] == "PARAM_ERROR"
    assert said["detail"]["field"] == "/" + "/".join(str(step) for step in at)
    assert Wrong("", at, None).place in said["message"]
    assert answer.headers["wechatpay-signature"]


@pytest.mark.parametrize("transaction", FULL)
def test_the_full_message_of_every_table_is_let_in(send: Send, transaction: str) -> None:
    assert fields.check_node(TABLES[transaction]["in"], ROOTS[transaction], FULL[transaction], CODES) == []
    if transaction in ("h5", "jsapi", "refund"):
        answer = ask(send, transaction, FULL[transaction])
        assert answer.status_code == (404 if transaction == "refund" else 200), answer.text


def test_no_table_is_left_out() -> None:
    assert FULL.keys() == TABLES.keys()


@pytest.mark.parametrize(("transaction", "wrong"), ALL)
def test_a_field_that_breaks_its_table_is_refused_by_name(
    send: Send, sandbox: WeChatPaySandbox, transaction: str, wrong: Wrong
) -> None:
    before = sandbox.books()
    answer = ask(send, transaction, wrong.spoil(FULL[transaction]))
    refused_at(answer, wrong.at)
    assert wrong.told_in(answer.json()["message"])
    assert sandbox.books() == before


@pytest.mark.parametrize(
    ("transaction", "at", "value"),
    [
        ("h5", ("out_trade_no",), "short"),
        ("h5", ("out_trade_no",), "with space"),
        ("h5", ("notify_url",), "https://hospital.example/?a=1"),
        ("h5", ("amount", "total"), 0),
        ("h5", ("amount", "total"), "1"),
        ("h5", ("amount", "total"), 1.5),
        ("h5", ("time_expire",), "2099-01-01T00:00:00"),
        ("refund", ("out_refund_no",), "号"),
        ("refund", ("amount", "refund"), -1),
        ("refund", ("reason",), "长" * 27),
        ("query", ("out_trade_no",), "short"),
        ("query", ("mchid",), ""),
        ("close", ("out_trade_no",), "with space"),
        ("query_refund", ("out_refund_no",), "号"),
        ("tradebill", ("bill_date",), "20260301"),
        ("tradebill", ("bill_date",), "2026-02-30"),
        ("tradebill", ("bill_date",), ""),
        ("billdownload", ("token",), ""),
        ("med_ins_order", ("total_fee",), "100"),
        ("med_ins_order", ("med_ins_order_create_time",), "2026-03-01"),
        ("med_ins_refund", ("mix_trade_no",), ""),
        ("med_ins_refund", ("med_refund_gov_fee",), "10"),
        ("med_ins_refund", ("med_refund_gov_fee",), 1.5),
        ("med_ins_refund", ("refund_time",), "2026-03-01T00:00:00"),
        ("med_ins_refund", ("out_refund_no",), "号"),
    ],
)
def test_a_field_of_a_form_that_is_not_documented_is_refused(
    send: Send, transaction: str, at: tuple[str, ...], value: object
) -> None:
    refused_at(ask(send, transaction, changed(transaction, at, value)), at)


def test_another_app_or_merchant_is_refused(send: Send) -> None:
    for name in ("appid", "mchid"):
        answer = send(PATHS["h5"], changed("h5", (name,), "another"))
        assert (answer.status_code, answer.json()["code"]) == (400, "APPID_MCHID_NOT_MATCH")


def test_a_query_without_its_merchant_is_refused(send: Send) -> None:
    answer = send("/v3/pay/transactions/out-trade-no/DEMO-00000001")
    assert (answer.status_code, answer.json()["detail"]["field"]) == (400, "/mchid")


def test_a_body_that_is_no_object_is_refused(send: Send) -> None:
    for raw in (b"[]", b"{", b"\xff"):
        assert send(PATHS["h5"], raw=raw).json()["code"] == "PARAM_ERROR"


@pytest.mark.parametrize(
    "parts",
    [
        {"merchant_id": "1900000002"},
        {"serial": "another"},
        {"timestamp": str(int(time.time()) - 400)},
        {"timestamp": str(int(time.time()) + 86_400)},
        {"timestamp": "now"},
        {"signature": "AAAA"},
        {"target": "/v3/pay/transactions/jsapi"},
    ],
)
def test_a_signature_that_does_not_hold_is_refused_unsigned(send: Send, parts: dict[str, str]) -> None:
    answer = send(PATHS["h5"], FULL["h5"], **parts)
    assert (answer.status_code, answer.json()["code"]) == (401, "SIGN_ERROR")
    assert "wechatpay-signature" not in answer.headers


def test_a_request_without_authorization_is_refused(settings: WeChatPaySettings, sandbox: WeChatPaySandbox) -> None:
    answer = httpx.post(settings.base_url + PATHS["h5"], json=FULL["h5"], trust_env=False)
    assert answer.status_code == 401


def test_second_use_of_a_nonce_is_refused(send: Send) -> None:
    assert send(PATHS["h5"], FULL["h5"], nonce="N1").status_code == 200
    again = send(PATHS["h5"], FULL["h5"], nonce="N1")
    assert (again.status_code, "nonce" in again.json()["message"]) == (401, True)


def test_an_expiry_in_the_past_is_moved_to_a_minute_ahead(send: Send, press: Send) -> None:
    answer = send(PATHS["h5"], changed("h5", ("time_expire",), "2020-01-01T00:00:00+08:00"))
    assert press(answer.json()["h5_url"]).status_code == 200


def test_an_unknown_page_or_button_does_nothing(send: Send, press: Send, settings: WeChatPaySettings) -> None:
    page = send(PATHS["h5"], FULL["h5"]).json()["h5_url"]
    assert press(page, "shout").status_code == 400
    assert press(f"{settings.base_url}/pay/unknown").status_code == 404
    assert press(f"{settings.base_url}/pay/unknown", "").status_code == 404


def test_words_of_an_order_cannot_become_markup(send: Send, press: Send) -> None:
    page = send(PATHS["h5"], changed("h5", ("description",), "<script>1</script>")).json()["h5_url"]
    assert "<script>" not in press(page, "", redirect_url='"><script>').text


def test_answers_of_the_sandbox_fit_their_own_tables(send: Send, press: Send) -> None:
    query = "/v3/pay/transactions/out-trade-no/DEMO-00000001?mchid=1900000001"
    page = send(PATHS["h5"], FULL["h5"])
    answers = {"h5": [page], "query": [send(query)]}
    press(page.json()["h5_url"])
    answers["query"].append(send(query))
    answers["refund"] = [send(PATHS["refund"], FULL["refund"])]
    answers["query_refund"] = [send("/v3/refund/domestic/refunds/R-1")]
    for transaction, given_answers in answers.items():
        for answer in given_answers:
            assert answer.status_code == 200
            assert fields.check_node(TABLES[transaction]["out"], "answer", answer.json(), CODES) == []


def test_the_books_are_json(send: Send, press: Send, sandbox: WeChatPaySandbox) -> None:
    press(send(PATHS["h5"], FULL["h5"]).json()["h5_url"])
    books = json.loads(json.dumps(sandbox.books()))
    assert (books["paid_fen"], books["open_payments"]) == (1, 1)
