"""Every transaction against the sandbox over real HTTP: what comes back, and which error each misbehaviour gives."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clients import faults
from clients.errors import Garbled, NotSent, PlatformError, Refused, Unanswered
from clients.insurance.core import sandbox as kinds
from clients.insurance.core.client import InsuranceCoreClient
from clients.insurance.core.refusals import Reason
from clients.insurance.core.sandbox import CoreSandboxSettings
from clients.insurance.core.sandbox_gateway import GatewayRules
from tests.clients.insurance_core.ends import (
    BEGAN,
    Ends,
    both_ends,
    cancel,
    fresh_id,
    query_person,
    query_visits,
    register,
    settings,
    sign_in,
    upload_visit,
)
from tests.fixtures.hospital import until
from tests.fixtures.serving import served

pytestmark = pytest.mark.anyio


async def test_sign_in_gives_a_number_of_thirty_characters(ends: Ends) -> None:
    signed = await ends.client.sign_in(sign_in(), message_id=fresh_id())
    assert len(signed.sign_number) == 30
    assert signed.signed_at.tzinfo is not None


async def test_person_comes_with_every_insurance(ends: Ends) -> None:
    person = await ends.client.query_person(query_person(), message_id=fresh_id())
    assert person.person_number == "P0001"
    assert person.birth_date == date(1990, 1, 1)
    assert [i.insurance_type for i in person.insurances] == ["310", "390"]
    assert person.insurances[0].balance == Decimal("123.45")
    assert person.insurances[0].area == "350200"
    assert person.insurances[1].status == "4"
    assert person.insurances[0].employer is None


@pytest.mark.parametrize(
    "certificate",
    [
        {"certificate_type": "02", "certificate_number": "350200190001010000"},
        {"certificate_type": "03", "certificate_number": "CARD-0001", "card_serial_number": "SN1"},
    ],
)
async def test_person_is_found_by_every_certificate(ends: Ends, certificate: dict[str, str]) -> None:
    person = await ends.client.query_person(query_person(**certificate), message_id=fresh_id())
    assert person.person_number == "P0001"


async def test_a_visit_goes_from_registration_to_cancellation(ends: Ends) -> None:
    made = await ends.client.register(register(), message_id=fresh_id())
    assert (made.person_number, made.visit_number) == ("P0001", "V0001")
    await ends.client.upload_visit(upload_visit(made.visit_id), message_id=fresh_id())
    (visit,) = await ends.client.query_visits(query_visits(), message_id=fresh_id())
    assert (visit.visit_id, visit.visit_number) == (made.visit_id, "V0001")
    assert (visit.began_at, visit.medical_type) == (BEGAN, "11")
    await ends.client.cancel_registration(cancel(made.visit_id), message_id=fresh_id())
    assert await ends.client.query_visits(query_visits(), message_id=fresh_id()) == ()
    assert ends.sandbox.books() == {
        "persons": 1,
        "registrations": [{"visit_id": made.visit_id, "visit_number": "V0001", "state": "CANCELLED"}],
        "open_registrations": 0,
        "deliveries": [],
        "records": [],
        "prescriptions": [],
    }


async def test_a_lost_registration_is_found_by_query_before_its_diagnoses_are_uploaded(ends: Ends) -> None:
    ends.sandbox.faults.add("2201", faults.LOST_REPLY)
    with pytest.raises(Unanswered):
        await ends.client.register(register(), message_id=fresh_id())
    (visit,) = await ends.client.query_visits(query_visits(), message_id=fresh_id())
    assert visit.visit_number == "V0001"
    late = query_visits(begins_at=BEGAN + timedelta(minutes=1))
    assert await ends.client.query_visits(late, message_id=fresh_id()) == ()


async def test_the_journal_knows_each_exchange_by_its_message_id(ends: Ends) -> None:
    message = fresh_id()
    await ends.client.query_person(query_person(), message_id=message)
    (exchange,) = ends.exchanges
    assert (exchange.transaction, exchange.message_id, exchange.outcome) == ("1101", message, "Answered")


@pytest.mark.parametrize("gateway", ["x-tif", "csb", "none"])
@pytest.mark.parametrize("hex_case", ["lower", "upper"])
async def test_every_gateway_lets_its_client_in(gateway: str, hex_case: str) -> None:
    rules = CoreSandboxSettings(gateway=GatewayRules(kind=gateway))  # type: ignore[arg-type]
    async with both_ends(rules, gateway=gateway, hex_case=hex_case) as ends:
        assert (await ends.client.query_person(query_person(), message_id=fresh_id())).person_number == "P0001"


@pytest.mark.parametrize(("gateway", "wrong"), [("x-tif", {"token": "other"}), ("csb", {"csb_secret_key": "other"})])
async def test_a_refused_signature_is_refused_by_the_gateway(gateway: str, wrong: Any) -> None:
    rules = CoreSandboxSettings(gateway=GatewayRules(kind=gateway))  # type: ignore[arg-type]
    async with both_ends(rules, gateway=gateway, **wrong) as ends:
        with pytest.raises(Refused) as refused:
            await ends.client.register(register(), message_id=fresh_id())
        assert (refused.value.code, refused.value.reason) == ("GATEWAY", "GATEWAY")
        assert ends.sandbox.books()["open_registrations"] == 0


async def test_a_region_with_one_address_takes_the_number_from_the_envelope() -> None:
    async with both_ends(CoreSandboxSettings(path="/callService"), path="/callService") as ends:
        assert (await ends.client.register(register(), message_id=fresh_id())).visit_number == "V0001"


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        (faults.LOST_REQUEST, Unanswered, 0),
        (faults.LOST_REPLY, Unanswered, 1),
        (faults.GATEWAY_ERROR, Unanswered, 0),
        (faults.GARBLED, Garbled, 1),
        (faults.LATE_EFFECT, Unanswered, 1),
        (kinds.REFUSED, Refused, 0),
    ],
)
async def test_misbehaviour_gives_its_error(ends: Ends, kind: str, error: type[PlatformError], done: int) -> None:
    ends.sandbox.faults.add("2201", kind, seconds=0.01, text="今日号源已满")
    with pytest.raises(error) as raised:
        await ends.client.register(register(), message_id=fresh_id())
    assert type(raised.value) is error
    await asyncio.sleep(0.1)
    assert ends.sandbox.books()["open_registrations"] == done
    assert ends.exchanges[-1].outcome == error.__name__


async def test_an_answer_that_is_too_late_is_no_answer() -> None:
    async with both_ends(timeout=0.2) as ends:
        ends.sandbox.faults.add("2201", faults.DELAY, seconds=0.6)
        with pytest.raises(Unanswered):
            await ends.client.register(register(), message_id=fresh_id())
        until(lambda: ends.sandbox.books()["open_registrations"] == 1, "the registration that nobody heard of")


async def test_nothing_is_sent_where_nobody_listens() -> None:
    client = InsuranceCoreClient(settings("http://127.0.0.1:9"))
    with pytest.raises(NotSent):
        await client.query_person(query_person(), message_id=fresh_id())
    await client.close()


async def test_a_refusal_carries_text_code_and_reason(ends: Ends) -> None:
    ends.sandbox.faults.add("1101", kinds.REFUSED, text="人员未参保")
    with pytest.raises(Refused) as refused:
        await ends.client.query_person(query_person(), message_id=fresh_id())
    assert (refused.value.message, refused.value.code, refused.value.reason) == ("人员未参保", "-1", Reason.NOT_INSURED)


async def test_a_no_without_a_word_is_no_answer(ends: Ends) -> None:
    ends.sandbox.faults.add("1101", kinds.REFUSED, text="")
    with pytest.raises(Unanswered):
        await ends.client.query_person(query_person(), message_id=fresh_id())


@pytest.mark.parametrize(
    ("kind", "balance"),
    [
        (kinds.STRING_OUTPUT, Decimal("123.45")),
        (kinds.STRING_INFCODE, Decimal("123.45")),
        (kinds.EXTRA_FIELDS, Decimal("123.45")),
        (kinds.NUMBER_AMOUNTS, Decimal("123.45")),
        (kinds.NULL_AMOUNTS, None),
    ],
)
async def test_every_dress_of_an_answer_is_read(ends: Ends, kind: str, balance: Decimal | None) -> None:
    ends.sandbox.faults.add("1101", kind)
    person = await ends.client.query_person(query_person(), message_id=fresh_id())
    assert person.insurances[0].balance == balance


@pytest.mark.parametrize("kind", [kinds.STRING_OUTPUT, kinds.STRING_INFCODE, kinds.EXTRA_FIELDS])
async def test_every_transaction_survives_every_dress(ends: Ends, kind: str) -> None:
    ends.sandbox.faults.add("*", kind, times=6)
    await ends.client.sign_in(sign_in(), message_id=fresh_id())
    await ends.client.query_person(query_person(), message_id=fresh_id())
    made = await ends.client.register(register(), message_id=fresh_id())
    await ends.client.upload_visit(upload_visit(made.visit_id), message_id=fresh_id())
    assert len(await ends.client.query_visits(query_visits(), message_id=fresh_id())) == 1
    await ends.client.cancel_registration(cancel(made.visit_id), message_id=fresh_id())
    assert ends.sandbox.faults.take("*", kind) is None


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b'{"code":"999","msg":"gateway error"}', Unanswered),
        (404, b"not here", Unanswered),
        (500, b'{"infcode":0}', Unanswered),
        (200, b"<html>", Garbled),
        (200, b'{"infcode":0}', Garbled),
        (200, b'{"infcode":0,"output":[]}', Garbled),
        (200, b'{"infcode":0,"output":{"data":{"mdtrt_id":"M1","psn_no":"P0002","ipt_otp_no":"V0001"}}}', Garbled),
        (200, b'{"infcode":0,"output":{"data":{"mdtrt_id":null,"psn_no":"P0001","ipt_otp_no":"V0001"}}}', Garbled),
        (200, b'{"infcode":1,"err_msg":"no"}', Refused),
        (401, b"", Refused),
    ],
)
async def test_foreign_answers_give_their_error(status: int, body: bytes, error: type[PlatformError]) -> None:
    async def answer(request: Request) -> Response:
        return Response(body, status_code=status)

    with served(Starlette(routes=[Route("/fsi/2201", answer, methods=["POST"])])) as url:
        client = InsuranceCoreClient(settings(url))
        with pytest.raises(error) as raised:
            await client.register(register(), message_id=fresh_id())
        await client.close()
    assert type(raised.value) is error
    assert getattr(raised.value, "raw", body) == body


ROW = '{"mdtrt_id":"M1","psn_no":"%s","ipt_otp_no":null,"begntime":"2026-11-23 09:00:00","med_type":"11"}'


@pytest.mark.parametrize(
    ("output", "found"),
    [
        ("null", 0),
        ("{}", 0),
        ("[]", 0),
        ('{"mdtrtinfo":null}', 0),
        ("[" + ROW % "P0001" + "]", 1),
        ('{"mdtrtinfo":[' + ROW % "P0001" + "]}", 1),
        ('{"mdtrtinfo":[' + ROW % "P0002" + "]}", None),
        ('{"other":[]}', None),
        ('{"mdtrtinfo":{}}', 0),
        ('{"mdtrtinfo":[1]}', None),
        ("7", None),
    ],
)
async def test_visits_are_read_or_not_believed(output: str, found: int | None) -> None:
    async def answer(request: Request) -> Response:
        return Response(f'{{"infcode":0,"output":{output}}}')

    with served(Starlette(routes=[Route("/fsi/5201", answer, methods=["POST"])])) as url:
        client = InsuranceCoreClient(settings(url))
        try:
            visits = await client.query_visits(query_visits(), message_id=fresh_id())
            assert len(visits) == found
        except Garbled:
            assert found is None
        await client.close()


async def test_certificates_stay_out_of_reprs_and_errors(ends: Ends) -> None:
    assert "TOKEN-EXAMPLE" not in repr(register())
    assert "TOKEN-EXAMPLE" not in repr(query_person())
    with pytest.raises(Refused) as refused:
        await ends.client.register(register(certificate_number="TOKEN-OTHER"), message_id=fresh_id())
    assert "TOKEN" not in str(refused.value)
    assert refused.value.reason == Reason.CERTIFICATE


async def test_without_a_sign_number_nothing_is_sent_where_one_is_required() -> None:
    async with both_ends(CoreSandboxSettings(sign_in_required=True), sign_in_required=True) as ends:
        with pytest.raises(Refused) as refused:
            await ends.client.register(register(), message_id=fresh_id())
        assert refused.value.reason == Reason.SIGN_IN_REQUIRED
        assert ends.exchanges == []
        signed = await ends.client.sign_in(sign_in(), message_id=fresh_id())
        await ends.client.register(register(sign_number=signed.sign_number), message_id=fresh_id())
        await ends.client.query_person(query_person(sign_number=signed.sign_number), message_id=fresh_id())
