from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from clients import faults
from clients.circulation.epc.client import STEPS
from clients.circulation.epc.sandbox import CODES, TABLES
from clients.circulation.gateway import (
    Remedy,
    Sign,
    Signed,
    State,
    Step,
    Upload,
    Use,
    Verdict,
    Verified,
    Verify,
)
from clients.circulation.prescription import PrescriptionKind
from clients.circulation.refusals import Reason
from clients.errors import Garbled, NotSent, PlatformError, Refused, Unanswered
from clients.fields import check_node
from clients.insurance.book import InsuranceBook
from tests.clients.circulation import examples
from tests.clients.circulation.examples import (
    PDF,
    Centre,
    approval,
    ask,
    cancel,
    centre,
    credential,
    prescription,
    tablet,
)

pytestmark = pytest.mark.anyio
QUERIES = ("status", "review", "taking")


def fresh() -> str:
    return uuid4().hex


async def no(call: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await call
    return refused.value


@pytest.mark.parametrize("kind", PrescriptionKind)
async def test_a_prescription_goes_from_check_to_pharmacy(ends: Centre, kind: PrescriptionKind) -> None:
    rx = prescription(kind)
    request = await ends.ready(rx)
    assert request.verified
    assert request.signed
    assert request.signed.document.startswith(PDF)
    uploaded = await ends.client.upload(request, message_id=fresh())
    assert (uploaded.number, uploaded.state) == (request.verified.number, State.VALID)
    asked = ask(uploaded.number)
    status = await ends.client.status(asked, message_id=fresh())
    assert (status.state, status.use, status.valid_until) == (State.VALID, Use.UNUSED, rx.valid_until)
    assert await ends.client.review(asked, message_id=fresh()) is None
    assert ends.desk(uploaded.number, "approve", opinion="用药合理").status_code == 200
    review = await ends.client.review(asked, message_id=fresh())
    assert review is not None
    assert (review.verdict, review.opinion, review.state) == (Verdict.APPROVED, "用药合理", State.VALID)
    assert (await ends.client.taking(asked, message_id=fresh())).settled_at is None
    assert ends.desk(uploaded.number, "take").status_code == 200
    taking = await ends.client.taking(asked, message_id=fresh())
    assert taking.use is Use.USED
    assert taking.settled_at is not None
    assert {(each.name, each.quantity) for each in taking.items} == {(each.name, each.quantity) for each in rx.items}
    rows: Any = ends.sandbox.books()["prescriptions"]
    assert [(row["state"], row["use"], row["total_fen"]) for row in rows] == [("有效", "已使用", int(rx.total * 100))]


async def test_a_prescription_is_taken_in_parts(ends: Centre) -> None:
    number = await ends.uploaded()
    ends.desk(number, "approve")
    ends.desk(number, "take", codes=tablet().catalogue_code)
    taking = await ends.client.taking(ask(number), message_id=fresh())
    assert (taking.use, [each.taken for each in taking.items]) == (Use.PARTLY_USED, [True, False])


async def test_a_prescription_that_nobody_used_is_cancelled_once(ends: Centre) -> None:
    number = await ends.uploaded()
    assert await ends.client.cancel(cancel(number), message_id=fresh()) is State.REVOKED
    assert (await no(ends.client.cancel(cancel(number), message_id=fresh()))).reason == Reason.ALREADY_CANCELLED
    assert (await ends.client.status(ask(number), message_id=fresh())).state is State.REVOKED


async def test_what_was_taken_cannot_be_cancelled(ends: Centre) -> None:
    number = await ends.uploaded()
    ends.desk(number, "approve")
    ends.desk(number, "take")
    assert (await no(ends.client.cancel(cancel(number), message_id=fresh()))).reason == Reason.WRONG_STATE
    assert (await ends.client.status(ask(number), message_id=fresh())).use is Use.USED


async def test_a_rejected_prescription_is_voided_and_not_dispensed(ends: Centre) -> None:
    number = await ends.uploaded()
    ends.desk(number, "reject", opinion="剂量过大")
    review = await ends.client.review(ask(number), message_id=fresh())
    assert review is not None
    assert (review.verdict, review.opinion, review.state) == (Verdict.REJECTED, "剂量过大", State.VOIDED)
    assert ends.desk(number, "take").status_code == 409
    assert (await no(ends.client.cancel(cancel(number), message_id=fresh()))).reason == Reason.WRONG_STATE


async def test_a_prescription_lapses_with_its_time(ends: Centre) -> None:
    number = await ends.uploaded()
    ends.clock.ahead = timedelta(days=3, seconds=1).total_seconds()
    assert (await ends.client.status(ask(number), message_id=fresh())).state is State.EXPIRED
    assert (await no(ends.client.cancel(cancel(number), message_id=fresh()))).reason == Reason.WRONG_STATE


async def test_the_centre_approves_by_itself_after_its_time(ends: Centre) -> None:
    ends.sandbox.load({"review_seconds": 30})
    number = await ends.uploaded()
    assert await ends.client.review(ask(number), message_id=fresh()) is None
    ends.clock.ahead += 31
    review = await ends.client.review(ask(number), message_id=fresh())
    assert review is not None
    assert review.verdict is Verdict.APPROVED


async def test_a_review_that_waits_may_be_told_by_its_code(ends: Centre) -> None:
    number = await ends.uploaded()
    ends.sandbox.faults.add("D006", "not_reviewed_code")
    assert await ends.client.review(ask(number), message_id=fresh()) is None


async def test_verifying_again_gives_the_same_codes_until_the_upload(ends: Centre) -> None:
    request = await ends.ready(prescription())
    assert await ends.verified(prescription()) == request.verified
    await ends.client.upload(request, message_id=fresh())
    assert (await no(ends.verified(prescription()))).reason == Reason.DUPLICATE
    assert (await no(ends.client.upload(request, message_id=fresh()))).reason == Reason.DUPLICATE


async def test_a_number_has_one_content(ends: Centre) -> None:
    await ends.verified(prescription())
    assert (await no(ends.verified(prescription(valid_days=2)))).reason == Reason.DUPLICATE


async def test_only_what_was_signed_is_uploaded(ends: Centre) -> None:
    request = await ends.ready(prescription())
    assert request.signed
    for wrong in (
        replace(request, signed=replace(request.signed, document=PDF)),
        replace(request, signed=replace(request.signed, digest="another")),
        replace(request, approval=approval(licence="YS0002")),
    ):
        assert (await no(ends.client.upload(wrong, message_id=fresh()))).reason == Reason.FORM
    assert request.verified
    assert (await no(ends.client.status(ask(request.verified.number), message_id=fresh()))).reason == Reason.NOT_FOUND


async def test_an_upload_needs_what_came_before(ends: Centre) -> None:
    with pytest.raises(ValueError, match="D001"):
        await ends.client.upload(
            Upload(prescription=prescription(), approval=approval(), document=PDF), message_id=fresh()
        )


@pytest.mark.parametrize(
    ("name", "data", "reason", "word"),
    [
        ("doctor", {"doctor": examples.doctor(code="D9")}, Reason.DOCTOR, "drCode"),
        ("visit", {"visit": examples.visit(id="M9")}, Reason.OTHER, "mdtrtId"),
        ("patient", {"patient": examples.patient(name="测试乙")}, Reason.OTHER, "certno"),
    ],
)
async def test_the_insurance_must_know_the_people(
    ends: Centre, name: str, data: dict[str, Any], reason: Reason, word: str
) -> None:
    refused = await no(ends.verified(prescription(**data)))
    assert refused.reason == reason
    assert word in refused.message


async def test_a_doctor_whose_standing_ended_is_refused(ends: Centre) -> None:
    ends.sandbox.book.load({"staff": [examples.DOCTOR | {"ends": "2026-01-01 00:00:00"}]})
    assert (await no(ends.verified(prescription()))).reason == Reason.DOCTOR


@pytest.mark.parametrize("changed", [{"code": "Y9"}, {"code": "D350200000001", "name": "测试医师"}])
async def test_the_reviewer_is_a_pharmacist_and_not_the_prescriber(ends: Centre, changed: dict[str, str]) -> None:
    request = await ends.ready(prescription())
    assert request.verified
    sign = Sign(prescription=prescription(), approval=approval(**changed), verified=request.verified, document=PDF)
    assert (await no(ends.client.sign(sign, message_id=fresh()))).reason == Reason.DOCTOR


@pytest.mark.parametrize(
    ("changed", "reason", "word"),
    [
        ({"identity_check": ""}, Reason.FORM, "authNo"),
        ({"identity_check": "NOBODYS"}, Reason.AUTHORISATION, "authNo"),
        ({"number": "NOBODYS"}, Reason.AUTHORISATION, "ecToken"),
        ({"type": "03", "number": "CARD-0001"}, Reason.FORM, "cardSn"),
        ({"type": "02", "number": "350200190001010001"}, Reason.AUTHORISATION, "mdtrtCertNo"),
    ],
)
async def test_the_credential_must_be_the_patients(
    ends: Centre, changed: dict[str, str], reason: Reason, word: str
) -> None:
    asked = Verify(prescription=prescription(), credential=credential(**changed))
    refused = await no(ends.client.verify(asked, message_id=fresh()))
    assert refused.reason == reason
    assert word in refused.message


@pytest.mark.parametrize(
    "credential_of",
    [
        {"type": "02", "number": "350200190001010000", "identity_check": ""},
        {"type": "03", "number": "CARD-0001", "card_serial_number": "SN1", "identity_check": ""},
    ],
)
async def test_cards_are_taken_as_well(ends: Centre, credential_of: dict[str, str]) -> None:
    asked = Verify(prescription=prescription(), credential=credential(**credential_of))
    assert (await ends.client.verify(asked, message_id=fresh())).number


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("changed", [{"patient": examples.patient(name="测试乙")}, {"visit": examples.visit(id="M9")}])
async def test_anothers_prescription_is_not_found(ends: Centre, query: str, changed: dict[str, Any]) -> None:
    number = await ends.uploaded()
    refused = await no(getattr(ends.client, query)(ask(number, **changed), message_id=fresh()))
    assert refused.reason == Reason.NOT_FOUND


@pytest.mark.parametrize("step", [Step.REPORT_REVIEW, Step.REPORT_PAYMENT])
async def test_a_step_that_the_centre_does_not_offer_says_so_and_sends_nothing(ends: Centre, step: Step) -> None:
    assert step not in ends.client.steps
    request = examples.report_review("1") if step is Step.REPORT_REVIEW else examples.report_payment("1")
    refused = await no(getattr(ends.client, step.lower())(request, message_id=fresh()))
    assert refused.reason == Reason.NOT_OFFERED
    assert ends.exchanges == []


async def call_every_step(ends: Centre, step: Step, upload: Upload) -> Any:
    verified = upload.verified or Verified(trace_code="", number="")
    calls: dict[Step, Any] = {
        Step.VERIFY: lambda: ends.verified(upload.prescription),
        Step.SIGN: lambda: ends.signed(upload.prescription, verified),
        Step.UPLOAD: lambda: ends.client.upload(upload, message_id=fresh()),
        Step.CANCEL: lambda: ends.client.cancel(cancel(verified.number), message_id=fresh()),
        Step.STATUS: lambda: ends.client.status(ask(verified.number), message_id=fresh()),
        Step.REVIEW: lambda: ends.client.review(ask(verified.number), message_id=fresh()),
        Step.TAKING: lambda: ends.client.taking(ask(verified.number), message_id=fresh()),
    }
    return await calls[step]()


AFTER_UPLOAD = (Step.CANCEL, Step.STATUS, Step.REVIEW, Step.TAKING)
NUMBERS = dict(zip((*list(Step)[:7],), ("D001", "D002", "D003", "D004", "D005", "D006", "D007"), strict=True))


async def at(ends: Centre, step: Step) -> Upload:
    """A prescription right before a step."""
    ready = await ends.ready(prescription())
    if step in AFTER_UPLOAD:
        number = (await ends.client.upload(ready, message_id=fresh())).number
        if step is Step.REVIEW:
            ends.desk(number, "approve")
    ends.exchanges.clear()
    return ready


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (faults.LOST_REQUEST, Unanswered),
        (faults.LOST_REPLY, Unanswered),
        (faults.GATEWAY_ERROR, Unanswered),
        (faults.GARBLED, Garbled),
        ("forged", Garbled),
        ("refused", Refused),
        ("unsigned_error", Refused),
    ],
)
async def test_each_misbehaviour_has_its_error(ends: Centre, step: Step, kind: str, error: type[PlatformError]) -> None:
    ready = await at(ends, step)
    ends.sandbox.faults.add(NUMBERS[step], kind, text="系统繁忙")
    with pytest.raises(PlatformError) as raised:
        await call_every_step(ends, step, ready)
    assert type(raised.value) is error
    assert [(each.transaction, each.outcome) for each in ends.exchanges] == [(NUMBERS[step], error.__name__)]
    assert bool(ends.exchanges[0].raw) is (error is Garbled)


