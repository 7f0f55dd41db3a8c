from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest

from clients.errors import Garbled, Refused
from clients.fields import check_node
from clients.insurance.book import Profile
from clients.insurance.payment.answers import FeeOrder, PlacedOrder
from clients.insurance.payment.client import InsurancePaymentClient as Client
from clients.insurance.payment.messages import Refund
from clients.insurance.payment.refusals import Reason
from clients.insurance.payment.sandbox import CODES, FIELDS
from clients.insurance.payment.sandbox import InsurancePaymentSandbox as Sandbox
from clients.insurance.payment.states import OrderState
from clients.insurance.payment.wire import of_institution
from clients.insurance.sm import PrivateKey
from tests.clients.insurance_payment import examples
from tests.clients.insurance_payment.conftest import Receiver
from tests.clients.insurance_payment.examples import (
    hospital_end,
    line,
    place,
    platform_end,
    post,
    press,
    query,
    refund,
    revoke,
    say,
    see,
    send,
    upload,
    visit,
)

pytestmark = pytest.mark.anyio
OWN = of_institution(examples.INSTITUTION)


async def priced(client: Client) -> tuple[FeeOrder, PlacedOrder]:
    order = await client.upload_fee_details(upload(), message_id="m")
    return order, await client.place_order(place(order), message_id="m")


async def paid(client: Client) -> tuple[FeeOrder, PlacedOrder]:
    order, placed = await priced(client)
    assert press(order).status_code == 200
    return order, placed


async def reason_of(coroutine: Any) -> str:
    with pytest.raises(Refused) as no:
        await coroutine
    return no.value.reason


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"person_number": "P9"}, Reason.NOT_FOUND),
        ({"pay_auth_number": "AUTHX"}, Reason.AUTHORISATION),
        ({"id_number": "350200199001010025"}, Reason.AUTHORISATION),
        ({"insurance_type": "310"}, Reason.NOT_FOUND),
        ({"visit_id": "MDT9"}, Reason.NOT_FOUND),
        ({"total": Decimal("100.01")}, Reason.AMOUNTS),
        ({"total": Decimal(0), "lines": (line(amount=Decimal(0), price=Decimal(0)),)}, Reason.AMOUNTS),
        ({"lines": (line(price=Decimal(26)),)}, Reason.AMOUNTS),
        ({"lines": (line(), line()), "total": Decimal(200)}, Reason.DUPLICATE_ORDER),
        ({"pay_auth_number": ""}, Reason.FORM),
    ],
)
async def test_fee_details_that_break_a_rule_are_refused(
    client: Client, sandbox: Sandbox, changed: dict[str, Any], expected: Reason
) -> None:
    assert await reason_of(client.upload_fee_details(upload(**changed), message_id="m")) == expected
    assert sandbox.books()["orders"] == []


async def test_scopes_that_do_not_add_up_are_refused(sandbox: Sandbox, base: str) -> None:
    scopes = {"fulamtOwnpayAmt": "1.00", "preselfpayAmt": "1.00", "inscpScpAmt": "1.00"}
    assert "inscpScpAmt" in say(base, "6201", OWN | upload().to_wire() | scopes)["message"]
    assert say(base, "6201", OWN | upload().to_wire() | scopes | {"inscpScpAmt": "98.00"})["code"] == "0"


@pytest.mark.parametrize("node", ["feedetailList", "diseinfoList"])
async def test_one_object_is_not_a_list(sandbox: Sandbox, base: str, node: str) -> None:
    data = OWN | upload().to_wire()
    assert say(base, "6201", data | {node: data[node][0]})["message"].startswith(f"SIM-FORM {node}: ")


async def test_amounts_as_numbers_are_accepted_from_a_hospital(sandbox: Sandbox, base: str) -> None:
    assert say(base, "6201", OWN | upload().to_wire() | {"medfeeSumamt": Decimal("100.00")})["code"] == "0"


async def test_a_cancelled_visit_has_no_fees(client: Client, sandbox: Sandbox) -> None:
    sandbox.book.visits[examples.VISIT].state = "CANCELLED"
    assert await reason_of(client.upload_fee_details(upload(), message_id="m")) == Reason.NOT_FOUND


