"""A settlement whose job was lost is found again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from tortoise.context import TortoiseContext

from app import database, worker
from tests.fixtures.hospital import RunningHospital
from tests.processes.ground import Ground
from tests.settlement.books import INSURANCE_ONCE, made, standing

WAITING = "SELECT entrypoint, convert_from(payload, 'UTF8')::int AS settlement FROM pgqueuer ORDER BY id"


@pytest.fixture(scope="module")
def hospital(ground: Ground) -> Iterator[RunningHospital]:
    """A server, and nobody who works."""
    server = ground.serve()
    yield ground.hospital
    server.stop()


def sweep(hospital: RunningHospital) -> int:
    async def run() -> int:
        async with TortoiseContext() as context:
            await context.init(config=database.tortoise_config(hospital.settings.database_url))
            return await worker.sweep(worker.SETTLEMENTS)

    return asyncio.run(run())


def lost(hospital: RunningHospital, settlement: Any, *, minutes: int = 5) -> int:
    """Its job is gone, and it happened some minutes ago; the settlement's id."""
    row = hospital.row(settlement)
    hospital.sql("DELETE FROM pgqueuer WHERE convert_from(payload, 'UTF8') = $1", str(row["id"]))
    hospital.sql(
        """UPDATE settlement SET created_at = created_at - make_interval(mins => $2),
           next_run_at = next_run_at - make_interval(mins => $2) WHERE id = $1""",
        row["id"],
        minutes,
    )
    return int(row["id"])


def advances(hospital: RunningHospital, settlement_id: int) -> list[str]:
    return [row["entrypoint"] for row in hospital.sql(WAITING) if row["settlement"] == settlement_id]


def test_settlement_that_lost_its_first_job_is_found_and_completes(ground: Ground, hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    settlement_id = lost(hospital, settlement)
    assert advances(hospital, settlement_id) == []
    assert sweep(hospital) == 1
    assert advances(hospital, settlement_id) == ["settlement.advance"]
    work = ground.begin("work")
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert work.stop() == 0
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE
    assert sweep(hospital) == 0


def test_settlement_that_lost_its_poll_is_found_and_completes(ground: Ground, hospital: RunningHospital) -> None:
    patient = hospital.patient()
    settlement = patient.begin()
    work = ground.begin("work")
    patient.until(settlement, "AWAITING_PAYMENT")
    assert work.stop() == 0
    settlement_id = lost(hospital, settlement)
    assert hospital.row(settlement)["next_run_at"] is not None
    assert sweep(hospital) == 1
    assert advances(hospital, settlement_id) == ["settlement.advance"]
    work = ground.begin("work")
    patient.pay(settlement)
    patient.until(settlement, "COMPLETED")
    assert work.stop() == 0
    assert made(hospital, settlement) == standing(hospital, settlement) == INSURANCE_ONCE


def test_sweep_leaves_alone_what_is_new_ended_held_or_for_a_person(hospital: RunningHospital) -> None:
    patient = hospital.patient()
    new = patient.begin()
    hospital.sql("DELETE FROM pgqueuer")
    assert sweep(hospital) == 0
    lost(hospital, new)
    for column, told in {
        "state": "'ATTENTION'",
        "leased_until": "now() + interval '1 minute'",
        "next_run_at": "now() + interval '1 minute'",
    }.items():
        (before,) = hospital.sql(f"SELECT {column}::text AS told FROM settlement WHERE number = $1", new["number"])
        hospital.sql(f"UPDATE settlement SET {column} = {told} WHERE number = $1", new["number"])
        assert sweep(hospital) == 0, column
        put_back = "NULL" if before["told"] is None else f"'{before['told']}'"
        hospital.sql(f"UPDATE settlement SET {column} = {put_back} WHERE number = $1", new["number"])
    assert sweep(hospital) == 1
    hospital.sql("UPDATE settlement SET state = 'FAILED' WHERE number = $1", new["number"])
    assert sweep(hospital) == 0
