from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import anyio
import pytest

from clients.errors import Garbled, NotSent, Refused, Unanswered
from clients.http import Answer, Exchange
from clients.insurance.envelope import Form, dumps
from clients.insurance.payment.answers import FeeOrder, PlacedOrder
from clients.insurance.payment.client import InsurancePaymentClient, PaymentSettings, _done, _status_of
from clients.insurance.payment.refusals import Reason, reason
from clients.insurance.payment.sandbox import InsurancePaymentSandbox
from clients.insurance.payment.states import OrderState
from clients.insurance.payment.wire import AccountProfile, broken_identities
from tests.clients.insurance_payment import examples
from tests.clients.insurance_payment.examples import place, platform_end, press, query, refund, revoke, upload

pytestmark = pytest.mark.anyio


async def opened(client: InsurancePaymentClient) -> FeeOrder:
    return await client.upload_fee_details(upload(), message_id="m1")


async def priced(client: InsurancePaymentClient) -> tuple[FeeOrder, PlacedOrder]:
    order = await opened(client)
    return order, await client.place_order(place(order), message_id="m2")


async def paid(client: InsurancePaymentClient) -> tuple[FeeOrder, PlacedOrder]:
    order, placed = await priced(client)
    assert press(order).status_code == 200
    return order, placed


async def test_fee_details_open_an_order_with_a_page(client: InsurancePaymentClient) -> None:
    order = await opened(client)
    assert order.visit_id == examples.VISIT
    assert order.cashier_url
    assert order.pay_token not in order.cashier_url
    assert order.pay_token not in repr(order)


async def test_an_order_is_priced_half_by_the_fund(client: InsurancePaymentClient) -> None:
    _, placed = await priced(client)
    assert placed.state is OrderState.PRICED
    amounts = placed.amounts
    assert [amounts.total, amounts.fund, amounts.account, amounts.cash] == [100, 50, 30, 20]
    assert placed.presettlement
    assert placed.presettlement["psn_part_amt"] == "50.00"


async def test_without_the_account_the_rest_is_cash(client: InsurancePaymentClient) -> None:
    order = await opened(client)
    placed = await client.place_order(place(order, use_account=False), message_id="m2")
    assert [placed.amounts.account, placed.amounts.cash] == [0, 50]


async def test_a_paid_order_is_settled_and_tells_its_serial(client: InsurancePaymentClient) -> None:
    order, placed = await paid(client)
    status = await client.query_order(query(order), message_id="m3")
    assert status.state.kind == "PAID"
    assert status.amounts == placed.amounts
    assert status.platform_serial
    assert (status.settle_type, status.order_number) == ("ALL", "ORDER0001")
    assert status.reverse_token
    assert status.reverse_token not in repr(status)


async def test_an_unpaid_order_is_processing_with_amounts_only_once_priced(client: InsurancePaymentClient) -> None:
    order = await opened(client)
    assert (await client.query_order(query(order), message_id="m")).amounts is None
    await client.place_order(place(order), message_id="m")
    status = await client.query_order(query(order), message_id="m")
    assert (status.state.kind, status.amounts is None) == ("PROCESSING", False)


async def test_a_revoked_order_is_cancelled(client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox) -> None:
    order, _ = await priced(client)
    await client.revoke_order(revoke(order), message_id="m3")
    assert (await client.query_order(query(order), message_id="m4")).state.kind == "CANCELLED"
    with pytest.raises(Refused) as no:
        await client.revoke_order(revoke(order), message_id="m5")
    assert no.value.reason == Reason.ALREADY_REVOKED
    assert sandbox.books()["open_orders"] == 0


async def test_a_whole_refund_returns_everything(client: InsurancePaymentClient) -> None:
    order, placed = await paid(client)
    receipt = await client.refund(refund(order, placed.amounts), message_id="m3")
    assert receipt.status == "SUCC"
    assert receipt.insurance_refund_serial
    assert (await client.query_order(query(order), message_id="m4")).state.kind == "REFUNDED"


