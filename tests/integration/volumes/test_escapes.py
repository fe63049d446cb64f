"""Containers that change a volume while the engine works in it never reach the host by that."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import IncompleteRead
from pathlib import Path

import pytest

from tests.daemon import Daemon

pytestmark = pytest.mark.privileged

_SWAPS = "mkdir a1; ln -s {secret} a2; while :; do mv a1 a; mv a a1; mv a2 a; mv a a2; done"
"""A name that is by turns a directory, nothing, and a symlink to a directory of the host."""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A directory of the host that no container is given."""
    directory = tmp_path / "secret"
    directory.mkdir()
    (directory / "key").write_text("host")
    return directory


@contextmanager
def swapping(daemon: Daemon, secret: Path, volume: str) -> Iterator[None]:
    """Run a container that swaps a name in a volume for as long as the block runs."""
    daemon.docker(
        "run", "-d", "--name", "swapper", "-v", f"{volume}:/v", "-w", "/v", "busybox", "sh", "-c", _SWAPS.format(secret=secret)
    )
    try:
        yield
    finally:
        daemon.remove_containers()
        daemon.docker("volume", "rm", "-f", volume)


@pytest.mark.parametrize("runtime", ["ns", "oci"])
def test_a_subpath_that_is_swapped_for_a_symlink_never_shows_the_host(shared_daemon: Daemon, secret: Path, runtime: str) -> None:
    mount = "type=volume,src=raced,dst=/m,volume-subpath=a,volume-nocopy"
    words = [
        "run",
        "--rm",
        "--network=none",
        f"--runtime={runtime}",
        "--mount",
        mount,
        "busybox",
        "sh",
        "-c",
        "ls /m; echo w > /m/w",
    ]
    with swapping(shared_daemon, secret, "raced"):
        seen = [shared_daemon.docker(*words, check=False) for _ in range(12)]
    assert os.listdir(secret) == ["key"]
    assert not any("key" in done.stdout for done in seen)
    said = {done.stderr.strip().rpartition(": ")[2].split("\n")[0] for done in seen if done.returncode}
    assert all("with subpath" in done.stderr for done in seen if done.returncode), said


def test_files_are_never_copied_out_of_the_host_through_a_swapped_subpath(shared_daemon: Daemon, secret: Path) -> None:
    mount = "type=volume,src=raced,dst=/m,volume-subpath=a,volume-nocopy"
    shared_daemon.docker("create", "--name", "still", "--mount", mount, "busybox")
    with swapping(shared_daemon, secret, "raced"):
        for _ in range(12):
            status, body = shared_daemon.request("GET", "/containers/still/archive?path=/m/key")
            assert status != 200, body
            with suppress(IncompleteRead):  # the mount was there when the answer began, and was not when the files were read
                status, body = shared_daemon.request("GET", "/containers/still/archive?path=/m")
                assert b"m/key" not in body
            assert b"Errno" not in body


def test_filling_a_volume_changes_no_file_of_the_host(shared_daemon: Daemon, secret: Path, tmp_path: Path) -> None:
    """The container puts a symlink in the place of whatever the engine has just made."""
    names = " ".join(f"f{number:04}" for number in range(400))
    shared_daemon.docker("build", "-q", "-t", "many", "-", stdin="FROM busybox\n"
        f"RUN mkdir /data && cd /data && touch {names} && chmod 4777 * && chown 1234:1234 *\n")  # fmt: skip
    key = secret / "key"
    key.chmod(0o600)
    before = key.stat()
    program = f"cd /v; while :; do for f in f*; do [ -L $f ] || ln -sf {key} $f; done; done"
    for turn in range(3):
        shared_daemon.docker("run", "-d", "--name", "hog", "-v", f"filled{turn}:/v", "busybox", "sh", "-c", program)
        done = shared_daemon.docker("create", "-v", f"filled{turn}:/data", "many", check=False)
        shared_daemon.docker("rm", "-f", "hog")
        assert done.returncode == 0 or "failed to copy /data of the image to volume" in done.stderr
        assert "Errno" not in done.stderr
        after = key.stat()
        assert (stat.S_IMODE(after.st_mode), after.st_uid, after.st_nlink) == (0o600, before.st_uid, 1)
        assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)
        shared_daemon.remove_containers()
        shared_daemon.docker("volume", "rm", f"filled{turn}")
    assert os.listxattr(key) == []
