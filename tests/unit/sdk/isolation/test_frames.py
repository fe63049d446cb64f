"""Frames are what they were behind the stream, however it is cut, and nothing else is taken for one."""

import struct

import msgspec
import pytest

from sdk.isolation.frames import (
    LARGEST,
    Call,
    Cancel,
    Close,
    FromDaemon,
    FromPlugin,
    Happened,
    Logged,
    Open,
    Ping,
    Pong,
    Raised,
    Ready,
    Refused,
    Returned,
    Splitter,
    TooLarge,
    Why,
    encode,
    from_daemon,
    from_plugin,
)

FROM_DAEMON: list[FromDaemon] = [
    Open(1, "volume", "p", "m", "h", "{}", "/d", "/e", "i", 20, ("/x",), ("CAP_CHOWN",)),
    Call(1, "mount", ["a", None, b"x", {"a": 1}]),
    Cancel(1),
    Ping(),
    Close(),
]
FROM_PLUGIN: list[FromPlugin] = [
    Ready(("VolumeDriver",)),
    Refused("no", Why.SKIP),
    Returned(1, [1, "a", None]),
    Raised(1, "NotFound", "no", {"a": 1, "b": None, "c": True}),
    Pong(),
    Logged(20, "a"),
    Happened("volume", "mount", "v", 1, {"a": "b"}, "local"),
]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stream_that_is_cut_anywhere_gives_the_same_frames(size: int) -> None:
    stream = b"".join(encode(frame) for frame in FROM_DAEMON)
    splitter = Splitter()
    bodies = [body for at in range(0, len(stream), size) for body in splitter.feed(stream[at : at + size])]
    assert [from_daemon(body) for body in bodies] == FROM_DAEMON


def test_what_a_process_says_is_understood() -> None:
    bodies = Splitter().feed(b"".join(encode(frame) for frame in FROM_PLUGIN))
    assert [from_plugin(body) for body in bodies] == FROM_PLUGIN


@pytest.mark.parametrize(
    "value", [[1], [99], {}, [18], [18, "one", 1], [22, 1], [22, "x", "y"], [17, "no", "other"], [2, 1, "mount", []]]
)
def test_what_is_no_frame_of_a_process_is_refused(value: object) -> None:
    with pytest.raises(msgspec.DecodeError):
        from_plugin(msgspec.msgpack.encode(value))


def test_a_frame_that_is_too_large_is_not_sent_and_not_waited_for() -> None:
    with pytest.raises(TooLarge, match="cannot be sent at once"):
        encode(Returned(1, bytes(LARGEST)))
    with pytest.raises(TooLarge, match="was announced"):
        Splitter().feed(struct.pack("<I", LARGEST + 1))


def test_a_frame_of_the_largest_size_passes() -> None:
    frame = Returned(1, bytes(LARGEST - 100))
    assert [from_plugin(body) for body in Splitter().feed(encode(frame))] == [frame]
