"""3101 and 4301 over real HTTP: what the insurance remarks of a prescription, and the record of a consultation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from clients import faults
from clients.errors import Garbled, Refused, Unanswered
from clients.insurance.core import sandbox as kinds
from clients.insurance.core.advice import AdvisedDiagnosis
from clients.insurance.core.refusals import Reason
from tests.clients.insurance_core.ends import (
    BEGAN,
    Ends,
    advise,
    advised_item,
    cancel,
    fresh_id,
    register,
    upload_consultation,
)

pytestmark = pytest.mark.anyio

PENICILLIN = "XJ01CAA040A00101010"
ALLERGY = AdvisedDiagnosis(order=2, code="Z88.000", name="青霉素过敏史", main=False, diagnosed_at=BEGAN)
MISBEHAVIOUR = [
    (faults.LOST_REQUEST, Unanswered),
    (faults.LOST_REPLY, Unanswered),
    (faults.GATEWAY_ERROR, Unanswered),
    (faults.GARBLED, Garbled),
    (kinds.REFUSED, Refused),
]


async def told(ends: Ends, **changes: Any) -> Any:
    return await ends.client.advise(advise(**changes), message_id=fresh_id())


async def visit(ends: Ends) -> str:
    registered = await ends.client.register(register(), message_id=fresh_id())
    return registered.visit_id


async def record(ends: Ends, visit_id: str, **changes: Any) -> None:
    await ends.client.upload_consultation(upload_consultation(visit_id, **changes), message_id=fresh_id())


def records(ends: Ends) -> Any:
    return ends.sandbox.books()["records"]


async def test_a_plain_prescription_has_no_hint(ends: Ends) -> None:
    assert await told(ends) == ()


async def test_the_same_drug_twice_is_suspect(ends: Ends) -> None:
    (hint,) = await told(ends, items=(advised_item(), advised_item(serial="2")))
    assert (hint.rule_code, hint.severity, hint.serials) == ("R0001", "SUSPECT", ("1", "2"))
    assert hint.amount == Decimal("49.38")


async def test_a_drug_that_the_visit_had_before_is_seen(ends: Ends) -> None:
    before = advised_item(serial="9", prescription_number="P0000", current=False)
    (hint,) = await told(ends, items=(advised_item(), before))
    assert (hint.rule_code, hint.serials) == ("R0001", ("1",))


async def test_too_much_is_a_notice_and_a_contraindication_a_violation(ends: Ends) -> None:
    much = advised_item(quantity=Decimal(31), amount=Decimal("382.72"))
    main = advise().diagnoses[0]
    hints = await told(ends, items=(much,), diagnoses=(main, ALLERGY))
    assert {hint.rule_code: hint.severity for hint in hints} == {"R0002": "NOTICE", "R0003": "VIOLATION"}


async def test_a_rule_is_told_by_the_control_desk(ends: Ends) -> None:
    rule = {"id": "R9", "name": "限二盒", "kind": "QUANTITY", "severity": "9", "drug": PENICILLIN, "most": "1"}
    ends.sandbox.load({"advice_rules": [rule]})
    (hint,) = await told(ends)
    assert (hint.rule_name, hint.severity, hint.severity_code) == ("限二盒", "UNKNOWN", "9")
    ends.sandbox.load({"advice_rules": [rule | {"most": "2"}]})
    assert await told(ends) == ()


async def test_a_rule_of_an_unknown_kind_is_refused(ends: Ends) -> None:
    with pytest.raises(ValueError, match="kind is one of"):
        ends.sandbox.load({"advice_rules": [{"id": "R9", "name": "?", "kind": "OTHER", "severity": "1"}]})


async def test_neither_scenario_nor_rules_is_refused(ends: Ends) -> None:
    with pytest.raises(Refused) as refused:
        await told(ends, codes=replace(advise().codes, scenario=""))
    assert refused.value.message.startswith("data.trig_scen: ")


async def test_an_unknown_person_is_refused(ends: Ends) -> None:
    with pytest.raises(Refused) as refused:
        await told(ends, person_number="P9999")
    assert refused.value.reason == Reason.PERSON_UNKNOWN


async def test_a_quantity_finer_than_the_platform_knows_is_never_rounded() -> None:
    with pytest.raises(ValueError, match="fen"):
        advise(items=(advised_item(quantity=Decimal("0.125")),)).to_wire()


@pytest.mark.parametrize(("kind", "error"), MISBEHAVIOUR)
async def test_misbehaviour_of_3101_has_its_error(ends: Ends, kind: str, error: type[Exception]) -> None:
    ends.sandbox.faults.add("3101", kind, text="系统繁忙")
    with pytest.raises(error):
        await told(ends)
    assert await told(ends) == ()


@pytest.mark.parametrize("kind", [kinds.STRING_OUTPUT, kinds.STRING_INFCODE, kinds.EXTRA_FIELDS])
async def test_other_shapes_of_hints_are_read(ends: Ends, kind: str) -> None:
    ends.sandbox.faults.add("3101", kind)
    assert len(await told(ends, items=(advised_item(), advised_item(serial="2")))) == 1


async def test_a_record_is_kept_once_and_overwritten(ends: Ends) -> None:
    visit_id = await visit(ends)
    await record(ends, visit_id)
    await record(ends, visit_id, drugs=())
    assert records(ends) == [{"serial": "V0001", "visit_id": visit_id, "drugs": []}]


@pytest.mark.parametrize("member", ["visit_id", "person_number"])
async def test_a_record_of_nobodys_visit_is_refused(ends: Ends, member: str) -> None:
    changes: dict[str, Any] = {member: ""}
    nobodys = replace(upload_consultation(await visit(ends)), **changes)
    with pytest.raises(Refused) as refused:
        await ends.client.upload_consultation(nobodys, message_id=fresh_id())
    assert refused.value.reason == Reason.FORM
    assert records(ends) == []


async def test_a_record_of_a_cancelled_visit_is_refused(ends: Ends) -> None:
    visit_id = await visit(ends)
    await ends.client.cancel_registration(cancel(visit_id), message_id=fresh_id())
    with pytest.raises(Refused) as refused:
        await record(ends, visit_id)
    assert refused.value.reason == Reason.ALREADY_GONE


@pytest.mark.parametrize(("kind", "error"), MISBEHAVIOUR)
async def test_misbehaviour_of_4301_has_its_error(ends: Ends, kind: str, error: type[Exception]) -> None:
    visit_id = await visit(ends)
    ends.sandbox.faults.add("4301", kind, text="系统繁忙")
    with pytest.raises(error):
        await record(ends, visit_id)
    await record(ends, visit_id)
    assert len(records(ends)) == 1
