"""Exact amounts out of a source that gives chunks of any size."""

import io

import pytest

from core.archives.tarstream import TarError, TarStream, padding


class Dribble:
    """A source that gives a few bytes at a time, as a pipe does."""

    def __init__(self, data: bytes, piece: int) -> None:
        self._data = io.BytesIO(data)
        self._piece = piece

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, self._piece))


DATA = bytes(range(256)) * 10


@pytest.mark.parametrize("piece", [1, 7, 512, 4096])
def test_reading_is_exact_whatever_the_source_gives(piece: int) -> None:
    stream = TarStream(Dribble(DATA, piece))
    assert stream.read(0) == b""
    assert stream.read(3) == DATA[:3]
    assert b"".join(stream.pieces(1000)) == DATA[3:1003]
    stream.skip(500)
    assert stream.read(10) == DATA[1503:1513]
    assert not stream.at_end()
    assert stream.read(len(DATA) - 1513) == DATA[1513:]
    assert stream.at_end()
    assert stream.read(0) == b""


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_what_is_not_there_is_an_error_but_padding(piece: int) -> None:
    for missing in (lambda stream: stream.read(11), lambda stream: list(stream.pieces(11)), lambda stream: stream.skip(11)):
        with pytest.raises(TarError, match=r"^unexpected EOF$"):
            missing(TarStream(Dribble(b"ten bytes.", piece)))
    stream = TarStream(Dribble(b"ten bytes.", piece))
    stream.pad(500)
    assert b"".join(stream.upto(100)) == b""
    assert stream.at_end()


def test_draining_reads_all_that_follows() -> None:
    source = io.BytesIO(bytes(3 << 18))
    stream = TarStream(source)
    stream.read(1)
    stream.drain()
    assert source.tell() == 3 << 18


@pytest.mark.parametrize(("size", "expected"), [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511), (1 << 40, 0)])
def test_padding_fills_a_block(size: int, expected: int) -> None:
    assert padding(size) == expected
