"""The sequence rules of protocols/insurance.md 4.5, the switches of a region, and the gateways' doors."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Iterator
from typing import Any

import httpx
import pytest

from clients.errors import Refused
from clients.insurance.book import InsuranceBook, Profile
from clients.insurance.core import gateway
from clients.insurance.core.refusals import Reason
from clients.insurance.core.sandbox import CoreSandboxSettings, InsuranceCoreSandbox
from clients.insurance.core.sandbox_gateway import GatewayRules
from tests.clients.insurance_core.ends import (
    PERSON,
    Ends,
    both_ends,
    cancel,
    fresh_id,
    query_person,
    query_visits,
    register,
    sign_in,
    upload_visit,
)
from tests.fixtures.serving import served

pytestmark = pytest.mark.anyio


async def reason(call: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value.reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"person_number": "P9999"}, Reason.PERSON_UNKNOWN),
        ({"insurance_type": "340"}, Reason.NOT_INSURED),
        ({"insurance_type": "390"}, Reason.NOT_INSURED),
        ({"certificate_number": "TOKEN-OTHER"}, Reason.CERTIFICATE),
        ({"certificate_type": "02"}, Reason.CERTIFICATE),
        ({"doctor_code": ""}, Reason.FORM),
        ({"department_name": "科" * 101}, Reason.FORM),
    ],
)
async def test_a_registration_is_refused_for_its_reason(ends: Ends, changes: Any, expected: Reason) -> None:
    assert await reason(ends.client.register(register(**changes), message_id=fresh_id())) == expected
    assert ends.sandbox.books()["open_registrations"] == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"certificate_number": "TOKEN-OTHER"}, Reason.PERSON_UNKNOWN),
        ({"name": "测试乙"}, Reason.PERSON_UNKNOWN),
        ({"id_number": "350200190001020000"}, Reason.PERSON_UNKNOWN),
        ({"certificate_type": "03", "certificate_number": "CARD-0001"}, Reason.FORM),
    ],
)
async def test_a_person_is_refused_for_its_reason(ends: Ends, changes: Any, expected: Reason) -> None:
    assert await reason(ends.client.query_person(query_person(**changes), message_id=fresh_id())) == expected


async def test_visits_of_an_unknown_person_are_refused(ends: Ends) -> None:
    asked = ends.client.query_visits(query_visits(person_number="P9999"), message_id=fresh_id())
    assert await reason(asked) == Reason.PERSON_UNKNOWN


async def test_a_visit_number_is_free_again_only_after_its_visit_is_cancelled(ends: Ends) -> None:
    first = await ends.client.register(register(), message_id=fresh_id())
    assert await reason(ends.client.register(register(), message_id=fresh_id())) == Reason.DUPLICATE
    await ends.client.cancel_registration(cancel(first.visit_id), message_id=fresh_id())
    second = await ends.client.register(register(), message_id=fresh_id())
    assert second.visit_id != first.visit_id
    assert ends.sandbox.books()["open_registrations"] == 1


async def test_a_second_cancellation_is_refused_as_already_gone(ends: Ends) -> None:
    made = await ends.client.register(register(), message_id=fresh_id())
    await ends.client.cancel_registration(cancel(made.visit_id), message_id=fresh_id())
    again = ends.client.cancel_registration(cancel(made.visit_id), message_id=fresh_id())
    assert await reason(again) == Reason.ALREADY_GONE
    upload = ends.client.upload_visit(upload_visit(made.visit_id), message_id=fresh_id())
    assert await reason(upload) == Reason.ALREADY_GONE


async def test_an_unknown_visit_can_neither_be_uploaded_nor_cancelled(ends: Ends) -> None:
    made = await ends.client.register(register(), message_id=fresh_id())
    calls = [
        ends.client.upload_visit(upload_visit("M9999"), message_id=fresh_id()),
        ends.client.cancel_registration(cancel("M9999"), message_id=fresh_id()),
        ends.client.cancel_registration(cancel(made.visit_id, visit_number="V9999"), message_id=fresh_id()),
    ]
    assert [await reason(call) for call in calls] == [Reason.VISIT_UNKNOWN] * 3


async def test_another_person_cannot_cancel_a_visit(ends: Ends) -> None:
    ends.sandbox.load({"persons": [{**PERSON, "person_number": "P0002", "tokens": []}]})
    made = await ends.client.register(register(), message_id=fresh_id())
    foreign = ends.client.cancel_registration(cancel(made.visit_id, person_number="P0002"), message_id=fresh_id())
    assert await reason(foreign) == Reason.VISIT_UNKNOWN


async def test_a_second_upload_overwrites_the_first(ends: Ends) -> None:
    made = await ends.client.register(register(), message_id=fresh_id())
    await ends.client.upload_visit(upload_visit(made.visit_id), message_id=fresh_id())
    await ends.client.upload_visit(upload_visit(made.visit_id, medical_type="990404"), message_id=fresh_id())
    row = ends.sandbox.book.visits[made.visit_id]
    assert (row.state, row.medical_type, len(row.diagnoses)) == ("VISIT", "990404", 1)
    assert await ends.client.query_visits(query_visits(), message_id=fresh_id()) == ()


@pytest.mark.parametrize(
    ("hook", "expected"), [("open_fees", Reason.FEES_EXIST), ("open_settlement", Reason.SETTLEMENT_EXISTS)]
)
async def test_the_national_profile_keeps_a_registration_that_has_more_behind_it(hook: str, expected: Reason) -> None:
    book = InsuranceBook(Profile.NATIONAL)
    setattr(book, hook, lambda visit_id: True)
    async with both_ends(book=book) as ends:
        made = await ends.client.register(register(), message_id=fresh_id())
        refused = ends.client.cancel_registration(cancel(made.visit_id), message_id=fresh_id())
        assert await reason(refused) == expected
        assert ends.sandbox.books()["open_registrations"] == 1


async def test_the_tender_profile_lets_the_registration_go_first() -> None:
    book = InsuranceBook(Profile.TENDER)
    book.open_fees = book.open_settlement = lambda visit_id: True
    async with both_ends(book=book) as ends:
        made = await ends.client.register(register(), message_id=fresh_id())
        await ends.client.cancel_registration(cancel(made.visit_id), message_id=fresh_id())
        assert ends.sandbox.books()["open_registrations"] == 0


async def test_a_repeated_message_id_is_refused(ends: Ends) -> None:
    message = fresh_id()
    await ends.client.register(register(), message_id=message)
    again = ends.client.register(register(visit_number="V0002"), message_id=message)
    assert await reason(again) == Reason.MESSAGE_REPEATED
    assert ends.sandbox.books()["open_registrations"] == 1


async def test_a_repeated_message_id_gets_the_first_reply_where_a_region_does_so() -> None:
    async with both_ends(CoreSandboxSettings(repeated_message="first_reply")) as ends:
        message = fresh_id()
        first = await ends.client.register(register(), message_id=message)
        assert await ends.client.register(register(), message_id=message) == first
        assert ends.sandbox.books()["open_registrations"] == 1


@pytest.mark.parametrize("sign_number", ["", "S-UNKNOWN"])
async def test_without_a_known_sign_number_nothing_is_done_where_one_is_required(sign_number: str) -> None:
    async with both_ends(CoreSandboxSettings(sign_in_required=True)) as ends:
        refused = ends.client.register(register(sign_number=sign_number), message_id=fresh_id())
        assert await reason(refused) == Reason.SIGN_IN_REQUIRED
        signed = await ends.client.sign_in(sign_in(), message_id=fresh_id())
        await ends.client.register(register(sign_number=signed.sign_number), message_id=fresh_id())


async def test_reset_forgets_everything(ends: Ends) -> None:
    message = fresh_id()
    await ends.client.register(register(), message_id=message)
    ends.sandbox.faults.add("*", "refused", text="no")
    ends.sandbox.reset()
    assert ends.sandbox.books() == {
        "persons": 0,
        "registrations": [],
        "open_registrations": 0,
        "deliveries": [],
        "records": [],
        "prescriptions": [],
    }
    ends.sandbox.load({"persons": [PERSON]})
    await ends.client.register(register(), message_id=message)


async def test_the_book_finds_persons_by_what_they_carry(ends: Ends) -> None:
    book = ends.sandbox.book
    assert book.person_by_id_number("350200190001010000") is book.persons["P0001"]
    assert book.person_by_id_number("") is None
    assert book.person_by_certificate("01", "350200190001010000") is None
    assert book.person_by_certificate("99", "TOKEN-EXAMPLE") is None


class Door:
    """The sandbox's gateway alone, with a clock that can be set."""

    def __init__(self) -> None:
        self.now = time.time()
        self.http: httpx.Client

    def tif(self, **changes: Any) -> int:
        told: dict[str, Any] = {"paas_id": "EXAMPLE_PAAS", "token": "EXAMPLE_PAAS_TOKEN_0001"}
        told.update({"nonce": "abcdef", "seconds": self.now, **changes})
        return self.knock(gateway.tif_headers(**{**told, "seconds": int(told["seconds"])}))

    def csb(self, **changes: Any) -> int:
        told: dict[str, Any] = {"access_key": "EXAMPLE_AK_0001", "secret_key": "EXAMPLE_SK_0001"}
        told.update({"api_name": "hssServives", "api_version": "1.0.0", "milliseconds": self.now * 1000, **changes})
        return self.knock(gateway.csb_headers(**{**told, "milliseconds": int(told["milliseconds"])}))

    def knock(self, headers: dict[str, str]) -> int:
        return self.http.post("/fsi/9001", content=b"{}", headers=headers).status_code


