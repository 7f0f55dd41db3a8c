"""Consent and userQuery over real HTTP, and which error each misbehaviour gives."""

from __future__ import annotations

import pytest

from clients import faults
from clients.authorization import sandbox as kinds
from clients.authorization.messages import RedeemCode
from clients.authorization.refusals import Reason
from clients.errors import Garbled, NotSent, Refused, Unanswered
from tests.clients.authorization.ends import PATIENT, PAYER, Ends, both_ends, fresh_id

pytestmark = pytest.mark.anyio


async def reason(ends: Ends, code: str, open_id: str = "") -> str:
    with pytest.raises(Refused) as refused:
        await ends.client.redeem(RedeemCode(code=code, open_id=open_id), message_id=fresh_id())
    return refused.value.reason


async def test_consent_becomes_a_number_that_stands_for_the_person(ends: Ends) -> None:
    told = await ends.client.redeem(RedeemCode(code=await ends.code(), open_id="o1"), message_id=fresh_id())
    assert (told.family, told.id_number) == (False, PATIENT)
    person = ends.book.person_by_certificate("01", told.number)
    assert person is not None
    assert person.id_number == PATIENT
    assert ends.sandbox.books() == {"codes": 0, "authorizations": 1}


async def test_a_family_payment_is_told_with_its_payer(ends: Ends) -> None:
    told = await ends.client.redeem(RedeemCode(code=await ends.code(payer=PAYER)), message_id=fresh_id())
    assert (told.family, told.id_number) == (True, PAYER)


async def test_a_code_works_once(ends: Ends) -> None:
    code = await ends.code()
    await ends.client.redeem(RedeemCode(code=code), message_id=fresh_id())
    assert await reason(ends, code) == Reason.CODE
    assert await reason(ends, "never given") == Reason.CODE


async def test_a_code_grows_old(ends: Ends) -> None:
    code = await ends.code()
    ends.seconds[0] = 299.0
    ends.sandbox.faults.add("userQuery", kinds.REFUSED, text="系统繁忙")
    assert await reason(ends, code) == Reason.OTHER
    code_of_now = await ends.code()
    ends.seconds[0] = -2.0
    await ends.client.redeem(RedeemCode(code=code_of_now), message_id=fresh_id())


async def test_an_old_code_is_refused() -> None:
    async with both_ends() as ends:
        ends.seconds[0] = -200.0
        code = await ends.code()
        ends.seconds[0] = 200.0
        assert await reason(ends, code) == Reason.CODE


@pytest.mark.parametrize("wrong", [{"partner_secret": "other"}, {"partner_id": "other"}])
async def test_a_refused_signature_is_refused(wrong: dict[str, str]) -> None:
    async with both_ends(**wrong) as ends:
        assert await reason(ends, "code") == Reason.SIGNATURE


async def test_a_clock_that_is_wrong_is_refused(ends: Ends) -> None:
    ends.seconds[0] = 400.0
    assert await reason(ends, "code") == Reason.SIGNATURE


async def test_a_request_id_is_taken_once(ends: Ends) -> None:
    message = fresh_id()
    await ends.client.redeem(RedeemCode(code=await ends.code()), message_id=message)
    with pytest.raises(Refused) as refused:
        await ends.client.redeem(RedeemCode(code=await ends.code()), message_id=message)
    assert refused.value.code == "401"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (faults.LOST_REQUEST, Unanswered),
        (faults.LOST_REPLY, Unanswered),
        (faults.GATEWAY_ERROR, Unanswered),
        (faults.GARBLED, Garbled),
        (kinds.TWO_NUMBERS, Garbled),
        (kinds.NO_NUMBER, Garbled),
    ],
)
async def test_each_misbehaviour_has_its_error_and_no_journal_has_the_number(
    ends: Ends, kind: str, error: type[Exception]
) -> None:
    code = await ends.code()
    ends.sandbox.faults.add("userQuery", kind)
    with pytest.raises(error) as caught:
        await ends.client.redeem(RedeemCode(code=code), message_id=fresh_id())
    (exchange,) = ends.exchanges
    assert exchange.outcome == error.__name__
    assert exchange.raw == b""
    numbers = {token for person in ends.book.persons.values() for token in person.tokens}
    assert not [text for text in (*numbers, code, PATIENT) if text in str(caught.value) + repr(exchange)]


async def test_an_answer_inside_wrappers_is_read(ends: Ends) -> None:
    ends.sandbox.faults.add("userQuery", kinds.WRAPPED)
    told = await ends.client.redeem(RedeemCode(code=await ends.code()), message_id=fresh_id())
    assert told.id_number == PATIENT


async def test_nothing_is_sent_to_a_platform_that_is_not_there() -> None:
    async with both_ends(base_url="http://127.0.0.1:9") as ends:
        with pytest.raises(NotSent):
            await ends.client.redeem(RedeemCode(code="x"), message_id=fresh_id())
