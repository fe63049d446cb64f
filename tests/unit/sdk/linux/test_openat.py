"""Directories are made inside a root, whatever the symlinks on the way say."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk.linux.openat import make_directories, open_beneath


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "root").mkdir()
    descriptor = os.open(tmp_path / "root", os.O_PATH | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("path", ["a/b/c", "/a//b/./c", "a/b/../b/c/"])
def test_missing_directories_are_made(root: int, tmp_path: Path, path: str) -> None:
    make_directories(root, path)
    make_directories(root, path)
    assert (tmp_path / "root/a/b/c").is_dir()


def test_what_a_symlink_leads_to_is_made_inside(root: int, tmp_path: Path) -> None:
    inside, outside = tmp_path / "root", tmp_path / "outside"
    os.symlink(outside, inside / "absolute")
    os.symlink("../../../../other/there", inside / "up")
    os.symlink("absolute", inside / "chain")
    for name in ("absolute/x", "up/x", "chain/y"):
        make_directories(root, name)
    assert not outside.exists()
    assert sorted(os.listdir(f"{inside}{outside}")) == ["x", "y"]
    assert (inside / "up").is_symlink()
    assert (inside / "other/there/x").is_dir()
    assert not (tmp_path / "other").exists()


def test_what_is_in_the_way_is_told(root: int, tmp_path: Path) -> None:
    (tmp_path / "root/file").touch()
    with pytest.raises(NotADirectoryError):
        make_directories(root, "file/x")
    os.symlink("two", tmp_path / "root/one")
    os.symlink("one", tmp_path / "root/two")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        make_directories(root, "one/x")


def test_beneath_means_that_no_step_leaves(root: int, tmp_path: Path) -> None:
    (tmp_path / "root/in").mkdir()
    os.symlink("in", tmp_path / "root/good")
    os.symlink("/in", tmp_path / "root/bad")
    for name in ("in", "good", "in/../good"):
        os.close(open_beneath(root, name, os.O_PATH))
    for name in ("bad", "..", "/in", "in/../../root/in"):
        with pytest.raises(OSError, match=os.strerror(errno.EXDEV)):
            open_beneath(root, name, os.O_PATH)
