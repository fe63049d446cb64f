"""The executor of plans in Python: for machines without a `sysrun` blob, or whose owner wants none.

A script that runs by itself (`python -I -S executor.py`), hence no imports from this package. It does what sysrun.c does.
"""

import ctypes
import os
import signal
import struct

BASE = 0x20000000
PLAN_FD = 3
ANY_ERROR = 255
FAILED, SHIM = 16, 24
OPERATION = struct.Struct("<6qIIBBBBI")
SHARED_AT_FIXED_PLACE = 0x100001  # MAP_SHARED | MAP_FIXED_NOREPLACE

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)


def mapped_plan() -> "ctypes.Array[ctypes.c_char]":
    """Map the plan where its pointers expect it; the memory is shared with the file."""
    size = os.fstat(PLAN_FD).st_size
    if libc.mmap(BASE, size, 3, SHARED_AT_FIXED_PLACE, PLAN_FD, 0) != BASE:
        os._exit(120)
    return (ctypes.c_char * size).from_address(BASE)


def system_call(number: int, arguments: list[int]) -> int:
    """Return the result, a negative errno for an error, as the kernel does."""
    result = int(libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)))
    return -ctypes.get_errno() if result == -1 else result


def execute(plan: "ctypes.Array[ctypes.c_char]") -> None:
    """Carry out the plan; returns at its end. After a fork both sides are in here."""
    count, table = struct.unpack_from("<Iq", plan, 4)
    slots = [0] * 256
    index = 0
    while index < count:
        *arguments, number, target, slotted, jump, store, tolerate, _ = OPERATION.unpack_from(plan, table + index * OPERATION.size)
        values = [slots[value] if slotted >> position & 1 else value for position, value in enumerate(arguments)]
        result = system_call(number, values)
        if result < 0 and tolerate not in (ANY_ERROR, -result):
            struct.pack_into("<II", plan, FAILED, index + 1, -result)
            os._exit(121)
        if store:
            slots[store - 1] = result
        jumps = (jump == 1 and result == 0) or (jump == 2 and result != 0)
        index = target if jumps else index + 1


if __name__ == "__main__":
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by the interpreter, which the process would inherit
        signal.signal(ignored, signal.SIG_DFL)
    memory = mapped_plan()
    struct.pack_into("<i", memory, SHIM, os.getpid())
    execute(memory)
    os._exit(0)
