"""2001: whether the insurance pays, and why not."""

from __future__ import annotations

import pytest

from clients import faults
from clients.errors import Garbled, Refused, Unanswered
from clients.insurance.core import sandbox as kinds
from clients.insurance.core.benefits import Benefit, benefits_from_wire
from clients.insurance.core.refusals import Reason
from tests.clients.insurance_core.ends import PERSON, Ends, check_benefits, fresh_id

pytestmark = pytest.mark.anyio


async def test_an_active_insurance_pays(ends: Ends) -> None:
    told = await ends.client.check_benefits(check_benefits(), message_id=fresh_id())
    assert told == (Benefit(check_type="1", fund_type="310100", enjoyed=True, reason=None),)


async def test_an_ended_insurance_pays_nothing_and_says_why(ends: Ends) -> None:
    (told,) = await ends.client.check_benefits(check_benefits(insurance_type="390"), message_id=fresh_id())
    assert (told.enjoyed, told.reason) == (False, "人员参保状态不正常")


async def test_a_refused_benefit_has_its_reason(ends: Ends) -> None:
    row = {"insurance_type": "310", "person_type": "11", "status": "1", "benefit_refused": "等待期内"}
    ends.sandbox.load({"persons": [{**PERSON, "insurances": [row]}]})
    (told,) = await ends.client.check_benefits(check_benefits(), message_id=fresh_id())
    assert (told.enjoyed, told.reason) == (False, "等待期内")


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"person_number": "P9"}, Reason.PERSON_UNKNOWN),
        ({"insurance_type": "320"}, Reason.NOT_INSURED),
        ({"insured_area": ""}, Reason.FORM),
        ({"institution_code": "H" * 13}, Reason.FORM),
    ],
)
async def test_what_cannot_be_checked_is_refused(ends: Ends, wrong: dict[str, str], expected: str) -> None:
    with pytest.raises(Refused) as refused:
        await ends.client.check_benefits(check_benefits(**wrong), message_id=fresh_id())
    assert refused.value.reason == expected


@pytest.mark.parametrize(
    ("kind", "error"),
    [(faults.LOST_REPLY, Unanswered), (faults.GATEWAY_ERROR, Unanswered), (faults.GARBLED, Garbled)],
)
async def test_each_misbehaviour_has_its_error(ends: Ends, kind: str, error: type[Exception]) -> None:
    ends.sandbox.faults.add("2001", kind)
    with pytest.raises(error):
        await ends.client.check_benefits(check_benefits(), message_id=fresh_id())


@pytest.mark.parametrize("kind", [kinds.STRING_OUTPUT, kinds.STRING_INFCODE, kinds.EXTRA_FIELDS])
async def test_every_dress_of_the_answer_is_read(ends: Ends, kind: str) -> None:
    ends.sandbox.faults.add("2001", kind)
    assert (await ends.client.check_benefits(check_benefits(), message_id=fresh_id()))[0].enjoyed


def test_benefits_of_another_person_are_no_answer() -> None:
    row = {"psn_no": "P2", "trt_chk_type": "1", "fund_pay_type": "310100", "trt_enjymnt_flag": "1"}
    with pytest.raises(ValueError, match="another's"):
        benefits_from_wire({"trtinfo": [row]}, check_benefits())
    assert benefits_from_wire({"trtinfo": None}, check_benefits()) == ()
