"""An answer leaves in one piece."""

from __future__ import annotations

import asyncio

import pytest

from app.protocol import OnePiece

HEAD, BODY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n", b"{}"


class Wire(asyncio.Transport):
    """Keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.told.append(bytes(data))

    def close(self) -> None:
        self.told.append(b"closed")


@pytest.fixture
def wire() -> Wire:
    return Wire()


def _pieces(wire: Wire, *writes: bytes | memoryview, close: bool = False) -> list[bytes]:
    """What is sent at once, and what is sent by the loop's next turn."""

    async def run() -> list[bytes]:
        piece = OnePiece(wire, asyncio.get_running_loop())
        for data in writes:
            piece.write(data)
        if close:
            piece.close()
        at_once = len(wire.told)
        await asyncio.sleep(0)
        return [b"|".join(wire.told[:at_once]), *wire.told[at_once:]]

    return asyncio.run(run())


def test_a_head_goes_with_its_body(wire: Wire) -> None:
    assert _pieces(wire, HEAD, BODY) == [HEAD + BODY]


def test_a_head_without_a_body_goes_at_the_next_turn(wire: Wire) -> None:
    assert _pieces(wire, HEAD) == [b"", HEAD]


def test_a_head_goes_before_the_end(wire: Wire) -> None:
    assert _pieces(wire, HEAD, close=True) == [HEAD + b"|closed"]


def test_all_else_goes_at_once(wire: Wire) -> None:
    assert _pieces(wire, b"\x81\x02{}", BODY) == [b"\x81\x02{}|{}"]


def test_a_view_of_memory_is_sent_as_its_bytes(wire: Wire) -> None:
    assert _pieces(wire, memoryview(BODY), HEAD, memoryview(BODY)) == [BODY + b"|" + HEAD + BODY]


def test_answers_stay_in_their_order(wire: Wire) -> None:
    assert _pieces(wire, HEAD, BODY, HEAD, BODY) == [b"|".join([HEAD + BODY] * 2)]
