"""Files of cgroups, on directories that only look like some; processes are real ones."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from plugins.runtime_ns.cgroups import files
from sdk.errors import InvalidArgument


@pytest.mark.parametrize(
    ("content", "number"),
    [("5\n", 5), ("-1\n", -1), ("max\n", 0), ("", 0), ("9223372036854771712\n", 9223372036854771712), ("1 2", 0)],
)
def test_a_number(tmp_path: Path, content: str, number: int) -> None:
    (tmp_path / "f").write_text(content)
    assert files.read_int(str(tmp_path / "f")) == number


def test_what_is_not_there_is_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    assert (files.read(path), files.read_int(path), files.read_table(path)) == ("", 0, {})
    assert files.read(str(tmp_path)) == ""
    assert list(files.below(path)) == files.processes(path) == []
    files.remove(path)
    assert files.removed_if_empty(path)


def test_a_table_has_lines_of_a_name_and_a_number(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a 1\nb 2 3\nc x\n\nd 18446744073709551615\n")
    assert files.read_table(str(tmp_path / "f")) == {"a": 1, "d": 18446744073709551615}


def test_cgroups_are_listed_deepest_first_and_symlinks_are_none(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/file").touch()
    (tmp_path / "a/link").symlink_to("/")
    assert list(files.below(str(tmp_path / "a"))) == [str(tmp_path / name) for name in ("a/b/c", "a/b", "a")]


def test_a_cgroup_is_made_and_removed_with_those_in_it(tmp_path: Path) -> None:
    cgroup = str(tmp_path / "a")
    files.make(cgroup)
    files.make(cgroup)
    with pytest.raises(FileNotFoundError):
        files.make(f"{cgroup}/none/b")
    files.make(f"{cgroup}/b")
    assert not files.removed_if_empty(cgroup)
    assert files.removed_if_empty(f"{cgroup}/b")
    assert files.removed_if_empty(cgroup)
    assert not os.path.exists(cgroup)


def test_a_limit_says_which_value_the_kernel_refused(tmp_path: Path) -> None:
    files.set_limit(str(tmp_path / "none"), "5")
    (tmp_path / "pids.max").mkdir()
    with pytest.raises(InvalidArgument, match=r'failed to write "5": pids\.max: is a directory'):
        files.set_limit(str(tmp_path / "pids.max"), "5")


def test_processes_are_killed_until_none_is_left(tmp_path: Path) -> None:
    """A thread keeps the list as the kernel does: a process is in it as long as it lives."""
    children = [subprocess.Popen(["sleep", "60"]) for _ in range(3)]
    (tmp_path / "a/b").mkdir(parents=True)

    def list_living() -> None:
        alive = [child.pid for child in children if child.poll() is None]
        (tmp_path / "a/cgroup.procs").write_text("".join(f"{pid}\n" for pid in alive[:1]))
        (tmp_path / "a/b/cgroup.procs").write_text("".join(f"{pid}\n" for pid in alive[1:]))

    list_living()
    assert sorted(files.processes(str(tmp_path / "a"))) == sorted(child.pid for child in children)
    done = threading.Event()

    def keep_listing() -> None:
        while not done.wait(0.001):
            list_living()

    keeper = threading.Thread(target=keep_listing)
    keeper.start()
    try:
        files.kill_processes(str(tmp_path / "a"))
    finally:
        done.set()
        keeper.join()
        for child in children:
            child.kill()
    assert [child.wait() for child in children] == [-9] * 3


def test_a_process_that_does_not_die_is_not_waited_for_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.01)
    (tmp_path / "cgroup.procs").write_text("999999999\n")
    with pytest.raises(TimeoutError, match="999999999"):
        files.kill_processes(str(tmp_path))
