from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clients import faults
from clients.circulation.fsi.client import STEPS
from clients.circulation.gateway import Remedy, Sign, Step, Upload, Verdict, Verified, Verify
from clients.circulation.prescription import PrescriptionKind
from clients.circulation.refusals import Reason
from clients.errors import Garbled, NotSent, PlatformError, Refused, Unanswered
from clients.insurance.core.sandbox import CoreSandboxSettings
from tests.clients.circulation import examples
from tests.clients.circulation.examples import (
    PDF,
    Core,
    approval,
    ask,
    cancel,
    credential,
    older,
    prescription,
    report_payment,
    report_review,
)
from tests.clients.insurance_core.ends import fresh_id

pytestmark = pytest.mark.anyio
NUMBERS = {Step.UPLOAD: "7101", Step.REPORT_REVIEW: "7102", Step.CANCEL: "7104", Step.REPORT_PAYMENT: "7105"}


async def no(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


def rows(core: Core) -> Any:
    return core.sandbox.books()["prescriptions"]


def calls(core: Core, number: str) -> dict[Step, Callable[[], Any]]:
    client = core.client
    return {
        Step.UPLOAD: core.uploaded,
        Step.REPORT_REVIEW: lambda: client.report_review(report_review(number), message_id=fresh_id()),
        Step.REPORT_PAYMENT: lambda: client.report_payment(report_payment(number), message_id=fresh_id()),
        Step.CANCEL: lambda: client.cancel(cancel(number), message_id=fresh_id()),
    }


@pytest.mark.parametrize("kind", PrescriptionKind)
async def test_a_prescription_is_uploaded_reviewed_and_paid(core: Core, kind: PrescriptionKind) -> None:
    rx = prescription(kind)
    number = await core.uploaded(rx)
    await core.client.report_review(report_review(number), message_id=fresh_id())
    await core.client.report_payment(report_payment(number), message_id=fresh_id())
    told = {"number": number, "hospital_number": "RX0001", "state": "VALID", "review": "1", "paid": True}
    assert rows(core) == [told | {"total_fen": int(rx.total * 100)}]


async def test_a_prescription_is_cancelled_once(core: Core) -> None:
    number = await core.uploaded()
    await core.client.cancel(cancel(number), message_id=fresh_id())
    for step in (Step.CANCEL, Step.REPORT_REVIEW, Step.REPORT_PAYMENT):
        assert (await no(calls(core, number)[step]())).reason == Reason.ALREADY_CANCELLED
    assert [row["state"] for row in rows(core)] == ["REVOKED"]


@pytest.mark.parametrize("step", [step for step in STEPS if step is not Step.UPLOAD])
async def test_a_prescription_that_nobody_uploaded_is_not_found(core: Core, step: Step) -> None:
    assert (await no(calls(core, "N9")[step]())).reason == Reason.NOT_FOUND


async def test_a_payment_names_its_own_prescription(core: Core) -> None:
    number = await core.uploaded()
    wrong = report_payment(number, prescription_number="RX9")
    assert (await no(core.client.report_payment(wrong, message_id=fresh_id()))).reason == Reason.NOT_FOUND


async def test_a_rejected_review_is_told_by_its_code(core: Core) -> None:
    number = await core.uploaded()
    report = report_review(number, verdict=Verdict.REJECTED, opinion="剂量过大")
    await core.client.report_review(report, message_id=fresh_id())
    assert rows(core)[0]["review"] == "2"


async def test_a_number_has_one_content(core: Core) -> None:
    await core.uploaded()
    assert (await no(core.uploaded(prescription(valid_days=2)))).reason == Reason.DUPLICATE


@pytest.mark.parametrize(
    ("changed", "reason", "word"),
    [
        ({"visit": examples.visit(id="M9")}, Reason.OTHER, "mdtrt_id"),
        ({"patient": examples.patient(name="测试乙")}, Reason.OTHER, "certno"),
        ({"doctor": examples.doctor(name="无名医师")}, Reason.DOCTOR, "prsc_dr_name"),
        ({"patient": examples.patient(insured_area="")}, Reason.FORM, "insuplc_admdvs"),
        ({"number": "R" * 41}, Reason.FORM, "hosp_rxno"),
    ],
)
async def test_what_is_wrong_is_refused_by_name(core: Core, changed: dict[str, Any], reason: Reason, word: str) -> None:
    refused = await no(core.uploaded(prescription(**changed)))
    assert refused.reason == reason
    assert word in refused.message
    assert len(core.exchanges) == (reason is not Reason.FORM)


async def test_the_reviewer_is_known_and_not_the_prescriber(core: Core) -> None:
    for name in ("无名药师", "测试医师"):
        request = Upload(prescription=prescription(), approval=approval(name=name), document=PDF)
        assert (await no(core.client.upload(request, message_id=fresh_id()))).reason == Reason.DOCTOR


async def test_a_second_review_is_a_second_persons(core: Core) -> None:
    number = await core.uploaded()
    refused = await no(core.client.report_review(report_review(number, second_name="测试药师"), message_id=fresh_id()))
    assert "rchk_phar_name" in refused.message


@pytest.mark.parametrize("step", sorted(set(Step) - set(STEPS)))
async def test_a_step_that_the_channel_does_not_offer_says_so_and_sends_nothing(core: Core, step: Step) -> None:
    verified = Verified(trace_code="T", number="N")
    requests: dict[Step, Any] = {
        Step.VERIFY: Verify(prescription=prescription(), credential=credential()),
        Step.SIGN: Sign(prescription=prescription(), approval=approval(), verified=verified, document=PDF),
    }
    call = getattr(core.client, step.lower())
    refused = await no(call(requests.get(step, ask("N")), message_id=fresh_id()))
    assert refused.reason == Reason.NOT_OFFERED
    assert core.exchanges == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (faults.LOST_REQUEST, Unanswered),
        (faults.LOST_REPLY, Unanswered),
        (faults.GATEWAY_ERROR, Unanswered),
        (faults.GARBLED, Garbled),
        ("refused", Refused),
    ],
)
async def test_each_misbehaviour_has_its_error_and_may_be_repeated(
    core: Core, step: Step, kind: str, error: type[PlatformError]
) -> None:
    number = "" if step is Step.UPLOAD else await core.uploaded()
    core.sandbox.faults.add(NUMBERS[step], kind, text="系统繁忙")
    with pytest.raises(PlatformError) as raised:
        await calls(core, number)[step]()
    assert type(raised.value) is error
    assert core.client.steps[step] is Remedy.REPEAT
    if step is Step.CANCEL and kind in (faults.LOST_REPLY, faults.GARBLED):
        assert (await no(calls(core, number)[step]())).reason == Reason.ALREADY_CANCELLED
    else:
        await calls(core, number)[step]()
    assert len(rows(core)) == 1


async def test_a_platform_that_forgot_our_sign_in_was_not_reached() -> None:
    async with older(CoreSandboxSettings(sign_in_required=True)) as core:
        with pytest.raises(NotSent):
            await core.uploaded()
        assert core.sign_in.forgotten == 1


async def test_an_answer_in_another_dress_is_read(core: Core) -> None:
    core.sandbox.faults.add("7101", "string_output")
    assert await core.uploaded()
    core.sandbox.faults.add("7101", "extra_fields")
    assert await core.uploaded()


async def test_reset_forgets_prescriptions(core: Core) -> None:
    await core.uploaded()
    core.sandbox.reset()
    assert rows(core) == []
