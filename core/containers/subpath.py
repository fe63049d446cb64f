"""Paths inside volumes that a container's own symlinks must not lead out of."""

import os

from sdk.errors import InvalidArgument
from sdk.linux.openat import open_in_root


def resolve_subpath(directory: str, subpath: str) -> str:
    """Return the real path of an existing `subpath` below `directory`. Symlinks stay inside. Raises InvalidArgument if it is missing."""
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = open_in_root(root, subpath, os.O_PATH)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InvalidArgument(
            f"error while mounting volume with subpath: cannot access path {directory}/{subpath}: {reason}"
        ) from error
    finally:
        os.close(root)
    try:
        return os.readlink(f"/proc/self/fd/{found}")
    finally:
        os.close(found)
