from __future__ import annotations

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients import faults, fields
from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.face_sign_in import sandbox as kinds
from clients.face_sign_in import wire
from clients.face_sign_in.client import FaceSignInClient
from clients.face_sign_in.messages import AskStatus, CreatePage, Page, Status
from clients.face_sign_in.refusals import Reason
from tests.clients.face_sign_in.conftest import DOCTOR, Ends
from tests.fixtures.forms import GENERATED, Wrong, cases

pytestmark = pytest.mark.anyio
TABLES = fields.table(wire.FIELDS)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


async def page(ends: Ends, **changes: Any) -> Page:
    return await ends.client.create_url(CreatePage(**{"doctor_code": DOCTOR, **changes}), message_id=uuid4().hex)


async def status(ends: Ends, ticket: str, doctor: str = DOCTOR) -> Status:
    return await ends.client.status(AskStatus(doctor_code=doctor, ticket=ticket), message_id=uuid4().hex)


def show(ends: Ends, url: str) -> httpx.Response:
    return httpx.get(f"{ends.url}{url}", trust_env=False)


def send(ends: Ends, body: bytes, op: str = "create", **changes: Any) -> httpx.Response:
    """A signed request, however odd."""
    told: dict[str, Any] = {"timestamp": int(time.time()), "nonce": uuid4().hex, "message_id": "1"} | changes
    headers = wire.headers(app_id="app", secret="a secret", first="POST", op=op, body=body, **told)
    return httpx.post(f"{ends.url}{wire.path(op)}", content=body, headers=headers, trust_env=False)


def press(ends: Ends, url: str, action: str = "sign") -> httpx.Response:
    return httpx.post(f"{ends.url}{url}", data={"action": action}, trust_env=False)


async def test_a_doctor_who_signs_in_is_signed_in_for_the_day(ends: Ends) -> None:
    opened = await page(ends)
    assert await status(ends, opened.ticket) == Status(signed=False, signed_at=None, valid_until=None)
    assert "测试&lt;医师&gt;" in show(ends, opened.url).text
    assert "签到成功" in press(ends, opened.url).text
    told = await status(ends, opened.ticket)
    assert told.signed
    assert told.signed_at is not None
    assert told.valid_until is not None
    assert f"{told.valid_until.astimezone(wire.SHANGHAI):%H:%M:%S}" == "00:00:00"
    assert 0 < (told.valid_until - told.signed_at).total_seconds() <= 86400
    assert ends.sandbox.books()["signed"] == 1


async def test_a_page_pressed_twice_signs_in_once(ends: Ends) -> None:
    opened = await page(ends)
    press(ends, opened.url)
    first = await status(ends, opened.ticket)
    ends.clock.ahead = 60
    press(ends, opened.url)
    assert await status(ends, opened.ticket) == first


async def test_cancelling_signs_nobody_in_and_leads_back(ends: Ends) -> None:
    opened = await page(ends, return_url="https://example.com/?a=1&b=2")
    assert "https://example.com/?a=1&amp;b=2" in press(ends, opened.url, "cancel").text
    assert not (await status(ends, opened.ticket)).signed


async def test_a_page_that_is_over_signs_nobody_in(ends: Ends) -> None:
    opened = await page(ends)
    ends.clock.ahead = 601
    assert press(ends, opened.url).status_code == 410
    ends.clock.ahead = 0
    assert not (await status(ends, opened.ticket)).signed


async def test_a_page_that_is_none_is_not_found(ends: Ends) -> None:
    assert press(ends, "/pages/nothing").status_code == 404