@pytest.mark.parametrize("step", STEPS)
async def test_a_centre_that_is_not_there_was_not_reached(step: Step) -> None:
    async with centre(base_url="http://127.0.0.1:9") as ends:
        rx = prescription()
        verified = Verified(trace_code="T", number="N")
        signed = Signed(document=PDF, digest="D", certificate_serial="S", certificate_subject="CN")
        upload = Upload(prescription=rx, approval=approval(), document=PDF, verified=verified, signed=signed)
        with pytest.raises(NotSent):
            await call_every_step(ends, step, upload)


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply"])
@pytest.mark.parametrize("step", STEPS)
async def test_what_the_gateway_says_to_do_after_silence_tells_the_truth(ends: Centre, step: Step, kind: str) -> None:
    ready = await at(ends, step)
    assert ready.verified
    done = kind == "lost_reply"
    ends.sandbox.faults.add(NUMBERS[step], kind)
    with pytest.raises(Unanswered):
        await call_every_step(ends, step, ready)
    if ends.client.steps[step] is Remedy.REPEAT:
        await call_every_step(ends, step, ready)
        return
    asked = ask(ready.verified.number)
    if step is Step.UPLOAD and not done:
        assert (await no(ends.client.status(asked, message_id=fresh()))).reason == Reason.NOT_FOUND
        await call_every_step(ends, step, ready)
    elif step is Step.UPLOAD:
        assert (await ends.client.status(asked, message_id=fresh())).state is State.VALID
    else:
        state = (await ends.client.status(asked, message_id=fresh())).state
        assert state is (State.REVOKED if done else State.VALID)


