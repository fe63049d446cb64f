"""What plans depend on beside their bundle."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from plugins.runtime_ns.cgroups.hierarchy import Hierarchy, find_hierarchy
from sdk.errors import SkipPlugin
from sdk.linux.namespaces import is_chrooted
from sdk.linux.syscalls import native_syscalls


@dataclass(frozen=True, slots=True)
class Machine:
    """`numbers` are those of its system calls."""

    numbers: Mapping[str, int]
    hierarchy: Hierarchy


def this_machine(cgroup_version: str = "auto") -> Machine:
    """Return the machine this runs on. Raises SkipPlugin for one without cgroups or with unknown system calls, and in a chroot."""
    if platform.machine() not in ("x86_64", "aarch64"):
        raise SkipPlugin(f"it does not know the system calls of {platform.machine()}")
    if is_chrooted():
        raise SkipPlugin(
            "the daemon runs in a chroot, and exec would lead out of it: give it a root by pivot_root, as a container has"
        )
    return Machine(native_syscalls(), find_hierarchy(cgroup_version))
