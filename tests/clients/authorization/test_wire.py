"""Vectors, the page's address, and that whatever the client sends passes the tables."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients import fields
from clients.authorization import wire
from clients.authorization.messages import Authorization, RedeemCode, read_answer
from clients.authorization.refusals import FRAGMENTS, Reason, reason_of
from tests.clients.authorization.ends import CERTIFICATE, settings

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)
ANSWERS = st.dictionaries(
    st.sampled_from([spec["name"] for spec in wire.TABLES["userQuery"]["out"]["answer"]["fields"]] + ["data"]),
    st.none() | st.booleans() | st.integers() | TEXT | st.just("AUTH1") | st.dictionaries(TEXT, TEXT),
)


def test_the_signature_is_the_vector() -> None:
    told = wire.signature("EXAMPLE_PARTNER", "EXAMPLE_PARTNER_SECRET", "1700000000000")
    assert told == "ca26dfd3c5547db84f2e8734306fcc3d1a890d566cef3c259bf1362d03a0fbe2"  # insurance.md 3.6


def test_the_headers_are_the_three_of_the_portal() -> None:
    told = wire.headers(settings("http://x"), milliseconds=1700000000000, message_id="m")
    assert told["god-portal-timestamp"] == "1700000000000"
    assert told["god-portal-request-id"] == "m"
    assert told["god-portal-signature"].startswith("ca26dfd3")


def test_the_mini_program_is_opened_by_its_path_with_the_certificate_as_it_is() -> None:
    url = wire.page(settings("http://x", page_base="", source_app="wx1"))
    assert url.startswith("auth/pages/bindcard/auth/index?openType=getAuthCode&bizType=04107&cityCode=350200&")
    assert f"&orgChnlCrtfCodg={CERTIFICATE}&" in url
    assert url.endswith("&orgCodg=H35020000001&orgAppId=APP+1&sourceapp=wx1")
    assert parse_qs(urlsplit(url).query)["orgAppId"] == ["APP 1"]


@pytest.mark.parametrize("certificate", ["a&b", "a b", "a#b", "a%2Fb", "a?b"])
def test_a_certificate_that_would_break_the_address_is_no_setting(certificate: str) -> None:
    with pytest.raises(ValueError, match="channel_certificate"):
        settings("http://x", channel_certificate=certificate)


@given(request=st.builds(RedeemCode, code=TEXT, open_id=st.just("") | TEXT))
def test_what_the_client_sends_always_passes_the_table(request: RedeemCode) -> None:
    sent = json.loads(wire.dump(request.to_wire()))
    assert fields.check_node(wire.TABLES["userQuery"]["in"], "query", sent) == []


@given(told=ANSWERS)
def test_any_answer_is_read_or_is_no_answer(told: dict[str, Any]) -> None:
    try:
        code, _, content = read_answer(wire.dump(told))
        authorization = Authorization.from_wire(content)
    except ValueError:
        return
    assert code
    assert authorization.number.upper().startswith("AUTH")


@given(body=st.binary(max_size=200))
def test_bytes_that_are_no_answer_are_told_without_their_content(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"not JSON|not an object|no result code"):
        read_answer(body)


def test_secrets_stay_out_of_every_repr() -> None:
    told = Authorization(number="AUTHSECRET", family=False, id_number="3502SECRET")
    assert "SECRET" not in repr(told) + repr(RedeemCode(code="SECRET", open_id="SECRET"))
    assert "EXAMPLE_PARTNER_SECRET" not in repr(settings("http://x"))


@pytest.mark.parametrize(("fragment", "reason"), FRAGMENTS)
def test_a_known_text_has_its_reason(fragment: str, reason: Reason) -> None:
    assert reason_of(f"…{fragment}…") == reason
    assert reason_of("别的") == Reason.OTHER
