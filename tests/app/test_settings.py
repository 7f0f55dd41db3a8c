from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.demo import configuration
from app.settings import Settings
from clients.circulation.gateway import Verdict
from clients.circulation.prescription import PrescriptionKind
from clients.circulation.settings import EPCSettings, FSISettings

DATABASE = "postgresql://yiqiao:hunter2@db.example:5432/yiqiao"


@pytest.fixture
def complete(tmp_path: Path) -> dict[str, str]:
    """A complete configuration, as the demonstration generates it."""
    return configuration.generate(
        tmp_path / "keys",
        database_url=DATABASE,
        server_url="http://127.0.0.1:8000",
        sandbox_url="http://127.0.0.1:8001",
    )


def settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("YIQIAO_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings()  # type: ignore[call-arg]


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`yiqiao check-settings` in this environment."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("YIQIAO_")}
    command = [sys.executable, "-m", "app.cli", "check-settings"]
    return subprocess.run(command, env=others | environment, capture_output=True, text=True, timeout=60, check=False)


def changed(environment: dict[str, str], name: str, **more: Any) -> dict[str, str]:
    """The same with other values inside one nested setting."""
    return environment | {name: json.dumps(json.loads(environment[name]) | more)}


def test_a_complete_configuration_is_complete(complete: dict[str, str]) -> None:
    told = check(complete)
    assert (told.returncode, told.stdout.strip()) == (0, "The configuration is complete.")


def test_all_errors_are_told_at_once_with_their_variables(complete: dict[str, str]) -> None:
    wrong = complete | {"YIQIAO_PORT": "seventy", "YIQIAO_DATABASE_POOL": "0", "YIQIAO_ENVIRONMENT": "staging"}
    wrong = changed(wrong, "YIQIAO_HIS", timeout="long", app_id=None)
    wrong = changed(wrong, "YIQIAO_SEALING", active="7")
    del wrong["YIQIAO_RECEIPTS"], wrong["YIQIAO_DATABASE_URL"]
    told = check(wrong)
    assert told.returncode == 2
    for variable in (
        "YIQIAO_PORT",
        "YIQIAO_DATABASE_POOL",
        "YIQIAO_ENVIRONMENT",
        "YIQIAO_HIS__TIMEOUT",
        "YIQIAO_HIS__APP_ID",
        "YIQIAO_SEALING",
        "YIQIAO_RECEIPTS",
        "YIQIAO_DATABASE_URL",
    ):
        assert f"  {variable}: " in told.stderr
    assert "Traceback" not in told.stderr


def test_nothing_configured_names_everything_that_is_needed() -> None:
    told = check({})
    assert told.returncode == 2
    needed = {name for name, field in Settings.model_fields.items() if field.is_required()}
    assert {line.strip().partition(":")[0] for line in told.stderr.splitlines()[1:]} == {
        f"YIQIAO_{name.upper()}" for name in needed
    }


def test_a_nested_setting_that_is_no_json_is_named(complete: dict[str, str]) -> None:
    told = check(complete | {"YIQIAO_TOKENS": "{not json"})
    assert told.returncode == 2
    assert "tokens" in told.stderr.lower()
    assert "Traceback" not in told.stderr


def test_production_refuses_what_is_for_demonstrations(complete: dict[str, str]) -> None:
    told = check(complete | {"YIQIAO_ENVIRONMENT": "production"})
    assert told.returncode == 2
    assert "tokens.dev_key_file" in told.stderr
    assert "sandbox_url" in told.stderr


def test_production_is_the_default(complete: dict[str, str]) -> None:
    told = check({name: value for name, value in complete.items() if name != "YIQIAO_ENVIRONMENT"})
    assert told.returncode == 2
    assert "not in production" in told.stderr


def test_production_takes_a_jwks(complete: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    told = complete | {"YIQIAO_ENVIRONMENT": "production", "YIQIAO_TOKENS": '{"jwks_url": "https://id.example/jwks"}'}
    del told["YIQIAO_SANDBOX_URL"]
    assert settings(told, monkeypatch).environment == "production"


@pytest.mark.parametrize("platform", ["HIS", "RECEIPTS", "INSURANCE_CORE", "INSURANCE_PAYMENT", "WECHAT_PAY"])
def test_a_lease_outlives_every_call(complete: dict[str, str], platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = changed(complete, f"YIQIAO_{platform}", timeout=12)
    with pytest.raises(ValidationError, match=r"timing\.lease must be longer"):
        settings(slow, monkeypatch)
    patient = changed(slow, "YIQIAO_TIMING", lease="PT13S")
    assert settings(patient, monkeypatch).timing.lease.total_seconds() == 13


def test_somebodys_tokens_must_be_believed(complete: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="one of jwks_url, jwks_file, dev_key_file"):
        settings(complete | {"YIQIAO_TOKENS": "{}"}, monkeypatch)


@pytest.mark.parametrize("key", ["", "c2hvcnQ=", "%%%", "A" * 43])
def test_a_key_is_thirty_two_bytes(complete: dict[str, str], key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = changed(complete, "YIQIAO_SEALING", index_key=key)
    with pytest.raises(ValidationError) as errors:
        settings(wrong, monkeypatch)
    assert [error["loc"] for error in errors.value.errors()] == [("sealing", "index_key")]


def test_one_nested_value_may_stand_alone(complete: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(complete | {"YIQIAO_TIMING__CHECKOUT": "PT7M"}, monkeypatch).timing.checkout.total_seconds() == 420


def secrets(complete: dict[str, str]) -> dict[str, str]:
    """Everything in a configuration that nobody may read in a log."""
    told = {name: json.loads(value) for name, value in complete.items() if value.startswith("{")}
    return {
        "database password": "hunter2",
        "sealing key": told["YIQIAO_SEALING"]["keys"]["1"],
        "index key": told["YIQIAO_SEALING"]["index_key"],
        "core token": told["YIQIAO_INSURANCE_CORE"]["token"],
        "payment secret": told["YIQIAO_INSURANCE_PAYMENT"]["app_secret"],
        "payment key": told["YIQIAO_INSURANCE_PAYMENT"]["private_key"],
        "HIS secret": told["YIQIAO_HIS"]["secret"],
        "receipts key": told["YIQIAO_RECEIPTS"]["key"],
        "merchant key": told["YIQIAO_WECHAT_PAY"]["merchant_private_key"].splitlines()[1],
        "API v3 key": told["YIQIAO_WECHAT_PAY"]["api_v3_key"],
    }


def test_settings_never_tell_a_secret(complete: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = settings(complete, monkeypatch)
    text = f"{loaded!r} {loaded} {loaded.his!r} {loaded.insurance_payment} {loaded.wechat_pay!r} {loaded.sealing}"
    assert [what for what, secret in secrets(complete).items() if secret in text] == []


def test_errors_never_tell_a_secret(complete: dict[str, str]) -> None:
    wrong = complete | {"YIQIAO_PORT": "x"}
    for name in ("HIS", "INSURANCE_CORE", "INSURANCE_PAYMENT", "RECEIPTS", "WECHAT_PAY"):
        wrong = changed(wrong, f"YIQIAO_{name}", timeout="long")
    told = check(changed(wrong, "YIQIAO_SEALING", active="7"))
    assert told.returncode == 2
    assert [what for what, secret in secrets(complete).items() if secret in told.stderr + told.stdout] == []


def test_a_further_hospital_is_named_by_the_code_inside(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sections = {
        name: json.loads(complete[f"YIQIAO_{name.upper()}"])
        for name in ("sign_in", "insurance_core", "insurance_payment", "his", "receipts")
    }
    second = sections | {"insurance_core": sections["insurance_core"] | {"institution_code": "H35020500998"}}
    several = complete | {"YIQIAO_HOSPITALS": json.dumps({"H35020500998": second})}
    assert [each.code for each in settings(several, monkeypatch).every_hospital] == [
        configuration.INSTITUTION,
        "H35020500998",
    ]
    for wrong in ({"H1": second}, {configuration.INSTITUTION: sections}):
        told = check(complete | {"YIQIAO_HOSPITALS": json.dumps(wrong)})
        assert told.returncode == 2
        assert "hospitals: " in told.stderr


def test_a_further_hospital_lacks_nothing(complete: dict[str, str]) -> None:
    told = check(complete | {"YIQIAO_HOSPITALS": json.dumps({"H35020500998": {"his": {"timeout": "long"}}})})
    assert told.returncode == 2
    assert "  YIQIAO_HOSPITALS__H35020500998__HIS__TIMEOUT: " in told.stderr
    assert "  YIQIAO_HOSPITALS__H35020500998__RECEIPTS: " in told.stderr


def test_prescriptions_circulate_by_the_channel_that_is_set(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(settings(complete, monkeypatch).circulation, EPCSettings)
    older = complete | {"YIQIAO_CIRCULATION": '{"channel": "fsi"}'}
    assert settings(older, monkeypatch).circulation == FSISettings()
    del older["YIQIAO_CIRCULATION"]
    assert settings(older, monkeypatch).circulation is None
    named = older | {"YIQIAO_CIRCULATION__CHANNEL": "fsi", "YIQIAO_CIRCULATION__PAID": "2"}
    assert settings(named, monkeypatch).circulation == FSISettings(paid="2")


def test_code_tables_of_the_circulation_are_read_by_their_names(
    complete: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"WESTERN": "A", "CHINESE_PATENT": "B", "HERBAL": "C"}
    told = changed(complete, "YIQIAO_CIRCULATION", verdicts={"9": "REJECTED", "0": None}, kinds=kinds)
    found = settings(told, monkeypatch).circulation
    assert isinstance(found, EPCSettings)
    assert found.verdicts == {"9": Verdict.REJECTED, "0": None}
    assert found.kinds == {PrescriptionKind(name): code for name, code in kinds.items()}


def test_a_channel_that_is_none_is_told(complete: dict[str, str]) -> None:
    for wrong in ({"channel": "post"}, {"kinds": {"HERBAL": "X"}}):
        assert "YIQIAO_CIRCULATION" in check(changed(complete, "YIQIAO_CIRCULATION", **wrong)).stderr
