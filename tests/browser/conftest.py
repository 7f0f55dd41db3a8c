"""A real browser in front of the running hospital. It reaches this machine only; what else it asks for is noted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from tests.fixtures.hospital import RunningHospital

NAMES = ("chromium", "chromium-browser", "google-chrome")
HERE = ("127.0.0.1", "localhost")
WAIT_MS = 20_000


@dataclass
class Browser:
    """One page, and what went wrong on it."""

    page: Page
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def guard(self, route: Route) -> None:
        """Let a request through, or note that it wanted to leave this machine."""
        url = route.request.url
        if url.startswith(("data:", "blob:")) or urlsplit(url).hostname in HERE:
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()


def executable() -> str:
    """Chromium of this machine: YIQIAO_CHROMIUM, or the first one on the path."""
    found = os.environ.get("YIQIAO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is not None:
        return found
    reason = "no Chromium here: apt-get install chromium, or set YIQIAO_CHROMIUM"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def browser(hospital: RunningHospital) -> Iterator[Browser]:
    """Made afresh for every test: while it lives, its own event loop is this thread's."""
    path = executable()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        page = chromium.new_page(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page.set_default_timeout(WAIT_MS)
        seen = Browser(page)
        page.route("**/*", seen.guard)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        yield seen
        chromium.close()