async def test_a_cash_refund_has_no_insurance_serial(client: InsurancePaymentClient) -> None:
    order, placed = await paid(client)
    receipt = await client.refund(refund(order, placed.amounts, "CASH"), message_id="m3")
    assert receipt.refund_serial
    assert receipt.insurance_refund_serial is None
    status = await client.query_order(query(order), message_id="m4")
    assert (status.state.value, status.state.kind) == ("9", "PARTLY_REFUNDED")


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "gateway_error", "garbled"])
@pytest.mark.parametrize("transaction", ["6201", "6202", "6203", "6301", "6401"])
async def test_a_fault_of_the_wire_is_never_a_no(
    client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox, transaction: str, kind: str
) -> None:
    order, placed = await paid(client)
    sandbox.faults.add(transaction, kind)
    deeds: dict[str, Any] = {
        "6201": lambda: client.upload_fee_details(upload(order_number="O2"), message_id="m"),
        "6202": lambda: client.place_order(place(order), message_id="m"),
        "6203": lambda: client.refund(refund(order, placed.amounts), message_id="m"),
        "6301": lambda: client.query_order(query(order), message_id="m"),
        "6401": lambda: client.revoke_order(revoke(order), message_id="m"),
    }
    with pytest.raises(Unanswered) as lost:
        await deeds[transaction]()
    assert isinstance(lost.value, Garbled) == (kind == "garbled")


async def test_a_slow_answer_is_unanswered(hurried: InsurancePaymentClient, sandbox: InsurancePaymentSandbox) -> None:
    sandbox.faults.add("6201", "delay", seconds=0.4)
    with pytest.raises(Unanswered):
        await opened(hurried)
    assert sandbox.books()["open_orders"] == 1


async def test_a_late_effect_happens_all_the_same(
    client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox
) -> None:
    sandbox.faults.add("6201", "late_effect", seconds=0.02)
    with pytest.raises(Unanswered):
        await opened(client)
    await anyio.sleep(0.1)
    assert sandbox.books()["open_orders"] == 1


@pytest.mark.parametrize("kind", ["refused", "unsigned_error"])
async def test_an_unsigned_no_is_a_refusal_in_the_words_of_the_platform(
    client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox, kind: str
) -> None:
    sandbox.faults.add("6201", kind, text="支付授权已失效")
    with pytest.raises(Refused) as no:
        await opened(client)
    assert (no.value.message, no.value.code, no.value.reason) == ("支付授权已失效", "-1", Reason.AUTHORISATION)
    assert sandbox.books()["orders"] == []


async def test_amounts_that_do_not_add_up_are_garbled(
    client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox
) -> None:
    sandbox.faults.add("6202", "wrong_amounts")
    with pytest.raises(Garbled, match="feeSumamt") as garbled:
        await priced(client)
    assert garbled.value.raw


async def test_amounts_as_json_numbers_are_verified_and_read(
    client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox
) -> None:
    sandbox.faults.add("6202", "numbers")
    _, placed = await priced(client)
    assert placed.amounts.fund == Decimal("50.00")


async def test_a_refund_that_ends_in_exp_is_done_or_not(
    client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox
) -> None:
    order, placed = await paid(client)
    sandbox.faults.add("6203", "refund_exp_undone")
    assert (await client.refund(refund(order, placed.amounts), message_id="m")).status == "EXP"
    assert (await client.query_order(query(order), message_id="m")).state.kind == "PAID"
    sandbox.faults.add("6203", "refund_exp")
    assert (await client.refund(refund(order, placed.amounts), message_id="m")).status == "EXP"
    assert (await client.query_order(query(order), message_id="m")).state.kind == "REFUNDED"


async def test_faults_of_the_query(client: InsurancePaymentClient, sandbox: InsurancePaymentSandbox) -> None:
    order, _ = await priced(client)
    sandbox.faults.add("6301", "no_amounts")
    status = await client.query_order(query(order), message_id="m")
    assert (status.state.value, status.amounts) == ("1", None)
    press(order)
    sandbox.faults.add("6301", "processing", times=2)
    sandbox.faults.add("6301", "unknown_state")
    states = [(await client.query_order(query(order), message_id="m")).state for _ in range(4)]
    assert [state.value for state in states] == ["2", "2", "18", "6"]
    assert [state.kind for state in states] == ["PROCESSING", "PROCESSING", "UNKNOWN", "PAID"]


async def test_a_wrongly_signed_answer_is_garbled(sandbox: InsurancePaymentSandbox, settings: PaymentSettings) -> None:
    client = InsurancePaymentClient(replace(settings, platform_public_key=examples.HOSPITAL_PUBLIC))
    with pytest.raises(Garbled, match="signData"):
        await opened(client)
    await client.close()


async def test_a_platform_that_is_not_there_got_nothing(settings: PaymentSettings) -> None:
    client = InsurancePaymentClient(replace(settings, base_url="http://127.0.0.1:9"))
    with pytest.raises(NotSent):
        await opened(client)
    await client.close()