async def test_the_same_order_number_gets_the_first_answer_or_a_no(client: Client, sandbox: Sandbox) -> None:
    first = await client.upload_fee_details(upload(), message_id="m1")
    assert await client.upload_fee_details(upload(), message_id="m2") == first
    other = client.upload_fee_details(upload(batch_number="B2"), message_id="m3")
    assert await reason_of(other) == Reason.DUPLICATE_ORDER
    assert sandbox.books()["open_orders"] == 1


async def test_a_fee_serial_is_used_once_while_its_details_stand(client: Client) -> None:
    order, _ = await priced(client)
    again = upload(order_number="ORDER0002")
    assert await reason_of(client.upload_fee_details(again, message_id="m")) == Reason.DUPLICATE_ORDER
    await client.revoke_order(revoke(order), message_id="m")
    assert (await client.upload_fee_details(again, message_id="m")).pay_order_id != order.pay_order_id


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"pay_order_id": "ORD9"}, Reason.NOT_FOUND),
        ({"pay_token": "T9"}, Reason.AUTHORISATION),
        ({"batch_number": "B9"}, Reason.FORM),
        ({"visit_id": "MDT9"}, Reason.FORM),
        ({"pay_auth_number": "AUTHX"}, Reason.AUTHORISATION),
        ({"fee_type": "02"}, Reason.FORM),
    ],
)
async def test_an_order_is_placed_only_as_it_was_uploaded(
    client: Client, changed: dict[str, Any], expected: Reason
) -> None:
    order = await client.upload_fee_details(upload(), message_id="m")
    assert await reason_of(client.place_order(place(order, **changed), message_id="m")) == expected


async def test_the_same_business_serial_gets_the_first_answer_or_a_no(client: Client) -> None:
    order, placed = await priced(client)
    assert await client.place_order(place(order), message_id="m") == placed
    other = client.place_order(place(order, use_account=False), message_id="m")
    assert await reason_of(other) == Reason.DUPLICATE_ORDER
    again = await client.place_order(place(order, business_serial="BIZ2", use_account=False), message_id="m")
    assert again.amounts.account == 0


async def test_a_line_that_was_not_approved_is_paid_by_the_patient(client: Client) -> None:
    one = line(amount=Decimal(60), quantity=Decimal(1), price=Decimal(60))
    other = line(serial="F2", amount=Decimal(40), quantity=Decimal(1), price=Decimal(40), approval="2")
    order = await client.upload_fee_details(upload(lines=(one, other)), message_id="m")
    placed = await client.place_order(place(order), message_id="m")
    assert [placed.amounts.fund, placed.amounts.account, placed.amounts.cash] == [30, 30, 40]


@pytest.mark.parametrize("changed", [{"id_number": "X"}, {"name": "X"}, {"pay_token": "X"}, {"pay_order_id": "X"}])
async def test_an_order_is_told_only_to_whom_it_belongs(client: Client, changed: dict[str, Any]) -> None:
    order = await client.upload_fee_details(upload(), message_id="m")
    assert await reason_of(client.query_order(query(order, **changed), message_id="m"))
    assert await reason_of(client.revoke_order(revoke(order, **changed), message_id="m"))


async def test_the_national_order_of_undoing(client: Client, sandbox: Sandbox) -> None:
    order, placed = await paid(client)
    assert (sandbox.book.open_fees(examples.VISIT), sandbox.book.open_settlement(examples.VISIT)) == (True, True)
    assert await reason_of(client.revoke_order(revoke(order), message_id="m")) == Reason.WRONG_STATE
    await client.refund(refund(order, placed.amounts), message_id="m")
    assert (sandbox.book.open_fees(examples.VISIT), sandbox.book.open_settlement(examples.VISIT)) == (False, False)
    assert await reason_of(client.revoke_order(revoke(order), message_id="m")) == Reason.ALREADY_REFUNDED


async def test_the_order_of_undoing_that_the_tender_wants(client: Client, sandbox: Sandbox) -> None:
    sandbox.book.profile = Profile.TENDER
    order, placed = await paid(client)
    sandbox.book.visits[examples.VISIT].state = "CANCELLED"
    await client.revoke_order(revoke(order), message_id="m")
    assert (await client.query_order(query(order), message_id="m")).state.kind == "PAID"
    assert sandbox.books()["orders"][0]["fee_details"] == "revoked"  # type: ignore[index]
    assert await reason_of(client.revoke_order(revoke(order), message_id="m")) == Reason.ALREADY_REVOKED
    await client.refund(refund(order, placed.amounts), message_id="m")
    assert sandbox.books()["live_settlements"] == 0


