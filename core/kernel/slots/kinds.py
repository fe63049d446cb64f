"""Which kinds of driver are called through a slot, and whose deadlines an administrator may change."""

import sys
from collections.abc import Iterable, Mapping

from core.config import ConfigurationError
from sdk.drivers.deadlines import deadline_of
from sdk.drivers.logs import LogDriver
from sdk.drivers.network import NetworkDriver
from sdk.drivers.runtime import Runtime
from sdk.drivers.storage import StorageDriver
from sdk.drivers.verifier import ImageVerifier
from sdk.drivers.volume import VolumeDriver
from sdk.providers import Kind

SLOTTED: Mapping[Kind, type[object]] = {
    Kind.STORAGE: StorageDriver,
    Kind.NETWORK: NetworkDriver,
    Kind.RUNTIME: Runtime,
    Kind.VOLUME: VolumeDriver,
    Kind.LOG: LogDriver,
    Kind.VERIFIER: ImageVerifier,
}
"""Their interfaces. Drivers of the other kinds give streams or applications and keep time themselves; the door keeps that of authorizers."""


def check_deadlines(deadlines: Mapping[str, Iterable[str]]) -> None:
    """Raise ConfigurationError for a kind or a method that has no deadline."""
    for kind, methods in deadlines.items():
        known = _bounded(SLOTTED[Kind(kind)]) if kind in SLOTTED else set()
        if not known:
            raise ConfigurationError(f"deadlines.{kind}: no such kind of driver has deadlines")
        for method in methods:
            if method not in known:
                raise ConfigurationError(f"deadlines.{kind}.{method}: no such method (there are: {', '.join(sorted(known))})")


def _bounded(interface: type[object]) -> set[str]:
    """Return the methods with a deadline, those of optional abilities and of the objects that a driver returns included."""
    classes = [each for each in vars(sys.modules[interface.__module__]).values() if isinstance(each, type)]
    return {name for each in classes for name, method in vars(each).items() if deadline_of(method) is not None}
