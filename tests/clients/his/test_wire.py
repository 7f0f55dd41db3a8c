from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from clients.his import wire

BODY = b'{"hospitalId":"H1","patientId":"P1"}'
NONCE = "0" * 31 + "1"
SIGNATURE = "3b4d69d23f1cdf2682d35a50f40ae4efb37a913dfb22fc084e0fc315ea7a82eb"
DIGEST = "a1bf9e9e7324601e9fa19aaddb6a07c8ad5a15dfe6237110698a833bdabab0e9"


def test_request_body_is_that_of_the_vector() -> None:
    assert wire.request_body("H1", {"patientId": "P1"}) == BODY
    assert hashlib.sha256(BODY).hexdigest() == "5d88fb070d21c40726fc40b6a90424e616e5152e6b90197a4a3d59d3bf2d9cf2"


def test_signature_is_that_of_the_vector() -> None:
    assert wire.signature("test-secret", "POST", "unpaid", "1735786245", NONCE, BODY) == SIGNATURE


def test_request_headers_carry_the_signature_of_the_vector() -> None:
    headers = wire.request_headers(
        app_id="A",
        secret="test-secret",
        op="unpaid",
        body=BODY,
        message_id="M",
        timestamp=1735786245,
        nonce=NONCE,
        key=None,
    )
    assert headers["X-Signature"] == SIGNATURE
    assert headers["X-Request-Id"] == "M"
    assert "Idempotency-Key" not in headers


@pytest.mark.parametrize(
    ("first", "op", "nonce", "body"),
    [("500", "get", "n", b"x"), ("200", "list", "n", b"x"), ("200", "get", "m", b"x"), ("200", "get", "n", b"y")],
)
def test_signature_holds_for_one_status_path_nonce_and_body_only(first: str, op: str, nonce: str, body: bytes) -> None:
    told = wire.answer_headers(secret="s", status=200, op="get", body=b"x", message_id="M", timestamp=1, nonce="n")
    headers = {name.lower(): value for name, value in told.items()}
    assert wire.signed_by("s", "200", "get", "n", headers, b"x")
    assert not wire.signed_by("s", first, op, nonce, headers, body)
    assert not wire.signed_by("t", "200", "get", "n", headers, b"x")
    assert not wire.signed_by("s", "200", "get", "n", {**headers, "x-signature": "é"}, b"x")


def test_fee_digest_is_that_of_the_vector_in_any_order() -> None:
    lines = [("FD2", Decimal("1"), Decimal("20")), ("FD1", Decimal("2.5"), Decimal("10.50"))]
    assert wire.digest_of(lines) == wire.digest_of(reversed(lines)) == DIGEST


def test_digest_never_rounds() -> None:
    with pytest.raises(ValueError, match="four places"):
        wire.digest_of([("F", Decimal("0.00001"), Decimal(1))])
    with pytest.raises(ValueError, match="fen"):
        wire.digest_of([("F", Decimal(1), Decimal("0.001"))])


def test_times_are_told_in_china_time() -> None:
    assert wire.time_text(datetime(2025, 1, 2, 2, 30, 0, 999, tzinfo=UTC)) == "2025-01-02T10:30:00+08:00"
    assert wire.moment("2025-01-02T02:30:00Z").isoformat() == "2025-01-02T10:30:00+08:00"
    assert wire.time_text_or_none(None) is None
    assert wire.moment_or_none(None) is None


def test_time_without_a_zone_is_neither_written_nor_read() -> None:
    with pytest.raises(ValueError, match="zone"):
        wire.time_text(datetime(2025, 1, 2))  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        wire.moment("2025-01-02T10:00:00")


def test_amounts_are_never_encoded_as_numbers() -> None:
    with pytest.raises(TypeError):
        wire.encode({"amount": Decimal("1.00")})


@pytest.mark.parametrize(
    ("text", "why"),
    [(b'{"a":NaN}', "not a number"), (b"{", "Expecting"), (b"\xff", "utf-8"), (b"[" * 100_000, "deeply")],
)
def test_what_is_not_json_is_a_value_error(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        wire.decode(text)


def test_fractions_are_read_exactly() -> None:
    assert wire.decode(b'{"a":0.10}') == {"a": Decimal("0.10")}


@pytest.mark.parametrize("text", ["1.00001", "-1", "1e2", "", 1, None, "１"])
def test_quantity_is_a_text_of_at_most_four_places(text: object) -> None:
    with pytest.raises(ValueError, match="quantity"):
        wire.quantity(text)


@pytest.mark.parametrize("text", ["1", "1.0", "--1.00", 1, None])
def test_sum_of_a_day_is_a_text_of_two_places(text: object) -> None:
    assert wire.signed_yuan("-12.00") == Decimal("-12.00")
    with pytest.raises(ValueError, match="sum"):
        wire.signed_yuan(text)
