"""What the runtime and its tasks share."""

import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import anyio.to_thread

from plugins.runtime_ns.capabilities import available
from plugins.runtime_ns.cgroup import Cgroup
from plugins.runtime_ns.container_plan import Machine
from plugins.runtime_ns.ledger import Ledger
from plugins.runtime_ns.seccomp import compile_seccomp
from sdk.errors import SkipPlugin
from sdk.linux.syscalls import ABI, syscall_numbers
from sdk.oci.runtime import Seccomp
from sdk.shim.spawn import Executor

T = TypeVar("T")

_MACHINES = {"x86_64": ABI.X86_64, "aarch64": ABI.AARCH64}


@dataclass(frozen=True, slots=True)
class RuntimeContext:
    """`cgroups` remembers parents of removed cgroups, which go when the runtime is closed; `title` begins those of its shims."""

    executor: Executor
    machine: Machine
    ledger: Ledger
    title: tuple[str, ...]
    limiter: anyio.CapacityLimiter
    capabilities: int = field(default_factory=available)
    emptied: dict[str, Cgroup] = field(default_factory=dict)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work off the event loop."""
        return await anyio.to_thread.run_sync(work, limiter=self.limiter)

    def destroy(self, container_id: str, cgroup: Cgroup) -> None:
        """Kill what is in a container's cgroup and remove it; idempotent. Blocks."""
        cgroup.destroy()
        self.ledger.strike(container_id)
        self.emptied[cgroup.path.rpartition("/")[0]] = cgroup

    def remove_parents(self) -> None:
        """Remove the parents of removed cgroups where nothing is left in them."""
        for cgroup in self.emptied.values():
            with suppress(OSError):
                cgroup.remove_parent()


def native_syscalls() -> dict[str, int]:
    """Return the numbers of this machine's system calls. Raises SkipPlugin."""
    machine = platform.machine()
    if machine not in _MACHINES:
        raise SkipPlugin(f"runtime ns does not know the system calls of {machine}")
    return dict(syscall_numbers(_MACHINES[machine]))


@cache
def filter_program(profile: Seccomp | None) -> bytes:
    """Return a profile as a classic BPF program, compiled once."""
    return compile_seccomp(profile, platform.machine()) if profile else b""
