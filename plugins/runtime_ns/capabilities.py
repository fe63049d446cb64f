"""Capabilities by name, as sets of bits."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sdk.errors import InvalidArgument
from sdk.oci.runtime import Capabilities

NAMES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
)
"""In the order of their numbers (linux/capability.h)."""

_NUMBERS = {name: number for number, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class CapabilitySets:
    """Five sets as bit masks."""

    bounding: int = 0
    effective: int = 0
    permitted: int = 0
    inheritable: int = 0
    ambient: int = 0


@cache
def available() -> int:
    """Return what this process may hand on."""
    with open("/proc/self/status", encoding="ascii") as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["CapBnd"], 16) & int(fields["CapPrm"], 16)


@cache
def last_capability() -> int:
    """Return the highest number this kernel knows."""
    with open("/proc/sys/kernel/cap_last_cap", encoding="ascii") as file:
        return int(file.read())


@cache
def capability_sets(names: Capabilities | None, limit: int) -> CapabilitySets:
    """Return the sets of a process, without what is not in `limit`. Without capabilities it has none."""
    if names is None:
        return CapabilitySets()
    return CapabilitySets(
        _mask(names.bounding) & limit,
        _mask(names.effective) & limit,
        _mask(names.permitted) & limit,
        _mask(names.inheritable) & limit,
        _mask(names.ambient) & limit,
    )


def all_capabilities(limit: int) -> CapabilitySets:
    """Return the sets of a privileged process."""
    return CapabilitySets(limit, limit, limit, 0, 0)


def _mask(names: Iterable[str]) -> int:
    mask = 0
    for name in names:
        if name not in _NUMBERS:
            raise InvalidArgument(f'unknown capability "{name}"')
        mask |= 1 << _NUMBERS[name]
    return mask
