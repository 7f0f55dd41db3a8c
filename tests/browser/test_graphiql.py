from __future__ import annotations

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import WAIT_MS, Browser
from tests.fixtures.hospital import RunningHospital, Someone, until

SHOWN = "document.querySelector('.result-window .CodeMirror')?.CodeMirror.getValue() ?? ''"
WATCH = """subscription { settlementChanged(settlementId: "%s") { number state } }"""


def shows_viewer(page: Page, who: str) -> None:
    expect(page.locator("#who")).to_have_text(re.compile(who), timeout=WAIT_MS)


def sign_in(browser: Browser, someone: Someone) -> None:
    page = browser.page
    page.goto(f"{someone.hospital.server_url}/graphiql")
    page.fill("#token", "Bearer " + someone.hospital.token(someone.role, someone.subject))
    page.get_by_role("button", name="Apply").click()
    shows_viewer(page, f"^PATIENT {someone.subject}$")


def write(browser: Browser, document: str) -> None:
    editor = browser.page.wait_for_selector(".graphiql-query-editor .CodeMirror")
    browser.page.evaluate("([editor, text]) => editor.CodeMirror.setValue(text)", [editor, document])
    # GraphiQL reads the text a moment later, and stores it after that.
    until(lambda: browser.page.evaluate("localStorage.getItem('graphiql:query')") == document, "the stored document")


def press_run(browser: Browser) -> None:
    browser.page.get_by_role("button", name="Execute query").click()


def wait_for_result(browser: Browser, text: str) -> str:
    def shown() -> str | None:
        # Not wait_for_function: it polls by eval, which this page's policy forbids.
        told: str = browser.page.evaluate(SHOWN)
        return told if text in told else None

    return until(shown, text)


def test_graphiql_runs_a_query_with_a_token(hospital: RunningHospital, browser: Browser) -> None:
    sign_in(browser, hospital.patient(5))
    write(browser, "{ viewer { subject role patient { name } } }")
    press_run(browser)
    viewer = json.loads(wait_for_result(browser, "patient-05"))["data"]["viewer"]
    assert viewer["role"] == "PATIENT"
    assert "*" in viewer["patient"]["name"]


def test_graphiql_asks_nobody_outside_and_breaks_no_policy(hospital: RunningHospital, browser: Browser) -> None:
    sign_in(browser, hospital.patient(5))
    browser.page.get_by_role("button", name="Show Documentation Explorer").click()
    browser.page.get_by_text("Root Types").wait_for()
    assert (browser.outside, browser.errors) == ([], [])


def test_token_is_kept_in_this_tab_and_forgotten_on_demand(hospital: RunningHospital, browser: Browser) -> None:
    someone = hospital.patient(5)
    sign_in(browser, someone)
    page = browser.page
    page.reload()
    shows_viewer(page, f"^PATIENT {someone.subject}$")
    assert page.evaluate("Object.values(localStorage).some(kept => kept.includes('eyJ'))") is False
    page.get_by_role("button", name="Clear").click()
    shows_viewer(page, "anonymous")
    assert page.evaluate("sessionStorage.length") == 0


def test_graphiql_watches_a_settlement_over_its_socket(hospital: RunningHospital, browser: Browser) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    patient.until(settlement, "AWAITING_PAYMENT")
    sign_in(browser, patient)
    write(browser, WATCH % settlement["id"])
    press_run(browser)
    wait_for_result(browser, "AWAITING_PAYMENT")
    patient.pay(settlement)
    assert settlement["number"] in wait_for_result(browser, '"COMPLETED"')


def test_welcome_page_leads_to_graphiql(hospital: RunningHospital, browser: Browser) -> None:
    browser.page.goto(hospital.server_url)
    browser.page.get_by_role("link", name="/graphiql").click()
    browser.page.wait_for_selector(".graphiql-execute-button")
    assert (browser.outside, browser.errors) == ([], [])
