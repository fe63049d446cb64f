"""Capabilities by name, as sets of bits."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from sdk.errors import InvalidArgument
from sdk.linux.capabilities import NAMES
from sdk.oci.runtime import Capabilities

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
