"""The capabilities that programs begun by a thread cannot get (capabilities(7), "bounding set")."""

import ctypes
import errno
import os

from sdk.linux.libc import libc

CAP_SYS_PTRACE = 19

_PR_CAPBSET_DROP = 24


def withhold_from_programs(capability: int) -> None:
    """Let no program that the calling thread begins from now on have a capability; the thread itself keeps it. There is no way back: call
    it in a thread that ends afterwards. Does nothing for a thread that may not do that. Raises OSError."""
    if libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
        code = ctypes.get_errno()
        if code != errno.EPERM:
            raise OSError(code, f"prctl: {os.strerror(code)}")