def open_door(kind: str) -> Iterator[Door]:
    door = Door()
    rules = CoreSandboxSettings(gateway=GatewayRules(kind=kind))  # type: ignore[arg-type]
    sandbox = InsuranceCoreSandbox(InsuranceBook(), rules, clock=lambda: door.now)
    with served(sandbox.app) as url, httpx.Client(base_url=url, trust_env=False) as http:
        door.http = http
        yield door


@pytest.fixture
def tif() -> Iterator[Door]:
    yield from open_door("x-tif")


@pytest.fixture
def csb() -> Iterator[Door]:
    yield from open_door("csb")


def test_x_tif_lets_in_within_five_minutes_only(tif: Door) -> None:
    assert tif.tif(nonce="nonce-1", seconds=tif.now - 299) == 200
    assert tif.tif(nonce="nonce-2", seconds=tif.now + 299) == 200
    assert tif.tif(nonce="nonce-3", seconds=tif.now - 302) == 401
    assert tif.tif(nonce="nonce-4", seconds=tif.now + 302) == 401


def test_second_use_of_a_nonce_is_refused_for_ten_minutes(tif: Door) -> None:
    assert tif.tif() == 200
    assert tif.tif() == 401
    tif.now += 599
    assert tif.tif() == 401
    tif.now += 2
    assert tif.tif() == 200


