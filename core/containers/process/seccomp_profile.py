"""Seccomp profiles as people write them for Docker (`--security-opt seccomp=FILE`), turned into the runtime specification's."""

import platform
import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec
from msgspec import Struct

from core.containers.process.seccomp_default import ARCHITECTURES
from sdk.errors import InvalidArgument
from sdk.oci import runtime as oci
from sdk.text import UNREADABLE, cleaned, unreadable_reason

_VERSION = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})(?![0-9])")
MACHINE_NAMES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
"""How a profile's `arches` name machines."""


class Argument(Struct, frozen=True, rename="camel"):
    index: int
    value: int = 0
    value_two: int = 0
    op: str = "SCMP_CMP_EQ"


class Filter(Struct, frozen=True, rename="camel"):
    caps: tuple[str, ...] | None = None
    arches: tuple[str, ...] | None = None
    min_kernel: str | None = None


class Rule(Struct, frozen=True, rename="camel"):
    """`name` is the old form of `names`."""

    action: str = ""
    names: tuple[str, ...] | None = None
    name: str = ""
    args: tuple[Argument, ...] | None = None
    errno_ret: int | None = None
    includes: Filter | None = None
    excludes: Filter | None = None


class ArchMap(Struct, frozen=True, rename="camel"):
    architecture: str
    sub_architectures: tuple[str, ...] | None = None


class Profile(Struct, frozen=True, rename="camel"):
    default_action: str = ""
    default_errno_ret: int | None = None
    architectures: tuple[str, ...] | None = None
    arch_map: tuple[ArchMap, ...] | None = None
    syscalls: tuple[Rule, ...] | None = None


class _Situation(Struct, frozen=True):
    """What the conditions of a rule are held against."""

    capabilities: frozenset[str]
    machine: str
    kernel: tuple[int, int]

    def includes(self, wanted: Filter) -> bool:
        return (
            self.capabilities.issuperset(wanted.caps or ())
            and (not wanted.arches or self.machine in wanted.arches)
            and self._new_enough(wanted.min_kernel)
        )

    def excludes(self, unwanted: Filter) -> bool:
        return (
            not self.capabilities.isdisjoint(unwanted.caps or ())
            or self.machine in (unwanted.arches or ())
            or (bool(unwanted.min_kernel) and self._new_enough(unwanted.min_kernel))
        )

    def _new_enough(self, version: str | None) -> bool:
        return not version or self.kernel >= _version(version)

    def wants(self, rule: Rule) -> bool:
        return (rule.includes is None or self.includes(rule.includes)) and (
            rule.excludes is None or not self.excludes(rule.excludes)
        )


def _version(text: str) -> tuple[int, int]:
    match = _VERSION.match(text)
    if not match:
        raise InvalidArgument(f"Decoding seccomp profile failed: invalid kernel version: {cleaned(text)}")
    return int(match[1]), int(match[2])


def _decode(text: str) -> Profile:
    try:
        profile = msgspec.json.decode(text, type=Profile)
    except UNREADABLE as error:
        raise InvalidArgument(f"Decoding seccomp profile failed: {unreadable_reason(error)}") from None
    if profile.architectures and profile.arch_map:
        raise InvalidArgument(
            "both 'architectures' and 'archMap' are specified in the seccomp profile, use either 'architectures' or 'archMap'"
        )
    return profile


def _architectures(profile: Profile, machine: str) -> tuple[str, ...]:
    native = ARCHITECTURES.get(machine, ("",))[0]
    for mapped in profile.arch_map or ():
        if mapped.architecture == native:
            return (native, *(mapped.sub_architectures or ()))
    return profile.architectures or ()


def _rules(profile: Profile, situation: _Situation) -> Iterator[oci.SeccompRule]:
    for rule in profile.syscalls or ():
        if rule.name and rule.names:
            raise InvalidArgument("both 'name' and 'names' are specified in the seccomp profile, use either 'name' or 'names'")
        if situation.wants(rule):
            yield oci.SeccompRule(
                names=rule.names or (rule.name,),
                action=rule.action,
                errno_ret=rule.errno_ret,
                args=tuple(oci.SeccompArg(arg.index, arg.value, arg.op, arg.value_two) for arg in rule.args or ()),
            )


@lru_cache(maxsize=32)
def load_profile(
    text: str,
    capabilities: frozenset[str],
    machine: str = platform.machine(),
    kernel: str = platform.release(),
) -> oci.Seccomp | None:
    """Return what a profile means for a container with these capabilities on this machine; None if it filters nothing.

    Raises InvalidArgument with Docker's sentence when it cannot be read.
    """
    profile = _decode(text)
    if not profile.default_action and not profile.syscalls:
        return None
    situation = _Situation(capabilities, MACHINE_NAMES.get(machine, machine), _version(kernel))
    return oci.Seccomp(
        default_action=profile.default_action,
        default_errno_ret=profile.default_errno_ret,
        architectures=_architectures(profile, machine),
        syscalls=tuple(_rules(profile, situation)),
    )