async def test_money_leaves_the_account_and_comes_back(client: Client, sandbox: Sandbox) -> None:
    account = sandbox.book.persons["P0001"].insurances[0]
    order, placed = await paid(client)
    assert account["balance_fen"] == 0
    assert (sandbox.books()["live_settlements"], sandbox.books()["settled_fen"]) == (1, 10000)
    first = await client.refund(refund(order, placed.amounts), message_id="m")
    assert await client.refund(refund(order, placed.amounts), message_id="m") == first
    assert account["balance_fen"] == 3000
    books = sandbox.books()
    assert (books["live_settlements"], books["settled_fen"], books["open_orders"]) == (0, 0, 0)
    assert books["orders"] == [
        {
            "pay_order_id": order.pay_order_id,
            "order_number": "ORDER0001",
            "state": "7",
            "total_fen": 10000,
            "fund_fen": 5000,
            "account_fen": 3000,
            "cash_fen": 2000,
            "refunded_fen": 10000,
            "fee_details": "revoked",
        }
    ]


async def test_a_refund_number_is_used_for_one_content(client: Client) -> None:
    order, placed = await paid(client)
    await client.refund(refund(order, placed.amounts, "CASH"), message_id="m")
    assert await reason_of(client.refund(refund(order, placed.amounts), message_id="m")) == Reason.DUPLICATE_ORDER


async def test_an_order_that_is_not_settled_has_nothing_to_refund(client: Client) -> None:
    order, placed = await priced(client)
    assert await reason_of(client.refund(refund(order, placed.amounts), message_id="m")) == Reason.WRONG_STATE


async def test_a_refunded_order_is_not_refunded_again(client: Client) -> None:
    order, placed = await paid(client)
    await client.refund(refund(order, placed.amounts), message_id="m")
    again = client.refund(refund(order, placed.amounts, number="REF2"), message_id="m")
    assert await reason_of(again) == Reason.ALREADY_REFUNDED


@pytest.mark.parametrize(
    ("kind", "changed"),
    [
        ("ALL", {"total": 99, "cash": 19}),
        ("ALL", {"total": 101}),
        ("ALL", {"fund": 49, "cash": 21}),
        ("CASH", {"total": 21, "cash": 21}),
        ("CASH", {"total": 0, "cash": 0}),
        ("CASH", {"total": 21, "fund": 1}),
        ("HI", {"total": 79, "fund": 49}),
        ("HI", {"total": 81, "cash": 1}),
    ],
)
async def test_a_refund_keeps_to_what_was_paid(client: Client, kind: Any, changed: dict[str, int]) -> None:
    order, placed = await paid(client)
    asked = replace(refund(order, placed.amounts, kind), **{n: Decimal(v) for n, v in changed.items()})  # type: ignore[arg-type]
    assert await reason_of(client.refund(asked, message_id="m")) == Reason.AMOUNTS


def some_cash(asked: Refund, cash: int) -> Refund:
    return replace(asked, total=Decimal(cash), cash=Decimal(cash))


@pytest.mark.parametrize(
    ("steps", "states"),
    [
        ([("HI", 0), ("CASH", 20)], ["8", "7"]),
        ([("CASH", 20), ("HI", 0)], ["9", "7"]),
        ([("CASH", 5), ("CASH", 15)], ["10", "9"]),
        ([("CASH", 5), ("HI", 0), ("CASH", 15)], ["10", "11", "7"]),
        ([("HI", 0), ("CASH", 5)], ["8", "11"]),
    ],
)
async def test_partial_refunds_walk_through_the_states(
    client: Client, steps: list[tuple[Any, int]], states: list[str]
) -> None:
    order, placed = await paid(client)
    seen = []
    for number, (kind, cash) in enumerate(steps):
        asked = refund(order, placed.amounts, kind, number=f"REF{number}")
        await client.refund(some_cash(asked, cash) if cash else asked, message_id="m")
        seen.append((await client.query_order(query(order), message_id="m")).state.value)
    assert seen == states


