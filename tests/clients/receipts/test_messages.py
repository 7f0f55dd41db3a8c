import dataclasses
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from clients.receipts.client import BosiSettings
from clients.receipts.messages import Channel, IssueReceipt, Pending, Receipt, ReceiptState
from clients.receipts.refusals import FRAGMENTS, Reason, reason_of

Issue = Callable[..., IssueReceipt]


def test_amounts_are_text_with_two_decimals_and_in_the_list_with_four(issue: Issue, settings: BosiSettings) -> None:
    message: dict[str, Any] = issue().to_wire(settings)
    assert (message["totalAmt"], message["fundPay"], message["reimbursementAmt"]) == ("70.50", "30.00", "35.00")
    assert message["chargeDetail"][1]["amt"] == "20.50"
    drug = message["listDetail"][1]
    assert (drug["std"], drug["number"], drug["amt"], drug["selfAmt"]) == ("10.1250", "2.00", "20.2500", "10.0000")


def test_the_business_type_is_told_by_the_kind(issue: Issue, settings: BosiSettings) -> None:
    assert issue().to_wire(settings)["busType"] == "02"
    assert issue(kind="REGISTRATION").to_wire(settings)["busType"] == "06"


def test_the_payer_is_a_person_and_the_receipt_may_circulate(issue: Issue, settings: BosiSettings) -> None:
    message = issue().to_wire(settings)
    assert (message["payerType"], message["isArrears"]) == ("1", "1")
    held = dataclasses.replace(settings, may_circulate=False)
    assert issue().to_wire(held)["isArrears"] == "0"


@pytest.mark.parametrize(
    ("insurance_type", "code"),
    [
        ("310", "01"),
        ("370", "01"),
        ("390", "02"),
        ("392", "02"),
        ("340", "06"),
        ("410", "99"),
        ("510", "99"),
        (None, "07"),
    ],
)
def test_the_insurance_is_told_by_code_and_name(
    issue: Issue, settings: BosiSettings, insurance_type: str | None, code: str
) -> None:
    message = issue(insurance_type=insurance_type).to_wire(settings)
    assert message["medCareTypeCode"] == code
    assert message["medicalCareType"]


def test_channels_of_one_code_are_one_line(issue: Issue, settings: BosiSettings) -> None:
    assert issue().to_wire(settings)["payChannelDetail"] == [
        {"payChannelCode": "11", "payChannelValue": "55.00"},
        {"payChannelCode": "05", "payChannelValue": "15.50"},
    ]


def test_channel_codes_are_the_hospitals(issue: Issue, settings: BosiSettings) -> None:
    codes = {"INSURANCE_FUND": "YBTCJJ", "INSURANCE_ACCOUNT": "YBK", "WECHAT": "05"}
    message: dict[str, Any] = issue().to_wire(dataclasses.replace(settings, pay_channel_codes=codes))
    assert [line["payChannelCode"] for line in message["payChannelDetail"]] == ["YBTCJJ", "YBK", "05"]


def test_a_channel_without_a_code_is_not_sent(issue: Issue, settings: BosiSettings) -> None:
    with pytest.raises(ValueError, match=r"no pay channel code.*BARTER"):
        issue(channels=(Channel(kind="BARTER", amount=Decimal("70.5")),)).to_wire(settings)


def test_the_date_has_the_form_of_the_installation(issue: Issue, settings: BosiSettings) -> None:
    assert issue().to_wire(settings)["consultationDate"] == "20260105"
    dashed = dataclasses.replace(settings, date_format="yyyy-MM-dd")
    assert issue().to_wire(dashed)["consultationDate"] == "2026-01-05"


def test_what_is_not_known_is_not_sent(issue: Issue, settings: BosiSettings) -> None:
    message = issue(id_number=None, telephone=None, insurance_settlement_id=None).to_wire(settings)
    assert not {"idCardNo", "tel", "balancedNumber", "remark", "openID"} & message.keys()


def test_channels_that_do_not_sum_to_the_total_break_rule_1(issue: Issue, settings: BosiSettings) -> None:
    with pytest.raises(ValueError, match="sum rule 1"):
        issue(channels=issue().channels[:2]).to_wire(settings)


def test_charges_that_do_not_sum_to_the_total_break_rule_2(issue: Issue, settings: BosiSettings) -> None:
    with pytest.raises(ValueError, match="sum rule 2"):
        issue(charges=issue().charges[:1]).to_wire(settings)


def test_details_that_do_not_sum_to_their_charge_break_rule_3(issue: Issue, settings: BosiSettings) -> None:
    with pytest.raises(ValueError, match=r"sum rule 3.*09"):
        issue(details=issue().details[:2]).to_wire(settings)


def test_a_detail_of_a_charge_that_is_not_there_breaks_rule_3(issue: Issue, settings: BosiSettings) -> None:
    stray = dataclasses.replace(issue().details[0], charge_code="13")
    with pytest.raises(ValueError, match=r"sum rule 3.*13"):
        issue(details=(*issue().details, stray)).to_wire(settings)


def test_a_fraction_of_a_fen_is_not_sent(issue: Issue, settings: BosiSettings) -> None:
    with pytest.raises(ValueError, match="fen"):
        issue(own_pay=Decimal("0.005")).to_wire(settings)


def test_personal_data_and_secrets_do_not_show_in_a_repr(issue: Issue, settings: BosiSettings) -> None:
    shown = repr(issue(wechat_open_id="openid-x")) + repr(settings)
    for secret in ("测试患者", "110101199001010000", "13000000000", "T0000001", "openid-x", settings.key):
        assert secret not in shown


def test_the_inner_address_does_not_show_in_a_repr() -> None:
    assert "inner" not in repr(Receipt(batch_code="1", number="2", check_code="3", inner_url="http://inner"))


def test_success_with_an_empty_number_is_pending_and_without_one_is_nonsense() -> None:
    assert Receipt.from_wire_or_pending({"billNo": ""}, "B1") == Pending(business_number="B1")
    with pytest.raises(ValueError, match="missing"):
        Receipt.from_wire_or_pending({"billBatchCode": "1", "random": "2"}, "B1")


@pytest.mark.parametrize("told", [{}, {"state": "9", "isScarlet": "0"}, {"state": "1", "isScarlet": "x"}, {"state": 1}])
def test_a_state_that_the_protocol_does_not_name_is_nonsense(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"state|isScarlet"):
        ReceiptState.from_wire(told)


def test_a_void_receipt_is_void() -> None:
    assert ReceiptState.from_wire({"state": "2", "isScarlet": "1"}) == ReceiptState(state="VOID", red=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("票据不存在", Reason.NOT_FOUND),
        ("开票点不存在", Reason.PLACE_UNKNOWN),
        ("未查询到开票点", Reason.PLACE_UNKNOWN),
        ("开票点编码不能为空", Reason.FORM),
        ("该票据已冲红", Reason.ALREADY_RED),
        ("签名验证失败", Reason.SIGNATURE),
        ("系统繁忙", Reason.OTHER),
    ],
)
def test_a_text_has_its_reason(text: str, reason: Reason) -> None:
    assert reason_of(text) is reason


def test_every_fragment_leads_to_its_own_reason() -> None:
    assert all(reason_of(fragment) is reason for reason, fragments in FRAGMENTS for fragment in fragments)
