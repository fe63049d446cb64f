"""Detach keys as Docker spells them, found across chunks."""

import pytest

from core.streams.input import DEFAULT_DETACH_KEYS, DetachScanner, parse_detach_keys
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", DEFAULT_DETACH_KEYS),
        ("ctrl-p,ctrl-q", b"\x10\x11"),
        ("a", b"a"),
        ("ctrl-@,ctrl-[", b"\x00\x1b"),
        ("ctrl-a,x", b"\x01x"),
        ("ctrl-_,DEL,Z", b"\x1f\x7fZ"),
    ],
)
def test_parse(text, keys):
    assert parse_detach_keys(text) == keys


@pytest.mark.parametrize("text", ["ctrl-", "ctrl-1", "escape", "a,,b", "ctrl-A,a", "ctrl-é", "é", ",", "ctrl-p,"])
def test_bad_keys_are_refused(text):
    with pytest.raises(InvalidArgument) as refused:
        parse_detach_keys(text)
    assert refused.value.message == f"Invalid detach keys ({text}) provided"


def test_the_sequence_is_found_across_chunks():
    scanner = DetachScanner(b"\x10\x11")
    assert scanner.feed(b"ls\x10") == (b"ls", False)
    assert scanner.feed(b"\x11rest") == (b"", True)


def test_a_false_beginning_is_passed_on():
    scanner = DetachScanner(b"\x10\x11")
    assert scanner.feed(b"\x10") == (b"", False)
    assert scanner.feed(b"x") == (b"\x10x", False)
    assert scanner.feed(b"\x10\x10\x11") == (b"\x10", True)
