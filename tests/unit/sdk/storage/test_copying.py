"""A tree is copied whole, and into that tree alone: whatever an enemy puts under the names in it meanwhile."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from sdk.storage.comparing import tree_changes
from sdk.storage.copying import copy_into, copy_tree
from sdk.storage.whiteouts import is_opaque, make_opaque
from tests.trees import describe, plant

_CALLS = ("chmod", "chown", "utime", "setxattr", "link", "open", "mkdir", "symlink", "mknod", "copy_file_range", "listxattr")


def make_source(directory: Path) -> None:
    (directory / "deep/er").mkdir(parents=True)
    for name in ("file", "deep/file", "deep/er/file"):
        (directory / name).write_text(name)
        (directory / name).chmod(0o4777)
        os.setxattr(directory / name, "user.test", b"x")
    os.mkfifo(directory / "deep/fifo", 0o666)
    os.mknod(directory / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.symlink("file", directory / "link")
    (directory / "deep/key").write_text("first")
    os.link(directory / "deep/key", directory / "deep/er/second")
    os.link(directory / "deep/key", directory / "zz")
    for path in directory.rglob("*"):
        os.lchown(path, 1000, 1000)


def copied(source: Path, target: Path) -> None:
    descriptors = [os.open(path, os.O_RDONLY | os.O_DIRECTORY) for path in (source, target)]
    try:
        copy_into(*descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def facts(path: Path) -> tuple[object, ...]:
    info = path.lstat()
    attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)} if stat.S_ISREG(info.st_mode) else {}
    return info.st_mode, info.st_uid, info.st_gid, info.st_mtime_ns, info.st_nlink, info.st_ctime_ns, attributes


class Enemy:
    """Puts a symlink to something of the host in the place of each file, or of each directory, of a tree, before a call is made."""

    def __init__(self, tree: Path, bait: Path, aside: Path) -> None:
        self.tree, self.bait, self.aside = tree, bait, aside
        self.swaps = 0
        self.busy = False

    def before(self, call: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            if not self.busy:
                self.busy = True
                self._swap()
                self.busy = False
            return call(*arguments, **options)

        return run

    def _swap(self) -> None:
        for path in sorted(self.tree.rglob("*")):
            if not path.is_symlink() and path.is_dir() == self.bait.is_dir():
                path.rename(self.aside / f"aside{self.swaps}")
                path.symlink_to(self.bait)
                self.swaps += 1


@pytest.fixture
def source(tmp_path: Path) -> Path:
    made = tmp_path / "source"
    made.mkdir()
    make_source(made)
    return made


def test_everything_is_copied(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    copied(source, target)
    names = sorted(str(path.relative_to(source)) for path in source.rglob("*"))
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*")) == names
    for name in names:
        (*made, _, attributes), (*wanted, _, expected) = facts(target / name), facts(source / name)
        assert (made, attributes) == (wanted, expected), name
    assert (target / "zz").stat().st_ino == (target / "deep/key").stat().st_ino


@pytest.mark.parametrize("kind", ["files", "directories"])
def test_an_enemy_who_swaps_every_name_before_every_call_reaches_nothing_outside(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    outside, target = tmp_path / "outside", tmp_path / "target"
    (outside / "er").mkdir(parents=True)
    target.mkdir()
    for name in ("key", "file", "fifo", "er/file"):
        (outside / name).write_text("host")
        (outside / name).chmod(0o600)
    places = [outside, *outside.rglob("*")]
    before = {path: facts(path) for path in places}
    enemy = Enemy(target, outside if kind == "directories" else outside / "key", tmp_path)
    for name in _CALLS:
        monkeypatch.setattr(os, name, enemy.before(getattr(os, name)))
    with suppress(OSError):  # the copy may fail; the host must not notice
        copied(source, target)
    monkeypatch.undo()
    assert enemy.swaps
    assert {path: facts(path) for path in [outside, *outside.rglob("*")]} == before
    inodes = {path.stat().st_ino for path in places}
    assert not any(path.lstat().st_ino in inodes for path in target.rglob("*"))


@pytest.fixture
def tmpfs_source(tmpfs: Path) -> Path:
    source = tmpfs / f"copying-{os.urandom(3).hex()}" / "source"
    source.mkdir(parents=True)
    return source


@pytest.mark.privileged
def test_a_copy_has_everything(tmpfs_source: Path) -> None:
    plant(tmpfs_source)
    copy = tmpfs_source.parent / "copy"
    copy_tree(str(tmpfs_source), str(copy))
    assert describe(copy) == describe(tmpfs_source)
    assert os.stat(copy).st_mode == os.stat(tmpfs_source).st_mode
    assert os.stat(copy / "hole at both ends").st_blocks <= os.stat(tmpfs_source / "hole at both ends").st_blocks
    assert tree_changes(copy, tmpfs_source) == []


@pytest.mark.privileged
def test_a_copy_to_a_name_that_is_taken_is_refused(tmpfs_source: Path) -> None:
    (tmpfs_source.parent / "copy").mkdir()
    with pytest.raises(FileExistsError):
        copy_tree(str(tmpfs_source), str(tmpfs_source.parent / "copy"))


@pytest.mark.privileged
def test_what_overlayfs_notes_for_itself_is_not_copied(tmpfs_source: Path) -> None:
    (tmpfs_source / "d").mkdir()
    make_opaque(str(tmpfs_source / "d"))
    copy_tree(str(tmpfs_source), str(tmpfs_source.parent / "copy"))
    assert not is_opaque(str(tmpfs_source.parent / "copy/d"))
