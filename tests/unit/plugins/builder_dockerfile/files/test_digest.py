"""Digests of trees: what makes a difference, and what does not."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.builder_dockerfile.files.digest import tree_digest
from plugins.builder_dockerfile.files.tree import Tree

pytestmark = pytest.mark.privileged
"""Owners and devices are root's to make."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "d/e").mkdir(parents=True)
    (tmp_path / "d/f").write_text("f")
    (tmp_path / "d/link").symlink_to("f")
    return tmp_path


@pytest.fixture
def tree(root: Path) -> Iterator[Tree]:
    descriptor = os.open(root, os.O_PATH | os.O_DIRECTORY)
    yield Tree(descriptor)
    os.close(descriptor)


def test_times_make_no_difference(root: Path, tree: Tree) -> None:
    before = tree_digest(tree, "d")
    os.utime(root / "d/f", (1, 1))
    os.utime(root / "d", (1, 1))
    assert tree_digest(tree, "d") == before


@pytest.mark.parametrize(
    "change",
    [
        lambda d: (d / "f").write_text("g"),
        lambda d: (d / "f").chmod(0o600),
        lambda d: (d / "e").chmod(0o700),
        lambda d: (d / "f").rename(d / "g"),
        lambda d: (d / "new").touch(),
        lambda d: (d / "e").rmdir(),
        lambda d: ((d / "link").unlink(), (d / "link").symlink_to("e")),
        lambda d: ((d / "f").unlink(), (d / "f").mkdir()),
        lambda d: ((d / "f").unlink(), os.mkfifo(d / "f")),
        lambda d: ((d / "f").unlink(), os.mknod(d / "f", 0o020644, os.makedev(1, 3))),
    ],
)
def test_what_is_there_makes_one(root: Path, tree: Tree, change) -> None:
    before = tree_digest(tree, "d")
    change(root / "d")
    assert tree_digest(tree, "d") != before


def test_devices_differ_by_their_numbers_and_a_socket_is_not_opened(root: Path, tree: Tree) -> None:
    found = set()
    for minor in (3, 5):
        (root / "d/f").unlink()
        os.mknod(root / "d/f", 0o020644, os.makedev(1, minor))
        found.add(tree_digest(tree, "d"))
    (root / "d/f").unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "d/f"))
        found.add(tree_digest(tree, "d"))
    assert len(found) == 3


def test_owners_make_a_difference_where_they_count(root: Path, tree: Tree) -> None:
    owned = Tree(tree.root, owned=True)
    before, owned_before = tree_digest(tree, "d"), tree_digest(owned, "d")
    os.chown(root / "d/f", 5, 6)
    assert tree_digest(tree, "d") == before
    assert tree_digest(owned, "d") != owned_before


def test_what_is_skipped_makes_none(root: Path, tree: Tree) -> None:
    before = tree_digest(tree, "d", lambda name: name == "f")
    (root / "d/f").write_text("g")
    assert tree_digest(tree, "d", lambda name: name == "f") == before
    assert tree_digest(tree, "d/f") == tree_digest(tree, "d/f")


def test_names_of_any_bytes(root: Path, tree: Tree) -> None:
    before = tree_digest(tree, "d")
    (root / os.fsdecode(b"d/\xff\n")).write_text("x")
    assert tree_digest(tree, "d") != before
