"""Mount points that a step needs: they come, and go without a trace."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.engine.builds.stubs import make_stubs, remove_stubs


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/file").write_text("content")
    (tmp_path / "root/link").symlink_to("/etc")
    (tmp_path / "root/dangling").symlink_to("/made/deep")
    (tmp_path / "root/out").symlink_to("../../outside")
    for path in (tmp_path / "root/etc", tmp_path / "root"):
        os.utime(path, ns=(5, 5))
    return tmp_path / "root"


@pytest.fixture
def root(tree: Path) -> Iterator[int]:
    descriptor = os.open(tree, os.O_PATH | os.O_CLOEXEC)
    yield descriptor
    os.close(descriptor)


def listed(tree: Path) -> list[str]:
    """Return what is in a directory; names of directories end in a slash."""
    return sorted(f"{path.relative_to(tree)}{'/' if path.is_dir() and not path.is_symlink() else ''}" for path in tree.rglob("*"))


@pytest.mark.parametrize(
    ("targets", "made"),
    [
        ([("/etc", True), ("/etc/file", False), ("/", True)], []),
        ([("/new", True)], ["new/"]),
        ([("/new/deep/dir", True)], ["new/", "new/deep/", "new/deep/dir/"]),
        ([("/new/file", False), ("/new/other", True)], ["new/", "new/file", "new/other/"]),
        ([("/link/inside", False)], ["etc/inside"]),
        ([("/dangling", True)], ["made/", "made/deep/"]),
        ([("/dangling/x", False)], ["made/", "made/deep/", "made/deep/x"]),
        ([("/../../up", True)], ["up/"]),
        ([("/etc/../new", True)], ["new/"]),
        ([("/out", True)], ["outside/"]),
    ],
)
def test_what_is_missing_is_made_and_removed_again(tree: Path, root: int, targets: list[tuple[str, bool]], made: list[str]) -> None:
    before = listed(tree)
    stubs = make_stubs(root, targets)
    assert sorted(set(listed(tree)) - set(before)) == made
    remove_stubs(root, stubs)
    assert listed(tree) == before
    assert (tree.stat().st_mtime_ns, (tree / "etc").stat().st_mtime_ns) == (5, 5), "times are as they were"
    assert not (tree.parent / "outside").exists()


def test_what_a_step_has_written_stays(tree: Path, root: int) -> None:
    stubs = make_stubs(root, [("/new/dir", True), ("/etc/stub", False), ("/etc/other", False)])
    (tree / "new/dir/file").touch()
    (tree / "etc/stub").write_text("written")
    os.unlink(tree / "etc/other")
    (tree / "etc/other").symlink_to("file")
    remove_stubs(root, stubs)
    assert {"new/dir/file", "etc/stub", "etc/other"} <= set(listed(tree))
    assert (tree / "etc").stat().st_mtime_ns != 5


def test_a_directory_that_a_step_changed_keeps_its_own_time(tree: Path, root: int) -> None:
    stubs = make_stubs(root, [("/etc/stub", False)])
    (tree / "etc/more").touch()
    os.utime(tree / "etc", ns=(77, 77))
    remove_stubs(root, stubs)
    assert (tree / "etc").stat().st_mtime_ns == 77


def test_what_cannot_be_made_is_an_error(tree: Path, root: int) -> None:
    with pytest.raises(NotADirectoryError):
        make_stubs(root, [("/etc/file/below", True)])
    remove_stubs(root, [])
