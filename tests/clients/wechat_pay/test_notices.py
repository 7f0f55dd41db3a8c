from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

import httpx
import pytest

from clients.errors import Garbled
from clients.wechat_pay import wire
from clients.wechat_pay.client import WeChatPayClient
from clients.wechat_pay.demo import DemoKeys
from clients.wechat_pay.messages import Checkout, PaymentNotice, QueryRefund, Refund, RefundNotice
from clients.wechat_pay.sandbox import WeChatPaySandbox

pytestmark = pytest.mark.anyio
Press = Callable[..., httpx.Response]
Post = tuple[dict[str, str], bytes]
Resource = dict[str, Any]
PAID: Resource = {
    "mchid": "1900000001",
    "appid": "wx0000000000000001",
    "out_trade_no": "DEMO-00000001",
    "transaction_id": "4200000000000000000000000001",
    "trade_state": "SUCCESS",
    "success_time": "2026-01-02T00:00:00+08:00",
    "amount": {"total": 3050, "payer_total": 3050, "currency": "CNY", "payer_currency": "CNY"},
}


class Mailbox(Protocol):
    answers: list[int]

    def wait(self, count: int, seconds: float = 5.0) -> list[Post]: ...


def sealed(keys: DemoKeys, content: Resource, *, seconds: int = 0, **changed: Any) -> Post:
    """A notice as the platform would post it."""
    nonce = secrets.token_hex(6)
    inner = {
        "algorithm": changed.pop("algorithm", "AEAD_AES_256_GCM"),
        "ciphertext": wire.encrypt(keys.api_v3_key, nonce, "transaction", wire.dump(content)),
        "associated_data": "transaction",
        "nonce": nonce,
    }
    body = wire.dump({"id": "N-1", "event_type": "TRANSACTION.SUCCESS", "resource": inner, **changed})
    timestamp = str(int(time.time()) + seconds)
    key = wire.private_key(keys.platform_private_key)
    return wire.answer_headers(key, "PUB_KEY_ID_0000000001", timestamp, nonce, body), body


async def pay(client: WeChatPayClient, order: Checkout, press: Press) -> None:
    page = await client.checkout(order, message_id="1")
    assert press(page.url).status_code == 200


async def test_a_payment_is_told_once(client: WeChatPayClient, order: Checkout, press: Press, mailbox: Mailbox) -> None:
    await pay(client, order, press)
    (post,) = mailbox.wait(1)
    notice = client.read_notice(*post)
    assert isinstance(notice, PaymentNotice)
    assert (notice.trade_number, notice.amount) == (order.trade_number, Decimal("30.50"))
    time.sleep(0.1)  # noqa: ASYNC251
    assert len(mailbox.wait(1)) == 1


@pytest.mark.parametrize("status", ["SUCCESS", "ABNORMAL", "CLOSED"])
async def test_the_end_of_a_refund_is_told(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press, mailbox: Mailbox, status: str
) -> None:
    await pay(client, order, press)
    mailbox.wait(1)
    sandbox.faults.add("refund", "refund_processing", text=status)
    refund = Refund(
        trade_number=order.trade_number,
        refund_number="R-1",
        amount=Decimal("0.50"),
        total=order.amount,
        reason="退诊",
    )
    await client.refund(refund, message_id="2")
    for number in range(2):
        await client.query_refund(QueryRefund(refund_number="R-1"), message_id=f"q{number}")
    notice = client.read_notice(*mailbox.wait(2)[1])
    assert isinstance(notice, RefundNotice)
    assert (notice.refund_number, notice.status, notice.amount) == ("R-1", status, Decimal("0.50"))


async def test_a_notice_comes_again_until_it_is_taken_thrice_at_most(
    client: WeChatPayClient, order: Checkout, press: Press, mailbox: Mailbox
) -> None:
    mailbox.answers += [500, 500, 500]
    await pay(client, order, press)
    posts = mailbox.wait(3)
    assert len({client.read_notice(*post).notice_id for post in posts}) == 1
    assert len(posts) == 3


async def test_a_notice_that_never_comes_does_not_come(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press, mailbox: Mailbox
) -> None:
    sandbox.faults.add("notice", "notice_never")
    await pay(client, order, press)
    assert mailbox.wait(1, seconds=0.3) == []


async def test_a_notice_that_comes_twice_is_the_same_notice(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press, mailbox: Mailbox
) -> None:
    sandbox.faults.add("notice", "notice_twice")
    await pay(client, order, press)
    first, second = (client.read_notice(*post) for post in mailbox.wait(2))
    assert first == second


async def test_a_forged_notice_is_garbled_and_the_true_one_follows(
    client: WeChatPayClient, sandbox: WeChatPaySandbox, order: Checkout, press: Press, mailbox: Mailbox
) -> None:
    sandbox.faults.add("notice", "notice_forged")
    await pay(client, order, press)
    forged, true = mailbox.wait(2)
    with pytest.raises(Garbled, match="Signature") as garbled:
        client.read_notice(*forged)
    assert garbled.value.raw == forged[1]
    assert isinstance(client.read_notice(*true), PaymentNotice)


async def test_header_names_of_a_notice_may_be_of_any_case(client: WeChatPayClient, keys: DemoKeys) -> None:
    headers, body = sealed(keys, PAID)
    assert client.read_notice({name.upper(): value for name, value in headers.items()}, body).notice_id == "N-1"


@pytest.mark.parametrize("seconds", [-310, 310])
async def test_a_notice_outside_five_minutes_is_garbled(client: WeChatPayClient, keys: DemoKeys, seconds: int) -> None:
    with pytest.raises(Garbled, match="five minutes"):
        client.read_notice(*sealed(keys, PAID, seconds=seconds))


@pytest.mark.parametrize(
    "changed",
    [
        {"event_type": "PAYSCORE.USER_OPEN_SERVICE"},
        {"event_type": ["TRANSACTION.SUCCESS"]},
        {"algorithm": "none"},
        {"id": ""},
        {"resource": None},
        {"resource": "text"},
    ],
)
async def test_a_signed_notice_of_another_form_is_garbled(
    client: WeChatPayClient, keys: DemoKeys, changed: dict[str, Any]
) -> None:
    with pytest.raises(Garbled):
        client.read_notice(*sealed(keys, PAID, **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"mchid": "1900000002"},
        {"appid": "wx0000000000000002"},
        {"trade_state": "NOTPAY"},
        {"amount": {"total": "3050", "currency": "CNY"}},
        {"amount": {"total": 3050, "currency": "USD"}},
        {"amount": {}},
        {"success_time": "yesterday"},
        {"transaction_id": None},
    ],
)
async def test_a_signed_notice_of_another_content_is_garbled(
    client: WeChatPayClient, keys: DemoKeys, changed: Resource
) -> None:
    with pytest.raises(Garbled):
        client.read_notice(*sealed(keys, {**PAID, **changed}))


async def test_a_notice_sealed_with_another_key_is_garbled(client: WeChatPayClient, keys: DemoKeys) -> None:
    with pytest.raises(Garbled, match="decrypted"):
        client.read_notice(*sealed(dataclasses.replace(keys, api_v3_key="k" * 32), PAID))


async def test_bytes_that_are_no_notice_are_garbled(client: WeChatPayClient) -> None:
    with pytest.raises(Garbled):
        client.read_notice({}, b"\xff")