@pytest.mark.parametrize("wrong", [{"paas_id": "other"}, {"token": "other"}, {"nonce": "short"}, {"nonce": "x" * 33}])
def test_x_tif_refuses_what_is_wrong(tif: Door, wrong: dict[str, str]) -> None:
    assert tif.tif(**wrong) == 401
    assert tif.tif() == 200


def test_x_tif_takes_hex_of_either_case_and_refuses_no_headers(tif: Door) -> None:
    assert tif.tif(upper=True) == 200
    assert tif.knock({}) == 401


@pytest.mark.parametrize(
    "wrong", [{"access_key": "other"}, {"secret_key": "other"}, {"api_name": "other"}, {"api_version": "2"}]
)
def test_csb_refuses_what_is_wrong(csb: Door, wrong: dict[str, str]) -> None:
    assert csb.csb(**wrong) == 401
    assert csb.csb() == 200


def test_csb_lets_in_within_five_minutes_only(csb: Door) -> None:
    assert csb.csb(milliseconds=(csb.now - 299) * 1000) == 200
    assert csb.csb(milliseconds=(csb.now - 302) * 1000) == 401
    assert csb.knock({}) == 401


def test_csb_signs_a_nonce_and_takes_it_once(csb: Door) -> None:
    told = {
        "_api_access_key": "EXAMPLE_AK_0001",
        "_api_name": "hssServives",
        "_api_nonce": "123456789",
        "_api_timestamp": str(int(csb.now * 1000)),
        "_api_version": "1.0.0",
    }
    signed = {**told, "_api_signature": gateway.csb_signature("EXAMPLE_SK_0001", told.items())}
    assert csb.knock({**signed, "_api_nonce": "other"}) == 401
    assert csb.knock(signed) == 200
    assert csb.knock(signed) == 401
