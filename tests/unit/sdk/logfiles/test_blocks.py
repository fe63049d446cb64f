"""Whole lines of a file, forwards and from its tail, with lines longer than a block and an end that is not there yet."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdk.logfiles import blocks
from sdk.logfiles.blocks import LogFile

Opening = Callable[..., LogFile]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opening]:
    files: list[LogFile] = []

    def make(content: bytes, end: int | None = None) -> LogFile:
        (tmp_path / "log").write_bytes(content)
        files.append(LogFile(os.open(tmp_path / "log", os.O_RDONLY), end))
        return files[-1]

    yield make
    for file in files:
        file.close()


def whole(file: LogFile) -> list[bytes]:
    return list(iter(file.next_lines, b""))


@pytest.mark.parametrize(
    ("content", "end", "found"),
    [
        (b"", None, b""),
        (b"half", None, b""),
        (b"a\nb\nhalf", None, b"a\nb\n"),
        (b"a\nb\nc\n", 4, b"a\nb\n"),
        (b"a\nb\nc\n", 3, b"a\n"),
        (b"a\n", 100, b"a\n"),
        (b"\n\n", None, b"\n\n"),
    ],
)
def test_only_whole_lines_are_read_and_none_beyond_the_end(opened: Opening, content: bytes, end: int | None, found: bytes) -> None:
    file = opened(content, end)
    assert b"".join(whole(file)) == found
    assert file.offset == len(found)


def test_a_line_that_is_finished_later_is_read_then(opened: Opening, tmp_path: Path) -> None:
    file = opened(b"a\nha")
    assert whole(file) == [b"a\n"]
    with (tmp_path / "log").open("ab") as more:
        more.write(b"lf\n")
    assert whole(file) == [b"half\n"]


def test_blocks_end_with_a_line_and_a_line_may_be_longer(opened: Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 8)
    assert whole(opened(b"aaa\nbbb\nc\n" + b"x" * 50 + b"\nd\n")) == [b"aaa\nbbb\n", b"c\n", b"x" * 50 + b"\nd\n"]


@pytest.mark.parametrize("block", [4, 8, 1 << 18])
@pytest.mark.parametrize(
    ("lines", "had", "rest"),
    [
        (0, 0, b""),
        (1, 1, b"out 4\n"),
        (2, 2, b"out 3\nerr b\nout 4\n"),
        (4, 4, b"out 1\nout 2 long long long\nerr a\nout 3\nerr b\nout 4\n"),
        (9, 4, b"err 0\nout 1\nout 2 long long long\nerr a\nout 3\nerr b\nout 4\n"),
    ],
)
def test_the_last_lines_of_a_stream(
    opened: Opening, monkeypatch: pytest.MonkeyPatch, block: int, lines: int, had: int, rest: bytes
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", block)
    file = opened(b"err 0\nout 1\nout 2 long long long\nerr a\nout 3\nerr b\nout 4\n")
    assert file.skip_to_tail(lines, b"out") == had
    assert b"".join(whole(file)) == rest


def test_a_tail_ends_where_reading_may(opened: Opening) -> None:
    file = opened(b"out 1\nout 2\nout 3\n", 12)
    assert file.skip_to_tail(1, b"out") == 1
    assert whole(file) == [b"out 2\n"]
