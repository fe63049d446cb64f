"""The daemon's two directories: the data root, which one daemon holds at a time, and the exec root, which a reboot empties."""

import fcntl
import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.config import StartupError
from sdk.linux.atomic import replace_file
from sdk.linux.mount import mount
from sdk.linux.mountinfo import file_system_of
from sdk.linux.processes import began

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_LOCKS = Path("/proc/locks")

_TRACES_OF_DOCKERD = (
    "network/files/local-kv.db",
    "image/overlay2",
    "image/vfs",
    "volumes/metadata.db",
    "containerd/daemon",
    "buildkit/cache.db",
)

_log = logging.getLogger(__name__)


@contextmanager
def hold_data_root(path: Path) -> Iterator[None]:
    """Make the data root and lock it for this process; the kernel lets go when the process ends, however it ends.

    Raises StartupError when another daemon holds it or it cannot be made.
    """
    with _told("data root", path):
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
    with _locked("data root", path):
        yield


@contextmanager
def hold_exec_root(path: Path) -> Iterator[None]:
    """Make the exec root as `prepare_exec_root` does, and lock it for this process. Raises StartupError as for the data root."""
    with _told("exec root", path):
        prepare_exec_root(path)
    with _locked("exec root", path):
        yield


@contextmanager
def _locked(what: str, path: Path) -> Iterator[None]:
    with _told(what, path):
        lock = os.open(path / "core.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartupError(f"another daemon (process {_holder_of(lock)}) uses the {what} {path}") from error
        _note_holder(lock)
        yield
    finally:
        os.close(lock)


@contextmanager
def _told(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartupError(f"the {what} {path} cannot be used: {error.strerror}") from error


def _note_holder(lock: int) -> None:
    """Write the holder's process ID into the lock, for those who ask who it is. A full disk is no reason to hold nothing."""
    try:
        os.pwrite(lock, b"%-19d\n" % os.getpid(), 0)
    except OSError as error:
        _log.warning("the process ID cannot be noted in core.lock: %s", error.strerror)


def _holder_of(lock: int) -> int:
    """Return who has the lock: as the kernel tells, else as the file does; -1 if neither does, as from another PID namespace."""
    status = os.fstat(lock)
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    with suppress(OSError):
        for line in _LOCKS.read_text().splitlines():
            fields = line.split()
            if fields[1] == "FLOCK" and fields[5] == place and int(fields[4]) > 0:
                return int(fields[4])
    text = os.pread(lock, 20, 0).split()
    return int(text[0]) if text and text[0].isdigit() else -1


def holder(path: Path) -> int:
    """Return the process ID of the daemon that holds a data root, 0 if none does, -1 if that daemon cannot be told."""
    try:
        lock = os.open(path / "core.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder_of(lock)
    finally:
        os.close(lock)
    return 0


def engine_id(path: Path) -> str:
    """Return the engine's identity, which a file of the data root holds; made once, a random UUID."""
    file = path / "engine-id"
    try:
        if known := file.read_text().strip():
            return known
    except FileNotFoundError:
        pass
    new = str(uuid.uuid4())
    replace_file(file, new.encode(), mode=0o644, durable=True)
    return new


def refuse_dockers_root(path: Path) -> None:
    """Raise StartupError when a directory is a real dockerd's data root: neither engine can read what the other keeps there."""
    if (path / "core.db").exists():
        return
    for trace in _TRACES_OF_DOCKERD:
        if (path / trace).exists():
            raise StartupError(
                f"{path} is the data root of a real dockerd ({trace} is there): use another --data-root; "
                "`core migrate from-docker` copies what is in it"
            )


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
    noted = mark.read_text() if mark.exists() else ""
    if noted == boot:
        return
    if noted:
        for entry in set(path.iterdir()) - {mark}:  # the mark last: a start that is killed here is to go on
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    replace_file(mark, boot.encode())


def check_pidfile(path: Path) -> None:
    """Raise StartupError while the process that a file names runs."""
    if (other := _running(path)) and other != os.getpid():
        raise StartupError(
            f"failed to start daemon, ensure docker is not running or delete {path}: process with PID {other} is still running"
        )


@contextmanager
def pidfile(path: Path) -> Iterator[None]:
    """Keep this process' ID in a file while the daemon runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, f"{os.getpid()}\n".encode(), mode=0o644)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _running(path: Path) -> int:
    """Return the process ID in a file if that process exists, else 0. One that began after the file was written only has its number."""
    try:
        pid = int(path.read_text())
        return pid if pid > 0 and began(pid) <= path.stat().st_mtime + 1 else 0
    except (OSError, ValueError):
        return 0
