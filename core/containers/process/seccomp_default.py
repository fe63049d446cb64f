"""The default seccomp profile: what it allows is in seccomp_default.toml, what depends on arguments is here."""

import platform
import tomllib
from collections.abc import Iterator, Mapping
from errno import ENOSYS, EPERM
from functools import cache
from importlib.resources import files
from itertools import chain

from msgspec import Struct, convert

from sdk.oci import runtime as oci

ALLOW = "SCMP_ACT_ALLOW"
ERRNO = "SCMP_ACT_ERRNO"
LOW_WORD = 0xFFFFFFFF

ARCHITECTURES: Mapping[str, tuple[str, ...]] = {
    "x86_64": ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"),
    "aarch64": ("SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"),
}

NEW_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET together."""

PERSONALITIES = (0x0, 0x8, 0x20000, 0x20008, 0xFFFFFFFF)
"""PER_LINUX and PER_LINUX32, each with and without UNAME26, and the value that only asks."""

REFUSED_FAMILIES = frozenset((38, 40))
"""AF_ALG, whose kernel code is much larger than its use, and AF_VSOCK, which no namespace separates from the host."""

FAMILY_BITS = 6
"""Every address family's number fits in so many bits; the kernel refuses larger ones itself."""


class Group(Struct, frozen=True, forbid_unknown_fields=True):
    """Calls allowed together. Without a capability or machines they are allowed always and everywhere."""

    purpose: str
    calls: str
    capability: str = ""
    machines: tuple[str, ...] = ()

    def applies(self, capabilities: frozenset[str], machine: str) -> bool:
        return (not self.capability or self.capability in capabilities) and (not self.machines or machine in self.machines)


class Groups(Struct, frozen=True, forbid_unknown_fields=True):
    group: tuple[Group, ...]


@cache
def groups() -> tuple[Group, ...]:
    """Return the groups of the data file."""
    text = files(__package__).joinpath("seccomp_default.toml").read_text(encoding="ascii")
    return convert(tomllib.loads(text), Groups).group


def _masked(index: int, mask: int, value: int) -> oci.SeccompArg:
    return oci.SeccompArg(index=index, op="SCMP_CMP_MASKED_EQ", value=mask, value_two=value)


def _allow(name: str, argument: oci.SeccompArg) -> oci.SeccompRule:
    return oci.SeccompRule(names=(name,), action=ALLOW, args=(argument,))


def _family_blocks(start: int, bits: int) -> Iterator[tuple[int, int]]:
    """Yield (start, bits) of aligned blocks of 2**bits families that hold no refused one, as few as there can be."""
    if not REFUSED_FAMILIES.intersection(range(start, start + (1 << bits))):
        yield start, bits
    elif bits:
        yield from _family_blocks(start, bits - 1)
        yield from _family_blocks(start + (1 << (bits - 1)), bits - 1)


def _socket_rules() -> Iterator[oci.SeccompRule]:
    # The kernel takes the family from the low word alone: a comparison of all 64 bits could be passed with bits above it.
    for start, bits in _family_blocks(0, FAMILY_BITS):
        yield _allow("socket", _masked(0, LOW_WORD & ~((1 << bits) - 1), start))


def _clone_rules() -> tuple[oci.SeccompRule, ...]:
    # clone3's flags are in memory, out of a filter's sight: ENOSYS makes libraries fall back to clone.
    return (
        _allow("clone", _masked(0, NEW_NAMESPACES, 0)),
        oci.SeccompRule(names=("clone3",), action=ERRNO, errno_ret=ENOSYS),
    )


@cache
def default_seccomp(capabilities: frozenset[str], machine: str = platform.machine()) -> oci.Seccomp:
    """Return the profile for a container with these capabilities (names with CAP_); the same object for the same question."""
    allowed = (group.calls.split() for group in groups() if group.applies(capabilities, machine))
    rules = [oci.SeccompRule(names=tuple(dict.fromkeys(chain.from_iterable(allowed))), action=ALLOW)]
    rules += (_allow("personality", oci.SeccompArg(index=0, op="SCMP_CMP_EQ", value=value)) for value in PERSONALITIES)
    rules += _socket_rules()
    if "CAP_SYS_ADMIN" not in capabilities:
        rules += _clone_rules()
    return oci.Seccomp(
        default_action=ERRNO,
        default_errno_ret=EPERM,
        architectures=ARCHITECTURES.get(machine, ()),
        syscalls=tuple(rules),
    )
