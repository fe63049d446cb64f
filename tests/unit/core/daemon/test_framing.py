"""Bodies end where they say, however their bytes come."""

import random

import pytest

from core.daemon.framing import ChunkedFrame, Frame, SizedFrame
from core.daemon.held import HeldInput

NEXT = b"GET /next HTTP/1.1\r\n\r\n"


def take(frame: Frame, data: bytes, step: int) -> bytes:
    """Take a body off data that comes in pieces; return it. What follows must be left."""
    held, body = HeldInput(), b""
    for place in range(0, len(data), step):
        held.add(data[place : place + step])
        while held and not frame.complete:
            piece = held.take_body(frame)
            assert piece
            body += piece
    assert frame.complete
    assert held.take_all() == data[len(body) :]
    return body


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    "body",
    [
        b"0\r\n\r\n",
        b"3\r\nabc\r\n0\r\n\r\n",
        b"3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
        b"5\r\n\r\n\r\n0\r\n0\r\n\r\n",
    ],
)
def test_chunks_are_taken_to_their_end(body: bytes, step: int) -> None:
    assert take(ChunkedFrame(), body + NEXT, step) == body


@pytest.mark.parametrize("step", [1, 5, 1000])
def test_a_sized_body_is_taken_to_its_end(step: int) -> None:
    assert take(SizedFrame(10), b"0123456789" + NEXT, step) == b"0123456789"


@pytest.mark.parametrize("body", [b"x\r\n", b"\r\n", b"f" * 5000, b"1;" + b"e" * 5000, b"0\r\n" + b"A: b\r\n" * 5000])
def test_what_cannot_be_chunks_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"too long|invalid literal"):
        take(ChunkedFrame(), body, 100)


def test_whatever_comes_bytes_are_taken_or_refused() -> None:
    chance = random.Random(11)
    for _ in range(2000):
        data = bytes(chance.choices(b"0123456789aF;\r\n\r\n x-_", k=chance.randrange(1, 40)))
        held, frame = HeldInput(), ChunkedFrame()
        held.add(data)
        try:
            while held and not frame.complete:
                assert held.take_body(frame)
        except ValueError:
            continue
