"""Which pieces of a file are data, as the file system tells it."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.archives.holes import data_pieces

BLOCK = 1 << 16
"""A multiple of every file system's block."""


def pieces(path: Path, size: int, data: Sequence[int]) -> list[tuple[int, int]] | None:
    """Make a file of so many blocks that has data in some of them, and return what is told of it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        for block in data:
            os.pwrite(descriptor, b"x" * BLOCK, block * BLOCK)
        os.ftruncate(descriptor, size)
        return data_pieces(descriptor, os.fstat(descriptor))
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("size", "data", "expected"),
    [
        (4 * BLOCK, [], []),
        (4 * BLOCK, [0], [(0, BLOCK)]),
        (4 * BLOCK, [3], [(3 * BLOCK, BLOCK)]),
        (4 * BLOCK, [0, 2], [(0, BLOCK), (2 * BLOCK, BLOCK)]),
        (4 * BLOCK, [1, 2], [(BLOCK, 2 * BLOCK)]),
        (4 * BLOCK - 1, [3], [(3 * BLOCK, BLOCK - 1)]),
    ],
)
def test_data_between_holes(tmp_path: Path, size: int, data: Sequence[int], expected: list[tuple[int, int]]) -> None:
    assert pieces(tmp_path / "file", size, data) == expected


@pytest.mark.parametrize(("size", "data"), [(0, []), (BLOCK, [0]), (2 * BLOCK, [0, 1])])
def test_a_file_without_holes_has_no_pieces(tmp_path: Path, size: int, data: Sequence[int]) -> None:
    assert pieces(tmp_path / "file", size, data) is None


def test_a_file_that_has_shrunk_since_it_was_looked_at_has_no_data_past_its_end(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
    try:
        os.ftruncate(descriptor, 4 * BLOCK)
        before = os.fstat(descriptor)
        os.ftruncate(descriptor, 0)
        assert data_pieces(descriptor, before) == []
    finally:
        os.close(descriptor)
