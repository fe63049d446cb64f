"""What the runtime and its tasks share."""

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar
from urllib.parse import quote

import anyio.to_thread

from plugins.runtime_ns.cgroups.driver import Cgroup
from plugins.runtime_ns.ledger import Ledger
from plugins.runtime_ns.machine import Machine
from plugins.runtime_ns.steps.capabilities import available
from plugins.runtime_ns.steps.seccomp import compile_seccomp
from plugins.runtime_ns.templates import Templates
from sdk.oci.runtime import Seccomp
from sdk.shim.spawn import Executor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RuntimeContext:
    """`containers` and `parents` note the cgroups made for containers and those above them; `title` begins that of every shim; `execs`
    are plans of further processes."""

    executor: Executor
    machine: Machine
    containers: Ledger
    parents: Ledger
    title: tuple[str, ...]
    limiter: anyio.CapacityLimiter
    capabilities: int = field(default_factory=available)
    execs: Templates = field(default_factory=Templates)
    _noted: set[str] = field(default_factory=set)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run blocking work off the event loop."""
        return await anyio.to_thread.run_sync(work, limiter=self.limiter)

    def note(self, container_id: str, path: str) -> None:
        """Note a cgroup that is about to be made, and what is missing above it. Blocks."""
        if (parent := os.path.dirname(path)) not in self._noted:
            for ancestor in _upwards(parent):
                if not self.machine.hierarchy.cgroup(ancestor).exists():
                    self.parents.enter(quote(ancestor, safe=""), ancestor)
            self._noted.add(parent)
        self.containers.enter(container_id, path)

    def destroy(self, container_id: str, cgroup: Cgroup) -> None:
        """Kill what is in a container's cgroup and remove it; idempotent. Blocks."""
        cgroup.destroy()
        self.containers.strike(container_id)

    def remove_parents(self) -> None:
        """Remove what was made above containers' cgroups and has become empty. Blocks."""
        for name, path in sorted(self.parents.entries().items(), reverse=True):
            if self.machine.hierarchy.cgroup(path).remove_if_empty():
                self.parents.strike(name)


def _upwards(path: str) -> Iterator[str]:
    while path.strip("/"):
        yield path
        path = os.path.dirname(path)


@cache
def filter_program(profile: Seccomp | None) -> bytes:
    """Return a profile as a classic BPF program, compiled once."""
    return compile_seccomp(profile, platform.machine()) if profile else b""
