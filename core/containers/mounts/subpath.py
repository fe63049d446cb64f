"""Paths inside volumes and images that a container's own symlinks must not lead out of.

Containers may write to a volume while it is looked into, so what was found is handed on as a descriptor: its path may lead elsewhere
a moment later, and a runtime that opens it again would follow it there.
"""

import errno
import os

from sdk.errors import InvalidArgument
from sdk.linux.openat import open_beneath


def open_subpath(root: int, subpath: str, shown: str, kind: str = "volume") -> int:
    """Return a descriptor (O_PATH) of what is at `subpath` below the directory `root`, which messages call `shown`.

    Raises InvalidArgument if it is missing, or if a symlink or `..` leads out of the directory.
    """
    try:
        return open_beneath(root, subpath, os.O_PATH)
    except OSError as error:
        if error.errno == errno.EXDEV:
            reason = f"path concatenation escapes the base directory, base: {shown}, subpath: {subpath}"
        else:
            reason = f"cannot access path {shown}/{subpath}: {os.strerror(error.errno or 0).lower()}"
        raise InvalidArgument(f"error while mounting {kind} with subpath: {reason}") from error


def opened_path(directory: str, subpath: str) -> int:
    """Return a descriptor (O_PATH) of a volume's directory, or of what is at a subpath in it. Raises InvalidArgument."""
    try:
        root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise InvalidArgument(f"error while mounting volume: cannot access path {directory}: {reason}") from error
    if not subpath:
        return root
    try:
        return open_subpath(root, subpath, directory)
    finally:
        os.close(root)
