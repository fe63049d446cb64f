"""A process that ends with the one that began it (prctl(2), PR_SET_PDEATHSIG)."""

import ctypes
import os
import signal

from sdk.linux.libc import libc

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel kill the calling process when the thread that began it ends. A change of credentials undoes it. Raises OSError."""
    if libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"prctl: {os.strerror(code)}")
