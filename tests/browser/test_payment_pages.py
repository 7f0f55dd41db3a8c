from __future__ import annotations

import pytest

from tests.browser.conftest import Browser
from tests.fixtures.hospital import RunningHospital


@pytest.mark.parametrize(("pay_kind", "button"), [("INSURANCE", "支付"), ("SELF_PAY", "确认支付")])
def test_patient_pays_by_a_click_and_opens_the_receipt(
    hospital: RunningHospital, browser: Browser, pay_kind: str, button: str
) -> None:
    patient, page = hospital.patient(), browser.page
    settlement = patient.begin(pay_kind)
    page.goto(patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"])
    assert f"¥{patient.look(settlement)['totalAmount']}" in page.inner_text("body")
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_text("支付成功").wait_for()
    invoice = patient.until(settlement, "COMPLETED")["invoice"]
    page.goto(invoice["download"]["url"])
    assert invoice["number"] in page.inner_text("dl")
    assert browser.outside == []


def test_patient_who_cancels_may_still_pay(hospital: RunningHospital, browser: Browser) -> None:
    patient, page = hospital.patient(), browser.page
    settlement = patient.begin()
    url = patient.until(settlement, "AWAITING_PAYMENT")["checkoutUrl"]
    page.goto(url)
    page.get_by_role("button", name="取消").click()
    page.get_by_text("已取消支付").wait_for()
    assert patient.look(settlement)["state"] == "AWAITING_PAYMENT"
    page.goto(url)
    page.get_by_role("button", name="支付", exact=True).click()
    page.get_by_text("支付成功").wait_for()
    assert patient.until(settlement, "COMPLETED")["cashAmount"] is not None
