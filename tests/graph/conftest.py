"""A second server process on the same database, behind a wire that tests listen to and cut; it drives no jobs."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from dotenv import dotenv_values

from app import logging
from app.demo import staff
from app.demo.run import answering, process
from tests.fixtures.hospital import RunningHospital, Someone, free_port
from tests.fixtures.parcels import order_of
from tests.fixtures.prescribing import Scene, scene
from tests.graph.roads import Roads, both_roads
from tests.graph.wire import Wire


@dataclass(frozen=True)
class SecondServer:
    """As `hospital`, reached through the other process."""

    hospital: RunningHospital
    wire: Wire

    def seen_by(self, someone: Someone) -> Someone:
        """The same person in front of this server."""
        return dataclasses.replace(someone, hospital=self.hospital)


@pytest.fixture(scope="session", autouse=True)
def _quiet() -> None:
    """Errors are provoked here; structlog's own way of showing them takes seconds for each."""
    logging.configure("CRITICAL")


@pytest.fixture(scope="session")
def second(hospital: RunningHospital) -> Iterator[SecondServer]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Wire(hospital.settings.database_url).laid() as wire:
        told = {name: value or "" for name, value in dotenv_values(hospital.keys / "yiqiao.env").items()}
        environment = told | {"YIQIAO_DATABASE_URL": wire.url, "YIQIAO_PORT": str(port), "YIQIAO_LOG_LEVEL": "CRITICAL"}
        with process("serve", environment=environment) as child:
            asyncio.run(answering(f"{url}/readyz", child))
            yield SecondServer(dataclasses.replace(hospital, server_url=url), wire)


@pytest.fixture(scope="session")
def roads() -> Iterator[Roads]:
    with both_roads() as made:
        yield made


@pytest.fixture(scope="module")
def paid(hospital: RunningHospital) -> tuple[Someone, Any]:
    """A patient, and an order whose medicine may be sent."""
    patient = hospital.patient()
    return patient, order_of(patient)


@pytest.fixture
def s(hospital: RunningHospital) -> Iterator[Scene]:
    hospital.sandboxes.load({"insurance-core": {"staff": staff.at_the_insurance()}})
    hospital.sandboxes.load({"circulation": {"review_seconds": None}})
    yield scene(hospital)
    hospital.behave()
    hospital.sql("UPDATE hospital SET blocking_severity = NULL")