async def test_a_revoked_order_is_neither_placed_nor_paid(client: Client) -> None:
    order, _ = await priced(client)
    await client.revoke_order(revoke(order), message_id="m")
    again = client.place_order(place(order, business_serial="BIZ2"), message_id="m")
    assert await reason_of(again) == Reason.ALREADY_REVOKED
    assert press(order).status_code == 409


@pytest.mark.parametrize(
    ("wire", "told"),
    [
        ({"appId": "1SIMAPP000000000000000000000APP2"}, "appId"),
        ({"signData": "AAAA"}, "签名"),
        ({"encData": "00" * 16}, "解密"),
        ({"timestamp": "20261301000000"}, "timestamp"),
        ({"timestamp": "now"}, "timestamp"),
        ({"version": "1.0.0"}, "version"),
        ({"encType": "AES"}, "encType"),
    ],
)
async def test_an_envelope_that_does_not_hold_is_refused(
    sandbox: Sandbox, base: str, wire: dict[str, str], told: str
) -> None:
    sealed: dict[str, Any] = hospital_end().seal(OWN | upload().to_wire(), timestamp="20260101120000")
    answer = post(base, "6201", sealed | wire)
    assert answer["code"] == "-1"
    assert told in answer["message"]
    assert sandbox.books()["orders"] == []


async def test_a_stranger_is_refused(sandbox: Sandbox, base: str) -> None:
    stranger = hospital_end(signer=PrivateKey.read("11" * 32))
    wire: dict[str, Any] = stranger.seal(OWN | upload().to_wire(), timestamp="20260101120000")
    assert "签名" in post(base, "6201", wire)["message"]
    assert send(f"{base}/org/local/api/hos/uldFeeInfo", content=b"[").json()["code"] == "-1"


async def test_an_old_timestamp_is_refused_where_a_window_is_set(sandbox: Sandbox, base: str) -> None:
    sandbox.settings = examples.sandbox_settings(skew_seconds=300.0)
    wire: dict[str, Any] = hospital_end().seal(OWN | upload().to_wire(), timestamp="20200101120000")
    assert "timestamp" in post(base, "6201", wire)["message"]
    wire = dict(hospital_end().seal(OWN | upload().to_wire(), timestamp=str(int(time.time() * 1000))))
    assert post(base, "6201", wire)["code"] == "0"


async def test_another_institution_is_refused(sandbox: Sandbox, base: str) -> None:
    assert "orgCodg" in say(base, "6201", of_institution("H99") | upload().to_wire())["message"]


async def test_every_answer_keeps_its_own_table(client: Client, base: str) -> None:
    order, placed = await paid(client)
    asked = {
        "6201": OWN | upload().to_wire(),
        "6202": OWN | place(order).to_wire(),
        "6301": OWN | query(order).to_wire(),
        "6203": refund(order, placed.amounts).to_wire(),
    }
    for transaction, data in asked.items():
        answer = hospital_end().open(say(base, transaction, data))
        assert check_node(FIELDS[transaction]["out"], "data", answer, CODES) == []


async def test_the_page_shows_the_amounts_and_its_form_can_be_posted(client: Client) -> None:
    order, _ = await priced(client)
    assert order.cashier_url
    page = see(order.cashier_url)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert all(text in page.text for text in ("¥100.00", "¥50.00", "¥30.00", "¥20.00", "支付", "取消"))
    action = re.search(r'action="([^"]+)"', page.text)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert action
    assert token
    target = httpx.URL(order.cashier_url).join(action[1])
    assert send(target, data={"token": token[1], "action": "pay"}).status_code == 200
    assert "支付成功" in see(order.cashier_url).text


async def test_the_page_wants_its_token_and_a_priced_order(client: Client) -> None:
    order = await client.upload_fee_details(upload(), message_id="m")
    assert order.cashier_url
    assert see(order.cashier_url).status_code == 409
    assert see(order.cashier_url + "x").status_code == 404
    assert send(order.cashier_url.split("?")[0], data={"action": "pay"}).status_code == 404
    assert press(order).status_code == 409


async def test_cancelling_on_the_page_changes_nothing(client: Client) -> None:
    order, _ = await priced(client)
    assert press(order, "cancel").status_code == 200
    assert (await client.query_order(query(order), message_id="m")).state.value == "1"


