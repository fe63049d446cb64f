"""Removing what was found, once; what resists stays."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.host.removal import remove
from core.host.traces import Trace


def test_a_process_is_killed_and_gone_when_it_returns() -> None:
    with subprocess.Popen(["sleep", "1000"]) as process:
        trace = Trace("process", f"{process.pid} sleep 1000")
        remove(trace)
        assert process.wait(30) == -signal.SIGKILL
    remove(trace)


def test_files_and_directories_go_and_what_links_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (tmp_path / "dir/deep").mkdir(parents=True)
    (tmp_path / "dir/link").symlink_to("../kept")
    (tmp_path / "link").symlink_to("kept")
    os.mkfifo(tmp_path / "pipe")
    for name in ("dir", "link", "pipe", "missing"):
        for _ in range(2):
            remove(Trace("file", str(tmp_path / name)))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept/file").exists()


def test_what_resists_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "dir/child").mkdir(parents=True)
    remove(Trace("cgroup", str(tmp_path / "dir")))
    remove(Trace("mount", str(tmp_path / "dir")))
    assert (tmp_path / "dir/child").is_dir()


@pytest.mark.privileged
def test_a_mount_goes(tmp_path: Path) -> None:
    code = (
        "import os, subprocess, sys\n"
        "from core.host.removal import remove\n"
        "from core.host.traces import Trace\n"
        f"subprocess.run(['mount', '-t', 'tmpfs', 'none', {str(tmp_path)!r}], check=True)\n"
        f"assert os.path.ismount({str(tmp_path)!r})\n"
        f"remove(Trace('mount', {str(tmp_path)!r}))\n"
        f"assert not os.path.ismount({str(tmp_path)!r})\n"
    )
    assert subprocess.run(["unshare", "-m", sys.executable, "-c", code]).returncode == 0
