"""Which kinds of driver can live in a process of their own, and why the others cannot."""

import inspect
import sys
from collections.abc import Mapping

from sdk.drivers.network import NetworkDriver
from sdk.drivers.storage import StorageDriver
from sdk.drivers.volume import VolumeDriver

INTERFACES: Mapping[str, type[object]] = {"storage": StorageDriver, "network": NetworkDriver, "volume": VolumeDriver}
"""The interface of each kind that can be isolated, by the kind's key in the configuration."""

CAPABILITIES: Mapping[str, tuple[str, ...]] = {
    # overlay mounts for its probe, xattrs in `trusted.`, devices and owners of whiteouts and of copies
    "storage": ("CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_CHOWN", "CAP_MKNOD", "CAP_FSETID", "CAP_SETFCAP"),
    # links, tables and raw frames; entering namespaces, also those of processes with other credentials; ports below 1024
    "network": ("CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"),
    # directories that belong to the users of containers
    "volume": ("CAP_DAC_OVERRIDE", "CAP_FOWNER"),
}
"""The capabilities of each kind's processes, and what for."""

_OBJECTS = "its driver hands out objects, streams or descriptors, which stay in the daemon's process"

REFUSED: Mapping[str, str] = {
    "frontend": "a frontend outside the daemon is a client of its API",
    "runtime": "a start is a descriptor's affair, and the daemon holds the pipes of every container",
    "builder": _OBJECTS,
    "log": "a log is written on the daemon's event loop, which cannot wait for another process",
    "registry": _OBJECTS,
    "verifier": "it asks the daemon's registries, which it is given as an object",
    "authorizer": "every request waits for its answer, in the daemon",
    "observer": "it sees the daemon's events as they happen, and the engine",
}
"""The reason for each of the others."""


def interfaces_of(driver: object, kind: str) -> tuple[type[object], ...]:
    """Return the interfaces of a kind that a driver has, optional abilities included, the most general one first."""
    module = INTERFACES[kind].__module__
    return tuple(each for each in reversed(type(driver).__mro__) if each.__module__ == module)


def interfaces_named(names: tuple[str, ...], kind: str) -> tuple[type[object], ...]:
    """Return interfaces of a kind by name, the kind's own among them. Raises ValueError for what is no interface of it."""
    module = vars(sys.modules[INTERFACES[kind].__module__])
    found = tuple(module.get(name) for name in names)
    if INTERFACES[kind] not in found:
        raise ValueError(f"the driver is not a {INTERFACES[kind].__name__}")
    return tuple(_interface(each, kind) for each in found)


def _interface(found: object, kind: str) -> type[object]:
    if not (isinstance(found, type) and inspect.isabstract(found) and found.__module__ == INTERFACES[kind].__module__):
        raise ValueError("the driver names an interface that there is not")
    return found
