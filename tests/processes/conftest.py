"""One ground for all tests of processes; each module starts the processes that it wants, and ends them."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures import hospitals
from tests.fixtures.hospital import free_port, running_sandboxes
from tests.fixtures.hospitals import Both
from tests.processes.ground import Ground, ground


@pytest.fixture(scope="session")
def whole_ground() -> Iterator[Ground]:
    with ground() as built:
        yield built


@pytest.fixture(scope="module", name="ground")
def module_ground(whole_ground: Ground) -> Iterator[Ground]:
    yield whole_ground
    whole_ground.quiet()


@pytest.fixture(scope="session")
def seeded(whole_ground: Ground) -> None:
    """The people of a second and a third hospital."""
    asyncio.run(hospitals.seed(whole_ground.hospital.settings))


@pytest.fixture(scope="module")
def both(ground: Ground, seeded: None) -> Iterator[Both]:
    """The demonstration's hospital and a second one, each with sandboxes of its own, behind one server."""
    first, port = ground.hospital, free_port()
    sandbox_url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="yiqiao-second-") as directory:
        keys = Path(directory)
        told = hospitals.second_settings(keys, first.server_url, sandbox_url)
        with running_sandboxes(keys, port) as platforms:
            ground.serve("--with-worker", YIQIAO_HOSPITALS=json.dumps({hospitals.SECOND: told}))
            yield first, hospitals.second_of(first, sandbox_url=sandbox_url, sandboxes=platforms, keys=keys)
