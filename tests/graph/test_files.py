"""Links of our own to files, from the graph to the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from app import clock, composition
from app.links import Links
from app.tokens import Role
from tests.fixtures.hospital import RunningHospital, Someone

DOWNLOAD = """query($id: ID!) { node(id: $id) { ... on Settlement { invoice { number
    download { kind url expiresAt } } } } }"""


@pytest.fixture(scope="module")
def owner(hospital: RunningHospital) -> Someone:
    return hospital.patient()


@pytest.fixture(scope="module")
def settled(owner: Someone) -> Any:
    return owner.settle()


def download(someone: Someone, settlement: Any) -> Any:
    return someone.ask(DOWNLOAD, {"id": settlement["id"]})["node"]["invoice"]["download"]


def links(hospital: RunningHospital, ago: timedelta = timedelta()) -> Links:
    """As the server makes them, some time ago."""
    moment = clock.now() - ago
    return composition.links(hospital.settings, lambda: moment)


def made(hospital: RunningHospital, settlement: Any, kind: str = "receipt", **other: Any) -> str:
    """A link to its receipt with something else in it, by the server's own key."""
    (row,) = hospital.sql(
        "SELECT i.id, i.hospital_id FROM invoice i JOIN settlement s ON s.id = i.settlement_id WHERE s.number = $1",
        settlement["number"],
    )
    told = {"hospital_id": row["hospital_id"], "role": "patient", "subject": "patient-01"} | other
    ago, object_id = told.pop("ago", timedelta()), told.pop("object_id", row["id"])
    return links(hospital, ago).make(kind, object_id, **told).url


def audited(hospital: RunningHospital) -> list[dict[str, Any]]:
    return hospital.sql("SELECT * FROM audit_entry WHERE action = 'file.download' ORDER BY id")


def refused(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "private, no-store"
    assert "location" not in answer.headers
    assert answer.text == "链接无效或已过期 (this link is not valid, or not any more)"


def test_a_receipt_is_reached_by_a_link_of_our_own(hospital: RunningHospital, owner: Someone, settled: Any) -> None:
    told = download(owner, settled)
    assert told["kind"] == "H5_URL"
    assert told["url"].startswith(f"{hospital.server_url}/files/receipt/")
    left = clock.moment(told["expiresAt"]) - clock.now()
    assert timedelta(minutes=9) < left <= timedelta(minutes=20)
    before = len(audited(hospital))
    answer = hospital.http.get(told["url"])
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    page = hospital.http.get(answer.headers["location"])
    assert settled["invoice"]["number"] in page.text
    (entry,) = audited(hospital)[before:]
    assert (entry["subject"], entry["role"], entry["object_type"]) == (owner.subject, "patient", "Invoice")


def test_each_download_and_each_person_leaves_an_entry(hospital: RunningHospital, owner: Someone, settled: Any) -> None:
    before = len(audited(hospital))
    for someone in (owner, owner, hospital.cashier()):
        assert hospital.http.get(download(someone, settled)["url"]).status_code == 302
    assert [each["subject"] for each in audited(hospital)[before:]] == [owner.subject, owner.subject, "cashier-01"]


def test_an_expired_link_is_gone(hospital: RunningHospital, settled: Any) -> None:
    before = len(audited(hospital))
    refused(hospital.http.get(made(hospital, settled, ago=timedelta(hours=1))), 410)
    assert len(audited(hospital)) == before


def test_a_changed_link_is_not_found(hospital: RunningHospital, owner: Someone, settled: Any) -> None:
    before = len(audited(hospital))
    url = download(owner, settled)["url"]
    refused(hospital.http.get(url[:-1] + ("A" if url[-1] != "A" else "B")), 404)
    refused(hospital.http.get(url.replace("/receipt/", "/export/")), 404)
    refused(hospital.http.get(url.rpartition("/")[0] + "/x"), 404)
    assert len(audited(hospital)) == before


@pytest.mark.parametrize("other", [{"object_id": 999_999_999}, {"hospital_id": 999}, {"kind": "nothing"}])
def test_a_true_link_to_what_is_not_there_is_not_found(
    hospital: RunningHospital, settled: Any, other: dict[str, Any]
) -> None:
    refused(hospital.http.get(made(hospital, settled, **other)), 404)


def test_a_link_is_only_fetched(hospital: RunningHospital, owner: Someone, settled: Any) -> None:
    assert hospital.http.post(download(owner, settled)["url"]).status_code == 405


def test_a_stranger_is_given_no_link(hospital: RunningHospital, settled: Any) -> None:
    stranger = Someone(hospital, Role.PATIENT, "patient-nobody")
    assert stranger.ask(DOWNLOAD, {"id": settled["id"]})["node"] is None
