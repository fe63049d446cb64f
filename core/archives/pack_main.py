"""The process that packs a tar: changes its root, walks, and writes the archive on stdout.

Arguments: descriptor of the root, descriptor of a directory in it, descriptor to report trouble on, whether to leave the holes of
files out, and what to pack: either a name in that directory, the name it has in the archive and device numbers not to descend into, or,
with no name, NUL-terminated paths on stdin: each is packed alone, and one with a `-` in front is packed as a whiteout.
"""

import os
import sys

from core.archives.confinement import enter, failure
from core.archives.packing import Packing
from sdk.linux.regular import descriptor_links


def main() -> None:
    """Do the work of this process and end it."""
    root, directory, report, sparse, name, archive_name, devices = sys.argv[1:]
    excluded = frozenset(int(device) for device in devices.split(",") if device)
    paths = [] if name else sys.stdin.buffer.read().split(b"\0")[:-1]
    try:
        links = descriptor_links()
        enter(int(root), int(directory))
        packing = Packing(1, excluded, sparse=bool(sparse), links=links)
        if name:
            packing.tree(os.fsencode(name), os.fsencode(archive_name))
        for path in paths:
            packing.change(path)
        packing.finish()
    except OSError as error:
        _, reason = failure(error)
        os.write(int(report), reason.encode("utf-8", "replace"))
        sys.exit(1)
