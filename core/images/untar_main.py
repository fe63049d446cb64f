"""The process that unpacks one archive: reads it on stdin, changes its root, unpacks, and reports on stdout.

Arguments: descriptor of the new root, descriptor of the directory in it to unpack into, name of that directory, and the policy.
The report is fields with NULs between: `ok`, diffID, blob digest, bytes of files, bytes of tar; or a kind of error and a sentence.
"""

import errno
import os
import resource
import select
import sys
import threading
from collections.abc import Sequence

from core.images.compression import CORRUPT, HashingReader, decompressed
from core.images.readahead import ReadAhead
from core.images.tarheaders import TarError, TarStream
from core.images.untar import Policy, Refused, Unpacking

OK, CORRUPTED, REFUSED, FULL, FAILED = "ok", "corrupted", "refused", "full", "failed"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_ASKED = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.EINVAL,
    errno.EFBIG,
    errno.EMLINK,
    errno.ERANGE,
    errno.E2BIG,
)
"""What the file system says when an archive asks for what cannot be."""

_MEMORY = 2 << 30
"""Bytes of address space: an archive may ask its decompressor for a window of any size."""


def main() -> None:
    """Do the work of this process and end it."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    threading.Thread(target=_end_with_reader, daemon=True).start()
    with open(os.dup(1), "wb") as report:
        report.write("\0".join(_report(sys.argv[1:])).encode("utf-8", "surrogateescape"))


def _end_with_reader() -> None:
    """End at once when nobody is left to read the report: the engine died, and its successor sweeps the directory away."""
    poll = select.poll()
    poll.register(1, 0)
    poll.poll()
    os._exit(1)


def _report(arguments: Sequence[str]) -> tuple[str, ...]:
    root, directory, shown, layer, owner, keep_kinds = arguments
    uid, _, gid = owner.partition(":")
    policy = Policy(bool(layer), (int(uid), int(gid)) if owner else None, bool(keep_kinds), shown)
    blob = HashingReader(0, hashed=policy.layer)
    try:
        source = ReadAhead(decompressed(blob), hashed=policy.layer)
        enter(int(root), int(directory))
        size = _unpack(source, policy)
        blob.drain()
    except (TarError, MemoryError, *CORRUPT) as error:
        return _failure(error)
    except Refused as error:
        return REFUSED, str(error)
    return OK, source.digest, blob.digest, str(size), str(source.length)


def enter(root: int, directory: int) -> None:
    """Make `root` this process' root and `directory` in it the current one. Nothing can be imported from in there."""
    sys.path.clear()
    os.fchdir(root)
    os.chroot(".")
    os.fchdir(directory)


def _unpack(source: ReadAhead, policy: Policy) -> int:
    stream = TarStream(source)
    unpacking = Unpacking(stream, policy)
    unpacking.run()
    stream.drain()
    return unpacking.size


def _failure(error: BaseException) -> tuple[str, str]:
    """Tell a damaged archive from a file system that refuses: only the latter's errors have a number."""
    if isinstance(error, OSError) and error.errno:
        where = f"link {error.filename} {error.filename2}: " if error.filename2 else f"{error.filename}: " if error.filename else ""
        kind = FULL if error.errno in _FULL else CORRUPTED if error.errno in _ASKED else FAILED
        return kind, f"{where}{os.strerror(error.errno).lower()}"
    if isinstance(error, MemoryError):
        return CORRUPTED, "cannot allocate memory"
    return CORRUPTED, str(error) or type(error).__name__