async def test_the_journal_keeps_the_message_id_and_no_content(
    sandbox: InsurancePaymentSandbox, settings: PaymentSettings
) -> None:
    kept: list[Exchange] = []

    async def journal(exchange: Exchange) -> None:
        kept.append(exchange)

    client = InsurancePaymentClient(settings, journal)
    await opened(client)
    await client.close()
    assert [(e.transaction, e.message_id, e.outcome) for e in kept] == [("6201", "m1", "Answered")]


async def test_a_page_of_the_settings_is_used_where_the_platform_names_none(settings: PaymentSettings) -> None:
    template = "https://pay.example/page?order={pay_order_id}&token={pay_token}"
    client = InsurancePaymentClient(replace(settings, cashier_url=template))
    order = client._fee_order({"payOrdId": "O 1", "payToken": "T&1"})
    assert order.cashier_url == "https://pay.example/page?order=O%201&token=T%261"
    assert client._fee_order({"payOrdId": "O", "payToken": "T", "cashierUrl": "https://x"}).cashier_url == "https://x"
    await client.close()


async def test_empty_disease_fields_are_sent_where_a_province_wants_them(
    sandbox: InsurancePaymentSandbox, settings: PaymentSettings
) -> None:
    client = InsurancePaymentClient(replace(settings, empty_disease_fields=True))
    assert (await opened(client)).pay_order_id
    await client.close()


async def test_the_literal_form_is_spoken_on_both_ends(
    sandbox: InsurancePaymentSandbox, settings: PaymentSettings
) -> None:
    sandbox._envelope = examples.sandbox_settings(form=Form.LITERAL).envelope(examples.PLATFORM_KEY)
    try:
        client = InsurancePaymentClient(replace(settings, form=Form.LITERAL))
        sandbox.faults.add("6202", "numbers")
        _, placed = await priced(client)
        assert placed.amounts.total == 100
        await client.close()
    finally:
        sandbox._envelope = examples.sandbox_settings().envelope(examples.PLATFORM_KEY)


def answer_of(data: dict[str, Any], **outer: str) -> bytes:
    told = {"code": "0", "message": "成功", "success": "true"} | outer
    return dumps(platform_end().seal(data, timestamp="20260101120000", outer=told)).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"code":null}',
        b'{"code":"0"}',
        answer_of({}),
        answer_of({"payOrdId": "another", "ordStas": "6"}),
        answer_of({"payOrdId": "O", "ordStas": ""}),
        answer_of({"payOrdId": "O", "ordStas": "6"}),
        answer_of({"payOrdId": "O", "ordStas": "1", "feeSumamt": "1.00"}),
        answer_of({"payOrdId": ["O"], "ordStas": "1"}),
    ],
)
def test_an_answer_of_6301_that_makes_no_sense_is_garbled(settings: PaymentSettings, body: bytes) -> None:
    client = InsurancePaymentClient(settings)
    with pytest.raises(Garbled):
        client._read("6301", partial(_status_of, "O"), Answer(200, {}, body))


@pytest.mark.parametrize(
    "amounts",
    [
        {"feeSumamt": "-1.00", "ownPayAmt": "-1.00"},
        {"feeSumamt": "1E+99"},
        {"fundPay": "50.001"},
        {"fundPay": None},
        {"psnAcctPay": "NaN"},
        {"othFeeAmt": "0.01"},
        {"extData": {"preSetl": {"setldetail": ["x"]}}},
        {"extData": {"preSetl": {"medfee_sumamt": {}}}},
    ],
)
def test_an_answer_of_6202_with_bad_amounts_is_garbled(settings: PaymentSettings, amounts: dict[str, Any]) -> None:
    client = InsurancePaymentClient(settings)
    good = {"feeSumamt": "100.00", "ownPayAmt": "20.00", "psnAcctPay": "30.00", "fundPay": "50.00"}
    body = answer_of({"payOrdId": "O", "ordStas": "1"} | good | amounts)
    with pytest.raises(Garbled):
        client._read("6202", partial(client._placed_order, "O"), Answer(200, {}, body))


def test_a_verified_denial_of_success_is_a_refusal(settings: PaymentSettings) -> None:
    client = InsurancePaymentClient(settings)
    body = answer_of({"success": "false", "message": "费用明细已撤销"})
    with pytest.raises(Refused) as no:
        client._read("6401", _done, Answer(200, {}, body))
    assert no.value.reason == Reason.ALREADY_REVOKED


