"""What this process has open, for tests that nothing was left open."""

import gc
import os
from contextlib import suppress


def open_descriptors() -> list[str]:
    """Return the numbers of the open descriptors, in order. What earlier tests left to the garbage collector is closed first."""
    gc.collect()
    return sorted(os.listdir("/proc/self/fd"))


def descriptors() -> list[str]:
    """Return what each open descriptor is, as /proc tells it, in no order."""
    found = []
    for fd in open_descriptors():
        with suppress(FileNotFoundError):  # the one that lists them
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
    return found
