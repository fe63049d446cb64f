"""Capabilities of a container: Docker's default set, `--cap-add`, `--cap-drop` and `--privileged`."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from sdk.errors import InvalidArgument
from sdk.linux.capabilities import NAMES
from sdk.oci import runtime as oci

ALL_CAPABILITIES = frozenset(NAMES)

DEFAULT_CAPABILITIES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
)


@cache
def available_capabilities() -> frozenset[str]:
    """Return the capabilities this process may hand on: its bounding set as the kernel knows it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            bits = int(line.split()[1], 16)
            return frozenset(name for number, name in enumerate(NAMES) if bits >> number & 1)
    return ALL_CAPABILITIES


def normalize_capability(name: str) -> str:
    """Return `CAP_X` (or `ALL`) for a name in any case, with or without the prefix. Raises InvalidArgument for an unknown one."""
    upper = name.upper()
    full = upper if upper == "ALL" or upper.startswith("CAP_") else f"CAP_{upper}"
    if full != "ALL" and full not in ALL_CAPABILITIES:
        raise InvalidArgument(f'unknown capability: "{full}"')
    return full


def _available(name: str, available: frozenset[str]) -> str:
    if name not in available:
        raise InvalidArgument(
            f'capability not supported by your kernel or not available in the current environment: "{name}"',
        )
    return name


def _normalize_all(field: str, names: Iterable[str], available: frozenset[str]) -> tuple[str, ...]:
    try:
        full = dict.fromkeys(normalize_capability(name) for name in names)
        return tuple(name if name == "ALL" else _available(name, available) for name in full)
    except InvalidArgument as error:
        raise InvalidArgument(f"invalid {field}: {error}") from None


def granted_capabilities(
    add: Iterable[str] = (),
    drop: Iterable[str] = (),
    *,
    privileged: bool = False,
    available: frozenset[str] = ALL_CAPABILITIES,
) -> tuple[str, ...]:
    """Return the container's capabilities in the kernel's order, none that the daemon itself lacks.

    `ALL` among the added wins over `ALL` among the dropped, as in Docker. Raises InvalidArgument for unknown or unavailable names.
    """
    added = _normalize_all("CapAdd", add, available)
    dropped = _normalize_all("CapDrop", drop, ALL_CAPABILITIES)
    if privileged:
        chosen = available
    elif "ALL" in added:
        chosen = available.difference(dropped)
    elif "ALL" in dropped:
        chosen = frozenset(added)
    else:
        chosen = frozenset(DEFAULT_CAPABILITIES).difference(dropped).union(added) & available
    return tuple(name for name in NAMES if name in chosen)


def process_capabilities(names: tuple[str, ...], uid: int) -> oci.Capabilities:
    """Return the sets of a process: a user other than root gets the bounding set only, which is what execve would leave it."""
    if uid == 0:
        return oci.Capabilities(bounding=names, effective=names, permitted=names)
    return oci.Capabilities(bounding=names)