PRESETTLED = {
    "medfee_sumamt": "100.00",
    "fulamt_ownpay_amt": "10.00",
    "overlmt_selfpay": "0",
    "preselfpay_amt": "5.00",
    "inscp_scp_amt": "85.00",
    "fund_pay_sumamt": "50.00",
    "psn_part_amt": "50.00",
    "acct_pay": "30.00",
    "psn_cash_pay": "20.00",
    "hosp_part_amt": "0.00",
    **dict.fromkeys(("cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay"), "0.00"),
    "hifp_pay": "50.00",
    "setldetail": [{"fund_payamt": "50.00"}, {"fund_payamt": "30.00"}],
}


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, []),
        ({"preselfpay_amt": "5.01"}, ["I1"]),
        ({"preselfpay_amt": None}, []),
        ({"psn_part_amt": "50.01"}, ["I2", "I3"]),
        ({"psn_cash_pay": "20.01"}, ["I2", "I4"]),
        ({"hosp_part_amt": "0.01"}, ["I3", "I4", "I5"]),
        ({"setldetail": [{"fund_payamt": "50.00"}]}, ["I5"]),
        ({"hifp_pay": "49.00"}, ["I6"]),
        ({"hifp_pay": "49.00", "hifdm_pay": "1.00"}, []),
        ({"acct_pay": "25.00", "acct_mulaid_pay": "5.00"}, []),
    ],
)
def test_identities_outside_the_fund(changed: dict[str, Any], broken: list[str]) -> None:
    found = broken_identities(PRESETTLED | changed, AccountProfile.OUTSIDE_FUND)
    assert [text.split()[0] for text in found] == broken


def test_identities_inside_the_fund() -> None:
    inside = PRESETTLED | {"fund_pay_sumamt": "80.00"}
    assert broken_identities(inside, AccountProfile.INSIDE_FUND) == []
    assert [t.split()[0] for t in broken_identities(PRESETTLED, AccountProfile.INSIDE_FUND)] == ["I3", "I5", "I6"]


async def test_a_broken_identity_names_itself_and_may_be_let_through(
    sandbox: InsurancePaymentSandbox, settings: PaymentSettings
) -> None:
    sandbox.settings = examples.sandbox_settings(inside_fund=True)
    sandbox.reset()
    strict = InsurancePaymentClient(settings)
    with pytest.raises(Garbled, match="I3"):
        await priced(strict)
    await strict.close()
    for lenient in ({"account_profile": AccountProfile.INSIDE_FUND}, {"stopping_identities": frozenset({"I1"})}):
        sandbox.reset()
        client = InsurancePaymentClient(replace(settings, **lenient))
        assert (await priced(client))[1].amounts.fund == 50
        await client.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("签名验证失败", Reason.SIGNATURE),
        ("就诊ID不能为空 (required)", Reason.FORM),
        ("医疗机构订单号重复", Reason.DUPLICATE_ORDER),
        ("医疗费总额不等于费用明细合计金额", Reason.AMOUNTS),
        ("订单未结算，不能退费", Reason.WRONG_STATE),
        ("支付授权无效", Reason.AUTHORISATION),
        ("费用明细已撤销", Reason.ALREADY_REVOKED),
        ("订单已退款", Reason.ALREADY_REFUNDED),
        ("支付订单不存在", Reason.NOT_FOUND),
        ("系统繁忙", Reason.OTHER),
    ],
)
def test_words_of_the_platform_have_our_reasons(text: str, expected: Reason) -> None:
    assert reason(text) is expected


def test_only_six_is_paid_and_strangers_keep_their_code() -> None:
    kinds = {str(code): OrderState(str(code)).kind for code in range(26)}
    assert [code for code, kind in kinds.items() if kind == "PAID"] == ["6"]
    assert {kinds[code] for code in map(str, range(18, 26))} == {"UNKNOWN"}
    assert OrderState("25").value == OrderState("25") == "25"
    with pytest.raises(ValueError, match="valid"):
        OrderState("")


def test_secrets_are_not_shown(settings: PaymentSettings) -> None:
    shown = repr(settings) + repr(upload()) + repr(examples.sandbox_settings())
    shown += repr(query(FeeOrder(pay_order_id="O", pay_token="SECRETTOKEN")))
    for secret in (examples.APP_SECRET, examples.HOSPITAL_KEY, examples.TOKEN, examples.ID_NUMBER, "SECRETTOKEN"):
        assert secret not in shown
