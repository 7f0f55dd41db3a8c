from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.links import BadLink, Claim, ExpiredLink, Links

SECRET = os.urandom(32)
LASTS = timedelta(minutes=10)
HOSPITAL, ROLE, SUBJECT = 7, "patient", "patient-01"


@dataclass
class Clock:
    """A moment that a test moves."""

    moment: datetime = datetime(2026, 5, 1, 8, 3, 21, 500, tzinfo=UTC)
    links: Links = field(init=False)

    def __post_init__(self) -> None:
        self.links = Links(SECRET, "https://yiqiao.example/", LASTS, lambda: self.moment)

    def made(self, object_id: int = 5, subject: str = SUBJECT) -> str:
        url = self.links.make("receipt", object_id, hospital_id=HOSPITAL, role=ROLE, subject=subject).url
        assert url.startswith("https://yiqiao.example/files/receipt/")
        return url.rpartition("/")[2]


@given(object_id=st.integers(0, 2**63 - 1), subject=st.text(max_size=64).filter(lambda text: text.isprintable()))
def test_a_link_says_what_it_opens_and_for_whom(object_id: int, subject: str) -> None:
    clock = Clock()
    claim = clock.links.read("receipt", clock.made(object_id, subject))
    assert (claim.object_id, claim.hospital_id, claim.role, claim.subject) == (object_id, HOSPITAL, ROLE, subject)


@given(minutes=st.integers(0, 10_000), seconds=st.floats(0, 59.999))
def test_a_link_works_for_its_time_and_not_twice_as_long(minutes: int, seconds: float) -> None:
    clock = Clock()
    clock.moment += timedelta(minutes=minutes, seconds=seconds)
    token, made = clock.made(), clock.moment
    clock.moment = made + LASTS
    assert clock.links.read("receipt", token).expires_at > clock.moment
    clock.moment = made + 2 * LASTS
    with pytest.raises(ExpiredLink):
        clock.links.read("receipt", token)


def test_it_says_until_when() -> None:
    clock = Clock()
    link = clock.links.make("receipt", 5, hospital_id=HOSPITAL, role=ROLE, subject=SUBJECT)
    assert link.expires_at == datetime(2026, 5, 1, 8, 20, tzinfo=UTC)
    clock.moment = link.expires_at - timedelta(microseconds=1)
    token = link.url.rpartition("/")[2]
    assert clock.links.read("receipt", token) == Claim(
        object_id=5, hospital_id=HOSPITAL, role=ROLE, subject=SUBJECT, expires_at=link.expires_at
    )
    clock.moment = link.expires_at
    with pytest.raises(ExpiredLink):
        clock.links.read("receipt", token)


def test_the_same_claim_is_the_same_link_and_tells_nothing() -> None:
    clock = Clock()
    assert clock.made() == clock.made()
    assert len({clock.made(), clock.made(6), clock.made(subject="patient-02")}) == 3
    assert SUBJECT not in clock.made()


@given(st.data())
def test_a_changed_link_does_not_open(data: st.DataObject) -> None:
    clock = Clock()
    token = clock.made()
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_=+/. é").filter(lambda letter: letter != token[place]))
    with pytest.raises(BadLink):
        clock.links.read("receipt", token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize("token", ["", "A", "AAAA", "é", "%00", "=" * 80, "A" * 80, "A" * 100_000])
def test_what_is_no_link_does_not_open(token: str) -> None:
    with pytest.raises(BadLink):
        Clock().links.read("receipt", token)


def test_a_link_of_another_kind_or_of_another_house_does_not_open() -> None:
    clock = Clock()
    with pytest.raises(BadLink):
        clock.links.read("export", clock.made())
    strangers = Links(os.urandom(32), "https://yiqiao.example", LASTS, lambda: clock.moment)
    with pytest.raises(BadLink):
        strangers.read("receipt", clock.made())
