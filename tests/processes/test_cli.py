from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest

from tests.fixtures.hospital import RunningHospital, free_port, until
from tests.processes.ground import Ground

NUMBER = re.compile(r"settlement (S\d+)")


@pytest.fixture(scope="module")
def hospital(ground: Ground) -> Iterator[RunningHospital]:
    """A small hospital: one server that also works."""
    server = ground.serve("--with-worker")
    yield ground.hospital
    assert server.stop() in (0, -signal.SIGTERM), server.said()  # uvicorn ends in order, then says by what


@pytest.fixture(autouse=True)
def _behaving(ground: Ground) -> Iterator[None]:
    yield
    ground.hospital.behave()


def demo(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", "demo", "--once", *arguments]
    command += ["--port", str(free_port()), "--sandbox-port", str(free_port())]
    environment = {name: told for name, told in os.environ.items() if not name.startswith("YIQIAO_")}
    environment |= {"YIQIAO_DEMO_DIRECTORY": str(directory), "YIQIAO_LOG_LEVEL": "WARNING"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_demo_completes_from_nothing_and_again_on_what_it_left(tmp_path: Path) -> None:
    first, second = demo(tmp_path), demo(tmp_path, "--profile", "NATIONAL")
    for told in (first, second):
        assert told.returncode == 0, told.stdout + told.stderr
        assert told.stdout.rstrip().endswith("COMPLETED")
        assert "Warning" not in told.stderr
        assert "settlements 1, HIS settlements 1, receipts 1, self-payments 0" in told.stdout
    numbers = [NUMBER.findall(told.stdout)[0] for told in (first, second)]
    assert int(numbers[1][1:]) > int(numbers[0][1:])  # the sequence went on: the data survived


def test_demo_tells_the_full_story_from_nothing_and_again_on_what_it_left(tmp_path: Path) -> None:
    for told in (demo(tmp_path, "--story", "full"), demo(tmp_path, "--story", "full")):
        assert told.returncode == 0, told.stdout + told.stderr
        assert told.stdout.rstrip().endswith("the books agree")


def test_journey_completes(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("journey")
    assert told.returncode == 0, told.stderr
    assert told.stdout.rstrip().endswith("COMPLETED")
    assert hospital.row({"number": NUMBER.findall(told.stdout)[0]})["state"] == "COMPLETED"


def test_journey_reverses(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("journey", "--reverse", "--patient", "patient-02")
    assert told.returncode == 0, told.stderr
    assert told.stdout.rstrip().endswith("REVERSED")
    row = hospital.row({"number": NUMBER.findall(told.stdout)[0]})
    assert (row["state"], row["refunded_fen"]) == ("REVERSED", row["paid_fen"])


def test_journey_pays_by_itself(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("journey", "--pay", "self", "--reverse", "--patient", "patient-03")
    assert told.returncode == 0, told.stderr
    assert hospital.row({"number": NUMBER.findall(told.stdout)[0]})["pay_kind"] == "SELF_PAY"
    assert "REGISTRATION" not in told.stdout


def test_journey_survives_the_fault_that_it_asks_for(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("journey", "--fault", "insurance-core:2201:lost_reply", "--fault", "his:confirm:garbled")
    assert told.returncode == 0, told.stderr
    row = hospital.row({"number": NUMBER.findall(told.stdout)[0]})
    asked = hospital.sql("SELECT transaction, outcome FROM exchange WHERE settlement_id = $1 ORDER BY id", row["id"])
    outcomes = {(each["transaction"], each["outcome"]) for each in asked}
    assert ("2201", "OK") not in outcomes
    assert {transaction for transaction, _ in outcomes} >= {"2201", "5201", "confirm", "query"}


@pytest.mark.parametrize("fault", ["his:confirm", "his::garbled"])
def test_fault_without_three_parts_is_refused_before_anything_begins(ground: Ground, fault: str) -> None:
    told = ground.run("journey", "--fault", fault)
    assert told.returncode == 2
    assert "platform:transaction:kind is expected" in told.stderr


def test_fault_of_no_platform_ends_the_journey(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("journey", "--fault", "nobody:2201:lost_reply")
    assert told.returncode == 1
    assert "platform is one of" in told.stderr
    assert "Traceback" not in told.stderr


def test_fault_of_a_kind_that_the_platform_does_not_know_ends_the_journey(
    ground: Ground, hospital: RunningHospital
) -> None:
    told = ground.run("journey", "--fault", "insurance-core:2201:lost_repyl")
    assert told.returncode == 1
    assert "kind is one of " in told.stderr
    assert "lost_reply" in told.stderr
    assert "Traceback" not in told.stderr


def test_journey_of_somebody_who_is_no_patient_fails_in_one_line(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("journey", "--patient", "nobody")
    assert told.returncode == 1
    assert "nobody is no patient here" in told.stderr
    assert "Traceback" not in told.stderr


def test_journey_without_a_server_fails_in_one_line(ground: Ground) -> None:
    told = ground.run("journey", "--url", f"http://127.0.0.1:{free_port()}")
    assert told.returncode == 1
    assert told.stderr.startswith("Error: no answer: ")
    assert len(told.stderr.splitlines()) == 1


def test_token_is_one_that_the_server_believes(ground: Ground, hospital: RunningHospital) -> None:
    told = ground.run("token", "--role", "cashier", "--subject", "cashier-09", "--hours", "1")
    assert told.returncode == 0, told.stderr
    bearer = told.stdout.strip()
    claims = jwt.decode(bearer, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3600
    answer = hospital.http.post(
        f"{hospital.server_url}/graphql",
        json={"query": "{ viewer { subject role } }"},
        headers={"authorization": f"Bearer {bearer}"},
    )
    assert answer.json()["data"]["viewer"] == {"subject": "cashier-09", "role": "CASHIER"}


def test_token_of_no_role_is_refused(ground: Ground) -> None:
    told = ground.run("token", "--role", "king", "--subject", "x")
    assert told.returncode == 2
    assert "'king' is not one of" in told.stderr


def test_migrate_again_and_seed_again_change_nothing(ground: Ground) -> None:
    count = "SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM patient) AS patients"
    before = ground.hospital.sql(count)
    for command in ("migrate", "seed", "migrate"):
        told = ground.run(command)
        assert (told.returncode, told.stdout) == (0, ""), told.stderr
    assert ground.hospital.sql(count) == before


def test_worker_stops_within_seconds_of_sigterm(ground: Ground) -> None:
    worker = ground.begin("work")
    listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    already = ground.hospital.sql(listening)[0]["count"]
    until(lambda: ground.hospital.sql(listening)[0]["count"] > already, "the worker's start", 60)
    began = time.monotonic()
    assert worker.stop() == 0, worker.said()
    assert time.monotonic() - began < 10


def test_check_settings_says_yes(ground: Ground) -> None:
    told = ground.run("check-settings")
    assert (told.returncode, told.stdout) == (0, "The configuration is complete.\n")


@pytest.mark.parametrize("command", ["check-settings", "serve"])
def test_bad_configuration_exits_2_with_all_errors_at_once(ground: Ground, command: str) -> None:
    wrong = {
        "YIQIAO_PORT": "70000",
        "YIQIAO_TIMING__INQUIRY_TRIES": "0",
        "YIQIAO_SEALING__ACTIVE": "9",
        "YIQIAO_DATABASE_POOL": "many",
    }
    told = ground.run(command, **wrong)
    assert told.returncode == 2
    named = {line.split(":")[0].strip() for line in told.stderr.splitlines()[1:]}
    assert named == {"YIQIAO_PORT", "YIQIAO_TIMING__INQUIRY_TRIES", "YIQIAO_SEALING", "YIQIAO_DATABASE_POOL"}
    assert "Traceback" not in told.stderr


def test_no_configuration_names_every_setting_that_is_missing() -> None:
    environment = {name: told for name, told in os.environ.items() if not name.startswith("YIQIAO_")}
    told = subprocess.run(
        [sys.executable, "-m", "app.cli", "check-settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert told.returncode == 2
    platforms = ("INSURANCE_CORE", "INSURANCE_PAYMENT", "HIS", "RECEIPTS")
    missing = ("DATABASE_URL", "PUBLIC_URL", "TOKENS", "SEALING", "SIGN_IN", *platforms)
    assert {f"YIQIAO_{name}" for name in missing} == set(re.findall(r"^  (\w+): ", told.stderr, re.MULTILINE))
