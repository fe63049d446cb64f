"""A tree is copied with everything that belongs to it, compared with another, and changed by a layer in overlayfs' form."""

import os
import stat
from pathlib import Path

import pytest

from sdk.drivers.storage import Change, ChangeKind
from sdk.storage.applying import apply_layer
from sdk.storage.comparing import tree_changes
from sdk.storage.copying import copy_tree
from sdk.storage.whiteouts import is_opaque, is_whiteout, make_opaque, make_whiteout
from tests.trees import describe, plant

pytestmark = pytest.mark.privileged


@pytest.fixture
def source(tmpfs: Path, request: pytest.FixtureRequest) -> Path:
    root = tmpfs / f"{request.node.name[:40]}-{os.urandom(3).hex()}"
    (root / "source").mkdir(parents=True)
    return root / "source"


def test_a_copy_has_everything(source: Path) -> None:
    plant(source)
    copy = source.parent / "copy"
    copy_tree(str(source), str(copy))
    assert describe(copy) == describe(source)
    assert os.stat(copy).st_mode == os.stat(source).st_mode
    assert os.stat(copy / "hole at both ends").st_blocks <= os.stat(source / "hole at both ends").st_blocks
    assert tree_changes(copy, source) == []


def test_a_copy_to_a_name_that_is_taken_is_refused(source: Path) -> None:
    (source.parent / "copy").mkdir()
    with pytest.raises(FileExistsError):
        copy_tree(str(source), str(source.parent / "copy"))


def test_what_overlayfs_notes_for_itself_is_not_copied(source: Path) -> None:
    (source / "d").mkdir()
    make_opaque(str(source / "d"))
    copy_tree(str(source), str(source.parent / "copy"))
    assert not is_opaque(str(source.parent / "copy/d"))


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
    change(copy / "etc/file")  # type: ignore[operator]
    assert tree_changes(copy, source) == [Change("/etc", ChangeKind.MODIFIED), Change("/etc/file", kind)]


def test_a_new_tree_is_found_whole(source: Path) -> None:
    (source / "a/b").mkdir(parents=True)
    (source / "a/b/c").touch()
    added = [Change(path, ChangeKind.ADDED) for path in ("/a", "/a/b", "/a/b/c")]
    assert tree_changes(source, None) == added


def test_a_layer_adds_replaces_deletes_and_hides(source: Path) -> None:
    target, layer = source, source.parent / "layer"
    for name in ("etc/kept", "etc/gone", "opt/old/deep", "dir/file", "file"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text("old")
    (layer / "etc").mkdir(parents=True)
    (layer / "opt").mkdir()
    (layer / "etc/new").write_text("new")
    make_whiteout(str(layer / "etc/gone"))
    make_whiteout(str(layer / "never"))
    make_opaque(str(layer / "opt"))
    (layer / "opt/new").write_text("new")
    (layer / "dir").write_text("a file now")
    (layer / "file").mkdir(mode=0o700)
    os.chmod(layer / "etc", 0o711)
    apply_layer(str(layer), str(target))
    found = {str(path.relative_to(target)): path.read_text() if path.is_file() else None for path in target.rglob("*")}
    assert found == {
        "etc": None,
        "etc/kept": "old",
        "etc/new": "new",
        "opt": None,
        "opt/new": "new",
        "dir": "a file now",
        "file": None,
    }
    assert stat.S_IMODE(os.stat(target / "etc").st_mode) == 0o711
    assert not is_opaque(str(target / "opt"))


def test_a_whiteout_over_what_the_layer_itself_has(source: Path) -> None:
    (source / "d").mkdir()
    (source / "f").touch()
    for name in ("d", "f", "x"):
        make_whiteout(str(source / name))
    assert is_opaque(str(source / "d"))
    assert not is_whiteout(os.lstat(source / "f"))
    assert is_whiteout(os.lstat(source / "x"))
