"""Read, write and remove the files of a cgroup."""

import errno
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from sdk.errors import InvalidArgument
from sdk.linux.pidfd import open_process, send_signal

_PIECE = 16384

PATIENCE = 5.0
"""Seconds to wait for killed processes to be gone, or for frozen ones to stand."""


def read(path: str) -> str:
    """Return a file's text, "" if there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return _content(descriptor).decode().strip()
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def read_int(path: str) -> int:
    """Return a file's number, 0 for `max` or if there is none."""
    text = read(path)
    return int(text) if text.lstrip("-").isdigit() else 0


def read_table(path: str) -> Mapping[str, int]:
    """Return lines of `name number` as a mapping."""
    lines = (line.split() for line in read(path).splitlines())
    return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1].isdigit()}


def read_details(path: str, names: Sequence[str]) -> Mapping[str, int]:
    """Return lines of `name number` as a mapping, only those of some names if there are any."""
    if not names:
        return read_table(path)
    text = f"\n{read(path)}\n"
    found = ((name, text.partition(f"\n{name} ")[2].partition("\n")[0]) for name in names)
    return {name: int(value) for name, value in found if value.isdigit()}


def write(path: str, value: str) -> None:
    """Write a value. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)


def set_limit(path: str, value: str) -> None:
    """Write a limit that came from a client. A kernel without the file has no such limit. Raises InvalidArgument."""
    try:
        write(path, value)
    except FileNotFoundError:
        return
    except OSError as error:
        name = os.path.basename(path)
        raise InvalidArgument(f'failed to write "{value}": {name}: {os.strerror(error.errno or 0).lower()}') from error


def make(directory: str) -> None:
    """Make a cgroup that may be there already. Raises FileNotFoundError without its parent."""
    with suppress(FileExistsError):
        os.mkdir(directory)


def below(directory: str) -> Iterator[str]:
    """Yield the directory and every cgroup in it, deepest first; nothing if it is not there."""
    try:
        with os.scandir(directory) as entries:
            children = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for child in children:
        yield from below(child)
    yield directory


def processes(directory: str) -> Sequence[int]:
    """Return the processes in a cgroup and below."""
    return [int(pid) for cgroup in below(directory) for pid in read(f"{cgroup}/cgroup.procs").split()]


def kill_processes(directory: str) -> None:
    """Kill every process in a cgroup and return when they are gone. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE
    pause = 0.0005
    while pids := processes(directory):
        for pid in pids:
            if (pidfd := open_process(pid)) is not None:
                if pid in processes(directory):
                    send_signal(pidfd, 9)
                os.close(pidfd)
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {pids} do not die")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def remove(directory: str) -> None:
    """Remove a cgroup and those in it; idempotent. The kernel needs a moment after the last process. Raises OSError."""
    if _removed(directory):
        return
    deadline = time.monotonic() + PATIENCE
    for cgroup in below(directory):
        while not _removed(cgroup):
            if time.monotonic() > deadline:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), cgroup)
            time.sleep(0.001)


def _removed(directory: str) -> bool:
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def removed_if_empty(directory: str) -> bool:
    """Remove a cgroup that has neither processes nor cgroups in it; return whether it is gone."""
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _content(descriptor: int) -> bytes:
    """Return a file to its end; for most files of a cgroup one call tells all, and the next one that it was all."""
    content = b""
    while piece := os.read(descriptor, _PIECE):
        content += piece
    return content
