"""One ground for all tests of processes; each module starts the processes that it wants, and ends them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes.ground import Ground, ground


@pytest.fixture(scope="session")
def whole_ground() -> Iterator[Ground]:
    with ground() as built:
        yield built


@pytest.fixture(scope="module", name="ground")
def module_ground(whole_ground: Ground) -> Iterator[Ground]:
    yield whole_ground
    whole_ground.quiet()
