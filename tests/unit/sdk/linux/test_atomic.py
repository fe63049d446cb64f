"""What is replaced is there at every instant, the old one or the new one, and whole."""

import os
from functools import partial
from pathlib import Path

import pytest

from sdk.linux.atomic import is_aside, replace_file, replace_link, rewrite_lines
from tests.killed import killed_at_every_call

OLD, NEW = b"old\n" * 300, b"new\n" * 200


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_the_old_one_or_the_new_one(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    found = []
    for _ in killed_at_every_call(partial(replace_file, path, NEW, durable=durable)):
        found.append(path.read_bytes())
        path.write_bytes(OLD)
    assert set(found) == {OLD, NEW}
    assert found[-1] == NEW


def test_a_new_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    found = []
    for _ in killed_at_every_call(partial(replace_file, path, NEW)):
        found.append(path.read_bytes() if path.exists() else None)
        path.unlink(missing_ok=True)
    assert set(found) == {None, NEW}


def test_what_a_killed_process_left_aside_is_told_and_used_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for _ in killed_at_every_call(partial(replace_file, path, NEW)):
        assert {name for name in os.listdir(tmp_path) if not is_aside(name)} <= {"file"}
    assert os.listdir(tmp_path) == ["file"]


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "file", NEW)
    assert os.listdir(tmp_path) == ["file"]


def test_a_link_is_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "link"
    path.symlink_to("old")
    found = []
    for _ in killed_at_every_call(partial(replace_link, path, "new")):
        found.append(os.readlink(path))
        path.unlink()
        path.symlink_to("old")
    assert set(found) == {"old", "new"}


@pytest.mark.parametrize(("before", "after"), [(OLD, NEW), (NEW, OLD)])
def test_lines_are_rewritten_in_the_same_file(tmp_path: Path, before: bytes, after: bytes) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(before)
    inode = path.stat().st_ino
    for _ in killed_at_every_call(partial(rewrite_lines, path, after)):
        lines = [line for line in path.read_bytes().splitlines(keepends=True) if line != b"\n"]
        assert b"".join(lines) in (before, after)
        path.write_bytes(before)
    rewrite_lines(path, after)
    assert path.read_bytes() == after
    assert path.stat().st_ino == inode
