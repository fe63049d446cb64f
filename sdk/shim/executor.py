"""The executor of plans in Python: for machines without a `sysrun` blob, or whose owner wants none.

A script that runs by itself (`python -I -S executor.py`), hence no imports from this package. It does what sysrun.c does.
"""

import ctypes
import os
import signal
import struct

BASE, STATE, FAILURE = 0x20000000, 0x1FFF0000, 0x1FFE0000
PLAN_FD = 3
ANY_ERROR = 255
FAILURE_OFFSET, SHIM = 16, 24
OPERATION = struct.Struct("<6qIIBBBBI")
SHARED, PRIVATE, AT_FIXED_PLACE = 0x1, 0x2, 0x100000  # MAP_FIXED_NOREPLACE
NOT_IN_FORKED_PROCESSES = 10  # MADV_DONTFORK
PAGE = 4096

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)

Memory = ctypes.Array[ctypes.c_char]


def mapped(place: int, size: int, kind: int, offset: int = 0) -> "Memory":
    """Map the plan's file where pointers expect it."""
    if libc.mmap(place, size, 3, kind | AT_FIXED_PLACE, PLAN_FD, offset) != place:
        os._exit(120)
    return (ctypes.c_char * size).from_address(place)


def mapped_state() -> "Memory":
    """Map the header shared with the file, for this process alone."""
    state = mapped(STATE, PAGE, SHARED)
    if libc.madvise(STATE, PAGE, NOT_IN_FORKED_PROCESSES):
        os._exit(120)
    return state


def system_call(number: int, arguments: list[int]) -> int:
    """Return the result, a negative errno for an error, as the kernel does."""
    result = int(libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)))
    return -ctypes.get_errno() if result == -1 else result


def execute(plan: "Memory", failure: "Memory") -> None:
    """Carry out the plan; returns at its end. After a fork both sides are in here."""
    count, table = struct.unpack_from("<Iq", plan, 4)
    slots = [0] * 256
    index = 0
    while index < count:
        *arguments, number, target, slotted, jump, store, tolerate, _ = OPERATION.unpack_from(plan, table + index * OPERATION.size)
        values = [slots[value] if slotted >> position & 1 else value for position, value in enumerate(arguments)]
        result = system_call(number, values)
        if result < 0 and tolerate not in (ANY_ERROR, -result):
            struct.pack_into("<II", failure, 0, index + 1, -result)
            os._exit(121)
        if store:
            slots[store - 1] = result
        jumps = (jump == 1 and result == 0) or (jump == 2 and result != 0)
        index = target if jumps else index + 1


if __name__ == "__main__":
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by the interpreter, which the process would inherit
        signal.signal(ignored, signal.SIG_DFL)
    memory = mapped(BASE, os.fstat(PLAN_FD).st_size, PRIVATE)
    struct.pack_into("<i", mapped_state(), SHIM, os.getpid())
    execute(memory, mapped(FAILURE, PAGE, SHARED, struct.unpack_from("<q", memory, FAILURE_OFFSET)[0]))
    os._exit(0)
