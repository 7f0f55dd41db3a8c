import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from clients.receipts import wire

SEAL = wire.Seal("TESTHOSP0000001", "0123456789abcdef0123456789")
NOISE = "00000000000000000000000000000001"
WRITE_OFF = {
    "billBatchCode": "35060122",
    "billNo": "0000000001",
    "reason": "退费",
    "operator": "张三",
    "busDateTime": "20250102030405678",
    "placeCode": "HLW01",
}
DATA = (
    "eyJiaWxsQmF0Y2hDb2RlIjoiMzUwNjAxMjIiLCJiaWxsTm8iOiIwMDAwMDAwMDAxIiwicmVhc29uIjoi6YCA6LS5Iiwib3BlcmF0b3IiOiLlvKDkuIki"
    "LCJidXNEYXRlVGltZSI6IjIwMjUwMTAyMDMwNDA1Njc4IiwicGxhY2VDb2RlIjoiSExXMDEifQ=="
)
FAILURE = "eyJyZXN1bHQiOiJFMDAwMSIsIm1lc3NhZ2UiOiI1NldvNW8ydTVMaU41YTJZNVp5byJ9"


def test_the_minimal_vector_is_signed_as_the_protocol_says() -> None:
    assert wire.Seal("A", "K").sign("e30=", "N") == "ACCA8D20B8B55AD93B8EA2B63D7B684C"


def test_the_write_off_vector_is_encoded_and_signed_as_the_protocol_says() -> None:
    envelope = json.loads(wire.request(WRITE_OFF, NOISE, SEAL))
    assert envelope == {
        "appid": "TESTHOSP0000001",
        "data": DATA,
        "noise": NOISE,
        "version": "1.0",
        "sign": "920FD45511D5B702355490FAF17BC560",
    }


def test_the_failure_vector_is_verified_and_read() -> None:
    body = json.dumps({"data": FAILURE, "noise": NOISE, "sign": "1BE3DD21FCC2B54F9B951781F6CA2AFF"}).encode()
    assert wire.read_answer(body, SEAL) == wire.Told("E0001", "票据不存在")
    assert json.loads(wire.answer("E0001", "票据不存在", NOISE, SEAL)) == json.loads(body)


@pytest.mark.parametrize("name", ["data", "noise", "sign"])
def test_an_answer_changed_in_any_member_does_not_hold(name: str) -> None:
    envelope = json.loads(wire.answer("S0000", "{}", NOISE, SEAL))
    envelope[name] = "AAAA" + envelope[name][4:]
    with pytest.raises(ValueError, match="signature"):
        wire.read_answer(json.dumps(envelope).encode(), SEAL)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{}", b'{"data":1,"noise":"N","sign":"S"}'])
def test_an_answer_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wire.read_answer(body, SEAL)


def test_the_key_does_not_show_in_a_repr() -> None:
    assert "0123456789abcdef" not in repr(SEAL)


def test_a_moment_is_written_in_the_time_of_china_with_milliseconds() -> None:
    at = datetime(2025, 1, 1, 19, 4, 5, 678999, tzinfo=UTC)
    assert wire.moment(at) == "20250102030405678"
    assert wire.read_moment("20250102030405678") == at.replace(microsecond=678000)


def test_a_moment_without_its_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="zone"):
        wire.moment(datetime(2025, 1, 2))  # noqa: DTZ001


@pytest.mark.parametrize("text", ["", "20250102", "20251302030405678", "2025010203040567x"])
def test_a_wrong_moment_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wire.read_moment(text)


def test_a_day_has_two_forms() -> None:
    assert wire.day(date(2026, 1, 5), "yyyyMMdd") == "20260105"
    assert wire.day(date(2026, 1, 5), "yyyy-MM-dd") == "2026-01-05"
    assert [wire.is_day(text) for text in ("20260105", "2026-01-05", "2026-1-5", "20260230", "x")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_four_decimals_are_written_and_five_are_not() -> None:
    assert wire.fourths(Decimal("10.125")) == "10.1250"
    with pytest.raises(ValueError, match="four decimals"):
        wire.fourths(Decimal("0.00001"))
    with pytest.raises(ValueError, match="four decimals"):
        wire.fourths(Decimal("NaN"))
