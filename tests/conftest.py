"""The whole product, running: PostgreSQL, sandboxes over HTTP, server with worker. Once for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import logging
from tests.fixtures.hospital import RunningHospital, running_hospital

LONGEST_FIRST = ("processes", "browser", "graph", "settlement", "architecture", "app", "clients")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Few long tests begin before many short ones, or all but one of the processes wait for the last long one."""
    items.sort(key=lambda item: LONGEST_FIRST.index(item.nodeid.split("/")[1]))


@pytest.fixture(scope="session", autouse=True)
def _quiet_log() -> None:
    """As the product logs, but only the worst: structlog's own way of showing an error takes seconds for each."""
    logging.configure("CRITICAL")


@pytest.fixture(scope="session")
def hospital() -> Iterator[RunningHospital]:
    with running_hospital() as running:
        yield running


@pytest.fixture(autouse=True)
def _well_behaved(request: pytest.FixtureRequest) -> Iterator[None]:
    """Faults that a test asked for do not reach the next one."""
    yield
    if "hospital" in request.fixturenames:
        request.getfixturevalue("hospital").behave()
