"""One daemon per data root; an exec root that a reboot empties."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.config import StartupError
from core.host import roots
from core.host.roots import check_pidfile, hold_data_root, holder, pidfile, prepare_exec_root
from sdk.linux.atomic import is_aside
from tests.killed import killed_at_every_call

HOLD = """
import sys, pathlib
from core.host.roots import hold_data_root
with hold_data_root(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with hold_data_root(tmp_path / "data"):
        with (
            pytest.raises(StartupError, match=rf"another daemon \(process {os.getpid()}\) uses the data root"),
            hold_data_root(tmp_path / "data"),
        ):
            pass
        assert holder(tmp_path / "data") == os.getpid()
    assert holder(tmp_path / "data") == 0


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with other:
        assert other.stdout.readline() == b"held\n"
        assert holder(tmp_path) == other.pid
        other.kill()
    assert holder(tmp_path) == 0
    with hold_data_root(tmp_path):
        pass


def test_a_data_root_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match="cannot be used: Not a directory"), hold_data_root(tmp_path / "file" / "data"):
        pass


def test_no_data_root_has_no_holder(tmp_path: Path) -> None:
    assert holder(tmp_path / "nowhere") == 0


@pytest.fixture
def on_tmpfs(monkeypatch: pytest.MonkeyPatch) -> None:
    from sdk.linux.mountinfo import MountPoint

    monkeypatch.setattr(roots, "file_system_of", lambda path: MountPoint(str(path), "tmpfs", "", "/", ""))


def test_the_exec_root_survives_a_second_start(tmp_path: Path, on_tmpfs: None) -> None:
    prepare_exec_root(tmp_path)
    (tmp_path / "containers").mkdir()
    prepare_exec_root(tmp_path)
    assert (tmp_path / "containers").is_dir()


def test_leftovers_of_an_earlier_boot_are_deleted(tmp_path: Path, on_tmpfs: None) -> None:
    prepare_exec_root(tmp_path)
    (tmp_path / "containers" / "x").mkdir(parents=True)
    (tmp_path / "core.pid").write_text("1")
    (tmp_path / "boot_id").write_text("another boot\n")
    prepare_exec_root(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["boot_id"]


def test_the_pidfile_goes_with_the_daemon_even_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "core.pid"
    with pidfile(path):
        assert path.read_text() == f"{os.getpid()}\n"
    with pytest.raises(RuntimeError), pidfile(path):
        raise RuntimeError
    assert not path.exists()


def test_a_start_that_is_killed_keeps_what_runs(tmp_path: Path, on_tmpfs: None) -> None:
    prepare_exec_root(tmp_path)
    (tmp_path / "containers").mkdir()
    for _ in killed_at_every_call(lambda: prepare_exec_root(tmp_path)):
        prepare_exec_root(tmp_path)
        assert (tmp_path / "containers").is_dir()


def test_a_start_that_is_killed_forgets_the_earlier_boot_in_the_end(tmp_path: Path, on_tmpfs: None) -> None:
    _leave_an_earlier_boot(tmp_path)
    for _ in killed_at_every_call(lambda: prepare_exec_root(tmp_path)):
        prepare_exec_root(tmp_path)
        assert [entry.name for entry in tmp_path.iterdir() if not is_aside(entry.name)] == ["boot_id"]
        _leave_an_earlier_boot(tmp_path)


def _leave_an_earlier_boot(path: Path) -> None:
    (path / "containers" / "x").mkdir(parents=True)
    (path / "boot_id").write_text("another boot\n")


def test_the_holder_is_known_where_its_note_could_not_be_written(tmp_path: Path) -> None:
    with hold_data_root(tmp_path):
        os.truncate(tmp_path / "core.lock", 0)
        assert holder(tmp_path) in (os.getpid(), -1)


def test_a_pidfile_counts_only_for_the_process_that_wrote_it(tmp_path: Path) -> None:
    path = tmp_path / "core.pid"
    with subprocess.Popen(["sleep", "100"]) as other:
        path.write_text(f"{other.pid}\n")
        with pytest.raises(StartupError, match=f"process with PID {other.pid} is still running"):
            check_pidfile(path)
        an_hour_ago = time.time() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
        check_pidfile(path)
        other.kill()
