"""How overlayfs merges layers, name by name (kernel: Documentation/filesystems/overlayfs.rst "whiteouts and opaque directories").

Works on descriptors, so neither a symlink in a layer nor a container that exchanges directories meanwhile leads out of it.
"""

import errno
import os
import stat
from collections.abc import Sequence

from sdk.storage.whiteouts import is_opaque, is_whiteout

_NAME = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


def merged(directories: Sequence[int], name: str) -> list[int]:
    """Return descriptors (O_PATH) of what a name stands for in merged directories, topmost first; nothing if it is absent.

    The first is what is seen. Further ones are directories that are merged with it. The caller closes them.
    """
    found: list[int] = []
    for directory in directories:
        try:
            descriptor = os.open(name, _NAME, dir_fd=directory)
        except FileNotFoundError:
            continue
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:  # a symlink may name what no file can be called
                raise
            break
        status = os.fstat(descriptor)
        is_directory = stat.S_ISDIR(status.st_mode)
        if is_whiteout(status) or (found and not is_directory):
            os.close(descriptor)
            break
        found.append(descriptor)
        if not is_directory or is_opaque(descriptor):
            break
    return found


def names(directory: int) -> list[str]:
    """Return the names in a directory that may be given by an O_PATH descriptor."""
    return os.listdir(f"/proc/self/fd/{directory}")