@pytest.mark.parametrize("step", STEPS)
async def test_an_answer_about_another_prescription_is_garbled(ends: Centre, step: Step) -> None:
    if step in (Step.VERIFY, Step.SIGN):  # their answers repeat no number
        return
    ready = await at(ends, step)
    ends.sandbox.faults.add(NUMBERS[step], "another")
    with pytest.raises(Garbled, match="another"):
        await call_every_step(ends, step, ready)


@pytest.mark.parametrize("step", [Step.UPLOAD, *AFTER_UPLOAD])
async def test_a_state_that_nobody_knows_is_garbled(ends: Centre, step: Step) -> None:
    ready = await at(ends, step)
    ends.sandbox.faults.add(NUMBERS[step], "unknown_state")
    with pytest.raises(Garbled):
        await call_every_step(ends, step, ready)


async def test_numbers_may_come_as_numbers(ends: Centre) -> None:
    ends.sandbox.faults.add("*", "numbers", times=20)
    number = await ends.uploaded()
    assert (await ends.client.status(ask(number), message_id=fresh())).state is State.VALID


async def test_every_answer_passes_its_own_table(ends: Centre) -> None:
    number = await ends.uploaded()
    ends.desk(number, "approve")
    ends.desk(number, "take")
    envelope = examples.channel_settings(ends.url).envelope()
    told = {"hiRxno": number, "fixmedinsCode": examples.INSTITUTION, "mdtrtId": examples.VISIT}
    told |= {"psnName": "测试甲", "psnCertType": "01", "certno": "350200190001010000"}
    for transaction in ("D005", "D006", "D007"):
        data = envelope.open(ends.say(transaction, told))
        assert check_node(TABLES[transaction]["out"], "data", data, CODES) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": "R" * 41}, "hospRxno"),
        ({"items": (tablet(spec="长" * 41),)}, "rxdrugdetail[0].drugSpec"),
        ({"patient": examples.patient(gender="5")}, "mdtrtinfo.gend"),
        ({"items": (tablet(dose=Decimal("0.00001")),)}, "decimals"),
    ],
)
async def test_what_the_tables_do_not_take_never_leaves(ends: Centre, changed: dict[str, Any], field: str) -> None:
    refused = await no(ends.verified(prescription(**changed)))
    assert (refused.reason, refused.code) == (Reason.FORM, "")
    assert field in refused.message
    assert ends.exchanges == []


