"""Tender 7 and 8 on the older channel (7101, 7104), from a GraphQL document to the core's books and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fixtures.hospital import RunningHospital
from tests.fixtures.prescribing import DECOCTION, HERBAL_ITEM, Scene, scene
from tests.processes.ground import Ground


@pytest.fixture(scope="module")
def older(ground: Ground) -> RunningHospital:
    """A hospital whose prescriptions go through the core platform."""
    given = (ground.hospital.keys / "yiqiao.env").read_text(encoding="utf-8").splitlines()
    others = [line for line in given if not line.startswith("YIQIAO_CIRCULATION=")]
    file = ground.hospital.keys / "older.env"
    file.write_text("\n".join([*others, """YIQIAO_CIRCULATION='{"channel": "fsi"}'"""]), encoding="utf-8")
    ground.serve("--with-worker", YIQIAO_ENV_FILE=str(file))
    return ground.hospital


@pytest.fixture
def s(older: RunningHospital) -> Iterator[Scene]:
    yield scene(older)
    older.behave()


def at_the_core(s: Scene, prescription: Any) -> Any:
    """What the core platform has of it."""
    rows: Any = s.hospital.sandboxes.all["insurance-core"].books()["prescriptions"]
    return [row for row in rows if row["hospital_number"] == prescription["number"]]


def test_a_prescription_is_uploaded_and_taken_back(s: Scene) -> None:
    prescription = s.uploaded()
    assert [step["kind"] for step in prescription["steps"]] == ["VISIT", "REVIEW", "UPLOAD"]
    (row,) = at_the_core(s, prescription)
    assert (row["number"], row["state"]) == (prescription["insuranceNumber"], "VALID")
    s.done("prescriptionUploadCancel", prescription, reason="患者改变主意")
    s.until(prescription, "CANCELLED")
    assert at_the_core(s, prescription)[0]["state"] == "REVOKED"


def test_a_herbal_prescription_is_uploaded(older: RunningHospital) -> None:
    s = scene(older, 5)
    prescription = s.uploaded(kind="HERBAL", items=[HERBAL_ITEM], decoction=DECOCTION)
    assert at_the_core(s, prescription)[0]["total_fen"] == 1785


@pytest.mark.parametrize("kind", ["lost_request", "lost_reply", "garbled"])
@pytest.mark.parametrize("transaction", ["7101", "7104"])
def test_a_lost_answer_is_repeated_and_happens_once(s: Scene, transaction: str, kind: str) -> None:
    s.hospital.fault("insurance-core", transaction, kind)
    prescription = s.uploaded()
    s.done("prescriptionUploadCancel", prescription, reason="误开")
    s.until(prescription, "CANCELLED")
    assert [row["state"] for row in at_the_core(s, prescription)] == ["REVOKED"]


def test_a_platform_that_forgot_our_sign_in_is_signed_in_to_again(s: Scene) -> None:
    s.uploaded()
    s.hospital.sandboxes.core.forget_sign_ins()
    assert len(at_the_core(s, s.uploaded())) == 1


@pytest.mark.parametrize("mutation", ["prescriptionReviewRefresh", "prescriptionTakingRefresh"])
def test_what_the_channel_does_not_offer_is_told(s: Scene, mutation: str) -> None:
    answer = s.do(mutation, s.uploaded())
    assert answer["code"] == "INSURANCE_REFUSED"
    assert "该渠道无此交易" in answer["message"]
