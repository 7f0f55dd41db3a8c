from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.fixtures.hospital import RunningHospital, until
from tests.graph.conftest import SecondServer

QUERY = {"query": "{ viewer { role } }"}
JSON = {"content-type": "application/json"}


def call(hospital: RunningHospital, method: str, path: str, **more: Any) -> httpx.Response:
    return hospital.http.request(method, hospital.server_url + path, **more)


def test_the_graph_is_posted_to(hospital: RunningHospital) -> None:
    answer = call(hospital, "POST", "/graphql", json=QUERY, headers=hospital.cashier().headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json() == {"data": {"viewer": {"role": "CASHIER"}}}


@pytest.mark.parametrize("path", ["/graphql/", "/graphql//", "/GraphQL", "/healthz/", "/callbacks/self-pay/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_redirected(hospital: RunningHospital, method: str, path: str) -> None:
    answer = call(hospital, method, path, json=QUERY if method == "POST" else None)
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "body",
    ["{", "", '"text"', "5", "null", "[]", '[{"query": "{ viewer { role } }"}]', "{}", '{"query": 5}',
     '{"query": "{ viewer { role } }", "variables": "x"}', '{"query": "\\ud800"}', b"\xff\xfe"],
)  # fmt: skip
def test_a_body_that_is_no_request_is_a_bad_request(hospital: RunningHospital, body: str | bytes) -> None:
    answer = call(hospital, "POST", "/graphql", content=body, headers=hospital.cashier().headers | JSON)
    assert answer.status_code == 400
    assert "Traceback" not in answer.text


def test_only_json_is_read(hospital: RunningHospital) -> None:
    for type_ in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = call(hospital, "POST", "/graphql", content='{"query": "{ viewer { role } }"}',
                      headers=hospital.cashier().headers | {"content-type": type_})  # fmt: skip
        assert answer.status_code == 400


def test_nothing_is_done_by_get(hospital: RunningHospital) -> None:
    headers = hospital.cashier().headers
    assert call(hospital, "GET", "/graphql", headers=headers).status_code in (400, 404, 405)
    for query in ("{ viewer { role } }", 'mutation { settlementResume(input: {settlementId: "x"}) { __typename } }'):
        answer = call(hospital, "GET", "/graphql", params={"query": query}, headers=headers)
        assert answer.status_code in (400, 405)


@pytest.mark.parametrize("operation", [None, "Watch"])
def test_a_subscription_is_not_answered_plainly(hospital: RunningHospital, operation: str | None) -> None:
    document = 'subscription Watch { settlementChanged(settlementId: "x") { number } }'
    other = "" if operation is None else " query Other { viewer { role } }"
    asked = {"query": document + other, "operationName": operation}
    answer = call(hospital, "POST", "/graphql", json=asked, headers=hospital.cashier().headers).json()
    assert [error["extensions"] for error in answer["errors"]] == [{"code": "STREAM_NEEDED"}]
    if operation:
        told = call(
            hospital, "POST", "/graphql", json=asked | {"operationName": "Other"}, headers=hospital.cashier().headers
        )
        assert told.json()["data"] == {"viewer": {"role": "CASHIER"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_not_allowed(hospital: RunningHospital, method: str) -> None:
    assert call(hospital, method, "/graphql", headers=JSON).status_code == 405


@pytest.mark.parametrize("path", ["/callbacks/insurance/settlements", "/callbacks/self-pay"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_callbacks_are_only_posted(hospital: RunningHospital, path: str, method: str) -> None:
    assert call(hospital, method, path).status_code == 405


@pytest.mark.parametrize("token", ["Bearer x", "Bearer", "Basic dXNlcjpwYXNz", "x.y.z", "Bearer a.b.c"])
def test_a_wrong_token_is_never_taken_for_nobody(hospital: RunningHospital, token: str) -> None:
    answer = call(hospital, "POST", "/graphql", json=QUERY, headers={"authorization": token})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


def test_the_process_is_alive_and_ready(hospital: RunningHospital) -> None:
    assert call(hospital, "GET", "/healthz").text == "ok"
    answer = call(hospital, "GET", "/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


def test_it_is_alive_but_not_ready_while_the_database_is_away(second: SecondServer) -> None:
    def ready() -> int:
        return call(second.hospital, "GET", "/readyz").status_code

    with second.wire.cut():
        until(lambda: ready() == 503, "503 of readyz")
        assert call(second.hospital, "GET", "/healthz").status_code == 200
        told = call(second.hospital, "GET", "/readyz").json()
        assert (told["ready"], told["database"]) == (False, False)
        # Not on a kept connection: the server may close it after an error outside the graph.
        answer = httpx.post(
            f"{second.hospital.server_url}/graphql",
            json={"query": "{ orders { totalCount } }"},
            headers=second.hospital.cashier().headers,
            trust_env=False,
        )
        assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL"
    until(lambda: ready() == 200, "200 of readyz")
    assert second.seen_by(second.hospital.cashier()).ask("{ orders { totalCount } }")["orders"]["totalCount"] > 0


def test_the_metrics_are_for_prometheus(hospital: RunningHospital) -> None:
    hospital.patient().order()
    answer = call(hospital, "GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("yiqiao_exchange_seconds_count", "yiqiao_callbacks_total", "yiqiao_attention_total"):
        assert name in answer.text
    assert 'platform="his",transaction="unpaid"' in answer.text
