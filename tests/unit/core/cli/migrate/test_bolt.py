"""bbolt's files are read, small and large ones; damaged ones are refused."""

from pathlib import Path

import pytest

from core.cli.migrate.bolt import Bolt, DamagedDatabase
from tests.docker_root import bolt

PAIRS = {f"key{number:04}".encode(): f"value {number}".encode() * 9 for number in range(100)}


@pytest.mark.parametrize("per_page", [0, 7])
def test_the_pairs_of_a_bucket(tmp_path: Path, per_page: int) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(bolt({b"other": {b"a": b"b"}, b"wanted": PAIRS}, per_page))
    database = Bolt.read(file)
    assert dict(database.bucket(b"wanted")) == PAIRS
    assert dict(database.bucket(b"missing")) == {}


def test_the_newer_of_the_two_first_pages_counts(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    content = bytearray(bolt({b"wanted": PAIRS}))
    content[16:20] = b"junk"  # the older one
    file.write_bytes(content)
    assert dict(Bolt.read(file).bucket(b"wanted")) == PAIRS


@pytest.mark.parametrize("content", [b"", b"short", bytes(8192), bolt({b"wanted": PAIRS})[:9000]])
def test_what_is_damaged_is_said_so(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.db"
    file.write_bytes(content)
    with pytest.raises(DamagedDatabase):
        dict(Bolt.read(file).bucket(b"wanted"))


def test_a_tree_without_an_end_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.db"
    content = bytearray(bolt({b"wanted": PAIRS}, per_page=20))
    root = 3 * 4096
    position = content.index(b"wanted", root) + len(b"wanted")
    branch = int.from_bytes(content[position : position + 8], "little")
    element = branch * 4096 + 16 + 8
    content[element : element + 8] = branch.to_bytes(8, "little")  # the branch is its own child
    file.write_bytes(content)
    with pytest.raises(DamagedDatabase, match="no end"):
        dict(Bolt.read(file).bucket(b"wanted"))
