"""The tmpfs of a test process: mounted, unmounted when nothing uses it any more, and swept up after processes that were killed."""

import errno
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sdk.linux.mount import UnmountFlag, umount
from sdk.linux.mountinfo import mount_table

PATIENCE = 5.0
"""How many seconds a process that is ending gets to let go."""


@contextmanager
def mounted_tmpfs(path: Path) -> Iterator[Path]:
    """Mount a tmpfs on a new directory. What still uses it at the end fails the test that was the last."""
    path.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "core-tests", path], check=True)
    try:
        yield path
    finally:
        unmount(path)
        path.rmdir()


def unmount(path: Path, patience: float = PATIENCE) -> None:
    """Unmount a file system as soon as nothing uses it. After that many seconds it is detached, and what uses it is told.

    Raises AssertionError for the users that `users` names. Others pass: this process, where a failed test may have left something open,
    and the kernel, as with a descriptor on its way through a socket.
    """
    deadline = time.monotonic() + patience
    while _is_busy(path):
        if time.monotonic() > deadline:
            found = users(path)
            umount(str(path), UnmountFlag.DETACH)
            assert not found, "\n".join([f"{path} is in use:", *found])
            return
        time.sleep(0.02)


def _is_busy(path: Path) -> bool:
    """Unmount a file system, unless something uses it."""
    try:
        umount(str(path))
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return True
    return False


def users(path: Path) -> list[str]:
    """Return what uses a mounted file system: mounts on it, loop devices, and other processes, each with one file that it has."""
    mounts = [f"mount {mount.path}" for mount in mount_table() if mount.path.startswith(f"{path}/")]
    return [*mounts, *_loop_devices(path), *_processes(path.stat().st_dev)]


def _loop_devices(path: Path) -> Iterator[str]:
    for device in Path("/sys/block").glob("loop*"):
        with suppress(OSError):  # it has no file
            file = (device / "loop/backing_file").read_text().strip()
            if file.startswith(f"{path}/"):
                yield f"{device.name} {file}"


def _processes(device: int) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        with suppress(OSError):  # it has ended
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if held := next(_held(process, device), ""):
                yield f"process {process.name} {command[:200].strip()}: {held}"


def _held(process: Path, device: int) -> Iterator[str]:
    """Yield what a process has of a device."""
    several = (entry for directory in ("fd", "map_files") for entry in (process / directory).iterdir())
    for link in (process / "cwd", process / "root", process / "exe", *several):
        with suppress(OSError):  # it has been closed
            if link.stat().st_dev == device:
                yield f"{link.relative_to(process)} is {os.readlink(link)}"


def sweep(parent: Path) -> None:
    """Unmount and remove what killed test processes left, unless something still runs there; a directory is named after its process."""
    for left in parent.glob("[0-9]*"):
        if Path(f"/proc/{left.name}").exists():
            continue
        places = [mount.path for mount in mount_table() if Path(mount.path).is_relative_to(left)]
        for place in sorted(places, reverse=True):
            with suppress(OSError):
                umount(place)
        with suppress(OSError):  # another test process sweeps as well
            left.rmdir()
