"""What a plugin's process may do: the capabilities of its kind and no others, for itself and for the programs that it begins."""

import ctypes
import os
from collections.abc import Iterable

from sdk.linux.bounding import withhold_from_programs
from sdk.linux.capabilities import NAMES
from sdk.linux.libc import checked, libc, prctl

_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_VERSION_3 = 0x20080522
"""Two sets of 32 bits each (capget(2), `_LINUX_CAPABILITY_VERSION_3`)."""


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Set(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


_Sets = _Set * 2


def keep_only(capabilities: Iterable[str]) -> None:
    """Give up every capability but these, of which the process keeps those that it has, for good (no_new_privs).

    Capabilities are a thread's: a process with several threads must not ask for this. Raises OSError, RuntimeError for such a process.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("a process with several threads cannot give up capabilities")
    kept = {NAMES.index(name) for name in capabilities}
    with open("/proc/sys/kernel/cap_last_cap", "rb") as last:
        known = range(int(last.read()) + 1)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    for number in known:
        if number not in kept:
            withhold_from_programs(number)
    _keep(kept)


def _keep(kept: Iterable[int]) -> None:
    header, sets = _Header(_VERSION_3, 0), _Sets()
    checked(libc.capget(ctypes.byref(header), ctypes.byref(sets)), "capget")
    for index, each in enumerate(sets):
        mask = sum(1 << (number - 32 * index) for number in kept if number // 32 == index)
        each.permitted &= mask
        each.effective, each.inheritable = each.permitted, 0
    checked(libc.capset(ctypes.byref(header), ctypes.byref(sets)), "capset")
