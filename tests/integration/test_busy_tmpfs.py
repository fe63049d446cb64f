"""The end of a test process's tmpfs: it waits for what is ending, tells what stays, and leaves nothing mounted."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tmpfs import unmount

pytestmark = pytest.mark.privileged


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    subprocess.run(["mount", "-t", "tmpfs", "core-test", tmp_path], check=True)
    yield tmp_path
    assert not tmp_path.is_mount()


def test_what_is_ending_is_waited_for(mounted: Path) -> None:
    with subprocess.Popen(["sleep", "0.3"], cwd=mounted):
        unmount(mounted)
        assert not mounted.is_mount()


def test_processes_and_mounts_that_stay_are_told(mounted: Path) -> None:
    (mounted / "below").mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "core-test", mounted / "below"], check=True)
    with (mounted / "log").open("w") as log, subprocess.Popen(["sleep", "60"], stdout=log) as holder:
        with pytest.raises(AssertionError) as told:
            unmount(mounted, patience=0.1)
        holder.kill()
    lines = str(told.value).splitlines()
    assert lines == [f"{mounted} is in use:", f"mount {mounted}/below", f"process {holder.pid} sleep 60: fd/1 is {mounted}/log"]


def test_what_this_process_has_open_is_not_told(mounted: Path) -> None:
    with (mounted / "file").open("w"):
        unmount(mounted, patience=0.1)
        assert not mounted.is_mount()


def test_a_user_without_a_name_keeps_nothing_mounted(mounted: Path) -> None:
    ends = socket.socketpair()
    file = os.open(mounted / "file", os.O_WRONLY | os.O_CREAT)
    socket.send_fds(ends[0], [b"-"], [file])
    os.close(file)
    unmount(mounted, patience=0.1)
    assert not mounted.is_mount()
    for end in ends:
        end.close()
