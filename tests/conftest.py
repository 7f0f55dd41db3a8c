"""The whole product, running: PostgreSQL, the sandboxes over HTTP, the server with its worker. Once for each test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.hospital import RunningHospital, running_hospital


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
