from __future__ import annotations

from pathlib import Path
from typing import Any

from app import composition
from app.demo import configuration
from app.settings import Settings
from app.sign_in import SignIn
from clients.circulation.epc.client import EPCClient
from clients.circulation.fsi.client import FSICirculation
from clients.circulation.gateway import PrescriptionCirculation, Step
from clients.circulation.settings import FSISettings
from clients.http import no_journal
from clients.insurance.core.client import InsuranceCoreClient


def made(tmp_path: Path, **changed: Any) -> PrescriptionCirculation | None:
    configuration.generate(
        tmp_path,
        database_url="postgresql://localhost/nowhere",
        server_url="http://127.0.0.1:8000",
        sandbox_url="http://127.0.0.1:8001",
    )
    generated = Settings(_env_file=tmp_path / "yiqiao.env")  # type: ignore[call-arg]
    settings = generated.model_copy(update=changed)
    core = InsuranceCoreClient(settings.insurance_core)
    sign_in = SignIn(core, settings.code, settings.sign_in, required=True)
    return composition.circulation(settings, core, sign_in, no_journal)


def test_the_prescription_centre_is_the_demonstrations_channel(tmp_path: Path) -> None:
    channel = made(tmp_path)
    assert isinstance(channel, EPCClient)
    assert Step.VERIFY in channel.steps


def test_the_older_channel_takes_its_place_by_a_setting(tmp_path: Path) -> None:
    channel = made(tmp_path, circulation=FSISettings())
    assert isinstance(channel, FSICirculation)
    assert set(channel.steps) == {Step.UPLOAD, Step.CANCEL, Step.REPORT_REVIEW, Step.REPORT_PAYMENT}


def test_without_the_section_nothing_circulates(tmp_path: Path) -> None:
    assert made(tmp_path, circulation=None) is None
