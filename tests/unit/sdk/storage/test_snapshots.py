"""The index of snapshots: half-made ones never show, and what death leaves is swept away."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk.drivers.storage import SnapshotInfo, SnapshotKind
from sdk.errors import Conflict, InvalidArgument, NoSuchSnapshot, SnapshotExists
from sdk.oci.digest import ChainID, digest_of
from sdk.storage.snapshots import SnapshotTree
from tests.asking import eventually

BASE = SnapshotInfo(digest_of(b"base"), SnapshotKind.COMMITTED, None)
TOP = SnapshotInfo(digest_of(b"top"), SnapshotKind.COMMITTED, ChainID(digest_of(b"base")))
ACTIVE = SnapshotInfo("c", SnapshotKind.ACTIVE, ChainID(TOP.name))


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[SnapshotTree]:
    tree = SnapshotTree(tmp_path)
    yield tree
    tree.close()


def make(tree: SnapshotTree, *infos: SnapshotInfo) -> None:
    for info in infos:
        with tree.making(info) as aside:
            (aside / "fs").mkdir()


def test_what_is_made_is_found_again(tree: SnapshotTree, tmp_path: Path):
    make(tree, BASE, TOP, ACTIVE)
    assert tree.ancestors(ACTIVE) == [TOP, BASE]
    tree.close()
    again = SnapshotTree(tmp_path)
    assert sorted(again.snapshots(), key=str) == sorted([BASE, TOP, ACTIVE], key=str)
    assert again.files(again.get("c")) == tmp_path / "a/c/fs"
    again.close()


def test_a_failure_in_the_middle_leaves_nothing(tree: SnapshotTree, tmp_path: Path):
    with pytest.raises(FileNotFoundError), tree.making(BASE) as aside:
        (aside / "missing/fs").mkdir()
    assert tree.snapshots() == []
    assert os.listdir(tmp_path / "l") == os.listdir(tmp_path / "new") == []
    make(tree, BASE)


def test_a_snapshot_shows_only_when_it_is_whole(tree: SnapshotTree):
    with tree.making(BASE):
        assert tree.snapshots() == []
        with pytest.raises(NoSuchSnapshot):
            tree.get(BASE.name)
    assert tree.get(BASE.name) == BASE


def test_two_who_make_the_same_take_turns(tree: SnapshotTree):
    outcome: list[str] = []

    def second() -> None:
        try:
            make(tree, BASE)
        except SnapshotExists:
            outcome.append("exists")

    with tree.making(BASE) as aside:
        (aside / "fs").mkdir()
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.05)
        assert outcome == []
    thread.join()
    assert outcome == ["exists"]


def test_parents_outlive_their_children(tree: SnapshotTree):
    make(tree, BASE, TOP)
    with tree.making(ACTIVE) as aside:
        with pytest.raises(Conflict):
            tree.remove(TOP.name)
        (aside / "fs").mkdir()
    for name in (BASE.name, TOP.name):
        with pytest.raises(Conflict):
            tree.remove(name)
    for name in ("c", TOP.name, BASE.name):
        tree.remove(name)
    assert tree.snapshots() == []


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/x", "a,b", "-x", "a\nb", "x" * 300])
def test_names_that_are_no_file_names_are_refused(tree: SnapshotTree, name: str):
    with pytest.raises(InvalidArgument):
        make(tree, SnapshotInfo(name, SnapshotKind.ACTIVE, None))


def test_two_chain_ids_that_begin_alike_never_share_a_directory(tree: SnapshotTree):
    make(tree, BASE)
    like = SnapshotInfo(BASE.name[:30] + "0" * 41, SnapshotKind.COMMITTED, None)
    with pytest.raises(Conflict):
        make(tree, like)
    assert tree.snapshots() == [BASE]


def test_what_is_removed_is_deleted_soon_however_deep_it_is(tree: SnapshotTree, tmp_path: Path):
    make(tree, SnapshotInfo("c", SnapshotKind.ACTIVE, None))
    here = os.open(tmp_path / "a/c/fs", os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("directory", dir_fd=here)
        os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
        below = os.open("directory", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    tree.remove("c")
    assert os.listdir(tmp_path / "a") == []
    eventually(lambda: os.listdir(tmp_path / "trash") == [])


_VICTIM = """
import sys, itertools
from pathlib import Path
from sdk.drivers.storage import SnapshotInfo, SnapshotKind
from sdk.storage.snapshots import SnapshotTree
tree = SnapshotTree(Path(sys.argv[1]))
print(flush=True)
for number in itertools.count():
    info = SnapshotInfo(f"c{number % 5}", SnapshotKind.ACTIVE, None)
    with tree.making(info) as aside:
        (aside / "fs").mkdir()
        for name in range(3):
            (aside / "fs" / str(name)).touch()
    tree.stage("s")
    tree.remove(f"c{(number + 3) % 5}")
    tree.remove(info.name)
"""


@pytest.mark.parametrize("pause", [0.002, 0.01, 0.05, 0.1])
def test_death_at_any_moment_leaves_only_whole_snapshots(tmp_path: Path, pause: float):
    victim = subprocess.Popen([sys.executable, "-c", _VICTIM, tmp_path], stdout=subprocess.PIPE)
    assert victim.stdout is not None
    victim.stdout.readline()
    time.sleep(pause)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    tree = SnapshotTree(tmp_path)
    for info in tree.snapshots():
        assert len(os.listdir(tree.files(info))) == 3
    assert os.listdir(tmp_path / "new") == os.listdir(tmp_path / "s") == []
    eventually(lambda: os.listdir(tmp_path / "trash") == [])
    tree.close()
