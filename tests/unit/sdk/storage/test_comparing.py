"""Two trees are compared by what their files are, not by what is in them."""

import os
from pathlib import Path

import pytest

from sdk.drivers.storage import Change, ChangeKind
from sdk.storage.comparing import tree_changes
from sdk.storage.copying import copy_tree

pytestmark = pytest.mark.privileged


@pytest.fixture
def source(tmpfs: Path, request: pytest.FixtureRequest) -> Path:
    root = tmpfs / f"{request.node.name[:40]}-{os.urandom(3).hex()}"
    (root / "source").mkdir(parents=True)
    return root / "source"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda path: path.write_text("longer than before"), ChangeKind.MODIFIED),
        (lambda path: os.chmod(path, 0o600), ChangeKind.MODIFIED),
        (lambda path: os.chown(path, 1, 1), ChangeKind.MODIFIED),
        (lambda path: os.setxattr(path, "user.a", b"b"), ChangeKind.MODIFIED),
        (lambda path: os.utime(path, ns=(1, 1)), ChangeKind.MODIFIED),
        (os.unlink, ChangeKind.DELETED),
    ],
)
def test_a_change_of_a_file_and_its_directory_is_found(source: Path, change: object, kind: ChangeKind) -> None:
    (source / "etc").mkdir()
    (source / "etc/file").write_text("before")
    copy = source.parent / "copy"
    copy_tree(str(source), str(copy))
    change(copy / "etc/file")
    assert tree_changes(copy, source) == [Change("/etc", ChangeKind.MODIFIED), Change("/etc/file", kind)]


def test_a_new_tree_is_found_whole(source: Path) -> None:
    (source / "a/b").mkdir(parents=True)
    (source / "a/b/c").touch()
    added = [Change(path, ChangeKind.ADDED) for path in ("/a", "/a/b", "/a/b/c")]
    assert tree_changes(source, None) == added


@pytest.mark.parametrize(("before", "after"), [("file", "directory"), ("directory", "file"), ("file", "link")])
def test_a_file_of_another_kind_is_modified_and_what_was_below_it_is_not_told(source: Path, before: str, after: str) -> None:
    make = {"file": Path.touch, "directory": Path.mkdir, "link": lambda path: path.symlink_to("/nowhere")}
    make[before](source / "x")
    if before == "directory":
        (source / "x/below").touch()
    copy = source.parent / "copy"
    copy.mkdir()
    make[after](copy / "x")
    assert tree_changes(copy, source) == [Change("/x", ChangeKind.MODIFIED)]


def test_a_directory_is_modified_with_what_is_in_it_and_by_itself(source: Path) -> None:
    for name in ("a/kept", "b/gone", "c"):
        (source / name).mkdir(parents=True)
    copy = source.parent / "copy"
    copy_tree(str(source), str(copy))
    (copy / "b/gone").rmdir()
    os.utime(copy / "a", ns=(1, 1))
    os.chmod(copy / "c", 0o700)
    assert [(change.path, change.kind) for change in tree_changes(copy, source)] == [
        ("/b", ChangeKind.MODIFIED),
        ("/b/gone", ChangeKind.DELETED),
        ("/c", ChangeKind.MODIFIED),
    ]
