"""The door to the C library: checked calls, used by the other files of this room and by those that need one more call."""

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
    return checked(int(libc.syscall(ctypes.c_long(number), *converted)), operation, path)


def prctl(option: int, argument: int) -> None:
    """Change how the kernel treats the calling thread or process (prctl(2)). Raises OSError."""
    checked(libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0), "prctl")


def checked(result: int, operation: str, path: str | None = None) -> int:
    """Return what a function of the C library returned; raise OSError naming `operation` (and `path`) when it failed, by `errno`."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{operation}: {os.strerror(code)}", path)
    return result
