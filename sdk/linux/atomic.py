"""Files and links that a later process reads: whole or not there, at whatever instant this process is killed.

A file that is made and then filled, and a link that is unlinked and then made again, have a moment at which they are wrong. These
functions make the new one under another name and put it in place with rename(2), which has no such moment.
"""

import os
from contextlib import suppress
from pathlib import Path

_NEW = ".new"
_LONGEST = 1 << 20


def replace_file(path: Path, content: bytes, *, mode: int = 0o600, durable: bool = False) -> None:
    """Make a file hold exactly `content`, or leave the old one. Two threads must not do this to one path at the same time.

    With `durable` the file survives a power cut too. Raises OSError; nothing is left beside the old file then.
    """
    aside = _aside(path)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        try:
            _write(descriptor, content)
            if durable:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(aside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(aside)
        raise
    if durable:
        _sync_directory(path.parent)


def replace_link(path: Path, target: str) -> None:
    """Make a symbolic link lead to `target`, or leave the old one. Two threads must not do this to one path at the same time."""
    aside = _aside(path)
    with suppress(FileNotFoundError):
        os.unlink(aside)
    os.symlink(target, aside)
    os.rename(aside, path)


def rewrite_lines(path: Path, content: bytes) -> None:
    """Give a file of lines new content and keep its inode, which others have mounted. Raises OSError.

    The new lines are written over the old ones in one call, with empty lines up to the old length; these are then cut off. A process
    that is killed in between leaves all lines and some empty ones. A file of more than a MiB, which is no file of lines, is cut first.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        if size > _LONGEST:
            os.ftruncate(descriptor, 0)
            size = 0
        os.pwrite(descriptor, content + b"\n" * (size - len(content)), 0)
        if size > len(content):
            os.ftruncate(descriptor, len(content))
    finally:
        os.close(descriptor)


def is_aside(name: str) -> bool:
    """Tell whether a file's name is that of one which a killed process did not put in place."""
    return name.startswith(".") and name.endswith(_NEW)


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}{_NEW}")


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