@pytest.mark.parametrize(
    ("doctor", "reason"), [("D9", Reason.DOCTOR_UNKNOWN), ("", Reason.FORM), ("D" * 31, Reason.FORM)]
)
async def test_a_doctor_is_refused_by_name(ends: Ends, doctor: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        await page(ends, doctor_code=doctor)
    assert refused.value.reason == reason
    assert refused.value.message.startswith("doctorCode: ")


@pytest.mark.parametrize("doctor", ["D2", "D9"])
async def test_a_ticket_is_one_doctors(ends: Ends, doctor: str) -> None:
    opened = await page(ends)
    with pytest.raises(Refused) as refused:
        await status(ends, opened.ticket, doctor)
    assert refused.value.reason == Reason.TICKET_UNKNOWN


@pytest.mark.parametrize("op", ["create", "status"])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (faults.LOST_REQUEST, Unanswered),
        (faults.LOST_REPLY, Unanswered),
        (faults.GATEWAY_ERROR, Unanswered),
        (faults.GARBLED, Garbled),
        (kinds.BAD_SIGNATURE, Garbled),
        (kinds.REFUSED, Refused),
    ],
)
async def test_misbehaviour_has_its_error(ends: Ends, op: str, kind: str, error: type[Exception]) -> None:
    opened = await page(ends)
    ends.sandbox.faults.add(op, kind, text="暂停服务")
    with pytest.raises(error):
        await (page(ends) if op == "create" else status(ends, opened.ticket))
    assert not (await status(ends, opened.ticket)).signed


async def test_wrong_credentials_are_turned_away(ends: Ends) -> None:
    settings = wire.FaceSignInSettings(base_url=ends.url, app_id="app", secret="another")
    client = FaceSignInClient(settings)
    with pytest.raises(Refused) as refused:
        await client.create_url(CreatePage(doctor_code=DOCTOR), message_id="1")
    await client.close()
    assert refused.value.reason == Reason.AUTHENTICATION
    assert ends.sandbox.tickets == {}


async def test_nothing_leaves_for_a_platform_that_is_away() -> None:
    client = FaceSignInClient(wire.FaceSignInSettings(base_url="http://127.0.0.1:9", app_id="a", secret="s"))
    with pytest.raises(NotSent):
        await client.create_url(CreatePage(doctor_code=DOCTOR), message_id="1")
    await client.close()


@pytest.mark.parametrize("changes", [{"timestamp": 1}, {"nonce": "short"}, {"nonce": "0" * 32}])
async def test_old_and_repeated_requests_are_turned_away(ends: Ends, changes: Any) -> None:
    body = wire.encode({"doctorCode": DOCTOR})
    answers = [send(ends, body, **changes).status_code for _ in range(2)]
    assert answers[1] == 401
    assert answers[0] == (200 if changes == {"nonce": "0" * 32} else 401)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{"])
async def test_a_body_that_is_no_object_is_refused(ends: Ends, body: bytes) -> None:
    assert send(ends, body).json()["code"] == "FS-2001"


FULL = {
    "create": {"doctorCode": DOCTOR, "returnUrl": "https://example.com/"},
    "status": {"doctorCode": DOCTOR, "ticket": "T"},
}


@pytest.mark.parametrize(("op", "wrong"), cases(TABLES, {}, dict.fromkeys(FULL, "request")))
async def test_a_field_that_breaks_its_table_is_refused_by_name(ends: Ends, op: str, wrong: Wrong) -> None:
    told = send(ends, wire.encode(wrong.spoil(FULL[op])), op).json()
    assert told["code"] == "FS-2001"
    assert wrong.told_in(told["message"])
    assert ends.sandbox.tickets == {}


async def test_an_exchange_tells_no_ticket(ends: Ends) -> None:
    opened = await page(ends)
    assert opened.ticket not in repr((opened, ends.exchanges))
    assert [exchange.outcome for exchange in ends.exchanges] == ["Answered"]


@GENERATED
@given(
    code=TEXTS.filter(lambda text: len(text) <= 30),
    back=st.none() | TEXTS,
    ticket=st.text("0123456789abcdef", min_size=1, max_size=64),
)
def test_what_the_client_sends_always_passes_the_tables(code: str, back: str | None, ticket: str) -> None:
    for op, request in (
        ("create", CreatePage(doctor_code=code[:30], return_url=back and back[:500])),
        ("status", AskStatus(doctor_code=code[:30], ticket=ticket[:64])),
    ):
        sent = json.loads(wire.encode(request.to_wire()))
        assert fields.check_node(TABLES[op]["in"], "request", sent) == []
