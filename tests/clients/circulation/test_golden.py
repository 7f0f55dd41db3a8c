"""Our requests, to the letter: tests/vectors/circulation.json, and the prescription centre's own demonstration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clients.circulation.epc import messages
from clients.circulation.fsi import messages as older
from clients.circulation.gateway import Sign, Upload, Verify
from clients.circulation.prescription import PrescriptionKind
from clients.circulation.settings import FSISettings
from clients.circulation.wire import unpacked
from clients.insurance.core import wire
from clients.insurance.envelope import canonical
from clients.insurance.sm import PublicKey
from tests.clients.circulation.examples import (
    APP_SECRET,
    PDF,
    approval,
    channel_settings,
    credential,
    prescription,
)
from tests.clients.circulation.test_tables import OWN, VERIFIED

VECTORS = Path(__file__).parents[2] / "vectors"


def vector(file: str, name: str) -> dict[str, Any]:
    told = json.loads((VECTORS / file).read_text(encoding="utf-8"))["vectors"]
    return next(dict(each) for each in told if each["id"] == name)


@pytest.mark.parametrize("kind", PrescriptionKind)
def test_d001_of_each_kind(kind: PrescriptionKind) -> None:
    wanted = vector("circulation.json", f"D001-{kind}")
    data = messages.verify(Verify(prescription=prescription(kind), credential=credential()), OWN)
    sealed = channel_settings("").envelope().seal(data, timestamp="20261123090000")
    assert data == wanted["data"]
    assert canonical(sealed, data, APP_SECRET) == wanted["canonical"]
    assert sealed["encData"] == wanted["encData"]


def test_d002_signs_twenty_fields_in_the_order_of_their_names() -> None:
    wanted = vector("circulation.json", "D002-WESTERN")
    request = Sign(prescription=prescription(), approval=approval(), verified=VERIFIED, document=PDF)
    data = messages.sign(request, OWN)
    assert data == wanted["data"]
    signed = unpacked(data["originalValue"]).decode()
    assert signed == wanted["signed"]
    assert list(json.loads(signed)) == sorted(json.loads(signed))
    assert len(json.loads(signed)) == 20


@pytest.mark.parametrize("kind", PrescriptionKind)
def test_7101_of_each_kind(kind: PrescriptionKind) -> None:
    upload = Upload(prescription=prescription(kind), approval=approval(), document=PDF)
    request = older.UploadPrescription(asked=upload, settings=FSISettings(), sign_number="")
    assert json.loads(wire.dump(request.to_wire())) == vector("circulation.json", f"7101-{kind}")["input"]


def test_the_centres_demonstration_is_sealed_with_its_own_keys() -> None:
    told = vector("sm-envelope.json", "epc-demo")
    envelope = channel_settings(
        "",
        app_id=told["appId"],
        app_secret=told["appSecret"],
        private_key=told["privateKey_b64"],
        platform_public_key=told["publicKey_b64"],
        version="",
    ).envelope()
    data = told["envelope"]["data"]
    sealed = envelope.seal(data, timestamp=str(told["envelope"]["timestamp"]))
    assert canonical(sealed, data, told["appSecret"]) == told["canonical"]
    assert sealed["encData"] == told["encData"]
    assert "version" not in sealed
    assert envelope.open(sealed) == data
    assert envelope.open(sealed | {"signData": told["signData"]}) == data
    assert PublicKey.read(told["publicKey_b64"]) == envelope.verifier
