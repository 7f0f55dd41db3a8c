import dataclasses
from collections.abc import Callable

import anyio
import httpx
import pytest

from clients.errors import Garbled, NotSent, PlatformError, Refused, Unanswered
from clients.http import Exchange
from clients.receipts.client import BosiClient, BosiSettings
from clients.receipts.gateway import ReceiptGateway
from clients.receipts.messages import (
    Download,
    FindReceipt,
    IssueReceipt,
    Pending,
    Receipt,
    ReceiptState,
    ReceiptStatus,
    RedReceipt,
)
from clients.receipts.sandbox import BosiSandbox

pytestmark = pytest.mark.anyio

Issue = Callable[..., IssueReceipt]
OUTPATIENT = "invoiceEBillOutpatient"


def find_of(request: IssueReceipt) -> FindReceipt:
    return FindReceipt(business_number=request.business_number, issued_at=request.issued_at)


def status_of(receipt: Receipt) -> ReceiptStatus:
    return ReceiptStatus(batch_code=receipt.batch_code, number=receipt.number)


def red_of(receipt: Receipt, request: IssueReceipt) -> RedReceipt:
    return RedReceipt(
        batch_code=receipt.batch_code, number=receipt.number, reason="退费", operator="甲", red_at=request.issued_at
    )


async def issued(client: BosiClient, request: IssueReceipt, message_id: str = "issue") -> Receipt:
    receipt = await client.issue(request, message_id=message_id)
    assert isinstance(receipt, Receipt)
    return receipt


def test_the_client_is_a_gateway(settings: BosiSettings) -> None:
    gateway: ReceiptGateway = BosiClient(settings)
    assert gateway


async def test_a_receipt_is_issued_with_its_numbers_and_addresses(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox
) -> None:
    receipt = await issued(client, issue())
    assert (len(receipt.batch_code), receipt.number, len(receipt.check_code)) == (8, "0000000001", 6)
    assert receipt.created_at is not None
    assert receipt.created_at.tzinfo is not None
    assert receipt.public_url is not None
    assert receipt.public_url.startswith(sandbox.public_url)
    assert receipt.inner_url is not None
    assert receipt.qr_code is not None
    assert sandbox.books() == {
        "receipts": [
            {
                "business_number": "OP20260105000001",
                "batch_code": receipt.batch_code,
                "number": "0000000001",
                "total_fen": 7050,
                "state": "NORMAL",
            }
        ],
        "normal": 1,
        "normal_fen": 7050,
    }


async def test_a_registration_receipt_is_issued(client: BosiClient, issue: Issue, sandbox: BosiSandbox) -> None:
    await issued(client, issue(kind="REGISTRATION", business_number="REG1"))
    assert sandbox.books()["normal"] == 1


async def test_the_same_issue_again_has_the_same_numbers(client: BosiClient, issue: Issue) -> None:
    first, second = await issued(client, issue(), "a"), await issued(client, issue(), "b")
    assert (first.number, first.check_code, first.created_at) == (second.number, second.check_code, second.created_at)


async def test_another_issue_under_the_same_number_is_refused(client: BosiClient, issue: Issue) -> None:
    await issued(client, issue(), "a")
    with pytest.raises(Refused) as refused:
        await client.issue(issue(age="37岁"), message_id="b")
    assert refused.value.reason == "DUPLICATE"


async def test_a_broken_sum_never_leaves_the_house(settings: BosiSettings, issue: Issue) -> None:
    kept: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        kept.append(exchange)

    client = BosiClient(settings, journal)
    with pytest.raises(ValueError, match="sum rule 2"):
        await client.issue(issue(charges=()), message_id="a")
    await client.close()
    assert kept == []


async def test_a_receipt_is_found_by_its_business_number(client: BosiClient, issue: Issue) -> None:
    receipt = await issued(client, issue())
    found = await client.find(find_of(issue()), message_id="find")
    assert found == Receipt(batch_code=receipt.batch_code, number=receipt.number, check_code=receipt.check_code)


async def test_a_receipt_that_was_never_issued_is_not_found(client: BosiClient, issue: Issue) -> None:
    assert await client.find(find_of(issue()), message_id="find") is None


async def test_a_look_up_refused_for_another_reason_is_refused(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox
) -> None:
    sandbox.faults.add("getEBillByBusNo", "refused", text="系统繁忙")
    with pytest.raises(Refused) as refused:
        await client.find(find_of(issue()), message_id="find")
    assert (refused.value.code, refused.value.reason, refused.value.message) == ("E9999", "OTHER", "系统繁忙")


async def test_a_written_off_receipt_is_red_and_its_red_receipt_is_another(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox
) -> None:
    receipt = await issued(client, issue())
    assert await client.status(status_of(receipt), message_id="s1") == ReceiptState(state="NORMAL", red=False)
    red = await client.red(red_of(receipt, issue()), message_id="r1")
    assert red.number == "0000000002"
    assert red.public_url is not None
    assert await client.status(status_of(receipt), message_id="s2") == ReceiptState(state="NORMAL", red=True)
    assert await client.status(status_of(red), message_id="s3") == ReceiptState(state="NORMAL", red=False)
    assert (sandbox.books()["normal"], sandbox.books()["normal_fen"]) == (0, 0)


async def test_a_second_write_off_is_refused(client: BosiClient, issue: Issue) -> None:
    receipt = await issued(client, issue())
    red = await client.red(red_of(receipt, issue()), message_id="r1")
    for number, again in enumerate((receipt, red)):
        with pytest.raises(Refused) as refused:
            await client.red(red_of(again, issue()), message_id=f"again-{number}")
        assert refused.value.reason == "ALREADY_RED"