async def test_exchanges_and_errors_carry_nobodys_name(ends: Centre) -> None:
    await ends.uploaded()
    ends.sandbox.faults.add("D001", faults.GARBLED)
    with pytest.raises(Garbled) as garbled:
        await ends.verified(prescription(number="RX0002"))
    seen = f"{ends.exchanges} {garbled.value} {prescription()!r} {approval()!r} {credential()!r} {ask('1')!r}"
    for personal in ("测试甲", "350200190001010000", examples.TOKEN, examples.APP_SECRET):
        assert personal not in seen


async def test_reset_forgets_prescriptions_and_keeps_people(ends: Centre) -> None:
    await ends.uploaded()
    ends.sandbox.reset()
    assert ends.sandbox.books() == {"prescriptions": [], "uploaded": 0}
    assert isinstance(ends.sandbox.book, InsuranceBook)
    assert await ends.uploaded()


async def test_the_desk_shows_what_was_uploaded_and_escapes_it(ends: Centre) -> None:
    await ends.verified(prescription(number="RX0002"))
    rx = prescription(items=(tablet(name="<b>药"),))
    number = await ends.uploaded(rx)
    page = ends.page()
    assert page.count("<section>") == 1
    assert "&lt;b&gt;药" in page
    assert number in page
    assert ends.desk(number, "dance").status_code == 400
    assert ends.desk("N9", "approve").status_code == 409
