"""A tree that has a mount stays whole, also where the mount is another mount namespace's, as a container's is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.archives.filetree import remove_tree

REPLACES = """
import io, tarfile
from core.archives.tarstream import TarStream
from core.archives.untar import Policy, Unpacking
from sdk.linux.mount_root import is_mount_root

archive = io.BytesIO()
with tarfile.open(fileobj=archive, mode="w") as tar:
    tar.addfile(tarfile.TarInfo("data"))
archive.seek(0)
try:
    Unpacking(TarStream(archive), Policy(), is_mount_root).run()
except OSError as error:
    print(error)
"""

MOUNTED_MEANWHILE = """
import subprocess
from core.archives.filetree import remove_tree
from sdk.linux.mount_root import is_mount_root

asked = []
def is_mount(name):
    found = is_mount_root(name)
    asked.append(name)
    if len(asked) == 5:  # all of the tree
        subprocess.run(["mount", "--bind", "../volume", "data/deep/volume"], check=True)
    return found
try:
    remove_tree(b"data", is_mount)
except OSError as error:
    print(error)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory with a tree `data`; beside it `volume`, for a place in that tree."""
    for name in ("volume", "root/data/deep/volume"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("volume/file", "root/data/deep/file", "root/data/file"):
        (tmp_path / name).write_text("kept")
    return tmp_path / "root"


@contextmanager
def mounted(root: Path) -> Iterator[Path]:
    """Mount the volume in another mount namespace; give the directory as it is in there."""
    script = "mount --bind ../volume data/deep/volume && echo && read end"
    with subprocess.Popen(["unshare", "-m", "sh", "-c", script], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == b"\n"
        yield Path(f"/proc/{holder.pid}/root{root}")
        holder.stdin.close()


def said(command: list[str], directory: Path) -> str:
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.privileged
def test_an_archive_replaces_no_tree_that_has_a_mount(root: Path) -> None:
    with mounted(root) as seen:
        assert said([sys.executable, "-c", REPLACES], seen) == "[Errno 16] Device or resource busy: '/data'"
        for name in ("../volume/file", "data/deep/volume/file", "data/deep/file", "data/file"):
            assert (seen / name).read_text() == "kept"


@pytest.mark.privileged
def test_a_mount_that_comes_while_its_tree_is_removed_stays(root: Path) -> None:
    assert (
        said(["unshare", "-m", sys.executable, "-c", MOUNTED_MEANWHILE], root)
        == "[Errno 16] Device or resource busy: b'data/deep/volume'"
    )
    assert (root / "../volume/file").read_text() == "kept"


def test_a_tree_without_mounts_goes_and_what_its_links_lead_to_stays(root: Path) -> None:
    (root / "data/link").symlink_to(root.parent / "volume")
    (root / "link").symlink_to(root / "../volume")
    asked: list[bytes] = []

    def is_mount(name: bytes) -> bool:
        asked.append(name)
        return False

    for name in ("data", "link"):
        remove_tree(bytes(root / name), is_mount)
    assert list(root.iterdir()) == []
    assert (root / "../volume/file").read_text() == "kept"
    assert not [name for name in asked if name.endswith(b"link/file")]