async def test_an_unknown_receipt_has_no_status_and_no_write_off(client: BosiClient, issue: Issue) -> None:
    unknown = Receipt(batch_code="99060126", number="0000000009", check_code="abcdef")
    with pytest.raises(Refused) as status:
        await client.status(status_of(unknown), message_id="s")
    with pytest.raises(Refused) as red:
        await client.red(red_of(unknown, issue()), message_id="r")
    assert (status.value.reason, red.value.reason) == ("NOT_FOUND", "NOT_FOUND")


async def test_the_patient_gets_the_public_page(client: BosiClient, issue: Issue) -> None:
    receipt = await issued(client, issue())
    download = client.address(receipt)
    assert download == Download(kind="H5_URL", url=receipt.public_url or "", expires_at=None)
    async with httpx.AsyncClient() as browser:
        page = await browser.get(download.url)
        assert page.status_code == 200
        for shown in (receipt.batch_code, receipt.number, receipt.check_code, "70.50", "医疗收费电子票据"):
            assert shown in page.text
        assert (await browser.get(download.url[:-1] + "x")).status_code == 404


async def test_the_inner_page_is_never_given_to_a_patient(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox
) -> None:
    sandbox.faults.add(OUTPATIENT, "no_public_url")
    receipt = await issued(client, issue())
    assert receipt.inner_url is not None
    with pytest.raises(Refused) as refused:
        client.address(receipt)
    assert refused.value.reason == "NO_PUBLIC_ADDRESS"


async def test_a_pending_issue_has_its_number_after_the_asked_look_ups(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox
) -> None:
    sandbox.faults.add(OUTPATIENT, "pending", times=2)
    pending = Pending(business_number=issue().business_number)
    assert await client.issue(issue(), message_id="a") == pending
    assert await client.find(find_of(issue()), message_id="b") == pending
    assert await client.find(find_of(issue()), message_id="c") == pending
    assert isinstance(await client.find(find_of(issue()), message_id="d"), Receipt)
    assert isinstance(await client.issue(issue(business_number="OP2"), message_id="e"), Receipt)


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("lost_request", Unanswered, 0),
        ("lost_reply", Unanswered, 1),
        ("gateway_error", Unanswered, 0),
        ("http_500", Unanswered, 1),
        ("garbled", Garbled, 1),
        ("plain_text", Garbled, 1),
        ("bad_signature", Garbled, 1),
        ("refused", Refused, 0),
    ],
)
async def test_a_fault_is_the_right_error(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox, kind: str, error: type[PlatformError], done: int
) -> None:
    sandbox.faults.add(OUTPATIENT, kind)
    with pytest.raises(PlatformError) as raised:
        await client.issue(issue(), message_id="a")
    assert type(raised.value) is error
    assert sandbox.books()["normal"] == done
    assert bool(await client.find(find_of(issue()), message_id="b")) is bool(done)


async def test_a_late_effect_is_unanswered_and_then_found(
    client: BosiClient, issue: Issue, sandbox: BosiSandbox
) -> None:
    sandbox.faults.add(OUTPATIENT, "late_effect", seconds=0.1)
    with pytest.raises(Unanswered):
        await client.issue(issue(), message_id="a")
    assert await client.find(find_of(issue()), message_id="b") is None
    await anyio.sleep(0.3)
    assert isinstance(await client.find(find_of(issue()), message_id="c"), Receipt)


async def test_an_answer_that_comes_too_late_is_unanswered(
    settings: BosiSettings, issue: Issue, sandbox: BosiSandbox
) -> None:
    sandbox.faults.add(OUTPATIENT, "delay", seconds=1)
    hasty = BosiClient(dataclasses.replace(settings, timeout=0.2))
    with pytest.raises(Unanswered):
        await hasty.issue(issue(), message_id="a")
    await hasty.close()


async def test_a_closed_door_is_not_sent(settings: BosiSettings, issue: Issue) -> None:
    client = BosiClient(dataclasses.replace(settings, base_url="http://127.0.0.1:9"))
    with pytest.raises(NotSent):
        await client.issue(issue(), message_id="a")
    await client.close()


async def test_an_unknown_account_is_refused_and_a_wrong_key_is_garbled(settings: BosiSettings, issue: Issue) -> None:
    stranger = BosiClient(dataclasses.replace(settings, app_id="STRANGER"))
    with pytest.raises(Refused) as refused:
        await stranger.issue(issue(), message_id="a")
    assert refused.value.reason == "SIGNATURE"
    await stranger.close()
    forger = BosiClient(dataclasses.replace(settings, key="wrong"))
    with pytest.raises(Garbled):
        await forger.issue(issue(), message_id="b")
    await forger.close()


async def test_an_unknown_place_is_refused(settings: BosiSettings, issue: Issue) -> None:
    client = BosiClient(dataclasses.replace(settings, place_code="NOWHERE"))
    with pytest.raises(Refused) as refused:
        await client.issue(issue(), message_id="a")
    assert refused.value.reason == "PLACE_UNKNOWN"
    await client.close()


async def test_the_journal_keeps_every_exchange_and_the_evidence_of_a_garbled_one(
    settings: BosiSettings, issue: Issue, sandbox: BosiSandbox
) -> None:
    kept: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        kept.append(exchange)

    client = BosiClient(settings, journal)
    sandbox.faults.add(OUTPATIENT, "bad_signature")
    with pytest.raises(Garbled) as garbled:
        await client.issue(issue(), message_id="a")
    await issued(client, issue(), "b")
    await client.close()
    assert [(kind.transaction, kind.message_id, kind.outcome) for kind in kept] == [
        (OUTPATIENT, "a", "Garbled"),
        (OUTPATIENT, "b", "Answered"),
    ]
    assert kept[0].raw == garbled.value.raw != b""
    assert settings.key not in str(garbled.value)
