"""Docker's multiplexed stream, cut anywhere."""

import struct

import pytest

from core.cli.client.connection.frames import Frames


def frame(stream: int, content: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(content)) + content


@pytest.mark.parametrize("step", [1, 3, 8, 1000])
def test_frames_are_put_together_from_any_pieces(step: int) -> None:
    wire = frame(1, b"one") + frame(2, b"") + frame(2, b"two" * 100)
    frames = Frames()
    found = [piece for at in range(0, len(wire), step) for piece in frames.feed(wire[at : at + step])]
    assert found == [(1, b"one"), (2, b""), (2, b"two" * 100)]


def test_what_is_not_whole_yet_is_kept() -> None:
    frames = Frames()
    assert list(frames.feed(frame(1, b"whole") + frame(1, b"half")[:-1])) == [(1, b"whole")]
    assert list(frames.feed(b"")) == []
    assert list(frames.feed(b"f")) == [(1, b"half")]
