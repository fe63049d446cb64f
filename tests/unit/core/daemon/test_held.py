"""Heads and bodies taken off what a client has sent."""

import pytest

from core.daemon.framing import SizedFrame
from core.daemon.held import HeldInput

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def held(data: bytes) -> HeldInput:
    made = HeldInput()
    made.add(data)
    return made


def test_heads_may_follow_empty_lines_and_end_without_carriage_returns() -> None:
    held = HeldInput()
    held.add(b"\r\n\n\r\nGET / HTTP/1.1\nHost: x\n\nGET /b HTTP/1.1\r\n\r\nGET /c")
    assert held.take_head() == b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert held.take_head() == b"GET /b HTTP/1.1\r\n\r\n"
    assert held.take_head() == b""
    held.add(b" HTTP/1.1\r\n\r\n")
    assert held.take_head() == b"GET /c HTTP/1.1\r\n\r\n"
    assert not held


def test_a_head_that_comes_byte_by_byte_is_found() -> None:
    held = HeldInput()
    for byte in b"GET / HTTP/1.1\r\nHost: x\r\n\r":
        held.add(bytes([byte]))
        assert held.take_head() == b""
    held.add(b"\n")
    assert held.take_head() == b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_head_without_end_is_refused() -> None:
    held = HeldInput()
    held.add(b"GET / HTTP/1.1\r\nX: " + b"y" * 300_000)
    with pytest.raises(ValueError, match="too long"):
        held.take_head()


@pytest.mark.parametrize(
    "head",
    [
        REQUEST,
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\n",
        b"GET / HTTP/1.1\nHost: x\n\r\n",
    ],
)
@pytest.mark.parametrize("step", [1, 2, 3, 5, 100])
def test_each_line_may_end_in_its_own_way(head: bytes, step: int) -> None:
    """A client that sends such a head waits for its answer, and sends nothing more."""
    data, taken = head + b"BODY", b""
    made = HeldInput()
    for start in range(0, len(data), step):
        made.add(data[start : start + step])
        taken = taken or made.take_head()
    assert taken == REQUEST
    assert made.take_all() == b"BODY"


@pytest.mark.parametrize(
    "begun", [b"\x16\x03\x01", b"\x00", b"(", b'{"a": 1}', b"GET\r\n", b"SSH-2.0-x\r\n", b"GET / HTTQ/1.1\r\n"]
)
def test_what_begins_as_no_request_is_refused_at_once(begun: bytes) -> None:
    with pytest.raises(ValueError, match="request"):
        held(begun).take_head()


@pytest.mark.parametrize("begun", [b"", b"G", b"GET / HT", b"GET / HTTP/1.1", b"GET / HTTP/1.1\r\nHo", b"\r\n\r\n"])
def test_what_may_become_a_request_is_waited_for(begun: bytes) -> None:
    assert held(begun).take_head() == b""


@pytest.mark.parametrize(
    ("data", "may"), [(b"", True), (b"P", True), (b"PRI *", True), (b"PRI * more", True), (b"POST", False), (b"x", False)]
)
def test_a_word_may_still_come(data: bytes, may: bool) -> None:
    assert held(data).may_begin_with(b"PRI *") is may


def test_what_is_left_after_a_body_stays() -> None:
    made, frame = held(b"bodyGET"), SizedFrame(4)
    assert (made.take_body(frame), frame.complete) == (b"body", True)
    assert len(made) == 3
    assert (made.take_all(), len(made), made.take_all()) == (b"GET", 0, b"")
