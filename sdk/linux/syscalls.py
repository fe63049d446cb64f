"""System call numbers of the machines containers run on, by name."""

import platform
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

X32_BIT = 1 << 30
"""Set in the number of a system call made through the x32 ABI."""


class ABI(StrEnum):
    """The columns of the table, in its order. The value is the OCI runtime specification's name."""

    X86_64 = "SCMP_ARCH_X86_64"
    X86 = "SCMP_ARCH_X86"
    X32 = "SCMP_ARCH_X32"
    AARCH64 = "SCMP_ARCH_AARCH64"
    ARM = "SCMP_ARCH_ARM"


@cache
def _tables() -> Mapping[ABI, Mapping[str, int]]:
    tables: dict[ABI, dict[str, int]] = {abi: {} for abi in ABI}
    for line in files(__package__).joinpath("syscalls.txt").read_text(encoding="ascii").splitlines():
        if line.startswith("#"):
            continue
        name, *numbers = line.split()
        for abi, number in zip(ABI, numbers, strict=True):
            if number != "-":
                tables[abi][name] = int(number)
    return tables


def syscall_numbers(abi: ABI) -> Mapping[str, int]:
    """Return every system call's number by name; those of x32 carry its bit already."""
    table = _tables()[abi]
    return {name: number | X32_BIT for name, number in table.items()} if abi is ABI.X32 else table


_NATIVE = {"x86_64": ABI.X86_64, "i686": ABI.X86, "aarch64": ABI.AARCH64, "armv7l": ABI.ARM}


def native_syscalls(machine: str = platform.machine()) -> Mapping[str, int]:
    """Return the numbers programs of this machine use. Raises KeyError for a machine that is not in the table."""
    return syscall_numbers(_NATIVE[machine])
