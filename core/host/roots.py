"""The daemon's two directories: the data root, which one daemon holds at a time, and the exec root, which a reboot empties."""

import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.config import StartupError
from core.host.mounts import file_system_of
from sdk.linux.mount import mount

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_log = logging.getLogger(__name__)


@contextmanager
def hold_data_root(path: Path) -> Iterator[None]:
    """Make the data root and lock it for this process; the kernel lets go when the process ends, however it ends.

    Raises StartupError when another daemon holds it or it cannot be made.
    """
    try:
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
        lock = os.open(path / "core.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartupError(f"the data root {path} cannot be used: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    except BlockingIOError as error:
        raise StartupError(
            f"another daemon (process {os.pread(lock, 20, 0).decode().strip()}) uses the data root {path}"
        ) from error
    finally:
        os.close(lock)


def holder(path: Path) -> int:
    """Return the process ID of the daemon that holds a data root, or 0."""
    try:
        lock = os.open(path / "core.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(lock, 20, 0) or 0)
    finally:
        os.close(lock)
    return 0


def prepare_exec_root(path: Path) -> None:
    """Make the exec root; put a tmpfs there if it is on a disk, for speed and so that a reboot empties it. Idempotent.

    Where that is not permitted, leftovers of an earlier boot are deleted instead.
    """
    path.mkdir(mode=0o711, parents=True, exist_ok=True)
    if file_system_of(path).type not in ("tmpfs", "ramfs"):
        try:
            mount("core", str(path), "tmpfs", data="mode=0711")
        except OSError as error:
            _log.warning("the exec root %s is not on a tmpfs and none can be mounted there: %s", path, error)
    _forget_earlier_boot(path)


def _forget_earlier_boot(path: Path) -> None:
    boot = _BOOT_ID.read_text()
    mark = path / "boot_id"
    if mark.exists() and mark.read_text() != boot:
        for entry in path.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    mark.write_text(boot)


@contextmanager
def pidfile(path: Path) -> Iterator[None]:
    """Keep this process' ID in a file while the daemon runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{os.getpid()}\n")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
