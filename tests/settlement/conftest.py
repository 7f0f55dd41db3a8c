"""Each test here is alone with its settlement: a fault that it asks for must not meet the poll of an earlier one."""

from __future__ import annotations

import pytest

from tests.fixtures.hospital import RunningHospital


@pytest.fixture(autouse=True)
def _alone(hospital: RunningHospital) -> None:
    hospital.sql(
        "UPDATE settlement SET state = 'ATTENTION' WHERE state NOT IN ('COMPLETED', 'REVERSED', 'FAILED', 'ATTENTION')"
    )
