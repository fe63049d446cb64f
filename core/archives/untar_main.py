"""The process that unpacks one archive: reads it on stdin, changes its root, unpacks, and reports on stdout.

Arguments: descriptor of the new root, descriptor of the directory in it to unpack into, name of that directory, and the policy.
The report is fields with NULs between: `ok`, diffID, bytes of files, bytes of tar; or a kind of error and a sentence.
"""

import os
import sys
from collections.abc import Sequence

from core.archives.compression import CORRUPT, BlobReader, HashingReader, decompressed
from core.archives.confinement import OK, REFUSED, begin, enter, failure
from core.archives.filetree import IsMount
from core.archives.readahead import ReadAhead
from core.archives.tarstream import TarError, TarStream
from core.archives.untar import Policy, Refused, Unpacking


def main() -> None:
    """Do the work of this process and end it."""
    begin()
    with open(os.dup(1), "wb") as report:
        report.write("\0".join(_report(sys.argv[1:])).encode("utf-8", "surrogateescape"))


def _report(arguments: Sequence[str]) -> tuple[str, ...]:
    root, directory, shown, layer, owner, keep_kinds, root_entry, algorithm = arguments
    uid, _, gid = owner.partition(":")
    policy = Policy(bool(layer), (int(uid), int(gid)) if owner else None, bool(keep_kinds), shown, bool(root_entry), algorithm)
    blob = BlobReader(0)
    try:
        tar = HashingReader(decompressed(blob), hashed=policy.layer, algorithm=policy.algorithm)
        source = ReadAhead(tar)
        is_mount = _mount_check(policy)
        enter(int(root), int(directory))
        size = _unpack(source, policy, is_mount)
        blob.drain()
    except (TarError, MemoryError, *CORRUPT) as error:
        return failure(error)
    except Refused as error:
        return REFUSED, str(error)
    return OK, tar.digest, str(size), str(tar.length)


def _mount_check(policy: Policy) -> IsMount | None:
    """Return what tells mounts, None for layers: nothing is mounted in those. It needs ctypes, which is loaded while Python's files are in
    reach, and would cost every layer milliseconds."""
    if policy.layer:
        return None
    from sdk.linux.mount_root import is_mount_root  # noqa: PLC0415 - layers do without

    return is_mount_root


def _unpack(source: ReadAhead, policy: Policy, is_mount: IsMount | None) -> int:
    stream = TarStream(source)
    unpacking = Unpacking(stream, policy, is_mount)
    unpacking.run()
    stream.drain()
    return unpacking.size
