"""What every process does that reads an archive from outside: it bounds itself first, and tells at last what went wrong."""

import errno
import gzip
import os
import resource
import select
import sys
import threading

OK, CORRUPTED, REFUSED, FULL, FAILED = "ok", "corrupted", "refused", "full", "failed"
"""How the work ended, as it is reported."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_ASKED = (
    errno.ENOENT,
    errno.EACCES,
    errno.EEXIST,
    errno.ENOTEMPTY,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.EFBIG,
    errno.EMLINK,
    errno.ERANGE,
    errno.E2BIG,
    errno.EBUSY,
)
"""What the file system says when an archive asks for what cannot be."""

_MEMORY = 2 << 30
"""Bytes of address space: an archive may ask its decompressor for a window of any size."""


def begin() -> None:
    """Bound this process' memory, and let it end with the process that reads its standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    threading.Thread(target=_end_with_reader, daemon=True).start()


def enter(root: int, directory: int) -> None:
    """Make `root` this process' root and `directory` in it the current one. Nothing can be imported from in there."""
    sys.path.clear()
    os.fchdir(root)
    os.chroot(".")
    os.fchdir(directory)


def failure(error: BaseException) -> tuple[str, str]:
    """Return the kind of an error and a sentence: tell a damaged archive from a file system that refuses, whose errors have a number."""
    if isinstance(error, OSError) and error.errno:
        names = [os.fsdecode(name) for name in (error.filename, error.filename2) if name]
        where = f"{'link ' if len(names) > 1 else ''}{' '.join(names)}: " if names else ""
        kind = FULL if error.errno in _FULL else CORRUPTED if error.errno in _ASKED else FAILED
        return kind, f"{where}{os.strerror(error.errno).lower()}"
    if isinstance(error, MemoryError):
        return CORRUPTED, "cannot allocate memory"
    return CORRUPTED, _damage(error)


def _damage(error: BaseException) -> str:
    """Return what Go says of a compressed stream that is none or ends too soon; the archive's own readers speak for themselves."""
    words = str(error)
    if isinstance(error, EOFError) or "ended before" in words:
        return "unexpected EOF"
    if isinstance(error, gzip.BadGzipFile) or "CRC" in words:
        return "gzip: invalid checksum" if "CRC" in words else "gzip: invalid header"
    if words.startswith("Error -"):
        return "flate: corrupt input"
    return words or "corrupt input"


def _end_with_reader() -> None:
    """End at once when no process is left to read the report: the engine died, and its successor sweeps the directory away."""
    poll = select.poll()
    poll.register(1, 0)
    poll.poll()
    os._exit(1)
