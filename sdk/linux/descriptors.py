"""Descriptors as paths that other processes understand, and a table of descriptors for one thread alone."""

import gc
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sdk.linux.libc import syscall

_CLOSE_RANGE = 436  # the same number on every architecture
_UNSHARE = 2
_FIRST, _LAST = 3, 0xFFFFFFFF
_one_at_a_time = threading.Lock()
_PATH = re.compile(r"/proc/\d+/fd/\d+")


def path_of(descriptor: int) -> str:
    """Return a path by which other processes of root reach what a descriptor of this one stands for, as long as it is open."""
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def is_descriptor(path: str) -> bool:
    """Tell whether a path is one of `path_of`: what it stands for belongs to the mount namespace it was opened in."""
    return _PATH.fullmatch(path) is not None


@contextmanager
def own_descriptors() -> Iterator[None]:
    """Take the calling thread out of the process' descriptors, for good: it keeps 0 to 2, and what it opens gets low numbers.

    For libraries that use select(2), which knows only the first 1024, in a thread that ends afterwards. No garbage is collected
    meanwhile: what it would close belongs to the others. Raises OSError before Linux 5.9.
    """
    with _one_at_a_time:
        collecting = gc.isenabled()
        gc.disable()
        try:
            syscall(_CLOSE_RANGE, _FIRST, _LAST, _UNSHARE, operation="close_range")
            yield
        finally:
            if collecting:
                gc.enable()