async def test_paying_twice_pays_once(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    order, _ = await paid(client)
    assert "支付成功" in press(order).text
    assert sandbox.books()["settled_fen"] == 10000
    assert len(receiver.wait(1)) == 1


async def test_an_expired_page_does_not_take_money(client: Client, sandbox: Sandbox) -> None:
    sandbox.settings = examples.sandbox_settings(page_seconds=-1.0)
    sandbox.reset()
    order, _ = await priced(client)
    assert press(order).status_code == 409
    assert (await client.query_order(query(order), message_id="m")).state.value == "1"


async def test_an_emptied_account_does_not_pay(client: Client, sandbox: Sandbox) -> None:
    order, _ = await priced(client)
    sandbox.book.persons["P0001"].insurances[0]["balance_fen"] = 100
    assert press(order).status_code == 409


async def test_a_notice_comes_and_is_read(client: Client, receiver: Receiver) -> None:
    order, placed = await paid(client)
    notice = client.read_notice(receiver.wait(1)[0])
    assert (notice.pay_order_id, notice.order_number) == (order.pay_order_id, "ORDER0001")
    assert (notice.call_type, notice.amounts, notice.state) == ("02", placed.amounts, None)
    assert notice.platform_serial
    assert notice.reverse_token not in repr(notice)
    opened = hospital_end().open(json.loads(receiver.bodies[0]))
    assert check_node(FIELDS["6302"]["in"], "data", opened, CODES) == []


async def test_a_notice_that_is_not_accepted_comes_three_times(client: Client, receiver: Receiver) -> None:
    receiver.accepts = False
    await paid(client)
    receiver.wait(3)
    await anyio.sleep(0.1)
    assert len(receiver.bodies) == 3


async def test_a_notice_may_never_come(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.faults.add("6302", "callback_never")
    order, _ = await paid(client)
    await anyio.sleep(0.1)
    assert receiver.bodies == []
    assert (await client.query_order(query(order), message_id="m")).state.kind == "PAID"


async def test_a_notice_may_come_twice(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.faults.add("6302", "callback_twice")
    await paid(client)
    first, second = (client.read_notice(body) for body in receiver.wait(2))
    assert first == second


async def test_a_forged_notice_is_garbled_and_the_true_one_follows(
    client: Client, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.faults.add("6302", "callback_forged")
    _, placed = await paid(client)
    forged, true = receiver.wait(2)
    with pytest.raises(Garbled, match="signData"):
        client.read_notice(forged)
    assert client.read_notice(true).amounts == placed.amounts


async def test_a_notice_may_come_before_the_query_knows(client: Client, sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.faults.add("6302", "callback_early", seconds=0.3)
    order, _ = await paid(client)
    receiver.wait(1)
    assert (await client.query_order(query(order), message_id="m")).state.value == "2"
    await anyio.sleep(0.3)
    assert (await client.query_order(query(order), message_id="m")).state.value == "6"


@pytest.mark.parametrize(
    "missing", ["payOrdId", "callType", "medOrgOrd", "traceTime", "feeSumamt", "fundPay", "setlType", "revsToken"]
)
async def test_a_notice_that_lacks_a_field_is_garbled(client: Client, receiver: Receiver, missing: str) -> None:
    await paid(client)
    notice = hospital_end().open(json.loads(receiver.wait(1)[0]))
    del notice[missing]
    wire = platform_end().seal(notice, timestamp="20260101120000")
    with pytest.raises(Garbled, match=missing):
        client.read_notice(json.dumps(wire).encode())


async def test_the_spelling_of_hainan_is_read(client: Client, receiver: Receiver) -> None:
    await paid(client)
    notice = hospital_end().open(json.loads(receiver.wait(1)[0]))
    notice["ownpayAmt"], notice["ordStas"] = notice.pop("ownPayAmt"), "6"
    wire = platform_end().seal(notice, timestamp="20260101120000")
    read = client.read_notice(json.dumps(wire).encode())
    assert read.amounts.cash == 20
    assert read.state is OrderState.SETTLED


async def test_loading_does_not_tie_the_book_to_the_data(client: Client, sandbox: Sandbox) -> None:
    await paid(client)
    assert examples.PERSON["insurances"][0]["balance_fen"] == 3000  # type: ignore[index]
    visit(sandbox.book, "MDT0002")
    assert not sandbox.book.open_fees("MDT0002")
