"""The door to the C library: one checked call, used by the other files of this room."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

Argument = int | bytes | ctypes.Array[ctypes.c_char] | None


def syscall(number: int, *arguments: Argument, operation: str, path: str | None = None) -> int:
    """Make a system call by number; raise OSError naming `operation` (and `path`) when it fails.

    Integers are passed as C longs, bytes as pointers, None as a null pointer.
    """
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *converted))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{operation}: {os.strerror(code)}", path)
    return result
