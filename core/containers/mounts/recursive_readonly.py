"""Whether the kernel can make a mount and all below it read-only at once (mount_setattr(2), Linux 5.12)."""

import os
import re

_VERSION = re.compile(r"(\d+)\.(\d+)")


def is_new_enough(release: str) -> bool:
    """Tell of a kernel's release (`6.1.0-18-amd64`, `5.15+`) whether it has the call."""
    found = _VERSION.match(release)
    return found is not None and (int(found[1]), int(found[2])) >= (5, 12)


HAS_RECURSIVE_READONLY = is_new_enough(os.uname().release)
