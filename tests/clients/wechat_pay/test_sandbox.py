from __future__ import annotations

import copy
import json
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clients import fields
from clients.wechat_pay import wire
from clients.wechat_pay.client import WeChatPaySettings
from clients.wechat_pay.sandbox import WeChatPaySandbox

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
PATHS = {
    "h5": "/v3/pay/transactions/h5",
    "jsapi": "/v3/pay/transactions/jsapi",
    "refund": "/v3/refund/domestic/refunds",
}


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


def places(transaction: str) -> Iterator[tuple[tuple[str, ...], fields.Node]]:
    """Every field of a table with the way to it."""
    table = TABLES[transaction]["in"]

    def walk(node: str, at: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], fields.Node]]:
        for spec in table[node]["fields"]:
            yield (*at, spec["name"]), spec
            if spec["name"] in table:
                yield from walk(spec["name"], (*at, spec["name"]))

    yield from walk(next(iter(table)), ())


def changed(transaction: str, at: tuple[str, ...], value: object) -> Message:
    message = copy.deepcopy(FULL[transaction])
    inner = message
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = value
    return message


ALL = [(transaction, at, spec) for transaction in FULL for at, spec in places(transaction)]
REQUIRED = [(t, at) for t, at, spec in ALL if spec["req"]]
LONG = [(t, at, int(spec["len"])) for t, at, spec in ALL if spec["len"]]
CODED = [(t, at) for t, at, spec in ALL if spec["code"]]
TYPED = [(t, at) for t, at, _ in ALL]


def refused_at(answer: httpx.Response, at: tuple[str, ...]) -> None:
    assert answer.status_code == 400, answer.text
    said = answer.json()
    assert said["code"] == "PARAM_ERROR"
    assert said["detail"]["field"] == "/" + "/".join(at)
    assert ".".join(at) in said["message"]
    assert answer.headers["wechatpay-signature"]


@pytest.mark.parametrize("transaction", FULL)
def test_the_full_message_of_every_table_is_let_in(send: Send, transaction: str) -> None:
    answer = send(PATHS[transaction], FULL[transaction])
    assert answer.status_code == (404 if transaction == "refund" else 200), answer.text


@pytest.mark.parametrize(("transaction", "at"), REQUIRED)
def test_a_required_field_left_out_is_refused_by_name(send: Send, transaction: str, at: tuple[str, ...]) -> None:
    refused_at(send(PATHS[transaction], changed(transaction, at, None)), at)


@pytest.mark.parametrize(("transaction", "at", "most"), LONG)
def test_a_field_that_is_too_long_is_refused_by_name(
    send: Send, transaction: str, at: tuple[str, ...], most: int
) -> None:
    refused_at(send(PATHS[transaction], changed(transaction, at, "1" * (most + 1))), at)


@pytest.mark.parametrize(("transaction", "at"), CODED)
def test_a_code_that_is_not_listed_is_refused_by_name(send: Send, transaction: str, at: tuple[str, ...]) -> None:
    refused_at(send(PATHS[transaction], changed(transaction, at, "NO")), at)


@pytest.mark.parametrize(("transaction", "at"), TYPED)
def test_a_field_of_another_type_is_refused_by_name(send: Send, transaction: str, at: tuple[str, ...]) -> None:
    refused_at(send(PATHS[transaction], changed(transaction, at, 1.5)), at)


@pytest.mark.parametrize(
    ("transaction", "at", "value"),
    [
        ("h5", ("out_trade_no",), "short"),
        ("h5", ("out_trade_no",), "with space"),
        ("h5", ("notify_url",), "https://hospital.example/?a=1"),
        ("h5", ("amount", "total"), 0),
        ("h5", ("amount", "total"), "1"),
        ("h5", ("amount", "total"), True),
        ("h5", ("time_expire",), "2099-01-01T00:00:00"),
        ("refund", ("out_refund_no",), "号"),
        ("refund", ("amount", "refund"), -1),
        ("refund", ("reason",), "长" * 27),
    ],
)
def test_a_field_of_a_form_that_is_not_documented_is_refused(
    send: Send, transaction: str, at: tuple[str, ...], value: object
) -> None:
    refused_at(send(PATHS[transaction], changed(transaction, at, value)), at)


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
