"""Paths inside volumes that a container's own symlinks must not lead out of."""

import os

from sdk.errors import InvalidArgument
from sdk.linux.openat import RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, openat2


def resolve_subpath(directory: str, subpath: str) -> str:
    """Return the real path of an existing `subpath` below `directory`. Raises InvalidArgument if it is missing or leads outside."""
    root = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = openat2(root, subpath, os.O_PATH | os.O_CLOEXEC, resolve=RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)
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
