"""The sandbox is strict: its page, its table, its door."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from clients import fields
from clients.authorization import wire
from tests.clients.authorization.ends import CERTIFICATE, PATIENT, Ends, fresh_id, settings

pytestmark = pytest.mark.anyio


async def post(ends: Ends, told: Any, **headers: str) -> httpx.Response:
    """Send anything at all, properly signed unless `headers` say otherwise."""
    signed = wire.headers(settings(ends.url), milliseconds=int(time.time() * 1000), message_id=fresh_id())
    body = told if isinstance(told, bytes) else wire.dump(told)
    return await ends.http.post(
        f"{ends.url}/api/mipuserquery/userQuery/EXAMPLE_PARTNER", content=body, headers=signed | headers
    )


async def test_the_page_asks_for_consent(ends: Ends) -> None:
    page = await ends.http.get(ends.client.page())
    assert page.status_code == 200
    assert 'name="id_number"' in page.text
    assert "H35020000001" in page.text


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (CERTIFICATE, "abc%2FDef+1=", "orgChnlCrtfCodg"),
        ("openType=getAuthCode", "openType=other", "openType"),
        ("bizType=04107", "bizType=1", "bizType"),
        ("H35020000001", "H1", "orgCodg"),
        ("APP+1", "APP2", "orgAppId"),
    ],
)
async def test_a_page_that_is_told_something_else_names_it(ends: Ends, old: str, new: str, named: str) -> None:
    url = ends.client.page().replace(old, new)
    for page in (await ends.http.get(url), await ends.http.post(url, data={"action": "agree", "id_number": PATIENT})):
        assert page.status_code == 400
        assert named in page.text
    assert ends.sandbox.books() == {"codes": 0, "authorizations": 0}


async def test_who_refuses_or_is_not_insured_gets_no_code(ends: Ends) -> None:
    assert (await ends.consent(action="refuse")).status_code == 200
    assert (await ends.consent("350200190001019999")).status_code == 404
    assert ends.sandbox.books() == {"codes": 0, "authorizations": 0}


@pytest.mark.parametrize(
    ("told", "named"),
    [({}, "qrcode"), ({"qrcode": ""}, "qrcode"), ({"qrcode": 1}, "qrcode"), ({"qrcode": "x", "openid": 1}, "openid")],
)
async def test_a_wrong_field_is_named(ends: Ends, told: Any, named: str) -> None:
    answer = (await post(ends, told)).json()
    assert answer["code"] == 1001
    assert named in answer["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
async def test_what_is_no_object_is_refused(ends: Ends, body: bytes) -> None:
    assert (await post(ends, body)).json()["code"] == 1001


@pytest.mark.parametrize(
    "headers",
    [
        {wire.SIGNATURE: "0"},
        {wire.SIGNATURE: ""},
        {wire.REQUEST_ID: "short"},
        {wire.TIMESTAMP: "1700000000000"},
    ],
)
async def test_the_door_wants_every_header(ends: Ends, headers: dict[str, str]) -> None:
    assert (await post(ends, {"qrcode": "x"}, **headers)).status_code == 401


async def test_the_answers_hold_to_the_table(ends: Ends) -> None:
    for code in (await ends.code(), await ends.code(payer="350200190001020000"), "unknown"):
        answer = (await post(ends, {"qrcode": code})).json()
        assert fields.check_node(wire.TABLES["userQuery"]["out"], "answer", answer) == []


async def test_reset_forgets_everything(ends: Ends) -> None:
    code = await ends.code()
    ends.sandbox.faults.add("*", "refused", text="no")
    ends.sandbox.reset()
    assert (await post(ends, {"qrcode": code})).json()["code"] == 1002
    with pytest.raises(ValueError, match="insurance-core"):
        ends.sandbox.load({"persons": []})
